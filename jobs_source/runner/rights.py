"""Whether a load could write: tried in a transaction that is taken back."""

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
    Do in a SQL database what a load into *tables* and *dlt_tables* would have to do, and take it back.

    Databases that cannot take back the making of a table are left alone.

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
            f"The role of the destination may not do what a load does: {str(error).splitlines()[0]} Grant it the right,"
            " or let an owner of the dataset load."
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
