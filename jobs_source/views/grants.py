"""Keeps who owns a view and who may read it, while Postgres makes the view anew. DuckDB knows no rights."""

from typing import Any, Final, NamedTuple

_OWNER: Final = (
    "select '', format('alter view %%s owner to %%I', %s, pg_get_userbyid(c.relowner))"
    " from pg_catalog.pg_class c where c.oid = %s::regclass and pg_get_userbyid(c.relowner) <> current_user"
)
_GRANT: Final = (
    "select {column}, format('grant %%s{of} on %%s to %%s%%s', a.privilege_type{name}, %s,"
    " case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,"
    " case when a.is_grantable then ' with grant option' else '' end) from {where} and a.grantee <> c.relowner"
)
_OF_VIEW: Final = _GRANT.format(
    column="''",
    of="",
    name="",
    where="pg_catalog.pg_class c, aclexplode(c.relacl) a where c.oid = %s::regclass",
)
_OF_COLUMNS: Final = _GRANT.format(
    column="t.attname",
    of=" (%%I)",
    name=", t.attname",
    where=(
        "pg_catalog.pg_class c join pg_catalog.pg_attribute t on t.attrelid = c.oid, aclexplode(t.attacl) a"
        " where c.oid = %s::regclass"
    ),
)
_COLUMNS: Final = "select attname from pg_catalog.pg_attribute where attrelid = %s::regclass and attnum > 0"


class Grant(NamedTuple):
    """A *statement* that gives a right back; on one *column*, if that is not empty."""

    column: str
    statement: str


def read_grants(sql: Any, view: str) -> list[Grant]:
    """Read who owns *view*, if that is somebody else, and who may do what with it."""
    if sql.capabilities.sqlglot_dialect != "postgres":
        return []
    name = sql.make_qualified_table_name(view)
    return [Grant(*row) for query in (_OF_VIEW, _OF_COLUMNS, _OWNER) for row in sql.execute_sql(query, name, name)]


def restore_grants(sql: Any, view: str, grants: list[Grant]) -> None:
    """Give the rights back, but those on columns that *view* has no more."""
    if not grants:
        return
    columns = {name for (name,) in sql.execute_sql(_COLUMNS, sql.make_qualified_table_name(view))}
    for grant in grants:
        if not grant.column or grant.column in columns:
            sql.execute_sql(grant.statement)
