"""Repairs tables that are not as the last run left them, so that dlt can load into them. The load brings the rows."""

from typing import Any

import dlt
from dlt.destinations.exceptions import DatabaseException

from jobs_source.dlt_compat import column_type, dlt_tables
from jobs_source.exceptions import TableUnusableError
from jobs_source.runner.catalogue import Differences
from jobs_source.schema import LOAD_ID, TABLES


def forget_load_ids(schema: dlt.Schema) -> None:
    """
    Remove `_dlt_load_id` from *schema* if an earlier version or another pipeline added it; the table keeps the column.

    Postgres would load rows without it by position, and so into the wrong columns.
    """
    for table in set(TABLES) & set(schema.tables):
        schema.tables[table]["columns"].pop(LOAD_ID, None)


def refuse_lost_keys(differences: Differences) -> None:
    """Raises `TableUnusableError` if key columns are gone: their values cannot be made again."""
    if differences.lost_keys:
        raise TableUnusableError(
            f"The key column {', '.join(differences.lost_keys)} is gone. Give the column its old name back, or drop the"
            " table: the next run makes the table again, with all that Salesforce still lists."
        )


def repair(client: Any, differences: Differences) -> None:
    """
    Make what is missing, so that dlt can load into it. The load brings the rows.

    Raises:
        TableUnusableError: If the tables cannot be repaired, with what to do.
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
            "Somebody changed the tables since the last run, and this run cannot repair them:"
            f" {str(error).splitlines()[0]} Remove what depends on the table, such as an index, or grant the missing"
            " right, and run again."
        ) from error


def _make_missing(client: Any, differences: Differences) -> None:
    """
    Make missing columns, empty in the rows that are there, and then all else that is missing.

    dlt cannot read a row of its own with an empty value. Such rows are deleted, and what they told of earlier runs.
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
