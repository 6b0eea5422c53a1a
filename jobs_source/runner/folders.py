"""Folders that a command needs: whether they can be written, and one for what is only needed for a while."""

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from jobs_source.exceptions import ConfigError

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)


def why_unwritable(folder: Path) -> str:
    """
    Say why nothing can be put into *folder*, or where it is to be made; empty if it can. Nothing stays there.

    It is tried, because rights alone do not tell. Raises `OSError` where the disk is full: that may pass.
    """
    place = next(path for path in (folder, *folder.parents) if _exists(path))
    try:
        with tempfile.TemporaryDirectory(dir=place, prefix=".salesforce_jobs_check_"):
            return ""
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise
        return error.strerror or str(error)


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except OSError:  # where a folder on the way is closed, Path.exists() fails
        return False
    return True


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """
    Make a folder, and remove it afterwards.

    Raises:
        ConfigError: If the system has no place for one.
    """
    with tempfile.TemporaryDirectory(dir=temporary_place()) as folder:
        yield Path(folder)


def temporary_place() -> str:
    """Return the system's folder for temporary files. Raises `ConfigError` if none can be written."""
    try:
        return tempfile.gettempdir()
    except FileNotFoundError as error:
        raise ConfigError(
            f"{error.strerror}. Set TMPDIR to a folder that the user of this program may write."
        ) from None
