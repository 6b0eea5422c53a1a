"""The resources `jobs` and `query_jobs`: how their rows are merged, and what comes with them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Optional

import dlt
from dlt.sources import DltResource

from jobs_source.resources.changes import find_changes
from jobs_source.resources.empty_tables import missing_tables
from jobs_source.resources.hints import add_side_tables, table_hints
from jobs_source.resources.job_pipe import SIDE_TABLES
from jobs_source.resources.job_resource import JobResource
from jobs_source.resources.job_walk import JobWalk
from jobs_source.resources.run_jobs import RunJobs
from jobs_source.resources.states import Seen, StatesSeen
from jobs_source.salesforce.client import Client
from jobs_source.views.step_aside import step_aside


def make_job_resource(
    client: Client, walk: JobWalk, lag_seconds: float, run_jobs: RunJobs, states_told: Seen
) -> DltResource:
    """
    Build the resource of *walk*'s table, merged on (`org_id`, `id`).

    If one load has two rows of a job, the newest `system_modstamp` wins. A row without one counts as the oldest, but as
    the newest on a destination that sorts nulls first, such as Postgres. List entries that are no whole row go to
    `rejected_jobs`, each state that a job is seen in to `job_states`, and each successful walk adds a row to `runs`.

    *run_jobs* and *states_told* are those of the source.
    """
    system_modstamp = dlt.sources.incremental[datetime](
        "system_modstamp", lag=lag_seconds, on_cursor_value_missing="include", allow_external_schedulers=False
    )
    default = system_modstamp if walk.has_cursor else None

    def rows(cursor: Optional[dlt.sources.incremental[datetime]] = default) -> Iterator[Any]:
        run_jobs.begin()
        with run_jobs.walks.under_way():
            watchers = (StatesSeen(states_told, dlt.current.resource_name()), run_jobs)
            for changes in find_changes(client, walk, cursor, *watchers, missing_tables(walk.table)):
                yield changes.jobs
                yield from changes.others
        step_aside()

    resource = dlt.resource(rows, name=walk.table.name, **table_hints(walk.table), _impl_cls=JobResource)
    add_side_tables(resource, SIDE_TABLES)
    return resource
