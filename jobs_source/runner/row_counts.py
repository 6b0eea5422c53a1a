"""Counts what a load did to the tables of jobs: reads them before and after."""

import warnings
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, Optional

import pyarrow as pa
import pyarrow.compute as pc
from dlt.destinations.exceptions import DatabaseUndefinedRelation

from jobs_source.dlt_compat import SqlJobClientBase
from jobs_source.runner.scratch import connect_to_scratch

_CHUNK_ROWS: Final = 100_000
_VERSION: Final = pa.schema([("id", pa.string()), ("stamp", pa.timestamp("us", tz="UTC"))])


class Jobs(NamedTuple):
    """Jobs of one org in one table: how many, and a hash of each version (id and stamp) that a load may touch."""

    number: int
    versions: pa.Array


def read_jobs(
    client: Any, walks: Mapping[str, Mapping[str, Any]], before: Optional[list[Jobs]] = None
) -> Optional[list[Jobs]]:
    """
    Count the jobs in the tables, and read those that are as new as the oldest that *walks* (metrics by table) wrote.

    So a full load does not read the whole history. *client* is open. A table that was empty *before* is only counted.
    None if the destination is not a SQL database, or returns times in a form that Arrow cannot read.
    """
    if not isinstance(client, SqlJobClientBase):
        return None
    wants = [jobs.number > 0 for jobs in before] if before else [True] * len(walks)
    tables = zip(walks.items(), wants, strict=True)
    try:
        return [_read(client.sql_client, table, walk, want) for (table, walk), want in tables]
    except pa.ArrowException:  # a count is no reason to fail a run
        return None


def count_changes(before: Optional[list[Jobs]], after: Optional[list[Jobs]]) -> tuple[Optional[int], Optional[int]]:
    """Return how many jobs are new and how many changed. Jobs never leave, so the new ones are the difference."""
    if before is None or after is None:
        return None, None
    new = changed = 0
    for earlier, later in zip(before, after, strict=True):
        added = later.number - earlier.number
        new += added
        if earlier.number:
            known = pc.sum(pc.is_in(later.versions, earlier.versions), min_count=0).as_py()
            changed += len(later.versions) - known - added
    return new, changed


def _read(client: Any, table: str, walk: Mapping[str, Any], want_versions: bool) -> Jobs:
    name, org_id, oldest = client.make_qualified_table_name(table), walk["org_id"], walk["oldest_written"]
    id_, org, stamp = map(client.escape_column_name, ("id", "org_id", "system_modstamp"))
    window, bounds = (f"{stamp} >= %s or ", [oldest]) if oldest else ("", [])
    versions: list[pa.Array] = []
    try:
        number = client.execute_sql(f"select count(*) from {name} where {org} = %s", org_id)[0][0]
        if number and want_versions:
            query = f"select {id_}, {stamp} from {name} where {org} = %s and ({window}{stamp} is null)"
            with client.execute_query(query, org_id, *bounds) as cursor, warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # duckdb 2.0 warns of the call that dlt uses
                versions = list(_hash(cursor.iter_arrow(_CHUNK_ROWS)))
    except DatabaseUndefinedRelation:
        number = 0
    return Jobs(int(number), pa.chunked_array(versions, pa.uint64()).combine_chunks())


def _hash(chunks: Iterator[pa.Table]) -> Iterator[pa.Array]:
    """Make eight bytes of each id and stamp, whatever types the destination has for them."""
    for chunk in chunks:
        columns = [column.cast(type_) for column, type_ in zip(chunk.columns, _VERSION.types, strict=True)]
        rows = connect_to_scratch().from_arrow(pa.table(columns, schema=_VERSION))
        yield from rows.project("hash(id, stamp) as version").to_arrow_table()["version"].chunks
