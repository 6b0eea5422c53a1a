"""Where an org's or a user's traces are: rows of all tables of ours, and the states of our pipelines."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple

from dlt.destinations.exceptions import DatabaseUndefinedRelation

from jobs_source.dlt_compat import STATE_VERSION, compress_state, decompress_state, find_columns
from jobs_source.exceptions import ConfigError
from jobs_source.ids import long_id
from jobs_source.resources.walk_state import forget_org, forget_written
from jobs_source.schema import JOB_TABLES, TABLES

_JOB_TABLES: Final = tuple(table.name for table in JOB_TABLES)
_STATE_COLUMNS: Final = ("pipeline_name", "version", "_dlt_load_id", "state")


class Subject(NamedTuple):
    """Whose traces are looked for: an org or a user, by the *id* of 15 or 18 characters."""

    id: str
    is_org: bool

    @property
    def forms(self) -> tuple[str, str]:
        """The id of 18 and of 15 characters."""
        return long_id(self.id), self.id[:15]


class Rows(NamedTuple):
    """Rows of one *table* in one *dataset*: those for which the SQL condition *where* is true."""

    dataset: str
    table: str
    where: str
    number: int


class State(NamedTuple):
    """One row of dlt's table of states, and what it is to become."""

    pipeline_name: str
    version: int
    load_id: str
    changed: dict[str, Any]


def find_rows(client: Any, subject: Subject, staging: Collection[str]) -> list[Rows]:
    """
    Find rows in the dataset and in the *staging* datasets, in the order in which they can be deleted.

    A row is an org's where its `org_id` is that org. A row is a user's where a text of it holds the user's id, or where
    it is about a job that the user made: those are found through the tables of jobs, which come last.

    Raises:
        ConfigError: If the database ignores the case of letters, in which ids differ.
    """
    sql = client.sql_client
    order = sorted(TABLES, key=_JOB_TABLES.__contains__)
    jobs = [sql.make_qualified_table_name(name) for name in _JOB_TABLES if find_columns(client, [name])[name]]
    found: list[Rows] = []
    for dataset in (*staging, sql.dataset_name):
        with sql.with_alternative_dataset_name(dataset):
            tables = find_columns(client, order)
            for table in order:
                where = _condition(sql, subject, tables[table], [] if table in _JOB_TABLES else jobs)
                if where and (number := _count(sql, table, where)):
                    _refuse_if_case_is_ignored(sql, table)
                    found.append(Rows(dataset, table, where, number))
    return found


def find_states(client: Any, subject: Subject, tables: Collection[str]) -> list[State]:
    """
    Find states of pipelines, however old, that name the org.

    After a user's rows in *tables* of jobs are gone, a state must not say any more how far those were filled.
    """
    changed = []
    for name, version, load_id, text in _read_states(client):
        state: dict[str, Any] = decompress_state(text)
        for source in state.get("sources", {}).values():
            for table, kept in source.get("resources", {}).items():
                if subject.is_org:
                    forget_org(kept, subject.forms)
                elif table in tables:
                    forget_written(kept)
        if state != decompress_state(text):
            changed.append(State(name, version, load_id, state))
    return list(_with_new_versions(changed))


def pipelines_of(client: Any) -> set[str]:
    """Name all pipelines that have loaded into the dataset."""
    return {name for name, *_ in _read_states(client)}


def delete_rows(client: Any, rows: Rows) -> None:
    """Delete them."""
    sql = client.sql_client
    with sql.with_alternative_dataset_name(rows.dataset):
        sql.execute_sql(f"delete from {sql.make_qualified_table_name(rows.table)} where {rows.where}")


def change_state(client: Any, state: State) -> None:
    """Put what a state is to become in the place of what it is."""
    sql = client.sql_client
    table, (name, version, load_id, text) = _state_names(client)
    values = [state.changed[STATE_VERSION], compress_state(state.changed)]  # type: ignore[arg-type]
    sql.execute_sql(
        f"update {table} set {version} = %s, {text} = %s where {name} = %s and {version} = %s and {load_id} = %s",
        *values,
        state.pipeline_name,
        state.version,
        state.load_id,
    )


def _with_new_versions(states: list[State]) -> Iterator[State]:
    """Raise the version of each pipeline's newest state: a run that began before, elsewhere, then loads nothing."""
    newest: dict[str, int] = {}
    for state in states:
        newest[state.pipeline_name] = max(state.version, newest.get(state.pipeline_name, 0))
    for state in states:
        raised = state.version + (state.version == newest[state.pipeline_name])
        yield state._replace(changed={**state.changed, STATE_VERSION: raised})


def _condition(sql: Any, subject: Subject, columns: Mapping[str, Any], jobs: Collection[str]) -> str:
    """Say in SQL which rows go; empty where a table is not there or has no rows of the kind. Ids need no quoting."""
    if subject.is_org:
        forms = ", ".join(f"'{form}'" for form in subject.forms)
        return f"{sql.escape_column_name('org_id')} in ({forms})" if "org_id" in columns else ""
    holds = f"like '%{subject.forms[1]}%'"  # the long form begins with the short one
    texts = [name for name, column in columns.items() if column.get("data_type") == "text"]
    conditions = [f"{sql.escape_column_name(name)} {holds}" for name in texts]
    key = "job_id" if "job_id" in columns else "id"
    if {"org_id", key} <= set(columns):
        org, id_, job, user = map(sql.escape_column_name, ("org_id", "id", key, "created_by_id"))
        conditions += [f"({org}, {job}) in (select {org}, {id_} from {table} where {user} {holds})" for table in jobs]
    return " or ".join(conditions)


def _refuse_if_case_is_ignored(sql: Any, table: str) -> None:
    """Refuse a table whose texts compare so, as is usual in SQL Server and MySQL: every org id begins with 00D."""
    org = sql.escape_column_name("org_id")
    if _count(sql, table, f"{org} like '00D%' and ({org} = lower({org}) or {org} like '00d%')"):
        raise ConfigError(
            f"The database takes a capital letter and its small letter for the same in {table}, and the ids of two"
            " users or orgs may differ only in that. `purge` could delete rows of others, so it deleted nothing. Delete"
            " the rows in your database's own client, with a comparison that tells capital letters from small ones."
        )


def _count(sql: Any, table: str, where: str) -> int:
    return int(sql.execute_sql(f"select count(*) from {sql.make_qualified_table_name(table)} where {where}")[0][0])


def _read_states(client: Any) -> list[tuple[Any, ...]]:
    table, columns = _state_names(client)
    try:
        return list(client.sql_client.execute_sql(f"select {', '.join(columns)} from {table}") or [])
    except DatabaseUndefinedRelation:
        return []


def _state_names(client: Any) -> tuple[str, list[str]]:
    sql, schema = client.sql_client, client.schema
    columns = [sql.escape_column_name(schema.naming.normalize_identifier(name)) for name in _STATE_COLUMNS]
    return sql.make_qualified_table_name(schema.state_table_name), columns
