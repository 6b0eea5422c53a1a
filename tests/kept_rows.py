"""Datasets with given rows in them, and the views over them: no org, no load."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any, Final

import dlt
import duckdb
import psycopg2

from jobs_source import create_views
from jobs_source.schema import COUNT, FLAG, TABLES, TEXT, TIME
from tests.warehouses import DATASET, Warehouse

ORG: Final = "00DRm0000scM9PKMA0"
DAY: Final = datetime(2026, 3, 2, tzinfo=timezone.utc)
_TYPES: Final = {TEXT: "text", TIME: "timestamptz", COUNT: "bigint", FLAG: "boolean"}
_GIVEN: Final[Mapping[str, dict[str, Any]]] = {
    "jobs": {
        "org_id": ORG, "id": "j1", "operation": "insert", "object": "Account", "created_by_id": "u1",
        "created_date": DAY, "system_modstamp": DAY + timedelta(minutes=1), "state": "JobComplete",
        "api_version": "64.0", "job_type": "V2Ingest",
    },
    "query_jobs": {
        "org_id": ORG, "id": "q1", "operation": "query", "object": "Account", "created_by_id": "u1",
        "created_date": DAY, "system_modstamp": DAY + timedelta(minutes=1), "state": "JobComplete",
        "api_version": "64.0", "job_type": "V2Query",
    },
    "job_states": {"org_id": ORG, "job_id": "j1", "state": "InProgress", "system_modstamp": DAY},
    "job_results": {"org_id": ORG, "id": "j1", "outcome": "ok", "looked_up_at": DAY},
    "job_errors": {"org_id": ORG, "job_id": "j1", "error_code": "X", "fields": "", "records": 1},
    "users": {"org_id": ORG, "id": "u1", "name": "Ann", "looked_up_at": DAY},
    "runs": {
        "run_id": "r1", "org_id": ORG, "org": None, "instance_url": "https://a", "listing": "jobs/ingest",
        "started_at": DAY, "ended_at": DAY, "possible_gap": False, "calls": 3, "api_limit": 100_000,
    },
}  # fmt: skip


def pipeline_into(warehouse: Warehouse) -> dlt.Pipeline:
    """A pipeline of one's own, into the dataset of *warehouse*."""
    destination: Any = warehouse.destination
    if warehouse.destination == "duckdb":
        destination = dlt.destinations.duckdb(str(warehouse.address))
    return dlt.pipeline("views", destination=destination, dataset_name=DATASET)


def make_tables(warehouse: Warehouse) -> None:
    """Make all tables, empty."""
    warehouse.execute(f"create schema {DATASET}")
    for name, table in TABLES.items():
        columns = ", ".join(f'"{column.name}" {_TYPES[column.type]}' for column in table.columns)
        warehouse.execute(f"create table {DATASET}.{name} ({columns})")


def make_views(warehouse: Warehouse) -> list[str]:
    """Make all tables, empty, and the views over them; return the warnings."""
    make_tables(warehouse)
    return create_views(pipeline_into(warehouse))


def given(table: str, **values: Any) -> tuple[str, dict[str, Any]]:
    """A row of *table*: that of a usual job, but for these *values*."""
    return table, {**_GIVEN[table], **values}


def keep(warehouse: Warehouse, *rows: tuple[str, dict[str, Any]]) -> None:
    """Have these *rows* in the tables, and no others."""
    with connection_to(warehouse) as cursor:
        keep_through(cursor, rows, "?" if warehouse.destination == "duckdb" else "%s")


def keep_through(cursor: Any, rows: Sequence[tuple[str, dict[str, Any]]], sign: str = "?") -> None:
    """Do that through an open *cursor*, whose parameters have this *sign*."""
    for table in _GIVEN:
        cursor.execute(f"delete from {DATASET}.{table}")
    for table, row in rows:
        names, signs = ", ".join(f'"{name}"' for name in row), ", ".join([sign] * len(row))
        cursor.execute(f"insert into {DATASET}.{table} ({names}) values ({signs})", list(row.values()))


@contextmanager
def connection_to(warehouse: Warehouse) -> Iterator[Any]:
    """Open the warehouse, for what it is asked to do to be kept at the end."""
    if warehouse.destination == "duckdb":
        with duckdb.connect(str(warehouse.address)) as connection:
            yield connection
        return
    opened = psycopg2.connect(**warehouse.address)
    try:
        with opened, opened.cursor() as cursor:
            yield cursor
    finally:
        opened.close()


def ask(warehouse: Warehouse, view: str, columns: str, order: str = "1, 2") -> Sequence[tuple[Any, ...]]:
    """What a *view* has in these *columns*; times are in UTC."""
    rows = warehouse.query(f"select {columns} from {view} order by {order}")
    return [tuple(v.astimezone(timezone.utc) if isinstance(v, datetime) else v for v in row) for row in rows]
