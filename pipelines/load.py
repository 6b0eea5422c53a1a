"""The main job: one run of one org, from Salesforce into the destination."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Optional

import dlt
import pyarrow as pa
from dlt.common.destination.utils import resolve_merge_strategy
from dlt.common.pipeline import ExtractInfo
from dlt.common.runtime.collector import NULL_COLLECTOR
from dlt.common.runtime.collector_base import Collector
from filelock import FileLock, Timeout

from pipelines.duckdb_file import held_open, make_file
from pipelines.errors import AlreadyRunning
from pipelines.orgs import make_pipeline, make_source
from pipelines.pending import Pending, load_pending
from pipelines.summary import Summary, summarize
from pipelines.tally import count_changes, read_jobs

TABLES: Final = ("jobs", "query_jobs")


def load(
    org: Optional[str] = None,
    *,
    destination: str = "duckdb",
    dataset: str = "salesforce_jobs",
    full: bool = False,
    progress: Collector = NULL_COLLECTOR,
) -> Summary:
    """
    Load what is new in *org*; a package that an earlier run left behind goes first.

    Raises:
        AlreadyRunning: If another run of the same org is under way on this machine.
        SalesforceJobsError: If Salesforce or the configuration is the reason; dlt's own errors otherwise.
    """
    began = time.monotonic()
    source = make_source(org, full)
    pipeline = make_pipeline(org, destination, dataset, progress)
    with _only_run(pipeline):
        make_file(pipeline)
        with held_open(pipeline):
            pending = load_pending(pipeline)
        if pending is Pending.OUTDATED:
            source = make_source(org, full=True)
        walks = _walks(pipeline.extract(source))
        pipeline.normalize()
        pa.default_memory_pool().release_unused()  # an eighth of the run's peak, which DuckDB needs now
        with held_open(pipeline):
            before = read_jobs(pipeline, walks)
            pipeline.load()
            after = read_jobs(pipeline, walks, before)
    new, changed = count_changes(before, after)
    return summarize(
        walks.values(),
        appends=new is None and not _merges(pipeline),
        org=org,
        destination=destination,
        dataset=dataset,
        jobs_new=new,
        jobs_changed=changed,
        pending=pending,
        seconds=round(time.monotonic() - began, 3),
    )


@contextmanager
def _only_run(pipeline: dlt.Pipeline) -> Iterator[None]:
    """Hold the lock of *pipeline*. A killed run leaves none behind: the operating system sees to that."""
    folder = Path(pipeline.pipelines_dir)
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{pipeline.pipeline_name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise AlreadyRunning(
            f"Another run of {pipeline.pipeline_name} is under way on this machine; this one did nothing. It holds"
            f" {lock.lock_file}."
        ) from None
    try:
        yield
    finally:
        lock.release()


def _merges(pipeline: dlt.Pipeline) -> bool:
    tables, capabilities = pipeline.default_schema.tables, pipeline.destination_client().capabilities
    return resolve_merge_strategy(tables, tables[TABLES[0]], capabilities) is not None


def _walks(info: ExtractInfo) -> dict[str, dict[str, Any]]:
    """Return the metrics of each table's walk: `jobs_source.changes.Walk` as a dict."""
    found = [metrics["resource_metrics"] for package in info.metrics.values() for metrics in package]
    return {name: metrics.custom_metrics for part in found for name, metrics in part.items() if name in TABLES}
