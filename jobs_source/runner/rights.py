"""Checks whether a load could write, in a transaction that is rolled back."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from dlt.destinations.exceptions import DatabaseException

from jobs_source.dlt_compat import find_columns
from jobs_source.exceptions import TableUnusableError

_PROBE: Final = "salesforce_jobs_check"


class _TakeBackError(Exception):
    """Ends the transaction."""


def check_rights(client: Any, tables: Sequence[str], dlt_tables: Sequence[str]) -> None:
    """
    Do in a SQL database what a load into *tables* and *dlt_tables* would have to do, and roll it back.

    Databases that cannot roll back a new table are not checked.

    Raises:
        TableUnusableError: If the database refuses something.
    """
    if not client.capabilities.supports_ddl_transactions:
        return
    try:
        with suppress(_TakeBackError), client.sql_client.begin_transaction():
            _try_dataset(client, [*tables, *dlt_tables])
            with client.with_staging_dataset():
                _try_dataset(client, [*tables, client.schema.version_table_name])
            raise _TakeBackError
    except DatabaseException as error:
        raise TableUnusableError(
            f"The database role may not do what a load needs to do: {str(error).splitlines()[0]} Grant the right to the"
            " role, or run the load as an owner of the dataset."
        ) from error


def _try_dataset(client: Any, tables: Sequence[str]) -> None:
    sql = client.sql_client
    is_there = client.is_storage_initialized()
    if not is_there:
        sql.create_dataset()
    found = find_columns(client, tables) if is_there else {}
    if not all(found.get(table) for table in tables):
        sql.execute_sql(f"create table {sql.make_qualified_table_name(_PROBE)} (a int)")
    for name in (sql.make_qualified_table_name(table) for table, columns in found.items() if columns):
        sql.execute_sql(f"delete from {name} where 1 = 0")
        sql.execute_sql(f"insert into {name} select * from {name} where 1 = 0")
