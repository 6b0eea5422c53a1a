"""Which DuckDB files a load can work with. It is found out before Salesforce is asked."""

import os
import re
import shutil
from pathlib import Path
from typing import Final

from jobs_source.exceptions import ConfigError, FileInUseError, FileUnusableError
from jobs_source.runner.folders import why_unwritable

_UNFIT: Final = re.compile(r"[?\\]")  # DuckDB takes what follows ? for settings, and \ for the end of a folder's name
_UNDECODED: Final = re.compile(r"[\ud800-\udfff]")  # what Python makes of bytes that are no text in its encoding
_ADDRESS: Final = re.compile(r"(md|motherduck):|(?!duckdb:)[a-z][a-z0-9+]*://", re.IGNORECASE)
_EDGE: Final = re.compile(r"[\s\"'\ufeff]|.*[\s\"'\ufeff]\Z", re.DOTALL)
_SYSTEM: Final = ("information_schema", "pg_catalog", "system", "temp")  # DuckDB makes nothing of ours in them
_LONGEST_NAME: Final = 255 - len("..loading")  # bytes; most file systems take 255, and a load puts a folder beside it


def refuse_text(configured: str, key: str) -> None:
    """Raises `ConfigError` if what is *configured* under *key* is no path of a DuckDB file that dlt takes."""
    if not configured.strip():
        raise ConfigError(f"{key} is empty. Set this key to the path of the DuckDB file, or remove it.")
    if configured in (":pipeline:", ":memory:"):
        raise ConfigError(
            f"{key} is {configured}, so the DuckDB file would be gone after the run. Set this key to the"
            " path of a file."
        )
    if _ADDRESS.match(configured):
        raise ConfigError(
            f"{key} is an address, but a DuckDB file needs a path. For another kind of destination, such as MotherDuck"
            " or files in a bucket, use --destination."
        )
    if _EDGE.match(configured):
        raise ConfigError(f"{key} begins or ends with a blank, a line break or a quote. Remove it from the path.")
    if _UNDECODED.search(configured):
        raise ConfigError(
            f"The path of the DuckDB file has characters that are not in this system's encoding: {configured!r}. Set"
            f" PYTHONUTF8=1. If that does not help, set another path ({key})."
        )


def refuse_path(path: Path, dataset: str, staging_layout: str, key: str) -> None:
    """
    Raises `ConfigError` if there cannot be a DuckDB file at *path*, or none with this *dataset*.

    *staging_layout* gives the name of the staging dataset, with `%s` for that of the dataset. *key* is where the path
    is configured.
    """
    real = Path(os.path.realpath(path))
    if found := _UNFIT.search(f"{path}{real}"):
        raise ConfigError(
            f"DuckDB cannot open {path}, because of the {found[0]} in its path. Rename the file or the folder, or set"
            f" another file under {key} in .dlt/secrets.toml."
        )
    if len(os.fsencode(real.name)) > _LONGEST_NAME:
        raise ConfigError(
            f"The name of the DuckDB file {path} is longer than {_LONGEST_NAME} bytes. Set a shorter one under"
            f" {key} in .dlt/secrets.toml."
        )
    _refuse_same_name(path, dataset, staging_layout)
    for parent in (path.parent, real.parent):
        if not parent.is_dir():
            raise ConfigError(
                f"There is no folder {parent} for the DuckDB file {path.name}. Make the folder, or set another file"
                f" under {key} in .dlt/secrets.toml."
            )
    if os.path.lexists(real) and not real.is_file():
        raise ConfigError(
            f"{path} is not a file, so it cannot be the DuckDB file. Set another file under {key} in .dlt/secrets.toml."
        )


def _refuse_same_name(path: Path, dataset: str, staging_layout: str) -> None:
    """DuckDB calls the whole file by its name up to the first dot, and ignores the case of letters."""
    if dataset.lower() in _SYSTEM:
        raise ConfigError(f"DuckDB keeps the name {dataset} for itself. Use --dataset with another name.")
    catalog = path.name.lstrip(".").partition(".")[0].lower()
    for name in (dataset, staging_layout.replace("%s", dataset), "information_schema"):
        if catalog == name.lower():
            raise ConfigError(
                f"The dataset {name} and the DuckDB file {path} have the same name, and DuckDB confuses the two. Rename"
                " the file, or use --dataset."
            )


def lock_of(real: Path) -> Path:
    """Return the lock that a load holds while it writes to the file."""
    return real.with_name(f".{real.name}.lock")


def refuse_place(real: Path) -> None:
    """
    Check whether a load can put a copy of the DuckDB file beside it.

    Raises:
        FileUnusableError: If the user of this run may not.
        FileInUseError: If the copy would not fit.
    """
    if reason := why_unwritable(real.parent):
        raise FileUnusableError(
            f"The folder {real.parent} cannot be written ({reason}), but a load puts a copy of the DuckDB file there."
            " Allow the user of the load to write there, or set another file under destination.duckdb.credentials in"
            " .dlt/secrets.toml."
        )
    if lock_of(real).exists() and not os.access(lock_of(real), os.W_OK):
        raise FileUnusableError(
            f"The lock {lock_of(real)} cannot be written: it belongs to another user, who has loaded into this DuckDB"
            " file. Let one user run all loads, or remove the lock while no load runs."
        )
    if real.exists() and shutil.disk_usage(real.parent).free < real.stat().st_size:
        raise FileInUseError(
            f"A load makes a copy of the DuckDB file {real} first, and its disk has no room for the copy. Free space on"
            " that disk, then run again."
        )
