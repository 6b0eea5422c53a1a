"""All figures of the dashboard and of the report: what both show is read here."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Optional
from urllib.parse import quote

from jobs_source.dashboard.database import Database, Rows
from jobs_source.dashboard.filters import Filters

SHOWN_GROUPS: Final = 10
_LISTED_FOR: Final = timedelta(days=7)
_COUNTS: Final = ("jobs", "jobs_finished", "jobs_failed", "jobs_failed_in_part")
_NOTHING: Final[Mapping[str, Any]] = {
    **dict.fromkeys((*_COUNTS, "records_processed", "records_failed"), 0),
    **dict.fromkeys(
        ("failure_rate", "queue_seconds_median", "queue_seconds_95", "run_seconds_median", "run_seconds_95")
    ),
}


class Figures(NamedTuple):
    """
    What a page shows. Each row is a dict with the columns of the query that its sentence names.

    Attributes:
        filters: Which jobs it is about.
        totals: Those of the period (jobs.sql).
        totals_before: Those of the period before; None if the history does not reach back so far.
        days: Each day of the period, also one without jobs (jobs.sql).
        hours: Each hour of the week that has jobs (jobs.sql).
        objects: The busiest first (jobs.sql).
        users: The busiest first, with `user`: the name, or else the id (jobs.sql).
        failures: The newest first, with `url` (failures.sql).
        stuck: The oldest first, with `url` (stuck.sql).
        orgs: Their freshness and API calls (orgs.sql).
        gaps: The newest first (gaps.sql).
        api_calls: Those of our runs by org and day (api_calls.sql).
    """

    filters: Filters
    totals: Mapping[str, Any]
    totals_before: Optional[Mapping[str, Any]]
    days: Rows
    hours: Rows
    objects: Rows
    users: Rows
    failures: Rows
    stuck: Rows
    orgs: Rows
    gaps: Rows
    api_calls: Rows


def read_figures(database: Database, filters: Filters) -> Figures:
    """Ask *database* for all figures of the jobs that *filters* choose."""
    values = filters.values()
    jobs: dict[str, Rows] = {}
    for row in database.ask("jobs", values):
        jobs.setdefault(row["figure"], []).append(row)
    orgs = database.ask("orgs", values)
    addresses = {org["org_id"]: org["instance_url"] for org in orgs}
    totals = {row["is_now"]: _only(row) for row in jobs.get("all", [])}
    return Figures(
        filters=filters,
        totals=totals.get(True, _NOTHING),
        totals_before=totals.get(False, _NOTHING) if _reaches_back(orgs, filters.start_before) else None,
        days=_each_day(jobs.get("day", []), filters),
        hours=sorted((_only(row, "weekday", "hour") for row in jobs.get("hour", [])), key=_hour),
        objects=_busiest([_only(row, "object") for row in jobs.get("object", [])], "object"),
        users=_busiest([_with_user(row) for row in jobs.get("user", [])], "user", "created_by_id"),
        failures=[*_with_links(database.ask("failures", values), addresses)],
        stuck=[*_with_links(database.ask("stuck", values), addresses)],
        orgs=orgs,
        gaps=database.ask("gaps", values),
        api_calls=database.ask("api_calls", values),
    )


def job_url(instance_url: Optional[str], job_id: str) -> Optional[str]:
    """
    Make the address of a job's page in Setup, which shows what Salesforce keeps of it, for as long as it keeps it.

    Source: the pages "Bulk Data Load Jobs" and "Bulk Data Load Job Details" of Salesforce's Setup.
    """
    if not instance_url:
        return None
    return f"{instance_url.rstrip('/')}/lightning/setup/AsyncApiJobStatus/page?address={quote('/' + job_id, safe='')}"


def _reaches_back(orgs: Rows, moment: datetime) -> bool:
    """Tell whether all *orgs* were watched at a *moment*: the first run saw the jobs of seven days."""
    first_runs = [org["first_run_at"] for org in orgs]
    return bool(first_runs) and all(run and run - _LISTED_FOR <= moment for run in first_runs)


def _only(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Leave what counts, and what it counts by."""
    return {name: row[name] for name in (*names, *_NOTHING)}


def _each_day(rows: Rows, filters: Filters) -> Rows:
    known = {row["day"]: row for row in rows}
    return [_only(known.get(day, {**_NOTHING, "day": day}), "day") for day in filters.days()]


def _hour(row: Mapping[str, Any]) -> tuple[int, int]:
    return row["weekday"], row["hour"]


def _busiest(rows: Rows, *names: str) -> Rows:
    """Take the groups with most jobs; those with as many are in the order of their names, one without a name first."""

    def key(row: Mapping[str, Any]) -> tuple[Any, ...]:
        return -row["jobs"], *((row[name] is not None, row[name] or "") for name in names)

    return sorted(rows, key=key)[:SHOWN_GROUPS]


def _with_user(row: Mapping[str, Any]) -> dict[str, Any]:
    user = row["created_by"] or row["created_by_id"] or "unknown"
    return {**_only(row, "created_by_id", "created_by"), "user": user}


def _with_links(rows: Rows, addresses: Mapping[str, Optional[str]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {**row, "url": job_url(addresses.get(row["org_id"]), row["id"])}
