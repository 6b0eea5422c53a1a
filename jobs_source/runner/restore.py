"""What a run knows of earlier runs: dlt's state and schema, read from the destination."""

from collections.abc import Collection
from contextlib import ExitStack, suppress
from datetime import datetime
from typing import Any, Final, NamedTuple

import dlt
from dlt.destinations.exceptions import DatabaseException, DatabaseUndefinedRelation
from dlt.pipeline.exceptions import PipelineStepFailed

from jobs_source.dlt_compat import STATE_VERSION, decompress_state, is_sql_database
from jobs_source.resources.walk_state import STARTS, UNKNOWN_COLUMNS
from jobs_source.runner.catalogue import Differences, compare, is_dlt_complete
from jobs_source.runner.duckdb_file import database_path, has_database, wait_for
from jobs_source.runner.repair import forget_load_ids
from jobs_source.schema import JOB_TABLES, RUNS
from jobs_source.settings import NAME
from jobs_source.times import in_utc

_TOLD: Final = "foreign_columns"  # in the state of dlt's source: what the user was warned of


class Restored(NamedTuple):
    """
    Where a run begins.

    Attributes:
        version: Version of the newest state that was loaded. Each run raises it; 0 if there is none.
        differences: What is not as the last run left it.
        warnings: What to tell the user about them.
    """

    version: int = 0
    differences: Differences = Differences()
    warnings: tuple[str, ...] = ()


def restore(pipeline: dlt.Pipeline, target: str, source_name: str) -> Restored:
    """
    Give *pipeline*, new and empty, the state and schema of the newest run into *target*, and look at the tables.

    *source_name* is dlt's name for what the org's source keeps in the state.
    """
    if not has_database(pipeline):
        return Restored()
    if not is_sql_database(pipeline):
        pipeline.sync_destination()
        return Restored()
    client: Any = pipeline.destination_client()
    with ExitStack() as stack:  # one connection for all that is asked
        wait_for(database_path(pipeline), lambda: stack.enter_context(client))
        try:
            version = _restore_state(pipeline, client)
        except (PipelineStepFailed, DatabaseException):
            if is_dlt_complete(client):
                raise
            version = _begin_anew(pipeline, client)
        schema = pipeline.default_schema if pipeline.default_schema_name else client.schema
        differences = compare(client, schema, pipeline.state, target, is_loaded=version > 0)
        if not pipeline.state.get("sources"):
            _remember_starts(pipeline, source_name, _newest_starts(client))
        foreign = _warn_of_foreign(pipeline, source_name, differences.foreign, client)
    forget_load_ids(schema)
    return Restored(version, differences, (*differences.describe(), *foreign))


def newest_version(client: Any, pipeline_name: str) -> int:
    """Ask a SQL database for the version of the newest state that was loaded; 0 if none can be read."""
    try:
        found = _query_states(client, "max(s.{version})", "and s.{pipeline_name} = %s", pipeline_name)
    except DatabaseException:  # a column of dlt's tables is gone
        return 0
    return int(found[0][0] or 0) if found else 0


def newest_sources(client: Any, pipeline_name: str) -> dict[str, Any]:
    """Return what the newest state of a pipeline keeps of its sources; empty if there is none."""
    version = newest_version(client, pipeline_name)
    which = "and s.{pipeline_name} = %s and s.{version} = %s order by l.{load_id} desc"
    found = _query_states(client, "s.{state}", which, pipeline_name, version) if version else []
    sources: dict[str, Any] = decompress_state(found[0][0]).get("sources", {}) if found else {}
    return sources


def forget_states(client: Any) -> None:
    """
    Remove the states of all our orgs, so that the next run of each is a full one.

    A lost table or column had rows of all of them. A run that makes it again may end before it has loaded them.
    """
    sql, schema = client.sql_client, client.schema
    name = sql.escape_column_name(schema.naming.normalize_identifier("pipeline_name"))
    states = sql.make_qualified_table_name(schema.state_table_name)
    with suppress(DatabaseUndefinedRelation):
        sql.execute_sql(f"delete from {states} where {name} = %s or {name} like %s", NAME, f"{NAME}_%")


