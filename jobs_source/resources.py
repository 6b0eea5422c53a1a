"""The tables: what is in them and how they are keyed."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Optional

import dlt
import pyarrow as pa
from dlt.common.schema.typing import TColumnSchema
from dlt.extract import DltResource

from jobs_source.changes import JobTable, find_changes
from jobs_source.client import Client
from jobs_source.fields import FIELDS, ORG_ID_DESCRIPTION, REJECTED_DESCRIPTIONS, REJECTED_SCHEMA, SCHEMA

REJECTED_TABLE = "rejected_jobs"


def make_job_resource(client: Client, table: JobTable, lag_seconds: float) -> DltResource:
    """
    Build the resource of *table*, merged on (`org_id`, `id`).

    Of two rows of one job in one load the one with the newest `system_modstamp` stays. Entries that could not become
    rows, or not whole, go to the table `rejected_jobs` along the way.
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

    resource = dlt.resource(
        rows,
        name=table.name,
        primary_key=("org_id", "id"),
        write_disposition={"disposition": "merge", "strategy": "delete-insert"},
        columns=job_columns(),
    )
    # A table variant starts with the columns of its resource: drop them, then set its own.
    resource.apply_hints(table_name=REJECTED_TABLE, create_table_variant=True, columns={})
    return resource.apply_hints(
        table_name=REJECTED_TABLE,
        create_table_variant=True,
        primary_key="entry_hash",
        columns=rejected_columns(),
    )


def job_columns() -> dict[str, TColumnSchema]:
    """Describe the columns of `jobs` and `query_jobs`."""
    columns = _columns(SCHEMA, {"org_id": ORG_ID_DESCRIPTION} | {f.column: f.description for f in FIELDS})
    columns["system_modstamp"]["dedup_sort"] = "desc"
    return columns


def rejected_columns() -> dict[str, TColumnSchema]:
    """Describe the columns of `rejected_jobs`."""
    return _columns(REJECTED_SCHEMA, REJECTED_DESCRIPTIONS)


def _columns(schema: pa.Schema, descriptions: Mapping[str, str]) -> dict[str, TColumnSchema]:
    return {
        column.name: {
            "name": column.name,
            "data_type": "text" if column.type == pa.string() else "timestamp",
            "nullable": column.nullable,
            "description": descriptions[column.name],
        }
        for column in schema
    }
