"""Which DuckDB file a pipeline has, how it is opened, and what is wrong with it where it cannot be."""

import re
import time
from pathlib import Path
from typing import Any, Final, Optional

import dlt
import duckdb
from dlt.common.configuration.specs.base_configuration import is_hint_not_resolvable
from dlt.destinations import duckdb as duckdb_destination
from dlt.destinations.impl.duckdb.configuration import DuckDbCredentials

from jobs_source.exceptions import ConfigError, FileInUseError, FileUnusableError, SalesforceJobsError

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


def default_duckdb(**options: Any) -> duckdb_destination:
    """Name the file that all orgs share in the current folder, for where none is configured."""
    return duckdb_destination(credentials=DuckDbCredentials(str(Path(FILE).absolute())), **options)


def is_duckdb(pipeline: dlt.Pipeline) -> bool:
    """Tell DuckDB's own files from all other destinations, such as MotherDuck and DuckLake."""
    return type(pipeline.destination) is duckdb_destination


def database_path(pipeline: dlt.Pipeline) -> Optional[Path]:
    """
    Return the path of the DuckDB file of *pipeline*, as configured; None for other destinations.

    Raises:
        ConfigError: If there cannot be a file, or DuckDB could not tell it from the dataset.
    """
    if not is_duckdb(pipeline):
        return None
    path = Path(_config(pipeline).credentials.database)
    if path.stem == pipeline.dataset_name:
        raise ConfigError(f"DuckDB cannot tell the dataset {path.stem} from its file {path}: give one another name.")
    if not path.parent.is_dir():
        raise ConfigError(
            f"There is no folder {path.parent} for the DuckDB file {path.name}: make it, or name another file under"
            " destination.duckdb.credentials in .dlt/secrets.toml."
        )
    if path.is_relative_to(pipeline.working_dir):
        raise ConfigError(
            "destination.duckdb.credentials puts the DuckDB file into the working directory of the run, which is"
            " removed at its end. Name a path instead."
        )
    return path


def has_database(pipeline: dlt.Pipeline) -> bool:
    """Tell whether there is something to connect to. Connecting to a DuckDB file that is not there would make it."""
    path = database_path(pipeline)
    return path is None or (path.exists() and path.stat().st_size > 0)


def use_database(pipeline: dlt.Pipeline, path: Path, read_only: bool) -> None:
    """Let *pipeline* work on the DuckDB file at *path*, with all else that is configured for its own."""
    config = _config(pipeline)
    credentials = config.credentials.copy()
    credentials.database, credentials.read_only = str(path), read_only
    credentials.global_config = storage_settings(credentials)[0]
    credentials.resolve()
    hints = config.get_resolvable_fields().items()
    options = {key: config[key] for key, hint in hints if not is_hint_not_resolvable(hint)}
    destination: Any = duckdb_destination(**{**options, "credentials": credentials})
    pipeline.destination = destination


def storage_settings(credentials: DuckDbCredentials) -> tuple[dict[str, Any], str]:
    """
    Return DuckDB's settings, the user's or ours, and the storage version of files that we make.

    DuckDB takes the version only while it makes a file, and ignores it later without a word.
    """
    settings = dict(SETTINGS if credentials.global_config is None else credentials.global_config)
    return settings, str(settings.get("storage_compatibility_version", STORAGE_VERSION))


def configured_credentials(pipeline: dlt.Pipeline) -> DuckDbCredentials:
    """Return the credentials of a pipeline that has a DuckDB file."""
    credentials: DuckDbCredentials = _config(pipeline).credentials
    return credentials


def connect(path: Path, read_only: bool, wait_seconds: float = _WRITER_WAIT_SECONDS) -> duckdb.DuckDBPyConnection:
    """
    Open the file at *path*. Another program that has it open is waited for a little.

    Raises:
        SalesforceJobsError: `FileInUseError` or `FileUnusableError`, with what to do.
    """
    give_up_at = time.monotonic() + wait_seconds
    while True:
        try:
            return duckdb.connect(str(path), read_only=read_only)
        except duckdb.Error as error:
            if _IN_USE not in str(error) or time.monotonic() > give_up_at:
                raise explain_file(str(error), path) or error from None
            time.sleep(_TRY_EVERY_SECONDS)


def explain_file(text: str, path: Optional[Path] = None) -> Optional[SalesforceJobsError]:
    """Say what to do about DuckDB's error *text*; None where it is not about a file that cannot be opened."""
    name = path or _quoted(text)
    if _IN_USE in text:
        holder = re.search(r"Conflicting lock is held in (.*?\(PID \d+\))", text)
        return FileInUseError(
            f"Another program has the DuckDB file {name} open for writing: {holder[1] if holder else 'unknown'}. Close"
            " it there, or wait until it is done, and run again. Nothing is lost."
        )
    if _TOO_NEW.search(text):
        return FileUnusableError(
            f"A newer DuckDB made the file {name} than the one installed here ({duckdb.__version__}). Install a newer"
            " one: pip install --upgrade duckdb"
        )
    if _DAMAGED.search(text):
        return FileUnusableError(
            f"The DuckDB file {name} is damaged, or is no DuckDB file: {text.splitlines()[0]} Put a backup in its"
            " place, or move it away: the next load then makes a new one with all that Salesforce still lists."
        )
    return None


def _quoted(text: str) -> str:
    found = re.search(r'"([^"]+)"', text)
    return found[1] if found else "of this dataset"


def _config(pipeline: dlt.Pipeline) -> Any:
    return pipeline.destination_client().config