def _restore_state(pipeline: dlt.Pipeline, client: Any) -> int:
    """
    Restore the newest state, and return its version.

    dlt takes the state that was loaded last by the clock of the machine that loaded it. If that clock was a year ahead,
    the same state would come back for a year. Each run raises the version of the state, whatever the clocks say.
    """
    pipeline.sync_destination()
    name = pipeline.pipeline_name
    newest = newest_version(client, name)
    if newest and client.get_stored_state(name).version < newest:
        sources = newest_sources(client, name)
        with pipeline.managed_state() as state:
            state["sources"] = sources
            state[STATE_VERSION] = newest
    return newest


def _newest_starts(client: Any) -> list[tuple[str, str, datetime]]:
    """Read from `runs` when each org's newest walk of each listing began, for a run that has no state."""
    sql = client.sql_client
    org, listing, began = map(sql.escape_column_name, ("org_id", "listing", "started_at"))
    try:
        table = sql.make_qualified_table_name(RUNS.name)
        found = sql.execute_sql(f"select {org}, {listing}, max({began}) from {table} group by {org}, {listing}") or []
    except DatabaseException:
        return []
    return [(org_id, name, in_utc(start)) for org_id, name, start in found if isinstance(start, datetime)]


def _remember_starts(pipeline: dlt.Pipeline, source_name: str, starts: Collection[tuple[str, str, datetime]]) -> None:
    """Put *starts* where a walk looks for the run before it."""
    tables = {table.endpoint: table.name for table in JOB_TABLES}
    with pipeline.managed_state() as state:
        for org_id, listing, began in (start for start in starts if start[1] in tables):
            source = state.setdefault("sources", {}).setdefault(source_name, {})
            resource = source.setdefault("resources", {}).setdefault(tables[listing], {})
            resource.setdefault(STARTS, {})[org_id] = began


def _begin_anew(pipeline: dlt.Pipeline, client: Any) -> int:
    """Go on without the state, which dlt cannot read because part of its tables is gone. Return its version."""
    newest = newest_version(client, pipeline.pipeline_name)
    with pipeline.managed_state() as state:
        state[STATE_VERSION] = newest
    return newest


def _query_states(client: Any, what: str, which: str = "", *values: Any) -> list[tuple[Any, ...]]:
    """Select from the states of all pipelines (s) whose loads (l) were completed."""
    sql, schema = client.sql_client, client.schema
    names = ("version", "state", "pipeline_name", "_dlt_load_id", "load_id", "status")
    columns = {name: sql.escape_column_name(schema.naming.normalize_identifier(name)) for name in names}
    states, loads = map(sql.make_qualified_table_name, (schema.state_table_name, schema.loads_table_name))
    query = (
        f"select {what} from {states} s join {loads} l on l.{{load_id}} = s.{{_dlt_load_id}}"
        f" where l.{{status}} = 0 {which}"
    )
    try:
        return list(sql.execute_sql(query.format(**columns), *values) or [])
    except DatabaseUndefinedRelation:
        return []


def _warn_of_foreign(pipeline: dlt.Pipeline, source_name: str, columns: Collection[str], client: Any) -> list[str]:
    """Warn once of each column that somebody else added; the state keeps the names."""
    if not columns:
        return []
    with pipeline.managed_state() as state:
        source = state.setdefault("sources", {}).setdefault(source_name, {})
        told = source.setdefault(_TOLD, [])
        new = [column for column in columns if column not in told]
        ours = _columns_of_fields(client) if new else set()
        new = [column for column in new if column not in ours]
        told += new
    return [
        f"{column} is not a column of this program. A load replaces each changed row, and its value in this column is"
        " lost. Keep such values in a table of your own."
        for column in new
    ]


def _columns_of_fields(client: Any) -> set[str]:
    """
    Return the columns of fields that Salesforce has added, as `jobs.new_field`.

    The states of all pipelines tell them. The schema may be older: that of a run which began before another one, of
    results or of another org, had met the field.
    """
    pipelines = _query_states(client, "distinct s.{pipeline_name}")
    sources = (source for (name,) in pipelines for source in newest_sources(client, name).values())
    resources = (resource for source in sources for resource in source.get("resources", {}).items())
    return {f"{table}.{column}" for table, kept in resources for column in kept.get(UNKNOWN_COLUMNS, ())}
