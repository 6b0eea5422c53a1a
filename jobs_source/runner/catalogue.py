"""
Compares the tables with what the last run left, and says what the run does about differences.

dlt compares schemas, not tables: a table or column that somebody dropped stays dropped, and every later load fails.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import dlt
from dlt.destinations.exceptions import DatabaseException

from jobs_source.dlt_compat import dlt_tables, find_columns
from jobs_source.resources.hints import column_hints
from jobs_source.resources.walk_state import newest_written
from jobs_source.schema import JOB_TABLES, LOAD_ID, TABLES
from jobs_source.times import in_utc

_PRECISION: Final = timedelta(seconds=1)  # some databases keep times no finer
Columns = Mapping[str, Mapping[str, Any]]


class Differences(NamedTuple):
    """
    What is not as the last run left it.

    Attributes:
        missing: Tables of ours that are gone, and columns, as `jobs.state`.
        emptied: Tables of jobs that hold less than was loaded into them.
        dlt_missing: Tables and columns of dlt's own that are gone.
        is_staging_outdated: Whether the staging dataset no longer fits the tables.
        strict: Columns that must have a value and get none from our loads: `_dlt_load_id`, and renamed ones of ours.
        foreign: Columns that somebody else added to our tables, as `jobs.note`.
    """

    missing: tuple[str, ...] = ()
    emptied: tuple[str, ...] = ()
    dlt_missing: tuple[str, ...] = ()
    is_staging_outdated: bool = False
    strict: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()

    @property
    def may_lack_rows(self) -> bool:
        """Whether the next run has to merge all that is listed."""
        return bool(self.missing or self.emptied)

    def describe(self) -> Iterator[str]:
        """Say what was wrong and what the run did about it."""
        healed = "This run merged all that Salesforce still lists. Older rows are only in a backup, if there is one."
        if self.missing:
            yield f"{', '.join(self.missing)} was gone and has been made again. {healed}"
        if self.emptied:
            yield f"{', '.join(self.emptied)} had lost rows that were loaded into it. {healed}"

    @property
    def lost_keys(self) -> list[str]:
        """Missing key columns: their values cannot be made again."""
        keys = {f"{table.name}.{column}" for table in TABLES.values() for column in table.primary_key}
        return [name for name in self.missing if name in keys]


def is_dlt_complete(client: Any) -> bool:
    """Tell whether dlt's own tables are all there, or none is. If only one is gone, dlt cannot say what was loaded."""
    wanted = _dlt_columns(client.schema)
    found = find_columns(client, list(wanted))
    return not any(found.values()) or not list(_lacking(wanted, found))


def compare(client: Any, schema: dlt.Schema, state: Mapping[str, Any], target: str, is_loaded: bool) -> Differences:
    """
    Compare the tables of a SQL database with what was loaded into them; nothing is changed.

    *schema* and *state* are those of the newest run into *target*, and *is_loaded* tells whether there was one.
    Tables and columns that are new in this version of the program do not count as missing.
    """
    ours: dict[str, Columns] = {name: column_hints(table) for name, table in TABLES.items()}
    restored, dlt_columns = schema.data_table_names(), _dlt_columns(schema)
    wanted = {table: schema.get_table_columns(table) for table in ours if table in restored} or ours
    is_schema_known = wanted is not ours
    found = find_columns(client, list({**wanted, **dlt_columns}))
    if not is_loaded and not any(found[table] for table in wanted):
        return Differences()
    with client.with_staging_dataset():
        staged = find_columns(client, list(wanted))
    job_tables = [table.name for table in JOB_TABLES]
    written = {table: newest_written(state.get("sources", {}), table, target) for table in job_tables}
    return Differences(
        missing=tuple(_lacking(wanted, found)),
        emptied=tuple(table for table in job_tables if found.get(table) and _holds_less(client, table, written[table])),
        dlt_missing=tuple(_lacking(dlt_columns, found)),
        is_staging_outdated=_is_outdated(wanted, staged),
        strict=tuple(_strict({**wanted, **dlt_columns}, found)),
        foreign=tuple(_foreign(wanted, ours, found)) if is_schema_known else (),
    )


def _dlt_columns(schema: dlt.Schema) -> dict[str, Columns]:
    return {name: table["columns"] for name, table in dlt_tables(schema).items()}


def _lacking(wanted: Mapping[str, Columns], found: Mapping[str, Columns]) -> Iterator[str]:
    for table, columns in wanted.items():
        if not found[table]:
            yield table
        else:
            yield from (f"{table}.{name}" for name in columns if name.lower() not in found[table])


def _is_outdated(wanted: Mapping[str, Columns], staged: Mapping[str, Columns]) -> bool:
    """Tell whether there is a staging dataset that no longer fits the tables."""
    return any(staged.values()) and (any(_lacking(wanted, staged)) or any(_strict(wanted, staged)))


def _strict(wanted: Mapping[str, Columns], found: Mapping[str, Columns]) -> Iterator[str]:
    """
    Find columns for which the database would refuse our rows.

    An unknown column is the user's, unless one of ours is missing in that table: then ours was renamed.
    """
    for table, columns in wanted.items():
        known = {name.lower() for name in columns}
        is_renamed = not known <= set(found[table])
        for name, column in found[table].items():
            is_in_the_way = name not in known if is_renamed else name == LOAD_ID and table in TABLES
            if is_in_the_way and column.get("nullable") is False:
                yield f"{table}.{name}"


def _foreign(wanted: Mapping[str, Columns], ours: Mapping[str, Columns], found: Mapping[str, Columns]) -> Iterator[str]:
    for table in wanted:
        known = {name.lower() for name in (*wanted[table], *ours.get(table, ()), LOAD_ID, "_dlt_id")}
        yield from (f"{table}.{name}" for name in found[table] if name not in known)


def _holds_less(client: Any, table: str, written: Mapping[str, datetime]) -> bool:
    """Tell whether the newest change in *table* is older than what was *written* of some org."""
    if not written:
        return False
    sql = client.sql_client
    org, stamp = map(sql.escape_column_name, ("org_id", "system_modstamp"))
    try:
        found = sql.execute_sql(
            f"select {org}, max({stamp}) from {sql.make_qualified_table_name(table)} group by {org}"
        )
    except DatabaseException:  # a column is gone: `missing` names it
        return False
    kept = {org_id: in_utc(newest) for org_id, newest in found or ()}
    times = ((kept.get(org_id), until) for org_id, until in written.items())
    return any(not isinstance(newest, datetime) or newest < until - _PRECISION for newest, until in times)
