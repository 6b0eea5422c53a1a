"""Holds a DuckDB file open, and copies it: byte by byte, or into a format that older clients can read."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

import duckdb
from dlt.common import logger

from jobs_source.exceptions import FileInUseError, FileUnusableError
from jobs_source.runner.duckdb_file import wait_for
from jobs_source.runner.scratch import connect_to_scratch

_LOG_TRIES: Final = 10
_COPY_BYTES: Final = 1 << 20
_PARTS: Final = ("schemas", "tables", "columns", "views", "indexes", "constraints", "sequences")


@contextmanager
def hold_whole(real: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, BinaryIO]]:
    """
    Hold the file while there is no log beside it. Yields the connection that holds it, and the file to read from.

    A copy would lack the rows of a log, and DuckDB would apply the log to the published copy.
    """
    for _ in range(_LOG_TRIES):
        _take_in_log(real)
        with real.open("rb") as source, _hold(real) as held:  # source is closed last: that ends DuckDB's lock
            if not log_of(real).exists():  # the writer before us may have left one
                yield held, source
                return
    raise FileInUseError(f"Other programs keep writing the log {log_of(real)}. Run again after they have ended.")


def log_of(real: Path) -> Path:
    return real.with_name(f"{real.name}.wal")


def _take_in_log(real: Path) -> None:
    """Let DuckDB write the log that another program left into the file."""
    if not log_of(real).exists():
        return
    try:
        wait_for(real, lambda: duckdb.connect(str(real)).close())
    except FileInUseError as error:
        raise FileInUseError(
            f"A program ended before it wrote its log {log_of(real).name} into {real}. This run cannot do that, because"
            f" another program has the file open: {error.holder}. Close the file there, and run again. Nothing is lost."
        ) from None


def refuse_lone_log(real: Path) -> None:
    """Raises `FileUnusableError` if there is a log without its file: DuckDB would apply it to the new file."""
    if log_of(real).exists():
        raise FileUnusableError(
            f"The log {log_of(real)} belongs to a DuckDB file that is missing. Move the log to the folder of that file,"
            " or remove the log if the file is gone for good."
        )


@contextmanager
def _hold(real: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """
    Keep the file open read-only.

    It is attached to a database in memory: DuckDB would share a direct connection with everything in this process that
    opens the file later, even after the rename. DuckDB's lock ends when this process closes any descriptor of the file.
    """
    held = connect_to_scratch()
    wait_for(real, lambda: held.execute(f"attach {_quote(real)} as published (read_only)"))
    try:
        yield held
    finally:
        held.execute("detach published")


def copy_file(held: duckdb.DuckDBPyConnection, source: BinaryIO, copy: Path, version: str) -> None:
    """Copy the file byte by byte, or only its contents if older DuckDB clients could not read its format."""
    if _is_newer(_version(held), version) and _rewrite(held, copy, version):
        logger.warning(f"The DuckDB file is now in the format {version}: clients from DuckDB 1.1 on can read it.")
        return
    with copy.open("wb") as target:
        shutil.copyfileobj(source, target, _COPY_BYTES)


def drop_free_blocks(path: Path) -> None:
    """
    Write the DuckDB file at *path* anew. DuckDB leaves what was deleted in blocks that it may use again.

    Raises:
        FileUnusableError: If not all that the file holds can be taken over.
    """
    anew = path.with_name("anew") / path.name
    anew.parent.mkdir()
    with duckdb.connect(config={"threads": 2, "memory_limit": "200MB"}) as held:
        held.execute(f"attach {_quote(path)} as published (read_only)")
        is_whole = _rewrite(held, anew, _version(held).rstrip("+"))
    if not is_whole:
        raise FileUnusableError(
            f"DuckDB cannot copy all that is in {path.name} to a new file, so deleted rows would stay hidden in the old"
            " one. Nothing was deleted. Drop what DuckDB cannot copy, such as a view that does not work any more, and"
            " repeat the command."
        )
    anew.replace(path)


def _version(held: duckdb.DuckDBPyConnection) -> str:
    found = held.execute("select tags['storage_version'] from duckdb_databases() where database_name = 'published'")
    return str((found.fetchone() or [""])[0])


def _is_newer(version: str, wanted: str) -> bool:
    """Tell whether a file has DuckDB 2's own format, which no 1.x can read, and an older one is *wanted*."""
    return version.startswith("v2") and wanted.startswith(("v0", "v1"))


def _rewrite(held: duckdb.DuckDBPyConnection, copy: Path, version: str) -> bool:
    """Copy what the file holds into a file of another *version*. False if not all of it can be copied."""
    try:
        held.execute(f"attach {_quote(copy)} as copied (storage_version '{version}')")
        held.execute("copy from database published to copied")
        is_whole = _parts(held, "published") == _parts(held, "copied")
        held.execute("detach copied")
    except duckdb.Error as error:
        is_whole = False
        logger.warning(f"DuckDB cannot write the file in the format {version}: {str(error).splitlines()[0]}")
        with suppress(duckdb.Error):
            held.execute("detach copied")
    return is_whole


def _parts(held: duckdb.DuckDBPyConnection, database: str) -> list[int]:
    """Count the objects of a database, by type."""
    counts = ", ".join(f"(select count(*) from duckdb_{part}() where database_name = ?)" for part in _PARTS)
    return list(held.execute(f"select {counts}", [database] * len(_PARTS)).fetchone() or [])


def _quote(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
