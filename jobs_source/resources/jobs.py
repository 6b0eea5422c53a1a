"""The tables: what is in them and how they are keyed."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Optional

import dlt
import pyarrow as pa
from dlt.common.data_types import TDataType
from dlt.common.schema.typing import TColumnSchema
from dlt.extract import DltResource

from jobs_source.resources.changes import find_changes
from jobs_source.resources.job_walk import JobTable
from jobs_source.resources.run_log import RUNS_DESCRIPTIONS, RUNS_SCHEMA
from jobs_source.salesforce.client import Client
from jobs_source.schema import (
    FIELDS,
    ORG_ID_DESCRIPTION,
    REJECTED_DESCRIPTIONS,
    REJECTED_SCHEMA,
    RUN_ID,
    RUN_ID_DESCRIPTION,
    SCHEMA,
    TEXT,
    TIME,
    with_run_id,
)
from jobs_source.settings import INGEST_ENDPOINT, QUERY_ENDPOINT

ENDPOINTS: Final = {"jobs": INGEST_ENDPOINT, "query_jobs": QUERY_ENDPOINT}
JOB_TABLES: Final = tuple(ENDPOINTS)
REJECTED_TABLE: Final = "rejected_jobs"
RUNS_TABLE: Final = "runs"
PRIMARY_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "jobs": ("org_id", "id"),
    "query_jobs": ("org_id", "id"),
    REJECTED_TABLE: ("entry_hash",),
    RUNS_TABLE: ("run_id",),
}
LOAD_ID: Final = "_dlt_load_id"
_DATA_TYPES: Final[dict[pa.DataType, TDataType]] = {
    TEXT: "text",
    TIME: "timestamp",
    pa.int64(): "bigint",
    pa.bool_(): "bool",
}


def make_job_resource(client: Client, table: JobTable, lag_seconds: float) -> DltResource:
    """
    Build the resource of *table*, merged on (`org_id`, `id`).

    Of two rows of one job in one load the one with the newest `system_modstamp` stays; one without any counts as older,
    except where the destination sorts nulls first, as Postgres does. Entries that could not become
    rows, or not whole, go to `rejected_jobs` along the way, and each good walk leaves a row in `runs`.
    """
    system_modstamp = dlt.sources.incremental[datetime](
        "system_modstamp", lag=lag_seconds, on_cursor_value_missing="include", allow_external_schedulers=False
    )

    default = system_modstamp if table.has_cursor else None

    def rows(cursor: Optional[dlt.sources.incremental[datetime]] = default) -> Iterator[Any]:
        for changes in find_changes(client, table, cursor):
            yield changes.jobs
            if changes.rejected is not None:
                yield dlt.mark.with_table_name(changes.rejected, REJECTED_TABLE)
            if changes.runs is not None:
                yield dlt.mark.with_table_name(changes.runs, RUNS_TABLE)

    resource = dlt.resource(
        rows,
        name=table.name,
        primary_key=PRIMARY_KEYS[table.name],
        write_disposition={"disposition": "merge", "strategy": "delete-insert"},
        columns=job_columns() | _load_id_column(),
    )
    _add_side_table(resource, REJECTED_TABLE, rejected_columns())
    # Merged, not appended: a load that is killed and repeated must not double the row.
    _add_side_table(resource, RUNS_TABLE, run_columns())
    return resource


def _add_side_table(resource: DltResource, table: str, columns: dict[str, TColumnSchema]) -> None:
    """Let *resource* fill *table* too. A variant starts with the resource's own columns: drop them first."""
    resource.apply_hints(table_name=table, create_table_variant=True, columns={})
    columns, key = columns | _load_id_column(), PRIMARY_KEYS[table]
    resource.apply_hints(table_name=table, create_table_variant=True, columns=columns, primary_key=key)


def _load_id_column() -> dict[str, TColumnSchema]:
    """
    Let the column be empty that dlt adds where it is configured to, since rows of other runs have no value there.

    Where dlt does not add it, dlt would warn in each run that it got no values.
    """
    is_added = dlt.config.get("normalize.parquet_normalizer.add_dlt_load_id", bool)
    return {LOAD_ID: {"name": LOAD_ID, "nullable": True}} if is_added else {}


def columns_by_table() -> dict[str, dict[str, TColumnSchema]]:
    """Describe the columns of all tables."""
    return {
        "jobs": job_columns(),
        "query_jobs": job_columns(),
        REJECTED_TABLE: rejected_columns(),
        RUNS_TABLE: run_columns(),
    }


def job_columns() -> dict[str, TColumnSchema]:
    """Describe the columns of `jobs` and `query_jobs`."""
    descriptions = {"org_id": ORG_ID_DESCRIPTION} | {field.column: field.description for field in FIELDS}
    columns = _columns(with_run_id(SCHEMA), descriptions | {RUN_ID: RUN_ID_DESCRIPTION})
    columns["system_modstamp"]["dedup_sort"] = "desc"
    return columns


def rejected_columns() -> dict[str, TColumnSchema]:
    """Describe the columns of `rejected_jobs`."""
    return _columns(with_run_id(REJECTED_SCHEMA), REJECTED_DESCRIPTIONS | {RUN_ID: RUN_ID_DESCRIPTION})


def run_columns() -> dict[str, TColumnSchema]:
    """Describe the columns of `runs`."""
    return _columns(RUNS_SCHEMA, RUNS_DESCRIPTIONS)


def _columns(schema: pa.Schema, descriptions: Mapping[str, str]) -> dict[str, TColumnSchema]:
    return {
        column.name: {
            "name": column.name,
            "data_type": _DATA_TYPES[column.type],
            "nullable": column.nullable,
            "description": descriptions[column.name],
        }
        for column in schema
    }
