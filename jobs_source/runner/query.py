"""Asks the dataset one query, read-only in the database's own sense, and gives the rows in chunks."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final, NamedTuple, Optional

import duckdb
import sqlglot
from dlt.destinations.exceptions import DatabaseException, DestinationConnectionError
from sqlglot.optimizer.qualify_tables import qualify_tables

from jobs_source.dlt_compat import column_names, connection_of
from jobs_source.exceptions import QueryError, SalesforceJobsError
from jobs_source.runner.one_query import ONLY_A_SELECT, refuse_writes
from jobs_source.runner.reading import is_loaded, nothing_loaded, opening
from jobs_source.runner.stoppable import wait_for_answer
from jobs_source.times import in_utc

Row = list[Any]
_CHUNK_ROWS: Final = 5_000
_CURSOR: Final = "salesforce_jobs_rows"
_TEXT: Final = "salesforce_jobs.query"  # a setting that lasts as long as the transaction
# A cursor takes one query and nothing else, whatever the text holds; Postgres reads it out of a setting.
_OPEN_CURSOR: Final = (
    f"do $$declare rows refcursor := '{_CURSOR}';"
    f" begin open rows no scroll for execute current_setting('{_TEXT}'); end$$"
)


class Answer(NamedTuple):
    """What the query gives: the names of its *columns*, and its rows in *chunks*; times are in UTC."""

    columns: list[str]
    chunks: Iterator[list[Row]]


@contextmanager
def asking(text: str, destination: str, dataset: str) -> Iterator[Answer]:
    """
    Run the query *text* in *dataset*, whose name may stand before that of a table or not. A signal stops it at once.

    Raises:
        QueryError: If *text* is not one query that only reads, or the database refuses it.
        ConfigError: If *destination* is no SQL database.
        NothingLoadedError: If nothing was loaded there yet.
    """
    with opening(destination, dataset, "sql") as (client, path), ExitStack() as stack:
        if not is_loaded(client):
            raise nothing_loaded(destination, client.dataset_name, path)
        dialect = client.capabilities.sqlglot_dialect or ""
        is_certain = refuse_writes(text, dialect)
        if path is not None:
            question = _ask_duckdb(client, text)
        elif dialect == "postgres":
            question = _ask_postgres(client, text)
        else:
            question = _ask_other(client, text, dialect, is_certain)

        def ask() -> tuple[Any, list[Row]]:
            cursor = stack.enter_context(question)
            return cursor, _fetch(cursor)

        if interrupt := getattr(connection_of(client), "interrupt", None):
            stack.callback(interrupt)  # DuckDB goes on with what nobody reads any more, and its connection cannot close
        with explaining(client):
            cursor, first = wait_for_answer(connection_of(client), ask)
        yield Answer(column_names(cursor), _chunks(client, cursor, first))


@contextmanager
def _ask_duckdb(client: Any, text: str) -> Iterator[Any]:
    """Ask our DuckDB file, which is open read-only, without access to any other file."""
    statements = duckdb.extract_statements(text)
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        raise QueryError(ONLY_A_SELECT)
    client.execute_sql("set timezone = 'UTC'")
    client.execute_sql("set enable_external_access = false")
    with client.execute_query(text) as cursor:
        yield cursor


@contextmanager
def _ask_postgres(client: Any, text: str) -> Iterator[Any]:
    """Ask Postgres in a transaction that may not write, and that holds the rows on the server."""
    with client.begin_transaction() as transaction:
        client.execute_sql("set transaction isolation level repeatable read, read only")
        client.execute_sql("set local timezone = 'UTC'")
        client.execute_sql(f"select set_config('{_TEXT}', %s, true)", text)
        client.execute_sql(_OPEN_CURSOR)
        with client.execute_query(f"fetch {_CHUNK_ROWS} from {_CURSOR}") as cursor:
            yield _Fetching(client, cursor)
        transaction.rollback_transaction()


class _Fetching:
    """Fetches from the cursor on the server, as a cursor here does."""

    def __init__(self, client: Any, first: Any) -> None:
        self._client, self._cursor = client, first
        self._first = first.fetchall()
        self.description = first.description

    def fetchmany(self, size: int) -> list[Sequence[Any]]:
        rows: Optional[list[Sequence[Any]]] = self._first
        self._first = None
        return self._client.execute_sql(f"fetch {size} from {_CURSOR}") or [] if rows is None else rows


@contextmanager
def _ask_other(client: Any, text: str, dialect: str, is_certain: bool) -> Iterator[Any]:
    """Ask a database whose own way to read only is not known here; *text* has to be certain to only read."""
    if not is_certain:
        raise QueryError(
            "`sql` does not understand this query, so it cannot be sure that the query only reads. Nothing was run."
            " Write the query more simply, or use your database's own client."
        )
    statement = sqlglot.parse_one(text, dialect=dialect or None)
    qualified = qualify_tables(statement, db=client.dataset_name, dialect=dialect or None)
    with client.execute_query(qualified.sql(dialect=dialect or None)) as cursor:
        yield cursor


def _chunks(client: Any, cursor: Any, first: list[Row]) -> Iterator[list[Row]]:
    rows = first
    while rows:
        yield rows
        with explaining(client):
            rows = wait_for_answer(connection_of(client), lambda: _fetch(cursor))


def _fetch(cursor: Any) -> list[Row]:
    return [[in_utc(value) for value in row] for row in cursor.fetchmany(_CHUNK_ROWS)]


@contextmanager
def explaining(client: Any) -> Iterator[None]:
    """Give the database's own words for what it refuses: exit code 2, or 1 where another try may help."""
    driver: Any = client.dbapi
    try:
        yield
    except (DatabaseException, DestinationConnectionError, getattr(driver, "Error", DatabaseException)) as error:
        inner = getattr(error, "dbapi_exception", getattr(error, "inner_exc", error))
        said = _first_paragraph(str(inner))
        is_lost = isinstance(error, DestinationConnectionError)  # a client connects again after an error
        if is_lost or isinstance(inner, getattr(driver, "OperationalError", ())):
            raise SalesforceJobsError(
                f"The database could not answer: {said.rstrip('.')}. Try it again later."
            ) from error
        advice = ". Grant it to the user of this connection." if said.startswith("permission denied") else ""
        raise QueryError(f"The database refuses the query: {said}{advice}") from error
    except (ValueError, OverflowError) as error:
        raise QueryError(
            f"The answer has a time that Python cannot hold ({error}): Python knows the years 1 to 9999. Cast that"
            " column to text."
        ) from error


def _first_paragraph(text: str) -> str:
    """Leave out where in the query it was, which needs several lines, and what the query became."""
    lines = [line.strip() for line in text.splitlines()]
    end = next((at for at, line in enumerate(lines) if line.startswith(("LINE ", "QUERY:", "CONTEXT:"))), len(lines))
    hints = [line for line in lines[end:] if line.startswith("HINT:")]
    return " ".join(line for line in [*lines[:end], *hints] if line)[:600]
