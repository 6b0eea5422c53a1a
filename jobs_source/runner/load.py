"""The main job: one run of one org, from Salesforce into the destination."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Optional

import dlt
import pyarrow as pa
from dlt.sources import DltSource
from filelock import FileLock, Timeout

from jobs_source.dlt_compat import (
    NULL_COLLECTOR,
    Collector,
    ExtractInfo,
    can_merge,
    destination_id,
    is_sql_database,
)
from jobs_source.exceptions import AlreadyRunningError
from jobs_source.runner.duckdb_file import database_path
from jobs_source.runner.duckdb_place import refuse_place
from jobs_source.runner.orgs import make_source, pipeline_name
from jobs_source.runner.publish import publishing
from jobs_source.runner.repair import refuse_lost_keys, repair
from jobs_source.runner.restore import Restored, forget_states, newest_version, restore
from jobs_source.runner.results import Due, Results, find_due, load_results
from jobs_source.runner.row_counts import count_changes, read_jobs
from jobs_source.runner.run_place import RunPlace
from jobs_source.runner.summary import Summary, summarize
from jobs_source.runner.working_dir import own_folder, working_dir
from jobs_source.schema import JOB_TABLES, JOBS
from jobs_source.settings import NAME
from jobs_source.views.create import update_views

Walks = dict[str, dict[str, Any]]


class Written(NamedTuple):
    """
    What a load did.

    Attributes:
        new: How many jobs are new, and how many *changed*, if that can be counted.
        due: What is due for a look-up.
        warnings: What to tell the user about the views.
    """

    new: Optional[int]
    changed: Optional[int]
    due: Due
    warnings: list[str]


def load(
    org: Optional[str] = None,
    *,
    destination: str = "duckdb",
    dataset: str = NAME,
    full: bool = False,
    with_results: bool = True,
    keep_working_dir: Optional[Path] = None,
    progress: Collector = NULL_COLLECTOR,
) -> Summary:
    """
    Load what is new in *org*, in a new working directory, which is left in *keep_working_dir* or removed.

    With *with_results* it then looks up what became of the jobs. An error in that is in the summary: the jobs are
    loaded.

    Raises:
        AlreadyRunningError: If another run of the same org into the same place is in progress.
        SalesforceJobsError: If Salesforce, the configuration or a table is the reason; dlt's own errors otherwise.
    """
    began = time.monotonic()
    source = make_source(org, full)  # raises before anything is made
    with working_dir(pipeline_name(org), keep_working_dir) as folder:
        place = RunPlace(org, destination, dataset, folder, progress)
        pipeline = place.make_pipeline()
        if path := database_path(pipeline):
            refuse_place(path.resolve())
        target = destination_id()
        with _only_run(pipeline, target):
            restored = restore(pipeline, target, source.name)
            refuse_lost_keys(restored.differences)
            if restored.differences.may_lack_rows:
                source = make_source(org, full=True)
            walks = _extract(pipeline, source)
            written = _write(pipeline, source, walks, restored, org)
            results = Results(due=written.due.jobs, error=written.due.error if with_results else None)
            if with_results and written.due.is_any:
                results = load_results(source, pipeline, place, walks.values(), written.due)
        return summarize(
            walks.values(),
            results,
            (*restored.warnings, *written.warnings),
            appends=written.new is None and not can_merge(pipeline, JOBS.name),
            org=org,
            destination=destination,
            dataset=pipeline.dataset_name or dataset,
            jobs_new=written.new,
            jobs_changed=written.changed,
            seconds=round(time.monotonic() - began, 3),
        )


def run_lock(pipeline_name: str, target: str) -> FileLock:
    """Return the lock that a run holds on this machine while it loads into *target*."""
    return FileLock(own_folder() / f"{pipeline_name}-{target}.lock")


@contextmanager
def _only_run(pipeline: dlt.Pipeline, target: str) -> Iterator[None]:
    """Hold the lock of *pipeline* and its target. The system releases it if the run is killed."""
    lock = run_lock(pipeline.pipeline_name, target)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise AlreadyRunningError(
            f"Another run of {pipeline.pipeline_name} is in progress on this machine, so this run did nothing. The"
            f" other run holds the lock {lock.lock_file}."
        ) from None
    try:
        yield
    finally:
        lock.release()


def _extract(pipeline: dlt.Pipeline, source: DltSource) -> Walks:
    walks = _walks(pipeline.extract(source.with_resources(*(table.name for table in JOB_TABLES))))
    pipeline.normalize()
    pa.default_memory_pool().release_unused()  # an eighth of the run's peak, which DuckDB needs now
    return walks


def _write(pipeline: dlt.Pipeline, source: DltSource, walks: Walks, restored: Restored, org: Optional[str]) -> Written:
    """
    Load what was extracted, and say what that did.

    Raises:
        AlreadyRunningError: If a run on another machine has loaded since this run began: its versions may be newer.
    """
    with publishing(pipeline) as client:
        if is_sql_database(pipeline):
            if newest_version(client, pipeline.pipeline_name) > restored.version:
                raise AlreadyRunningError(
                    f"Another run of {pipeline.pipeline_name} has loaded into the same place since this run began, so"
                    " this run loaded nothing. Start only one run at a time."
                )
            if restored.differences.missing:
                forget_states(client)
            repair(client, restored.differences)
        before = read_jobs(client, walks)
        pipeline.load()
        after = read_jobs(client, walks, before)
        due = find_due(client, source, org, walks.values())
        warnings = update_views(client) if is_sql_database(pipeline) else []
    return Written(*count_changes(before, after), due, warnings)


def _walks(info: ExtractInfo) -> Walks:
    """Return the metrics of each table's walk: a `run_log.Run` as a dict, and `oldest_written` and `warning`."""
    job_tables = [table.name for table in JOB_TABLES]
    found = [metrics["resource_metrics"] for package in info.metrics.values() for metrics in package]
    return {name: metrics.custom_metrics for part in found for name, metrics in part.items() if name in job_tables}
