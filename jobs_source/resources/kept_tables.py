"""Asks the destination of the running pipeline what its tables hold."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Optional

from dlt.common import logger
from dlt.destinations.exceptions import DatabaseUndefinedRelation, DestinationConnectionError

from jobs_source.dlt_compat import is_sql_database, open_client, running_pipeline
from jobs_source.schema import TABLES


class KeptTables:
    """The tables of a SQL destination. *sql* is dlt's SQL client, open; without one, no table is there."""

    def __init__(self, sql: Any = None) -> None:
        self._sql = sql

    @property
    def can_be_asked(self) -> bool:
        """Whether the destination answers questions: files do not."""
        return self._sql is not None

    def ask(self, query: str, *values: Any, most: Optional[int] = None) -> list[tuple[Any, ...]]:
        """
        Return the rows of *query*, or the *most* first ones. If one of its tables is not there, it has no rows.

        In the query, `{jobs}` is the table of that name, and `{id}` the column of that name.
        """
        if self._sql is None:
            return []
        try:
            with self._sql.execute_query(query.format_map(_Names(self._sql)), *values) as cursor:
                return list(cursor.fetchall() if most is None else cursor.fetchmany(most))
        except DatabaseUndefinedRelation:
            return []


class _Names(dict[str, str]):
    """Quotes names as the destination needs them."""

    def __init__(self, sql: Any) -> None:
        self._sql = sql

    def __missing__(self, name: str) -> str:
        make = self._sql.make_qualified_table_name if name in TABLES else self._sql.escape_column_name
        return str(make(name))


@contextmanager
def open_kept_tables() -> Iterator[KeptTables]:
    """Open the destination of the running pipeline. One that cannot be asked has no tables."""
    pipeline = running_pipeline()
    with ExitStack() as stack:
        kept = KeptTables()
        if pipeline is not None and pipeline.destination is not None and is_sql_database(pipeline):
            try:
                kept = KeptTables(stack.enter_context(open_client(pipeline)).sql_client)
            except DestinationConnectionError as error:
                logger.warning(
                    f"The destination does not answer ({str(error).splitlines()[-1]}). So this run looks up only the"
                    " jobs that it has just read. The next run looks up the others."
                )
        yield kept
