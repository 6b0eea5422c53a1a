"""Mends tables that are not as the last run left them, so that dlt can load into them. The rows come with the load."""

from typing import Any

import dlt
from dlt.destinations.exceptions import DatabaseException

from jobs_source.dlt_compat import column_type, dlt_tables
from jobs_source.exceptions import TableUnusableError
from jobs_source.runner.catalogue import Differences
from jobs_source.schema import LOAD_ID, TABLES


def forget_load_ids(schema: dlt.Schema) -> None:
    """
    Take `_dlt_load_id` out of *schema*, where an earlier version or another pipeline has put it; the column stays.

    Rows that come without it would be loaded by position into Postgres, and so into the wrong columns.
    """
    for table in set(TABLES) & set(schema.tables):
        schema.tables[table]["columns"].pop(LOAD_ID, None)


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
        for table, _, column in (each.partition(".") for each in differences.strict):
            qualified, escaped = sql.make_qualified_table_name(table), sql.escape_column_name(column)
            sql.execute_sql(f"alter table {qualified} alter column {escaped} drop not null")
        if differences.is_staging_outdated or differences.missing:
            with sql.with_staging_dataset():
                if sql.has_dataset():  # dlt makes it again
                    sql.drop_dataset()
        if differences.missing or differences.dlt_missing:
            _make_missing(client, differences)
    except DatabaseException as error:
        raise TableUnusableError(
            f"The tables are not as the last run left them, and cannot be mended: {str(error).splitlines()[0]} Remove"
            " what depends on the table, such as an index, or grant the missing right, and run again."
        ) from error


def _make_missing(client: Any, differences: Differences) -> None:
    """
    Make columns, which rows that are there have no value for, and then whatever else is missing.

    dlt cannot read a row of its own that lacks something: those go, and with them what was known of earlier runs.
    """
    sql, wanted = client.sql_client, {**client.schema.tables, **dlt_tables(client.schema)}
    for name in (*differences.missing, *differences.dlt_missing):
        table, _, column = name.partition(".")
        if column:
            type_ = column_type(client, wanted[table], column)
            qualified, escaped = sql.make_qualified_table_name(table), sql.escape_column_name(column)
            sql.execute_sql(f"alter table {qualified} add column {escaped} {type_}")
            if name in differences.dlt_missing:
                sql.execute_sql(f"delete from {qualified} where {escaped} is null")
    client.initialize_storage()
    client.update_stored_schema(force=True)
