"""Counts what a load did to the tables of jobs, by looking at them before and after."""

import warnings
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple, Optional

import dlt
import pyarrow as pa
import pyarrow.compute as pc
from dlt.destinations.exceptions import DatabaseUndefinedRelation
from dlt.destinations.job_client_impl import SqlJobClientBase

_CHUNK_ROWS: Final = 100_000
_VERSION: Final = pa.schema([("id", pa.string()), ("stamp", pa.timestamp("us", tz="UTC"))])
_NEVER: Final = pa.scalar(0, _VERSION.field("stamp").type)


class Jobs(NamedTuple):
    """Jobs of one org in one table: how many, and the versions (id and stamp) that a load may touch."""

    number: int
    versions: pa.Table


def read_jobs(
    pipeline: dlt.Pipeline, walks: Mapping[str, Mapping[str, Any]], before: Optional[list[Jobs]] = None
) -> Optional[list[Jobs]]:
    """
    Read what the tables hold of the rows that *walks* (metrics by table) looked for.

    Where a table held nothing *before*, its rows are counted and not read. None where the destination is no SQL
    database, or gives times in a form that Arrow cannot read.
    """
    if not is_database(pipeline):
        return None
    try:
        with pipeline.sql_client() as client:
            wants = [jobs.number > 0 for jobs in before] if before else [True] * len(walks)
            return [
                _read(client, table, walk["org_id"], walk["start"], want)
                for (table, walk), want in zip(walks.items(), wants, strict=True)
            ]
    except pa.ArrowException:  # a count is no reason to fail a run
        return None


def is_database(pipeline: dlt.Pipeline) -> bool:
    """Tell a SQL database from files. dlt asks those with SQL too, but a run only of what it has put there itself."""
    return issubclass(pipeline.destination.client_class, SqlJobClientBase)


def count_changes(before: Optional[list[Jobs]], after: Optional[list[Jobs]]) -> tuple[Optional[int], Optional[int]]:
    """Return how many jobs are new and how many changed. Jobs never leave, so the new ones are the difference."""
    if before is None or after is None:
        return None, None
    new = changed = 0
    for earlier, later in zip(before, after, strict=True):
        added = later.number - earlier.number
        new += added
        if earlier.number:
            fresh = later.versions.join(earlier.versions, keys=_VERSION.names, join_type="left anti")
            changed += fresh.num_rows - added
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
