"""Counts what a load did to the tables of jobs, by looking at them before and after."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, Optional

import dlt
from dlt.common.destination.exceptions import SqlClientNotAvailable
from dlt.destinations.exceptions import DatabaseUndefinedRelation

_CHUNK_ROWS = 10_000


class Jobs(NamedTuple):
    """Jobs of one org in one table: how many, and the versions (hashed id and stamp) that a load may touch."""

    number: int
    versions: set[int]


def read_jobs(
    pipeline: dlt.Pipeline, walks: Mapping[str, Mapping[str, Any]], before: Optional[list[Jobs]] = None
) -> Optional[list[Jobs]]:
    """
    Read what the tables hold of the rows that *walks* (metrics by table) looked for.

    Where a table held nothing *before*, its rows are counted and not read. None where the destination knows no SQL.
    """
    try:
        with pipeline.sql_client() as client:
            wants = [jobs.number > 0 for jobs in before] if before else [True] * len(walks)
            return [
                _read(client, table, walk["org_id"], walk["start"], want)
                for (table, walk), want in zip(walks.items(), wants, strict=True)
            ]
    except SqlClientNotAvailable:
        return None


def count_changes(before: Optional[list[Jobs]], after: Optional[list[Jobs]]) -> tuple[Optional[int], Optional[int]]:
    """Return how many jobs are new and how many changed. Jobs never leave, so the new ones are the difference."""
    if before is None or after is None:
        return None, None
    new = changed = 0
    for earlier, later in zip(before, after, strict=True):
        added = later.number - earlier.number
        new += added
        changed += len(later.versions - earlier.versions) - added if earlier.number else 0
    return new, changed


def _read(client: Any, table: str, org_id: str, since: Optional[datetime], want_versions: bool) -> Jobs:
    name = client.make_qualified_table_name(table)
    id_, org, stamp = map(client.escape_column_name, ("id", "org_id", "system_modstamp"))
    window, bounds = ("", []) if since is None else (f" and ({stamp} >= %s or {stamp} is null)", [since])
    versions: set[int] = set()
    try:
        number = client.execute_sql(f"select count(*) from {name} where {org} = %s", org_id)[0][0]
        if number and want_versions:
            query = f"select {id_}, {stamp} from {name} where {org} = %s{window}"
            with client.execute_query(query, org_id, *bounds) as cursor:
                while rows := cursor.fetchmany(_CHUNK_ROWS):
                    versions.update(map(hash, map(tuple, rows)))
    except DatabaseUndefinedRelation:
        return Jobs(0, versions)
    return Jobs(int(number), versions)
