"""The resources `jobs` and `query_jobs`: how their rows are merged, and what comes with them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Optional

import dlt
from dlt.common.schema.typing import TColumnSchema
from dlt.sources import DltResource

from jobs_source.resources.changes import find_changes
from jobs_source.resources.hints import column_hints
from jobs_source.resources.job_resource import JobResource
from jobs_source.resources.job_walk import JobWalk
from jobs_source.salesforce.client import Client
from jobs_source.schema import LOAD_ID, REJECTED_JOBS, RUNS, Table


def make_job_resource(client: Client, walk: JobWalk, lag_seconds: float) -> DltResource:
    """
    Build the resource of *walk*'s table, merged on (`org_id`, `id`).

    Of two rows of one job in one load the one with the newest `system_modstamp` stays; one without any counts as older,
    except where the destination sorts nulls first, as Postgres does. Entries that could not become
    rows, or not whole, go to `rejected_jobs` along the way, and each good walk leaves a row in `runs`.
    """
    system_modstamp = dlt.sources.incremental[datetime](
        "system_modstamp", lag=lag_seconds, on_cursor_value_missing="include", allow_external_schedulers=False
    )
    default = system_modstamp if walk.has_cursor else None

    def rows(cursor: Optional[dlt.sources.incremental[datetime]] = default) -> Iterator[Any]:
        for changes in find_changes(client, walk, cursor):
            yield changes.jobs
            if changes.rejected is not None:
                yield dlt.mark.with_table_name(changes.rejected, REJECTED_JOBS.name)
            if changes.runs is not None:
                yield dlt.mark.with_table_name(changes.runs, RUNS.name)

    resource = dlt.resource(
        rows,
        name=walk.table.name,
        primary_key=walk.table.primary_key,
        write_disposition={"disposition": "merge", "strategy": "delete-insert"},
        columns=column_hints(walk.table) | _load_id_column(),
        _impl_cls=JobResource,
    )
    # Merged, not appended: a load that is killed and repeated must not double the row.
    for table in (REJECTED_JOBS, RUNS):
        _add_side_table(resource, table)
    return resource


def _add_side_table(resource: DltResource, table: Table) -> None:
    """Let *resource* fill *table* too. A variant starts with the resource's own columns: drop them first."""
    resource.apply_hints(table_name=table.name, create_table_variant=True, columns={})
    columns = column_hints(table) | _load_id_column()
    resource.apply_hints(
        table_name=table.name, create_table_variant=True, columns=columns, primary_key=table.primary_key
    )


def _load_id_column() -> dict[str, TColumnSchema]:
    """
    Let the column be empty that dlt adds where it is configured to, since rows of other runs have no value there.

    Where dlt does not add it, dlt would warn in each run that it got no values.
    """
    is_added = dlt.config.get("normalize.parquet_normalizer.add_dlt_load_id", bool)
    return {LOAD_ID: {"name": LOAD_ID, "nullable": True}} if is_added else {}
