"""Copies the tables of a database whose dialect is not proven into a DuckDB in memory, which then answers."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import duckdb
import pyarrow as pa

from jobs_source.runner.query import explaining
from jobs_source.schema import COUNT, FLAG, TABLES, TEXT, TIME
from jobs_source.settings import NAME

_CHUNK_ROWS: Final = 50_000
_TYPES: Final[Mapping[pa.DataType, str]] = {TEXT: "text", TIME: "timestamptz", COUNT: "bigint", FLAG: "boolean"}


@contextmanager
def copying(client: Any, tables: Sequence[str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Copy *tables* through an open *client* of dlt's into the schema of our name."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"set timezone = 'UTC'; create schema {NAME}")
        for table in tables:
            _copy(client, table, connection)
        yield connection


def _copy(client: Any, table: str, connection: duckdb.DuckDBPyConnection) -> None:
    columns = TABLES[table].columns
    connection.execute(
        f"create table {NAME}.{table} ({', '.join(f'{column.name} {_TYPES[column.type]}' for column in columns)})"
    )
    names = ", ".join(client.escape_column_name(column.name) for column in columns)
    query = f"select {names} from {client.make_qualified_table_name(table)}"
    with explaining(client), client.execute_query(query) as cursor:
        for chunk in cursor.iter_arrow(_CHUNK_ROWS):
            rows = chunk.rename_columns([column.name for column in columns])
            connection.register("salesforce_jobs_rows", rows)
            # Rows of a chunk have the types that this database knows: a flag may be a number, a time a text.
            connection.execute(f"insert into {NAME}.{table} by position from salesforce_jobs_rows")
