"""
Lets tables be dropped that Postgres would keep for the sake of the views.

dlt drops tables for `refresh="drop_sources"` and for some ways to replace rows, and Postgres refuses that while a view
reads them. A view that is dropped would take the rights of its readers with it, and could not be dropped under a view
of the user's own. So the views stay, with their columns and without rows, until `create_views` fills them again.
"""

from typing import Any, Final

from dlt.common import logger
from dlt.destinations.exceptions import DatabaseException

from jobs_source.dlt_compat import is_sql_database, open_client, running_pipeline, will_drop_tables
from jobs_source.schema import TABLES
from jobs_source.views.create import transaction
from jobs_source.views.definitions import mark
from jobs_source.views.existing import our_views

_EMPTY: Final = (
    "select string_agg(format('cast(null as %%s) as %%I', format_type(a.atttypid, a.atttypmod), a.attname), ', '"
    " order by a.attnum) from pg_catalog.pg_attribute a where a.attrelid = %s::regclass and a.attnum > 0"
)


def step_aside() -> None:
    """Empty the views in the destination of the running pipeline, if its load is going to drop tables under them."""
    pipeline = running_pipeline()
    if pipeline is None or pipeline.destination is None or not is_sql_database(pipeline):
        return
    if not will_drop_tables(pipeline, TABLES):
        return
    with open_client(pipeline) as client:
        sql = client.sql_client
        if sql.capabilities.sqlglot_dialect != "postgres":
            return
        for view in our_views(sql):
            try:
                _empty(sql, view)
            except DatabaseException as error:
                logger.warning(
                    f"The view {sql.dataset_name}.{view} reads a table that this run drops, and could not be emptied"
                    f" before: {str(error).splitlines()[0]} If the run fails, drop the view, and run again."
                )


def _empty(sql: Any, view: str) -> None:
    name = sql.make_qualified_table_name(view)
    with transaction(sql):
        columns = sql.execute_sql(_EMPTY, name)[0][0]
        sql.execute_sql(f"create or replace view {name} as select {columns} where false")
        sql.execute_sql(f"comment on view {name} is 'Empty until create_views is called. {mark('empty')}'")
