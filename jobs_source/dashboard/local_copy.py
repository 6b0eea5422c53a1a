"""Copies the tables of a database whose dialect is not proven into a DuckDB in memory, which then answers."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, Final

import duckdb

from jobs_source.runner.query import explaining
from jobs_source.schema import TABLES
from jobs_source.settings import NAME
from jobs_source.views.definitions import SQL_TYPES

_CHUNK_ROWS: Final = 50_000


@contextmanager
def copying(client: Any, there: Collection[tuple[str, str]]) -> Iterator[duckdb.DuckDBPyConnection]:
    """
    Copy our tables through an open *client* of dlt's into the schema of our name.

    A column of ours that is not *there* (each by table and name) is null.
    """
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"set timezone = 'UTC'; create schema {NAME}")
        for table in TABLES.values():
            columns = ", ".join(f"{column.name} {SQL_TYPES[column.type]}" for column in table.columns)
            connection.execute(f"create table {NAME}.{table.name} ({columns})")
            if names := [column.name for column in table.columns if (table.name, column.name) in there]:
                _copy(client, table.name, names, connection)
        yield connection


def _copy(client: Any, table: str, names: list[str], connection: duckdb.DuckDBPyConnection) -> None:
    query = f"select {', '.join(map(client.escape_column_name, names))} from {client.make_qualified_table_name(table)}"
    with explaining(client), client.execute_query(query) as cursor:
        for chunk in cursor.iter_arrow(_CHUNK_ROWS):
            connection.register("salesforce_jobs_rows", chunk.rename_columns(names))
            # Rows of a chunk have the types that this database knows: a flag may be a number, a time a text.
            connection.execute(f"insert into {NAME}.{table} by name from salesforce_jobs_rows")
