"""The tables: what is in them and how they are keyed."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Optional

import dlt
import pyarrow as pa
from dlt.common.data_types import TDataType
from dlt.common.schema.typing import TColumnSchema
from dlt.extract import DltResource

from jobs_source.changes import find_changes
from jobs_source.client import Client
from jobs_source.fields import (
    FIELDS,
    ORG_ID_DESCRIPTION,
    REJECTED_DESCRIPTIONS,
    REJECTED_SCHEMA,
    SCHEMA,
    TEXT,
    TIME,
)
from jobs_source.runs import RUNS_DESCRIPTIONS, RUNS_SCHEMA
from jobs_source.tables import JobTable

REJECTED_TABLE: Final = "rejected_jobs"
RUNS_TABLE: Final = "runs"
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
        primary_key=("org_id", "id"),
        write_disposition={"disposition": "merge", "strategy": "delete-insert"},
        columns=job_columns(),
    )
    _add_side_table(resource, REJECTED_TABLE, "entry_hash", rejected_columns())
    # Merged, not appended: a load that is killed and repeated must not double the row.
    _add_side_table(resource, RUNS_TABLE, "run_id", run_columns())
    return resource


def _add_side_table(resource: DltResource, table: str, key: str, columns: dict[str, TColumnSchema]) -> None:
    """Let *resource* fill *table* too. A variant starts with the resource's own columns: drop them first."""
    resource.apply_hints(table_name=table, create_table_variant=True, columns={})
    resource.apply_hints(table_name=table, create_table_variant=True, columns=columns, primary_key=key)


def job_columns() -> dict[str, TColumnSchema]:
    """Describe the columns of `jobs` and `query_jobs`."""
    columns = _columns(SCHEMA, {"org_id": ORG_ID_DESCRIPTION} | {f.column: f.description for f in FIELDS})
    columns["system_modstamp"]["dedup_sort"] = "desc"
    return columns


def rejected_columns() -> dict[str, TColumnSchema]:
    """Describe the columns of `rejected_jobs`."""
    return _columns(REJECTED_SCHEMA, REJECTED_DESCRIPTIONS)


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
