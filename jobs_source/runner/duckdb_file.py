"""Which DuckDB file a pipeline has, how it is opened, and what is wrong with it where it cannot be."""

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

T = TypeVar("T")
FILE: Final = "jobs_history.duckdb"  # not that of the dataset: DuckDB would not know file from schema
# What needs more memory goes through the disk, but not what each thread holds of the rows that it writes: eight threads
# end in "Out of Memory" with some millions of them. Rows need no order on their way into a table.
SETTINGS: Final[dict[str, Any]] = {"memory_limit": "200MB", "threads": 2, "preserve_insertion_order": "false"}
STORAGE_VERSION: Final = "v1.0.0"  # every DuckDB client from 1.1 on reads it
_WRITER_WAIT_SECONDS: Final = 10.0
_TRY_EVERY_SECONDS: Final = 0.2
_IN_USE: Final = "Could not set lock on file"
_TOO_NEW: Final = re.compile(r"created with a newer version of DuckDB|we can only read versions")
_DAMAGED: Final = re.compile(r"Corrupt database file|not a valid DuckDB database|does not match stored checksum")


def make_duckdb(pipeline_name: str, dataset: str, **options: Any) -> duckdb_destination:
    """
    Name the file that is configured, or else one that all orgs share in the current folder. It is opened for reading.

    All that is configured of DuckDB is looked up here, once: dlt would do it for each of a run's two dozen clients, and
    give each a connection of its own.

    Raises:
        ConfigError: If there cannot be a file, or DuckDB could not tell it from the dataset.
    """
    initial = DuckDbClientConfiguration()
    if not _is_file_configured():
        initial.credentials = DuckDbCredentials(str(Path(FILE).absolute()))
    settled = settle_configuration(duckdb_destination(**options), initial, pipeline_name)
    credentials: Any = settled["credentials"].copy()
    path = Path(dlt.current.run_context().local_dir, credentials.database).absolute()
    _check_path(path, dataset)
    credentials.database, credentials.read_only = str(path), True
    credentials.global_config = credentials.global_config or SETTINGS
    credentials.resolve()
    return duckdb_destination(**{**settled, "credentials": credentials})


def _is_file_configured() -> bool:
    """Tell whether a path is configured. Other settings of DuckDB may be, without one."""
    configured: Any = dlt.secrets.get("destination.duckdb.credentials")
    return isinstance(configured, str) or bool(dlt.secrets.get("destination.duckdb.credentials.database"))


def _check_path(path: Path, dataset: str) -> None:
    if path.stem == dataset:
        raise ConfigError(f"DuckDB cannot tell the dataset {path.stem} from its file {path}: give one another name.")
    if path.name == ":pipeline:":
        raise ConfigError(
            "destination.duckdb.credentials puts the DuckDB file into the working directory of the run, which is"
            " removed at its end. Name a path instead."
        )
    if not path.parent.is_dir():
        raise ConfigError(
            f"There is no folder {path.parent} for the DuckDB file {path.name}: make it, or name another file under"
            " destination.duckdb.credentials in .dlt/secrets.toml."
        )


def database_path(pipeline: dlt.Pipeline) -> Optional[Path]:
    """Return the path of the DuckDB file that *pipeline* works on; None for other destinations."""
    is_duckdb = type(pipeline.destination) is duckdb_destination  # not MotherDuck or DuckLake
    return Path(_credentials(pipeline).database) if is_duckdb else None


def has_database(pipeline: dlt.Pipeline) -> bool:
    """Tell whether there is something to connect to. Connecting to a DuckDB file that is not there would make it."""
    path = database_path(pipeline)
    return path is None or (path.exists() and path.stat().st_size > 0)


def use_database(pipeline: dlt.Pipeline, path: Path, read_only: bool) -> None:
    """Let *pipeline* work on the DuckDB file at *path*, with all else that is configured for its own."""
    credentials = _credentials(pipeline).copy()
    credentials.database, credentials.read_only = str(path), read_only
    credentials.resolve()
    destination: Any = duckdb_destination(**{**destination_arguments(pipeline), "credentials": credentials})
    pipeline.destination = destination


def make_file(path: Path, version: str) -> None:
    """Make an empty DuckDB file of a storage *version*. It is the only moment in which DuckDB takes that setting."""
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
    Open the file at *path* by *attempt*. Another program that has it open is waited for a little.

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
    """Say what to do about DuckDB's error *text*; None where it is not about a file that cannot be opened."""
    name = path or _quoted(text)
    if _IN_USE in text:
        found = re.search(r"Conflicting lock is held in (.*?\(PID \d+\))", text)
        holder = found[1] if found else "unknown"
        return FileInUseError(
            f"Another program has the DuckDB file {name} open for writing: {holder}. Close it there, or wait until it"
            " is done, and run again. Nothing is lost.",
            holder,
        )
    if _TOO_NEW.search(text):
        return FileUnusableError(
            f"A newer DuckDB made the file {name} than the one installed here ({duckdb.__version__}). Install a newer"
            " one: pip install --upgrade duckdb"
        )
    if _DAMAGED.search(text):
        return FileUnusableError(
            f"The DuckDB file {name} is damaged, or is no DuckDB file: {text.splitlines()[0]} Put a backup in its"
            f" place, or move it away, and {Path(name).name}.wal with it: the next load then makes a new one with all"
            " that Salesforce still lists."
        )
    return None


def _quoted(text: str) -> str:
    found = re.search(r'"([^"]+)"', text)
    return found[1] if found else "of this dataset"
