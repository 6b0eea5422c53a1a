"""
Whether the tables are as the last run left them, and what a run does about it where they are not.

dlt compares schemas, not tables: a table or column that somebody dropped stays dropped, and every later load fails.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import dlt
from dlt.common.schema.utils import pipeline_state_table
from dlt.destinations.exceptions import DatabaseException

from jobs_source.exceptions import TableUnusableError
from jobs_source.memory import newest_written
from jobs_source.resources import JOB_TABLES, LOAD_ID, PRIMARY_KEYS, columns_by_table
from pipelines.tally import in_utc

_PRECISION: Final = timedelta(seconds=1)  # some databases keep times no finer
Columns = Mapping[str, Mapping[str, Any]]


class Differences(NamedTuple):
    """
    What is not as the last run left it.

    Attributes:
        missing: Tables of ours that are gone, and columns, as `jobs.state`.
        emptied: Tables of jobs that hold less than was loaded into them.
        is_dlt_incomplete: Whether tables or columns of dlt's own are gone.
        is_staging_outdated: Whether the staging dataset does not fit the tables any more.
        strict: Tables of ours whose `_dlt_load_id` must have a value, which our loads do not give it.
        foreign: Columns of tables of ours that somebody else added, as `jobs.note`.
    """

    missing: tuple[str, ...] = ()
    emptied: tuple[str, ...] = ()
    is_dlt_incomplete: bool = False
    is_staging_outdated: bool = False
    strict: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()

    @property
    def may_lack_rows(self) -> bool:
        """Whether the next run has to merge all that is listed."""
        return bool(self.missing or self.emptied)

    def describe(self) -> Iterator[str]:
        """Say what was wrong and what the run did about it."""
        healed = "This run merged all that Salesforce still lists; older rows are only in a backup, if there is one."
        if self.missing:
            yield f"{', '.join(self.missing)} was gone and is made again. {healed}"
        if self.emptied:
            yield f"{', '.join(self.emptied)} held less than was loaded into it. {healed}"

    @property
    def lost_keys(self) -> list[str]:
        """Missing columns that rows are merged on: nobody can make them again."""
        return [name for name in self.missing if name.partition(".")[2] in PRIMARY_KEYS.get(name.partition(".")[0], ())]


def is_dlt_complete(client: Any) -> bool:
    """Tell whether all of dlt's own tables are there, where any is. Without them dlt cannot say what was loaded."""
    wanted = _dlt_columns(client.schema)
    found = _find(client, wanted)
    return not any(found.values()) or not list(_lacking(wanted, found))


def compare(client: Any, schema: dlt.Schema, state: Mapping[str, Any], target: str, is_loaded: bool) -> Differences:
    """
    Compare the tables of a SQL database with what was loaded into them; nothing is changed.

    *schema* and *state* are those of the newest run into *target*, and *is_loaded* tells whether there was one.
    Tables and columns that this version of the program is the first to have are not missing.
    """
    if not client.is_storage_initialized():
        return Differences()
    ours, restored, dlt_columns = columns_by_table(), schema.data_table_names(), _dlt_columns(schema)
    wanted = {table: schema.get_table_columns(table) for table in ours if table in restored} or ours
    found = _find(client, {**wanted, **dlt_columns})
    if not is_loaded and not any(found[table] for table in wanted):
        return Differences()
    with client.with_staging_dataset():
        staged = _find(client, wanted) if client.is_storage_initialized() else {}
    written = {table: newest_written(state.get("sources", {}), table, target) for table in JOB_TABLES}
    return Differences(
        missing=tuple(_lacking(wanted, found)),
        emptied=tuple(table for table in JOB_TABLES if found.get(table) and _holds_less(client, table, written[table])),
        is_dlt_incomplete=any(_lacking(dlt_columns, found)),
        is_staging_outdated=_is_outdated(wanted, staged),
        strict=tuple(table for table in wanted if _is_strict(found[table])),
        foreign=tuple(_foreign(wanted, ours, found)),
    )


def allow_empty_load_ids(schema: dlt.Schema) -> None:
    """Take from *schema*, which an earlier version may have stored, that each row of ours has a `_dlt_load_id`."""
    for table in set(columns_by_table()) & set(schema.tables):
        if column := schema.tables[table]["columns"].get(LOAD_ID):
            column["nullable"] = True


def refuse_lost_keys(differences: Differences) -> None:
    """Raises `TableUnusableError` where columns are gone that nobody can make again."""
    if differences.lost_keys:
        raise TableUnusableError(
            f"{', '.join(differences.lost_keys)} is gone, and rows are merged on it. Give the column its name back, or"
            " drop the table: the next run makes it again, with all that Salesforce still lists."
        )


def repair(client: Any, differences: Differences) -> None:
    """
    Make what is missing, so that dlt can load into it. The rows come with the load.

    Raises:
        TableUnusableError: If something keeps the tables from being mended, with what to do.
    """
    sql = client.sql_client
    try:
        for table in differences.strict:
            name, column = sql.make_qualified_table_name(table), sql.escape_column_name(LOAD_ID)
            sql.execute_sql(f"alter table {name} alter column {column} drop not null")
        if differences.is_staging_outdated or differences.missing:
            with sql.with_staging_dataset():
                if sql.has_dataset():  # dlt makes it again
                    sql.drop_dataset()
        if differences.missing or differences.is_dlt_incomplete:
            _make_missing(client)
    except DatabaseException as error:
        raise TableUnusableError(
            f"The tables are not as the last run left them, and cannot be mended: {str(error).splitlines()[0]} Remove"
            " what depends on the table, such as an index, or grant the missing right, and run again."
        ) from error


def _make_missing(client: Any) -> None:
    """Make tables and columns. Columns that rows exist without may be empty, whatever the schema says."""
    schema = client.schema
    client.schema = schema.clone()
    try:
        for table in client.schema.tables.values():
            is_there = any(columns for _, columns in client.get_storage_tables([table["name"]]))
            for column in table["columns"].values() if is_there else ():
                column["nullable"] = True
        client.initialize_storage()
        client.update_stored_schema(force=True)
    finally:
        client.schema = schema


def _dlt_columns(schema: dlt.Schema) -> dict[str, Columns]:
    names = (schema.version_table_name, schema.loads_table_name)
    return {
        **{name: schema.get_table_columns(name) for name in names},
        schema.state_table_name: pipeline_state_table()["columns"],
    }


def _find(client: Any, wanted: Mapping[str, Columns]) -> dict[str, Columns]:
    """Ask the destination for the columns of the *wanted* tables, by names in small letters; none for no table."""
    found = client.get_storage_tables(list(wanted))
    return {table: {name.lower(): column for name, column in columns.items()} for table, columns in found}


def _lacking(wanted: Mapping[str, Columns], found: Mapping[str, Columns]) -> Iterator[str]:
    for table, columns in wanted.items():
        if not found[table]:
            yield table
        else:
            yield from (f"{table}.{name}" for name in columns if name.lower() not in found[table])


def _is_outdated(wanted: Mapping[str, Columns], staged: Mapping[str, Columns]) -> bool:
    return bool(staged) and (any(_lacking(wanted, staged)) or any(map(_is_strict, staged.values())))


def _is_strict(columns: Columns) -> bool:
    return LOAD_ID in columns and columns[LOAD_ID].get("nullable") is False


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
    except DatabaseException:  # a column is gone: that is said elsewhere
        return False
    kept = {org_id: in_utc(newest) for org_id, newest in found or ()}
    times = ((kept.get(org_id), until) for org_id, until in written.items())
    return any(not isinstance(newest, datetime) or newest < until - _PRECISION for newest, until in times)
