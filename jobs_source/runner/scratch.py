"""A DuckDB database in memory, for what Arrow cannot do, and to hold files open. Made once: that takes 15 ms."""

from functools import cache

import duckdb


def connect_to_scratch() -> duckdb.DuckDBPyConnection:
    """Return a connection to the one database of this process."""
    return _scratch().cursor()


@cache
def _scratch() -> duckdb.DuckDBPyConnection:
    """Make the database. Two threads, as for the file: more would only take more memory."""
    return duckdb.connect(config={"threads": 2, "memory_limit": "200MB"})
