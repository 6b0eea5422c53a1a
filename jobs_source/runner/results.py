"""What became of the jobs: look-ups after a load, in a pipeline of their own, so that no failure there touches jobs."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Optional

import dlt
from dlt.sources import DltSource

from jobs_source.dlt_compat import ExtractInfo, SqlJobClientBase
from jobs_source.resources.due import count_due_jobs
from jobs_source.resources.due_errors import find_jobs_with_errors
from jobs_source.resources.due_users import find_due_users
from jobs_source.resources.hints import table_hints
from jobs_source.resources.kept_tables import KeptTables
from jobs_source.resources.refusals import resting_kinds
from jobs_source.resources.run_log import Run
from jobs_source.runner.duckdb_file import database_path, wait_for
from jobs_source.runner.orgs import results_pipeline_name
from jobs_source.runner.publish import publishing
from jobs_source.runner.restore import newest_sources
from jobs_source.runner.run_place import RunPlace
from jobs_source.salesforce.look_up_tally import FAILURES, LOGIN
from jobs_source.schema import JOB_ERRORS, JOB_RESULTS, LOOK_UP_LISTINGS, RUNS, USERS


@dataclass(frozen=True)
class Results:
    """
    What a round of look-ups did.

    Attributes:
        looked_up: Jobs whose result is loaded.
        failed: Look-ups that failed.
        due: Jobs that are still due.
        warnings: What to tell the user.
        stopped_by: Why the round ended early: `budget`, `allowance`, `failures` or `login`.
        calls: API calls of the round.
        api_used: API calls of the org in 24 hours after it; 0 if that is not known.
        has_failed: Whether look-ups were tried, and none has worked.
        error: What ended the round, if none of it was loaded.
    """

    looked_up: int = 0
    failed: int = 0
    due: int = 0
    warnings: tuple[str, ...] = ()
    stopped_by: Optional[str] = None
    calls: int = 0
    api_used: int = 0
    has_failed: bool = False
    error: Optional[Exception] = field(default=None, repr=False)


def selected_look_ups(source: DltSource) -> list[str]:
    """Name the resources that a round extracts: `job_results`, and those that the configuration includes."""
    return [name for name in LOOK_UP_LISTINGS if name == JOB_RESULTS.name or source.resources[name].selected]


class Due(NamedTuple):
    """How many *jobs* are due for a look-up, whether there is *more*: errors or users, and why nobody knows."""

    jobs: int = 0
    more: bool = False
    error: Optional[Exception] = None

    @property
    def is_any(self) -> bool:
        """Whether there is something to look up."""
        return self.jobs > 0 or self.more


def find_due(client: Any, source: DltSource, org: Optional[str], walks: Collection[Mapping[str, Any]]) -> Due:
    """
    Find what is due after *walks*, metrics by table. They are loaded, and *client* is open.

    A destination that cannot be asked has the jobs of this run only. An error does not leave this function: the jobs
    would not be published.
    """
    try:
        return _find_due(client, source, org, walks)
    except Exception as error:
        return Due(error=error)


def _find_due(client: Any, source: DltSource, org: Optional[str], walks: Collection[Mapping[str, Any]]) -> Due:
    most = max(walk["most_look_ups"] for walk in walks)
    selected = selected_look_ups(source)
    if not isinstance(client, SqlJobClientBase):
        finished = sum(walk["jobs_finished"] for walk in walks) if most else 0
        return Due(finished, USERS.name in selected)
    org_id, now = next((walk["org_id"], walk["ended_at"]) for walk in walks)
    kept, states = KeptTables(client.sql_client), newest_sources(client, results_pipeline_name(org))
    resting = {
        name: resting_kinds(states.get(source.name, {}).get("resources", {}).get(name, {}), org_id, now)
        for name in selected
    }
    more = USERS.name in selected and not resting[USERS.name] and bool(find_due_users(kept, org_id, now))
    if most and not more and JOB_ERRORS.name in selected:
        more = bool(find_jobs_with_errors(kept, org_id, now, (), 1, resting[JOB_ERRORS.name]))
    return Due(count_due_jobs(kept, org_id, now, resting[JOB_RESULTS.name]) if most else 0, more)


def load_results(
    source: DltSource, loaded: dlt.Pipeline, place: RunPlace, walks: Collection[Mapping[str, Any]], due: Due
) -> Results:
    """
    Look up what is due in *source* after *walks*, and load it. *loaded* is the pipeline that has loaded the jobs.

    An error does not leave this function: the jobs are loaded.
    """
    tallies: Mapping[str, Mapping[str, Any]] = {}
    try:
        pipeline = place.make_pipeline(for_results=True)
        wait_for(database_path(pipeline), pipeline.sync_destination)
        chosen = source.with_resources(*selected_look_ups(source))
        info = pipeline.extract(chosen, schema=loaded.default_schema)
        pipeline.normalize()
        tallies = _tallies(info)
        if not any(tally["calls"] for tally in tallies.values()):  # as if `max_results_api_percent` is used up
            return _summarize(tallies, due.jobs)
        with publishing(pipeline) as client:
            pipeline.load()
            can_be_asked = isinstance(client, SqlJobClientBase)
            looked_up = tallies[JOB_RESULTS.name]["looked_up"]
            left = find_due(client, source, place.org, walks).jobs if can_be_asked else max(0, due.jobs - looked_up)
    except Exception as error:
        _load_costs(loaded, tallies)
        return Results(due=due.jobs, error=error, **_costs(tallies))
    return _summarize(tallies, left)


def _load_costs(loaded: dlt.Pipeline, tallies: Mapping[str, Mapping[str, Any]]) -> None:
    """
    Load the rows of `runs` alone: the calls were made, and the next rounds have so many less.

    The pipeline of the jobs does so. That of the results may have a package that cannot be loaded.
    """
    runs = [Run(**tally["run"]).to_table() for tally in tallies.values() if tally["run"]]
    if not runs:
        return
    with suppress(Exception):  # there is an error to tell already
        loaded.extract(dlt.resource(runs, name=RUNS.name, **table_hints(RUNS)), schema=loaded.default_schema)
        loaded.normalize()
        with publishing(loaded):
            loaded.load()


def _summarize(tallies: Mapping[str, Mapping[str, Any]], left: int) -> Results:
    tally = tallies[JOB_RESULTS.name]
    tried = tally["failed"] or tally["refused"] or tally["given_up"] or tally["stopped_by"] in (FAILURES, LOGIN)
    return Results(
        looked_up=tally["looked_up"],
        failed=tally["failed"],
        due=left,
        warnings=tuple(each["warning"] for each in tallies.values()),
        stopped_by=tally["stopped_by"],
        has_failed=bool(tried) and not tally["looked_up"],
        **_costs(tallies),
    )


def _costs(tallies: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the calls that were made, and those of the org after them."""
    return {
        "calls": sum(tally["calls"] for tally in tallies.values()),
        "api_used": max((tally["api_used"] or 0 for tally in tallies.values()), default=0),
    }


def _tallies(info: ExtractInfo) -> dict[str, Mapping[str, Any]]:
    """Return what each round of look-ups says of itself: a `LookUpTally` as a dict, and its warning."""
    packages = [package["resource_metrics"] for metrics in info.metrics.values() for package in metrics]
    found = {name: metrics.custom_metrics for package in packages for name, metrics in package.items()}
    return {name: found[name] for name in LOOK_UP_LISTINGS if "calls" in found.get(name, {})}
