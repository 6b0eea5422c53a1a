"""
Publishes the DuckDB file: a load works on a copy, and one rename puts the finished copy in its place.

Readers never block a load and never see half of one. A kill at any moment leaves the old file complete. The load holds
the published file open read-only in DuckDB: other programs can read it, and DuckDB refuses other writers, whose changes
the rename would overwrite.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final

import dlt
import duckdb
from dlt.common import logger
from filelock import FileLock, Timeout

from jobs_source.exceptions import FileInUseError, FileUnusableError
from jobs_source.runner.duckdb_copy import copy_file, drop_free_blocks, hold_whole, log_of, refuse_lone_log
from jobs_source.runner.duckdb_file import (
    database_path,
    has_database,
    make_file,
    storage_version,
    use_database,
)
from jobs_source.runner.duckdb_place import lock_of

_LOCK_WAIT_SECONDS: Final = 300.0


@contextmanager
def publishing(pipeline: dlt.Pipeline, for_good: bool = False) -> Iterator[Any]:
    """
    Let *pipeline* write: into a copy of its DuckDB file, which is published at the end; other destinations directly.

    Gives an open client of the destination. With *for_good* the published file holds nothing of what is deleted.

    Raises:
        FileInUseError: If another program writes to the file, blocks the merge of its log, or replaces it.
        FileUnusableError: If the file cannot be opened or replaced.
    """
    path = database_path(pipeline)
    if path is None:
        with pipeline.destination_client() as client:
            yield client
        return
    real = path.resolve()
    try:
        with ExitStack() as stack:
            folder = stack.enter_context(_only_writer(real, pipeline.pipeline_name))
            if _can_replace_an_open_file(folder):
                copy = stack.enter_context(
                    _publishing_copy(real, folder / path.name, storage_version(pipeline), for_good)
                )
            elif for_good:
                raise FileUnusableError(
                    f"The file system of {path} cannot replace an open file, so deleted rows would stay hidden in this"
                    " file. Nothing was deleted. Move the file to another disk, and repeat the command there."
                )
            else:
                copy = path
                logger.warning(
                    f"The file system of {path} cannot replace an open file. So the load writes to this file directly,"
                    " and other programs may not be able to read it meanwhile."
                )
                if not has_database(pipeline):
                    make_file(path, storage_version(pipeline))
            use_database(pipeline, copy, read_only=False)
            with pipeline.destination_client() as client:  # one for all, so that DuckDB merges its log only once
                yield client
    finally:
        use_database(pipeline, path, read_only=True)


@contextmanager
def _only_writer(real: Path, name: str) -> Iterator[Path]:
    """Lock the file against other runs, and yield a hidden folder beside it, new and for this run only."""
    folder = real.with_name(f".{real.name}.loading")
    holder = folder / "holder.txt"
    mode = real.parent.stat().st_mode & 0o666  # who may write the folder may load
    lock = FileLock(lock_of(real), mode=mode)
    try:
        lock.acquire(timeout=_LOCK_WAIT_SECONDS)
    except Timeout:
        with suppress(OSError):
            name = holder.read_text(encoding="utf-8")
        raise FileInUseError(
            f"Another load has been writing to {real} for more than {_LOCK_WAIT_SECONDS:.0f} seconds: {name}. Run again"
            " after that load has ended."
        ) from None
    try:
        _make_folder(folder)
        since = f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M:%S} UTC"
        holder.write_text(f"{name}, process {os.getpid()}, since {since}", encoding="utf-8")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()


def _can_replace_an_open_file(folder: Path) -> bool:
    """Try it: Windows and some network drives cannot."""
    old, new = folder / "old", folder / "new"
    old.touch()
    new.touch()
    with old.open("rb"):
        try:
            new.replace(old)
        except OSError:
            return False
    return True


def _make_folder(folder: Path) -> None:
    """Make *folder*, for this user only. What a killed run left there is removed."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        raise FileUnusableError(f"Another user's load was killed and left {folder}. Remove that folder.") from None


@contextmanager
def _publishing_copy(real: Path, copy: Path, version: str, for_good: bool) -> Iterator[Path]:
    """Make *copy* of the file at *real*, and hold that until *copy* replaces it. If there is no file, make one."""
    with ExitStack() as stack:
        is_new = not real.exists() or real.stat().st_size == 0
        if is_new:
            refuse_lone_log(real)
            make_file(copy, version)
        else:
            held, source = stack.enter_context(hold_whole(real))
            copy_file(held, source, copy, version)
        yield copy
        _finish(copy)
        if for_good:
            drop_free_blocks(copy)
            _flush(copy)
        if is_new:
            real.unlink(missing_ok=True) if real.exists() and real.stat().st_size == 0 else None
            _place_new(copy, real)
        else:
            _replace(copy, real, os.fstat(source.fileno()))
        _flush(real.parent)


def _finish(copy: Path) -> None:
    """Make sure that everything is in the file itself, and on the disk."""
    log = copy.with_name(f"{copy.name}.wal")
    if log.exists():  # if the configuration stops DuckDB from merging it at closing
        with duckdb.connect(str(copy)) as connection:
            connection.execute("checkpoint")
    _flush(copy)


def _replace(copy: Path, real: Path, before: os.stat_result) -> None:
    """Replace the file that was copied with *copy*, and keep its mode and owner."""
    if not real.exists():
        raise FileInUseError(
            f"Somebody moved or removed the file {real} while this run was loading. Nothing was loaded. Put the file"
            " back, and run again. Without the file, a run makes a new one with all that Salesforce still lists."
        )
    if not os.path.samestat(real.stat(), before) or log_of(real).exists():
        raise FileInUseError(
            f"Somebody replaced the file {real} while this run was loading, for example with a backup. The new file"
            " stays as it is, and nothing was loaded into it. Run again."
        )
    copy.chmod(before.st_mode & 0o7777)
    for owner in ((-1, before.st_gid), (before.st_uid, -1)):
        with suppress(PermissionError):  # only root may change the owner; others may set a group of their own
            os.chown(copy, *owner)
    try:
        copy.replace(real)
    except OSError as error:
        raise FileUnusableError(
            f"{real} cannot be replaced ({error.strerror}). If it is mounted into a container as a single file, mount"
            " its folder instead. Nothing was loaded."
        ) from None


def _place_new(copy: Path, real: Path) -> None:
    """Put *copy* where there was no file. A file that another program made meanwhile is not replaced."""
    try:
        os.link(copy, real)
    except FileExistsError:
        raise FileInUseError(
            f"Another program made the file {real} while this run was loading. Nothing was loaded into it. Run again."
        ) from None
    except OSError:  # a file system without hard links
        copy.replace(real)


def _flush(path: Path) -> None:
    """Make the system write a file or a folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
