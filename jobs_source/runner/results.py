"""What became of the jobs: look-ups after a load, in a pipeline of their own, so that no failure there touches jobs."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Optional

import dlt
from dlt.sources import DltSource

from jobs_source.dlt_compat import ExtractInfo, SqlJobClientBase
from jobs_source.resources.due import count_due_jobs
from jobs_source.resources.kept_tables import KeptTables
from jobs_source.resources.refusals import resting_kinds
from jobs_source.runner.duckdb_file import database_path, wait_for
from jobs_source.runner.orgs import results_pipeline_name
from jobs_source.runner.publish import publishing
from jobs_source.runner.restore import newest_sources
from jobs_source.runner.run_place import RunPlace
from jobs_source.schema import JOB_RESULTS, LOOK_UP_LISTINGS
from jobs_source.wording import counted

_STOPS: Final = {
    "allowance": "the rest of the API calls that max_api_usage_percent allows is kept for listings.",
    "failures": "too many of them failed in a row.",
    "login": "Salesforce refused the login.",
}


@dataclass(frozen=True)
class Results:
    """
    What a round of look-ups did.

    Attributes:
        looked_up: Jobs whose result is loaded.
        failed: Look-ups that failed.
        due: Jobs that are still due.
        warnings: What to tell the user.
        figures: Its `calls`, and the `api_used` and `api_limit` after it.
        has_failed: Whether look-ups were tried, and none has worked.
        error: What ended the round, if none of it was loaded.
    """

    looked_up: int = 0
    failed: int = 0
    due: int = 0
    warnings: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=lambda: {"calls": 0, "api_used": None, "api_limit": None})
    has_failed: bool = False
    error: Optional[Exception] = field(default=None, repr=False)


def selected_look_ups(source: DltSource) -> list[str]:
    """Name the resources that a round extracts: `job_results`, and those that the configuration includes."""
    return [
        name
        for name in LOOK_UP_LISTINGS
        if name == JOB_RESULTS.name or (name in source.resources and source.resources[name].selected)
    ]


def count_due(client: Any, source: DltSource, org: Optional[str], walks: Collection[Mapping[str, Any]]) -> int:
    """
    Count the jobs that are due after *walks*, metrics by table. They are loaded, and *client* is open.

    A destination that cannot be asked has the jobs of this run only.
    """
    if not any(walk["most_look_ups"] for walk in walks):
        return 0
    if not isinstance(client, SqlJobClientBase):
        return sum(walk["jobs_finished"] for walk in walks)
    org_id, now = next((walk["org_id"], walk["ended_at"]) for walk in walks)
    kept = newest_sources(client, results_pipeline_name(org)).get(source.name, {})
    state = kept.get("resources", {}).get(JOB_RESULTS.name, {})
    return count_due_jobs(KeptTables(client.sql_client), org_id, now, resting_kinds(state, org_id, now))


def load_results(
    source: DltSource, loaded: dlt.Pipeline, place: RunPlace, walks: Collection[Mapping[str, Any]], due: int
) -> Results:
    """
    Look up what is due in *source* after *walks*, and load it. *loaded* is the pipeline that has loaded the jobs.

    An error does not leave this function: the jobs are loaded.
    """
    try:
        pipeline = place.make_pipeline(for_results=True)
        wait_for(database_path(pipeline), pipeline.sync_destination)
        chosen = source.with_resources(*selected_look_ups(source))
        info = pipeline.extract(chosen, schema=loaded.default_schema)
        pipeline.normalize()
        tally = _metrics(info)
        with publishing(pipeline) as client:
            pipeline.load()
            can_be_asked = isinstance(client, SqlJobClientBase)
            left = count_due(client, source, place.org, walks) if can_be_asked else max(0, due - tally["looked_up"])
    except Exception as error:
        return Results(due=due, error=error)
    tried = tally["failed"] or tally["refused"] or tally["given_up"] or tally["stopped_by"] in ("failures", "login")
    has_failed = bool(tried) and not tally["looked_up"]
    return Results(tally["looked_up"], tally["failed"], left, tuple(_warnings(tally)), tally, has_failed)


def _warnings(tally: Mapping[str, Any]) -> Iterator[str]:
    if tally["failed"]:
        yield f"{counted(tally['failed'], 'look-up')} failed: {' '.join(tally['errors'])} The next run tries again."
    if tally["stopped_by"] in _STOPS:
        yield f"The look-ups stopped before the end: {_STOPS[tally['stopped_by']]} {tally['stop_reason'] or ''}".strip()


def _metrics(info: ExtractInfo) -> Mapping[str, Any]:
    """Return what `job_results` says of its round: a `LookUpTally` as a dict."""
    packages = [package["resource_metrics"] for metrics in info.metrics.values() for package in metrics]
    return next(package[JOB_RESULTS.name].custom_metrics for package in packages if JOB_RESULTS.name in package)
