"""What a destination holds of one org: rows by key, and a real DuckDB that is asked about them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa
from dlt.destinations.exceptions import DatabaseUndefinedRelation

from jobs_source.resources.kept_tables import KeptTables
from jobs_source.schema import JOB_RESULTS, JOB_TABLES, RUNS, TABLES, Table
from tests.simulation.history import Row

ASKED = (*JOB_TABLES, JOB_RESULTS, RUNS)


class Kept:
    """
    The tables, by name and key. They are there from the first load on.

    Attributes:
        rows: The rows by table, and there by what their primary key has beside the org.
    """

    def __init__(self) -> None:
        self.rows: dict[str, dict[tuple[Any, ...], Row]] = {name: {} for name in TABLES}
        self._connection = duckdb.connect()
        self._connection.execute("set timezone = 'UTC'")
        self._is_there = False

    def merge(self, name: str, rows: Sequence[Row]) -> None:
        """
        Do what a load does. Only a table of jobs may be given two rows of one key: the newest counts.

        A row that is written once stays as it is.
        """
        table = TABLES[name]
        new: dict[tuple[Any, ...], Row] = {}
        for row in sorted(rows, key=lambda row: row["system_modstamp"]) if table in JOB_TABLES else rows:
            key = tuple(row[column] for column in table.primary_key if column != "org_id")
            assert table in JOB_TABLES or key not in new, f"{name} is given {key} twice"
            new[key] = row
        self.rows[name].update(new if not table.is_written_once else new | self.rows[name])
        for asked in ASKED if not self._is_there else (table,):
            shown = pa.Table.from_pylist([*self.rows[asked.name].values()], asked.arrow_schema)
            self._connection.register(asked.name, shown)
        self._is_there = True

    @contextmanager
    def open(self, _: Table) -> Iterator[KeptTables]:
        """Open the tables as a run does. None of them has another name here."""
        yield KeptTables(self)

    def make_qualified_table_name(self, name: str) -> str:
        return f'"{name}"'

    def escape_column_name(self, name: str) -> str:
        return f'"{name}"'

    @contextmanager
    def execute_query(self, query: str, *values: Any) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            yield self._connection.execute(query.replace("%s", "?"), values)
        except duckdb.CatalogException as error:
            raise DatabaseUndefinedRelation(error) from error
