"""Finds and opens the DuckDB file of a pipeline, and explains why it cannot be opened."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Optional, TypeVar

import dlt
import duckdb
from dlt.destinations import duckdb as duckdb_destination
from dlt.destinations.exceptions import DestinationConnectionError

from jobs_source.dlt_compat import (
    DuckDbClientConfiguration,
    DuckDbCredentials,
    destination_arguments,
    settle_configuration,
)
from jobs_source.exceptions import ConfigError, FileInUseError, FileUnusableError, SalesforceJobsError
from jobs_source.runner.duckdb_place import refuse_path, refuse_text

T = TypeVar("T")
FILE: Final = "jobs_history.duckdb"  # not the name of the dataset: DuckDB could not tell the file from the schema
# DuckDB uses the disk if it needs more memory, except for the rows that each thread writes: eight threads and some
# millions of rows end in "Out of Memory". The order of rows in a table does not matter.
SETTINGS: Final[dict[str, Any]] = {"memory_limit": "200MB", "threads": 2, "preserve_insertion_order": "false"}
STORAGE_VERSION: Final = "v1.0.0"  # every DuckDB client from 1.1 on can read it
_WRITER_WAIT_SECONDS: Final = 10.0
_TRY_EVERY_SECONDS: Final = 0.2
_IN_USE: Final = "Could not set lock on file"
_TOO_NEW: Final = re.compile(r"created with a newer version of DuckDB|we can only read versions")
_DAMAGED: Final = re.compile(r"Corrupt database file|not a valid DuckDB database|does not match stored checksum")


def make_duckdb(name: str, pipeline_name: str, dataset: str, **options: Any) -> duckdb_destination:
    """
    Use the configured file, or else one in the current folder that all orgs share. It is opened for reading.

    The configuration of DuckDB is looked up here, once: dlt would do it for each of a run's two dozen clients, and
    open a connection for each. *name* is that of the destination, and of its section.

    Raises:
        ConfigError: If there cannot be such a file, or it has the name of the dataset.
    """
    initial, configured = (
        DuckDbClientConfiguration(destination_name=name),
        _configured_file(key := f"destination.{name}.credentials"),
    )
    file = str(Path(FILE).absolute()) if configured is None else configured
    refuse_text(file, key)
    if configured is None:
        initial.credentials = DuckDbCredentials(file)
    settled = settle_configuration(duckdb_destination(destination_name=name, **options), initial, pipeline_name)
    credentials: Any = settled["credentials"].copy()
    path = Path(dlt.current.run_context().local_dir, _expand_home(credentials.database, key)).absolute()
    refuse_path(path, dataset, settled["staging_dataset_name_layout"], key)
    credentials.database, credentials.read_only = str(path), True
    credentials.global_config = credentials.global_config or SETTINGS
    credentials.resolve()
    return duckdb_destination(**{**settled, "destination_name": name, "credentials": credentials})


def _configured_file(key: str) -> Optional[str]:
    """Return the path under *key*, or None: other settings of DuckDB may be there without one."""
    configured: Any = dlt.secrets.get(key)
    if isinstance(configured, str):
        return configured
    return dlt.secrets.get(f"{key}.database", str)


def _expand_home(path: str, key: str) -> Path:
    """Put the home folder in the place of `~`, as shells do: dlt would look for a folder of that name."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise ConfigError(f"The ~ of {key} ({path}) leads to no folder. Write the whole path.") from None


def database_path(pipeline: dlt.Pipeline) -> Optional[Path]:
    """Return the path of the DuckDB file that *pipeline* works on; None for other destinations."""
    return Path(_credentials(pipeline).database) if is_duckdb(pipeline.destination) else None


def is_duckdb(destination: Any) -> bool:
    """Tell whether *destination* is a DuckDB file, under whatever name: MotherDuck and DuckLake are not."""
    return type(destination) is duckdb_destination


def has_database(pipeline: dlt.Pipeline) -> bool:
    """Tell whether there is a database. Connecting to a missing DuckDB file would make it."""
    path = database_path(pipeline)
    return path is None or (path.exists() and path.stat().st_size > 0)


def use_database(pipeline: dlt.Pipeline, path: Path, read_only: bool) -> None:
    """Let *pipeline* work on the DuckDB file at *path*, with the other settings unchanged."""
    credentials = _credentials(pipeline).copy()
    credentials.database, credentials.read_only = str(path), read_only
    credentials.resolve()
    destination: Any = duckdb_destination(**{**destination_arguments(pipeline), "credentials": credentials})
    pipeline.destination = destination


def make_file(path: Path, version: str) -> None:
    """Make an empty DuckDB file of a storage *version*. DuckDB takes that setting only for a new file."""
    duckdb.connect(str(path), config={"storage_compatibility_version": version}).close()


def storage_version(pipeline: dlt.Pipeline) -> str:
    """Return the format of DuckDB files that we make: ours, or what the user has set."""
    settings = _credentials(pipeline).global_config or {}
    return str(settings.get("storage_compatibility_version", STORAGE_VERSION))


def _credentials(pipeline: dlt.Pipeline) -> DuckDbCredentials:
    credentials: DuckDbCredentials = destination_arguments(pipeline)["credentials"]
    return credentials


def wait_for(path: Optional[Path], attempt: Callable[[], T]) -> T:
    """
    Open the file at *path* with *attempt*. If another program has it open, wait for up to ten seconds.

    Raises:
        SalesforceJobsError: `FileInUseError` or `FileUnusableError`, with what to do.
    """
    give_up_at = time.monotonic() + _WRITER_WAIT_SECONDS
    while True:
        try:
            return attempt()
        except (duckdb.Error, DestinationConnectionError) as error:
            text = str(getattr(error, "inner_exc", error))  # dlt's own words around it are long
            if _IN_USE not in text or time.monotonic() > give_up_at:
                raise explain_file(text, path) or error from None
            time.sleep(_TRY_EVERY_SECONDS)


def explain_file(text: str, path: Optional[Path] = None) -> Optional[SalesforceJobsError]:
    """Say what to do about DuckDB's error *text*; None if it is not about a file that cannot be opened."""
    name = path or _quoted(text)
    if _IN_USE in text:
        found = re.search(r"Conflicting lock is held in (.*?\(PID \d+\))", text)
        holder = found[1] if found else "unknown"
        return FileInUseError(
            f"Another program has the DuckDB file {name} open for writing: {holder}. Close the file there, or wait"
            " until that program has ended, and run again. Nothing is lost.",
            holder,
        )
    if _TOO_NEW.search(text):
        return FileUnusableError(
            f"The file {name} was made by a newer DuckDB than the one installed here ({duckdb.__version__}). Install a"
            " newer one: pip install --upgrade duckdb"
        )
    if _DAMAGED.search(text):
        return FileUnusableError(
            f"The DuckDB file {name} is damaged, or is not a DuckDB file: {text.splitlines()[0]} Put a backup in its"
            f" place. Or move it away, together with {Path(name).name}.wal: the next load then makes a new file with"
            " all that Salesforce still lists."
        )
    return None


def _quoted(text: str) -> str:
    found = re.search(r'"([^"]+)"', text)
    return found[1] if found else "of this dataset"
