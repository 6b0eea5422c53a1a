"""
The DuckDB file that all orgs share where nothing else is configured.

DuckDB 2.0 writes over the block that describes the whole file whenever it takes its log in: that is when the last
connection closes, and dlt opens and closes several in one load. A process that is killed in the midst of that write
leaves a file that nobody can open any more, while the log may end anywhere. So it is taken in once a load.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import dlt
import duckdb
from dlt.destinations.impl.duckdb.configuration import DuckDbCredentials

FILE: Final = "jobs_history.duckdb"  # not that of the dataset: DuckDB would not know file from schema
# What needs more memory goes through the disk; rows need no order on their way into a table.
SETTINGS: Final[dict[str, Any]] = {"memory_limit": "200MB", "preserve_insertion_order": "false"}


def make_credentials() -> DuckDbCredentials:
    """Name the file in the current folder. Absolute: dlt would keep a relative one to where the pipeline first ran."""
    return DuckDbCredentials(str(Path(FILE).absolute()), global_config=SETTINGS)


@contextmanager
def held_open(pipeline: dlt.Pipeline) -> Iterator[None]:
    """Keep the file open from dlt's first connection to its last. Other destinations are left alone."""
    credentials, connection = pipeline.destination.config_params.get("credentials"), None
    if isinstance(credentials, DuckDbCredentials):
        with suppress(duckdb.Error):  # dlt will meet the same, and say so
            connection = duckdb.connect(credentials.database)
    try:
        yield
    finally:
        if connection is not None:
            connection.close()
