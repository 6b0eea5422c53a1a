"""
The folder that one run works in: new for each run, and removed after it.

A run reads all that it has to know of earlier runs from the destination. So no later run needs this folder, and the
next run removes the folder of a killed run.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Optional
from uuid import uuid4

import dlt
from filelock import FileLock, Timeout

from jobs_source.exceptions import ConfigError

_PREFIX: Final = "run-"


def own_folder_path() -> Path:
    """Return where runs on this machine keep what they share: their locks, and a folder for each run."""
    return Path(dlt.current.run_context().data_dir) / "salesforce_jobs"


def own_folder() -> Path:
    """Make that folder."""
    folder = own_folder_path()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def working_dir(pipeline_name: str, keep_in: Optional[Path] = None) -> Iterator[Path]:
    """
    Make a folder for one run, and remove it afterwards. If *keep_in* is given, the folder is made there and stays.

    The folders of killed runs are removed too. A running process holds the lock beside its folder.

    Raises:
        ConfigError: If *keep_in* holds a folder of this pipeline already.
    """
    if keep_in is not None:
        folder = keep_in.absolute()
        if (folder / pipeline_name).exists():
            raise ConfigError(f"--keep-working-dir: {folder / pipeline_name} exists already. Choose another folder.")
        yield folder
        return
    root = own_folder()
    folder = root / f"{_PREFIX}{uuid4().hex}"
    lock = FileLock(f"{folder}.lock")
    with FileLock(root / "working_dirs.lock"):  # so that no other run removes the new folder as a leftover
        _remove_leftovers(root)
        lock.acquire(timeout=0)
        folder.mkdir()
    try:
        yield folder
    finally:
        _remove(folder, lock)


def _remove_leftovers(root: Path) -> None:
    for path in root.glob(f"{_PREFIX}*.lock"):
        lock = FileLock(path)
        with suppress(Timeout, PermissionError):  # still running, or another user's
            lock.acquire(timeout=0)
            _remove(path.with_suffix(""), lock)


def _remove(folder: Path, lock: FileLock) -> None:
    """Remove *folder* and then its *lock*: a kill in between leaves a lock that the next run removes."""
    shutil.rmtree(folder, ignore_errors=True)
    lock.release()
    Path(lock.lock_file).unlink(missing_ok=True)
