"""Counts what a load did to the tables of jobs, by looking at them before and after."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any, Final, NamedTuple, Optional

import dlt
import pyarrow as pa
import pyarrow.compute as pc
from dlt.common.destination.exceptions import SqlClientNotAvailable
from dlt.destinations.exceptions import DatabaseUndefinedRelation

_UNCOUNTABLE: Final = (SqlClientNotAvailable, pa.ArrowException)  # a count is no reason to fail a run
_CHUNK_ROWS: Final = 100_000
_VERSION: Final = pa.schema([("id", pa.string()), ("stamp", pa.timestamp("us", tz="UTC"))])
_NEVER: Final = pa.scalar(0, _VERSION.field("stamp").type)


class Jobs(NamedTuple):
    """Jobs of one org in one table: how many, and the versions (id and stamp) that a load may touch."""

    number: int
    versions: pa.Table


Count = Callable[[], tuple[Optional[int], Optional[int]]]


@contextmanager
def tally(pipeline: dlt.Pipeline, walks: Mapping[str, Mapping[str, Any]]) -> Iterator[Count]:
    """
    Look at what the tables hold of the rows that *walks* (metrics by table) looked for; load in the `with` block.

    Call what it yields after the load: it returns how many jobs are new and how many changed. Both are None where the
    destination knows no SQL, or gives times in a form that Arrow cannot read.
    """
    with ExitStack() as stack:
        try:
            client: Any = pipeline.sql_client()
            stack.enter_context(client)
            before = [_read(client, table, walk["org_id"], walk["start"], True) for table, walk in walks.items()]
        except _UNCOUNTABLE:
            yield lambda: (None, None)
            return
        yield lambda: _count(client, walks, before)


def _count(
    client: Any, walks: Mapping[str, Mapping[str, Any]], before: list[Jobs]
) -> tuple[Optional[int], Optional[int]]:
    """Jobs never leave, so the new ones are the difference. Where a table held nothing, its rows are not read."""
    new = changed = 0
    try:
        for (table, walk), earlier in zip(walks.items(), before, strict=True):
            later = _read(client, table, walk["org_id"], walk["start"], earlier.number > 0)
            added = later.number - earlier.number
            new += added
            if earlier.number:
                fresh = later.versions.join(earlier.versions, keys=_VERSION.names, join_type="left anti")
                changed += fresh.num_rows - added
    except _UNCOUNTABLE:
        return None, None
    return new, changed


def _read(client: Any, table: str, org_id: str, since: Optional[datetime], want_versions: bool) -> Jobs:
    name = client.make_qualified_table_name(table)
    id_, org, stamp = map(client.escape_column_name, ("id", "org_id", "system_modstamp"))
    window, bounds = ("", []) if since is None else (f" and ({stamp} >= %s or {stamp} is null)", [since])
    versions = _VERSION.empty_table()
    try:
        number = client.execute_sql(f"select count(*) from {name} where {org} = %s", org_id)[0][0]
        if number and want_versions:
            query = f"select {id_}, {stamp} from {name} where {org} = %s{window}"
            with client.execute_query(query, org_id, *bounds) as cursor, warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # duckdb 2.0 would rather not be asked the way dlt does
                versions = pa.concat_tables([versions, *map(_as_versions, cursor.iter_arrow(_CHUNK_ROWS))])
    except DatabaseUndefinedRelation:
        return Jobs(0, versions)
    return Jobs(int(number), versions)


def _as_versions(chunk: pa.Table) -> pa.Table:
    """Give two columns of a destination their names and types. A stamp that is null gets a value: nulls never match."""
    ids, stamps = (column.cast(type_) for column, type_ in zip(chunk.columns, _VERSION.types, strict=True))
    return pa.table([ids, pc.fill_null(stamps, _NEVER)], schema=_VERSION)
