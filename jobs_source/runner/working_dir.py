"""
The folder that one run works in: new for each run, and removed after it.

A run reads all that it has to know of earlier runs from the destination. So no later run needs this folder, and the
next run removes the folder of a killed run.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Optional
from uuid import uuid4

import dlt
from filelock import FileLock, Timeout

from jobs_source.exceptions import ConfigError
from jobs_source.runner.folders import temporary_place, why_unwritable

_PREFIX: Final = "run-"
_TEMPORARY: Final = "salesforce_jobs_"
# dlt puts its paths into SQL and into templates as they are. DuckDB takes some signs for patterns, and a folder "a=b"
# for a column. The last ones are bytes that are no text.
_UNFIT: Final = re.compile(r"['%*?\[=\\\ud800-\udfff]")


def own_folder_path() -> Path:
    """Return where runs on this machine keep what they share: their locks, and a folder for each run."""
    return Path(dlt.current.run_context().data_dir) / "salesforce_jobs"


def own_folder() -> Path:
    """Make that folder. Raises `ConfigError` if it cannot be written."""
    check_own_folder()
    folder = own_folder_path()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def check_own_folder() -> None:
    """Raises `ConfigError` if that folder could not be made or written. Makes nothing."""
    folder = own_folder_path()
    if reason := why_unwritable(folder):
        raise ConfigError(
            f"The folder {folder} cannot be written ({reason}), and runs work there. Set DLT_DATA_DIR to a folder that"
            " the user of this program may write."
        )


@contextmanager
def working_dir(pipeline_name: str, keep_in: Optional[Path] = None) -> Iterator[Path]:
    """
    Make a folder for one run, and remove it afterwards. If *keep_in* is given, the folder is made there and stays.

    The folders of killed runs are removed too. A running process holds the lock beside its folder.

    Raises:
        ConfigError: If there is no place for such a folder, or *keep_in* holds one of this pipeline already.
    """
    if keep_in is not None:
        yield _kept(keep_in.resolve(), pipeline_name)
        return
    root = own_folder()
    folder = root / f"{_PREFIX}{uuid4().hex}"
    lock = FileLock(f"{folder}.lock")
    with FileLock(root / "working_dirs.lock"):  # so that no other run removes the new folder as a leftover
        _remove_leftovers(root)
        lock.acquire(timeout=0)
        _make(folder)
    try:
        yield folder.resolve()
    finally:
        _remove(folder, lock)


def _kept(folder: Path, pipeline_name: str) -> Path:
    if found := _UNFIT.search(str(folder)):
        raise ConfigError(
            f"--keep-working-dir: dlt cannot work in {str(folder)!r}, because of the {found[0]!r} in its path. Choose"
            " another folder."
        )
    if (folder / pipeline_name).exists():
        raise ConfigError(f"--keep-working-dir: {folder / pipeline_name} exists already. Choose another folder.")
    if reason := why_unwritable(folder):
        raise ConfigError(f"--keep-working-dir: {folder} cannot be written ({reason}). Choose another folder.")
    return folder


def _make(folder: Path) -> None:
    """Make *folder*, for this user only. If dlt cannot work there, make it a link to a temporary one."""
    if not _UNFIT.search(str(folder.resolve())):
        folder.mkdir(mode=0o700)
        return
    place = Path(temporary_place()).resolve()
    if _UNFIT.search(str(place)):
        raise ConfigError(
            f"dlt cannot work in {str(folder.parent)!r} or {str(place)!r}, because of characters such as ' and % in"
            " these paths. Set DLT_DATA_DIR or TMPDIR to a folder without such characters in its path."
        )
    folder.symlink_to(tempfile.mkdtemp(prefix=_TEMPORARY, dir=place))


def _remove_leftovers(root: Path) -> None:
    for path in root.glob(f"{_PREFIX}*.lock"):
        lock = FileLock(path)
        with suppress(Timeout, PermissionError):  # still running, or another user's
            lock.acquire(timeout=0)
            _remove(path.with_suffix(""), lock)


def _remove(folder: Path, lock: FileLock) -> None:
    """Remove *folder* and then its *lock*: a kill in between leaves a lock that the next run removes."""
    if folder.is_symlink():
        target = folder.resolve()
        if target.name.startswith(_TEMPORARY):  # other users may be able to put links here
            shutil.rmtree(target, ignore_errors=True)
        folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)
    lock.release()
    Path(lock.lock_file).unlink(missing_ok=True)
