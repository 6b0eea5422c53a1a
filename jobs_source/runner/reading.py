"""Asks what was loaded: a connection to the destination that leaves the working directory of runs alone."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, Optional

import dlt
from dlt.destinations.exceptions import DatabaseUndefinedRelation

from jobs_source.dlt_compat import column_names, is_sql_database
from jobs_source.exceptions import ConfigError, NothingLoadedError
from jobs_source.runner.duckdb_file import database_path, has_database, wait_for
from jobs_source.runner.folders import temporary_folder
from jobs_source.runner.orgs import make_pipeline
from jobs_source.schema import TABLES

_INSTEAD: Final = {
    "status": "Look at its table `runs`.",
    "sql": "Query its files with another program, such as DuckDB.",
    "dashboard": "Ask its files with DuckDB.",
    "report": "Ask its files with DuckDB.",
    "purge": "Delete the rows from its files with another program.",
}


@contextmanager
def opening(destination: str, dataset: str, command: str) -> Iterator[tuple[Any, Optional[Path]]]:
    """
    Connect to *dataset* for a *command*; a DuckDB file is opened read-only.

    Gives dlt's SQL client and the path of our DuckDB file, which is None for other destinations. The client's
    `dataset_name` is the name that the destination has.

    Raises:
        ConfigError: If *destination* is no SQL database.
        NothingLoadedError: If there is no DuckDB file.
    """
    with temporary_folder() as folder:
        pipeline = make_pipeline(None, destination, dataset, folder)
        refuse_files(pipeline, destination, command)
        client: Any = pipeline.sql_client()
        path = database_path(pipeline)
        with ExitStack() as stack:
            yield wait_for(path, lambda: stack.enter_context(client)), path


def refuse_files(pipeline: dlt.Pipeline, destination: str, command: str) -> None:
    """Raises `ConfigError` where the destination is no SQL database, `NothingLoadedError` where there is no file."""
    if not is_sql_database(pipeline):
        raise ConfigError(f"`{command}` needs a SQL database, and {destination} is not one. {_INSTEAD[command]}")
    if not has_database(pipeline):
        raise nothing_loaded(destination, pipeline.dataset_name or "", database_path(pipeline))


def nothing_loaded(destination: str, dataset: str, path: Optional[Path]) -> NothingLoadedError:
    """Make the error that says that there is nothing to read, and where that was looked for."""
    where = f" ({path})" if path else ""
    return NothingLoadedError(
        f"Nothing was loaded into {dataset} of {destination} yet{where}. Run `salesforce-jobs load`, or check"
        " --destination and --dataset."
    )


def is_there(client: Any, table: str) -> bool:
    """Tell whether the dataset has a *table*."""
    try:
        client.execute_sql(f"select 1 from {client.make_qualified_table_name(table)} where 1 = 0")
    except DatabaseUndefinedRelation:
        return False
    return True


def columns_of(client: Any, table: str) -> list[str]:
    """Name the columns of a *table* in lower case; none if the dataset has no such table."""
    try:
        with client.execute_query(f"select * from {client.make_qualified_table_name(table)} where 1 = 0") as cursor:
            return [name.lower() for name in column_names(cursor)]
    except DatabaseUndefinedRelation:
        return []


def is_loaded(client: Any) -> bool:
    """Tell whether the dataset has any table of ours."""
    return any(is_there(client, table) for table in TABLES)
