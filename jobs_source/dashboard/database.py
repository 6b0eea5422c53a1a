"""Asks the dataset for the figures: one connection, read-only, for all that is on a page."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from jobs_source.dashboard.local_copy import copying
from jobs_source.runner.query import explaining
from jobs_source.runner.reading import is_loaded, is_there, nothing_loaded, opening
from jobs_source.schema import TABLES
from jobs_source.settings import NAME
from jobs_source.times import in_utc
from jobs_source.views.definitions import DIALECTS, write_sql

Rows = list[dict[str, Any]]
_Ask = Callable[[str, Mapping[str, Any]], AbstractContextManager[Any]]
# What a load may use of DuckDB is little; here somebody waits. Postgres would show a load that ends meanwhile.
_BEFORE: Final = {
    "duckdb": ("reset memory_limit", "reset threads", "set timezone = 'UTC'"),
    "postgres": ("begin isolation level repeatable read read only", "set local timezone = 'UTC'"),
}
_QUERIES: Final = Path(__file__).parent / "queries"


class Database:
    """
    The dataset, as it was when it was opened.

    Args:
        ask: Runs a query with named values, and gives a cursor while it is open.
        dialect: That of its SQL.
        place: The parts of the dataset's name.
        tables: Those of ours that it has.
    """

    def __init__(self, ask: _Ask, dialect: str, place: tuple[str, ...], tables: tuple[str, ...]) -> None:
        self._ask, self._where = ask, (place, dialect, tables)

    def ask(self, name: str, values: Mapping[str, Any]) -> Rows:
        """
        Run the query of the file *name* with those *values* that it has, and return its rows; times are in UTC.

        Raises:
            QueryError: If the database refuses it, for example because a right is missing.
            SalesforceJobsError: If it does not answer.
        """
        file = _QUERIES / f"{name}.sql"
        used = {key: values[key] for key in _names_of_values(file)}
        with self._ask(_write(file, *self._where), used) as cursor:
            columns = [column[0] for column in cursor.description]
            return [dict(zip(columns, map(_plain, row), strict=True)) for row in cursor.fetchall()]


@contextmanager
def opening_database(destination: str, dataset: str, command: str) -> Iterator[Database]:
    """
    Open *dataset* read-only for a *command*. All answers are of one moment, and no load waits for it.

    A database that is neither DuckDB nor Postgres is copied into a DuckDB in memory first.

    Raises:
        ConfigError: If *destination* is no SQL database.
        NothingLoadedError: If nothing was loaded there yet.
    """
    with opening(destination, dataset, command) as (client, path), ExitStack() as stack:
        if not is_loaded(client):
            raise nothing_loaded(destination, client.dataset_name, path)
        tables = tuple(table for table in TABLES if is_there(client, table))
        dialect = client.capabilities.sqlglot_dialect or ""
        if dialect not in DIALECTS:
            copy = stack.enter_context(copying(client, tables))
            yield Database(lambda text, values: nullcontext(copy.execute(text, values)), "duckdb", (NAME,), tables)
            return
        for statement in _BEFORE[dialect]:
            client.execute_sql(statement)
        yield Database(
            _asking(client), dialect, tuple(client.make_qualified_table_name_path(None, quote=False)), tables
        )


def _asking(client: Any) -> _Ask:
    @contextmanager
    def ask(text: str, values: Mapping[str, Any]) -> Iterator[Any]:
        with explaining(client), client.execute_query(text, **values) as cursor:
            yield cursor

    return ask


@cache
def _write(file: Path, place: tuple[str, ...], dialect: str, tables: tuple[str, ...]) -> str:
    return write_sql(file, place, dialect, tables)


@cache
def _names_of_values(file: Path) -> frozenset[str]:
    return frozenset(re.findall(r"\$(\w+)", file.read_text(encoding="utf-8")))


def _plain(value: Any) -> Any:
    """Give what Postgres keeps exactly as DuckDB gives it."""
    return float(value) if isinstance(value, Decimal) else in_utc(value)
