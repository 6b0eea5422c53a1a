"""Asks the destination of the running pipeline what its tables hold."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Optional

import dlt
from dlt.common import logger
from dlt.destinations.exceptions import DatabaseUndefinedRelation, DestinationConnectionError

from jobs_source.dlt_compat import is_sql_database, load_package, open_client, running_pipeline
from jobs_source.schema import RUNS, TABLES, Table


class KeptTables:
    """
    The tables of a SQL destination.

    Args:
        sql: dlt's SQL client, open; without one, no table is there.
        renamed: Other names that tables of ours have there.
        emptied: Names there of tables that count as empty.
    """

    def __init__(
        self, sql: Any = None, renamed: Optional[Mapping[str, str]] = None, emptied: Collection[str] = ()
    ) -> None:
        self._sql = sql
        self._names = _Names(sql, renamed or {}, emptied)

    def ask(self, query: str, *values: Any, most: Optional[int] = None) -> list[tuple[Any, ...]]:
        """
        Return the rows of *query*, or the *most* first ones. If one of its tables is not there, it has no rows.

        In the query, `{jobs} j` is the table of that name, which needs an alias, and `{id}` the column of that name.
        """
        if self._sql is None:
            return []
        try:
            with self._sql.execute_query(query.format_map(self._names), *values) as cursor:
                return list(cursor.fetchall() if most is None else cursor.fetchmany(most))
        except DatabaseUndefinedRelation:
            return []


class _Names(dict[str, str]):
    """Quotes names as the destination needs them."""

    def __init__(self, sql: Any, renamed: Mapping[str, str], emptied: Collection[str]) -> None:
        self._sql, self._renamed, self._emptied = sql, renamed, emptied

    def __missing__(self, name: str) -> str:
        if name not in TABLES:
            return str(self._sql.escape_column_name(name))
        table = self._renamed.get(name, name)
        qualified = str(self._sql.make_qualified_table_name(table))
        return f"(select * from {qualified} where 1 = 0)" if table in self._emptied else qualified


@contextmanager
def open_kept_tables(own: Table) -> Iterator[KeptTables]:
    """
    Open the destination of the running pipeline. One that cannot be asked has no tables.

    *own* is the table of the running resource, which a user may have given another name. A table that a refresh empties
    at the load counts as empty, but for `runs`: the calls were made.
    """
    _, emptied = load_package()
    pipeline, renamed = running_pipeline(), {own.name: dlt.current.resource_name()}
    with ExitStack() as stack:
        kept = KeptTables()
        if pipeline is not None and pipeline.destination is not None and is_sql_database(pipeline):
            try:
                kept = KeptTables(stack.enter_context(open_client(pipeline)).sql_client, renamed, emptied - {RUNS.name})
            except DestinationConnectionError as error:
                logger.warning(
                    f"The destination does not answer ({str(error).splitlines()[-1]}). So this run looks up only the"
                    " jobs that it has just read. The next run looks up the others."
                )
        yield kept
