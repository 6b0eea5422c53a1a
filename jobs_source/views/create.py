"""Makes the views, and changes those of ours that are not as they ought to be."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, Optional

import dlt
from dlt.common import logger
from dlt.common.destination.exceptions import DestinationException
from dlt.destinations.exceptions import DatabaseException
from sqlglot.errors import SqlglotError

from jobs_source.dlt_compat import is_sql_database
from jobs_source.views.definitions import DIALECTS, write_query
from jobs_source.views.existing import INDEXES, Plan, make_plan
from jobs_source.views.grants import read_grants, restore_grants
from jobs_source.wording import listed

_LOCK_TIMEOUT: Final = "5s"


class Failure(NamedTuple):
    """A view that could not be made, and the database's words for it."""

    view: str
    reason: str


def create_views(pipeline: dlt.Pipeline) -> list[str]:
    """
    Make the views in the dataset of *pipeline*, or change them if they are of another version of this program.

    To be called after `pipeline.run`: views that are as they ought to be cost one query. A user's own view or table of
    one of their names stays as it is.

    Returns:
        What could not be done, and what to do about it. It is logged too; nothing is raised for it.
    """
    if not is_sql_database(pipeline):
        logger.debug("The destination is not a SQL database, so it gets no views.")
        return []
    with pipeline.destination_client() as client:
        warnings = update_views(client)
    for warning in warnings:
        logger.warning(warning)
    return warnings


def update_views(client: Any) -> list[str]:
    """Make or change the views through an open *client* of a SQL database. Return what to tell the user."""
    sql = client.sql_client
    if sql.capabilities.sqlglot_dialect not in DIALECTS:
        logger.debug(f"The views are not made for {sql.capabilities.sqlglot_dialect}.")
        return []
    try:
        plan = make_plan(client)
        failures = _carry_out(sql, plan) if not plan.is_done else []
        if failures:  # another run may have made them at the same time
            plan = make_plan(client)
        left = {*plan.new, *plan.changed}
        return [*_describe(sql, plan), *(_explain(sql, each) for each in failures if each.view in left)]
    except (DestinationException, SqlglotError) as error:
        return [f"The views could not be looked at, so they stay as they are: {_words(error)}"]


def _carry_out(sql: Any, plan: Plan) -> list[Failure]:
    failures = [_try_to(sql, plan, view, is_new=True) for view in plan.new]
    failures += [_try_to(sql, plan, view, is_new=False) for view in plan.changed]
    for name in plan.indexes:
        _make_index(sql, name)
    return [failure for failure in failures if failure]


def _try_to(sql: Any, plan: Plan, view: str, is_new: bool) -> Optional[Failure]:
    """Make or change one view. An error leaves what was there."""
    try:
        if is_new or not _replace(sql, plan, view):
            _make(sql, plan, view, is_new)
    except (DatabaseException, SqlglotError) as error:
        return Failure(view, _words(error))
    return None


def _replace(sql: Any, plan: Plan, view: str) -> bool:
    """Put another query into a view. False if its columns are not the old ones with others after them."""
    try:
        with transaction(sql):
            name = sql.make_qualified_table_name(view)
            sql.execute_sql(f"create or replace view {name} as {write_query(view, sql, plan.tables)}")
            _comment(sql, plan, view)
    except DatabaseException as error:
        if _code(error) == "42P16":  # invalid_table_definition
            return False
        raise
    return True


def _make(sql: Any, plan: Plan, view: str, is_new: bool) -> None:
    """Make a view, in the place of an old one with other columns or none; who could read that can read this."""
    name = sql.make_qualified_table_name(view)
    with transaction(sql):
        grants = [] if is_new else read_grants(sql, view)
        if not is_new:
            sql.execute_sql(f"drop view {name}")  # never with cascade: a view of the user's may be on top
        sql.execute_sql(f"create view {name} as {write_query(view, sql, plan.tables)}")
        _comment(sql, plan, view)
        restore_grants(sql, view, grants)


def _comment(sql: Any, plan: Plan, view: str) -> None:
    text = plan.comments[view].replace("'", "''")
    sql.execute_sql(f"comment on view {sql.make_qualified_table_name(view)} is '{text}'")


def _make_index(sql: Any, name: str) -> None:
    table, columns = INDEXES[name]
    keys = ", ".join(map(sql.escape_column_name, columns))
    try:
        with transaction(sql):
            sql.execute_sql(
                f"create index if not exists {sql.escape_column_name(name)}"
                f" on {sql.make_qualified_table_name(table)} ({keys})"
            )
    except DatabaseException as error:  # the views work without it, only slower
        logger.debug(f"The index {name} could not be made: {_words(error)}")


@contextmanager
def transaction(sql: Any) -> Iterator[None]:
    """Do DDL as a whole or not at all, and do not wait long for readers: later readers would wait too."""
    with sql.begin_transaction():
        if sql.capabilities.sqlglot_dialect == "postgres":
            sql.execute_sql(f"set local lock_timeout = '{_LOCK_TIMEOUT}'")
        yield


def _describe(sql: Any, plan: Plan) -> Iterator[str]:
    """Say what is in the way."""
    dataset = sql.dataset_name
    for name, kind in plan.foreign.items():
        what = f"a {kind} of your own" if kind in ("view", "table") else "something of your own"
        yield (
            f"{dataset}.{name} is {what}, so the view of that name was not made. Rename yours, and the next run makes"
            " the view."
        )
    if plan.gone:
        yield (
            f"{listed(list(plan.gone))} of {dataset} is gone, so the views show no rows of it. dlt alone does not make"
            " it again: run `salesforce-jobs load` into this dataset once."
        )


def _explain(sql: Any, failure: Failure) -> str:
    return (
        f"The view {sql.dataset_name}.{failure.view} could not be made or changed: {failure.reason} The tables are"
        " loaded. If a view of yours is on top, drop that, and make it again after the next run. If a right is missing,"
        " grant it. If readers were in the way, the next run tries again."
    )


def _code(error: DatabaseException) -> str:
    return str(getattr(getattr(error, "dbapi_exception", None), "pgcode", ""))


def _words(error: Exception) -> str:
    """Give the database's words, without where in the query it was, and without its advice to use cascade."""
    said = " ".join(re.split(r"^(?:LINE |HINT:)", str(error), flags=re.MULTILINE)[0].split())
    return f"{said.rstrip('.')[:400]}."
