"""Looks what is there in a dataset, with one query, and decides which views have to be made."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from jobs_source.schema import TABLES
from jobs_source.views import VIEWS
from jobs_source.views.definitions import comment_on, is_ours

# By these Postgres finds the rows of one day without reading a million others. DuckDB needs none.
INDEXES: Final = {
    "jobs_by_created_date": ("jobs", ("created_date",)),
    "query_jobs_by_created_date": ("query_jobs", ("created_date",)),
    "job_results_by_id": ("job_results", ("org_id", "id")),
    "job_states_by_job_id": ("job_states", ("org_id", "job_id")),
    "job_errors_by_job_id": ("job_errors", ("org_id", "job_id")),
}
_LOOK: Final = {
    "duckdb": (
        "select name, kind, 0, comment from"
        " (select database_name, schema_name, table_name as name, 'table' as kind, comment from duckdb_tables()"
        " union all select database_name, schema_name, view_name, 'view', comment from duckdb_views())"
        " where database_name = current_database() and schema_name = %s"
    ),
    "postgres": (
        "select c.relname, case c.relkind when 'r' then 'table' when 'p' then 'table' when 'v' then 'view'"
        " when 'i' then 'index' else 'relation' end, c.oid, obj_description(c.oid, 'pg_class')"
        " from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where n.nspname = %s"
    ),
}


class Thing(NamedTuple):
    """
    A table, view or index of the dataset.

    Attributes:
        number: By which Postgres knows it: a table that is made anew has another one. DuckDB goes by the name: 0.
    """

    kind: str
    number: int
    comment: str


class Plan(NamedTuple):
    """
    What is there, and what has to be done.

    Attributes:
        tables: Tables of ours that are there.
        comments: What the comment of each view ought to be.
        new: Views that are not there.
        changed: Views of ours that were made from something else.
        foreign: Names of our views that something else has, and what that is.
        gone: Tables that were loaded and are not there.
        indexes: Indexes that are not there.
    """

    tables: Mapping[str, int]
    comments: Mapping[str, str]
    new: Sequence[str]
    changed: Sequence[str]
    foreign: Mapping[str, str]
    gone: Sequence[str]
    indexes: Sequence[str]

    @property
    def is_done(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.new or self.changed or self.indexes)


def make_plan(client: Any) -> Plan:
    """Compare what is there with what ought to be. *client* is an open client of a SQL database."""
    sql, loaded = client.sql_client, client.schema.data_table_names(seen_data_only=True)
    things = _look(sql)
    tables = {name: things[name].number for name in TABLES if name in things}
    comments = {name: comment_on(name, sql, tables) for name in VIEWS}
    made, ours = {name: things[name] for name in VIEWS if name in things}, _ours(things)
    return Plan(
        tables=tables,
        comments=comments,
        new=[name for name in VIEWS if name not in made],
        changed=[name for name in ours if made[name].comment != comments[name]],
        foreign={name: thing.kind for name, thing in made.items() if name not in ours},
        gone=[name for name in loaded if name in TABLES and name not in tables],
        indexes=[*_missing_indexes(sql, things)],
    )


def our_views(sql: Any) -> list[str]:
    """Name the views that are there and were made by us."""
    return _ours(_look(sql))


def _ours(things: Mapping[str, Thing]) -> list[str]:
    return [name for name in VIEWS if name in things and things[name].kind == "view" and is_ours(things[name].comment)]


def _look(sql: Any) -> dict[str, Thing]:
    found = sql.execute_sql(_LOOK[sql.capabilities.sqlglot_dialect], sql.dataset_name) or []
    return {name: Thing(kind, int(number), comment or "") for name, kind, number, comment in found}


def _missing_indexes(sql: Any, things: Mapping[str, Thing]) -> Iterator[str]:
    if sql.capabilities.sqlglot_dialect == "postgres":
        yield from (name for name, (table, _) in INDEXES.items() if name not in things and table in things)
