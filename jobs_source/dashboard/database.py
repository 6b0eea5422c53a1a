"""Asks the dataset for the figures: one connection, read-only, for all that is on a page."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final, Optional

from jobs_source.dashboard.local_copy import copying
from jobs_source.dlt_compat import column_names
from jobs_source.runner.query import explaining
from jobs_source.runner.reading import columns_of, nothing_loaded, opening
from jobs_source.runner.unreachable import explain_unreachable
from jobs_source.schema import TABLES
from jobs_source.settings import NAME
from jobs_source.times import in_utc
from jobs_source.views.definitions import DIALECTS, write_sql

Rows = list[dict[str, Any]]
_Columns = frozenset[tuple[str, str]]  # of each: the table, the column
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
        columns: Those of its tables that are ours.
    """

    def __init__(self, ask: _Ask, dialect: str, place: tuple[str, ...], columns: _Columns) -> None:
        self._ask, self._where = ask, (place, dialect, columns)

    def ask(self, name: str, values: Mapping[str, Any]) -> Rows:
        """
        Run the query of the file *name* with those *values* that it has, and return its rows; times are in UTC.

        Raises:
            QueryError: If the database refuses it, for example because a right is missing.
            SalesforceJobsError: If it does not answer.
        """
        file = _QUERIES / f"{name}.sql"
        used = {key: values[key] for key in _names_of_values(file)}
        with self._ask(write_sql(file, *self._where), used) as cursor:
            columns = column_names(cursor)
            return [dict(zip(columns, map(_plain, row), strict=True)) for row in cursor.fetchall()]


@contextmanager
def opening_database(destination: str, dataset: str, command: str) -> Iterator[Database]:
    """
    Open *dataset* read-only for a *command*. No load waits for it.

    All answers are of one moment. A database that is neither DuckDB nor Postgres is copied into a DuckDB in memory
    first, one table after the other.

    Raises:
        ConfigError: If *destination* is no SQL database, or refuses the login.
        NothingLoadedError: If nothing was loaded there yet.
        QueryError: If a right is missing.
        SalesforceJobsError: If there is no connection, or another program has the DuckDB file open.
    """
    with ExitStack() as stack:
        client, path = _connect(stack, destination, dataset, command)
        columns = _find_columns(client)
        if not columns:
            raise nothing_loaded(destination, client.dataset_name, path)
        dialect = client.capabilities.sqlglot_dialect or ""
        if dialect not in DIALECTS:
            yield _copy(stack, client, columns)
            return
        with explaining(client):
            for statement in _BEFORE[dialect]:
                client.execute_sql(statement)
        yield Database(
            _asking(client), dialect, tuple(client.make_qualified_table_name_path(None, quote=False)), columns
        )


def _connect(stack: ExitStack, destination: str, dataset: str, command: str) -> tuple[Any, Optional[Path]]:
    try:
        return stack.enter_context(opening(destination, dataset, command))
    except Exception as error:
        if known := explain_unreachable(error):
            raise known from error
        raise


def _find_columns(client: Any) -> _Columns:
    """Find the columns of our tables. A dataset of version 0.1 lacks some, and a user may have dropped others."""
    with explaining(client):
        found = [(table, columns_of(client, table.name)) for table in TABLES.values()]
    return frozenset((table.name, each.name) for table, there in found for each in table.columns if each.name in there)


def _copy(stack: ExitStack, client: Any, columns: _Columns) -> Database:
    copy = stack.enter_context(copying(client, columns))
    all_columns = frozenset((table.name, column.name) for table in TABLES.values() for column in table.columns)
    return Database(lambda text, values: nullcontext(copy.execute(text, values)), "duckdb", (NAME,), all_columns)


def _asking(client: Any) -> _Ask:
    @contextmanager
    def ask(text: str, values: Mapping[str, Any]) -> Iterator[Any]:
        with explaining(client), client.execute_query(text, **values) as cursor:
            yield cursor

    return ask


@cache
def _names_of_values(file: Path) -> frozenset[str]:
    return frozenset(re.findall(r"\$(\w+)", file.read_text(encoding="utf-8")))


def _plain(value: Any) -> Any:
    """Give what Postgres keeps exactly as DuckDB gives it."""
    return float(value) if isinstance(value, Decimal) else in_utc(value)
