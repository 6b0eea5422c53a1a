"""Figures as a page gets them, without a database."""

from datetime import date, datetime, timedelta, timezone
from typing import Any, Final

from jobs_source.dashboard.figures import Figures
from jobs_source.dashboard.filters import Filters

NOW: Final = datetime(2026, 3, 2, 15, 30, tzinfo=timezone.utc)
ORG: Final = "00DRm0000scM9PKMA0"
ADDRESS: Final = "https://acme.my.salesforce.com"
_COUNTS: Final[dict[str, Any]] = {
    "jobs": 10, "jobs_finished": 10, "jobs_failed": 2, "jobs_failed_in_part": 1, "records_processed": 1_000,
    "records_failed": 5, "failure_rate": 0.2, "queue_seconds_median": 4.0, "queue_seconds_95": 40.0,
    "run_seconds_median": 60.0, "run_seconds_95": 600.0,
}  # fmt: skip


def counts(**values: Any) -> dict[str, Any]:
    """The figures of some jobs: ten of them, but for these *values*."""
    return {**_COUNTS, **values}


def no_counts(**values: Any) -> dict[str, Any]:
    """The figures of no jobs."""
    return {name: 0 if name.startswith("jobs") else None for name in _COUNTS} | values


def failure(**values: Any) -> dict[str, Any]:
    """A job that failed."""
    return {
        "org_id": ORG, "id": "750Rm000000001AAA", "kind": "ingest", "object": "Account", "operation": "insert",
        "created_by": "Ann", "created_at": NOW, "failed_at": NOW, "is_failed": True, "records_processed": 9,
        "records_failed": 9, "reason": "no such field", "url": f"{ADDRESS}/lightning", **values,
    }  # fmt: skip


def org(**values: Any) -> dict[str, Any]:
    """An org that is watched."""
    return {
        "org_id": ORG, "org": "prod", "instance_url": ADDRESS, "first_run_at": NOW, "newest_run_at": NOW,
        "hours_since_newest_run": 0.42, "jobs_unfinished": 1, "api_calls_last_day": 864, "api_used": 34_500,
        "api_limit": 100_000, **values,
    }  # fmt: skip


def make_figures(number: int = 3, **values: Any) -> Figures:
    """Figures of a *number* of days, each with ten jobs, but for these *values*."""
    filters = Filters.last_days(number, NOW)
    dates = [filters.start.date() + timedelta(days=day) for day in range(number)]
    usual: dict[str, Any] = {
        "filters": filters,
        "totals": counts(jobs=10 * number),
        "totals_before": counts(jobs=8 * number),
        "days": [counts(day=day) for day in dates],
        "hours": [counts(weekday=1, hour=0, jobs=7), counts(weekday=7, hour=23, jobs=3)],
        "objects": [counts(object="Account"), counts(object=None, jobs=4, failure_rate=None)],
        "users": [counts(user="Ann", created_by_id="0051"), counts(user="Bob", created_by_id="0052")],
        "failures": [failure()],
        "stuck": [{**failure(id="750Rm000000002AAA", state="InProgress"), "age_seconds": 90_000.0}],
        "orgs": [org()],
        "gaps": [],
        "api_calls": [calls(day, share=0.00864) for day in dates],
    }
    return Figures(**{**usual, **values})


def calls(day: date, org_id: str = ORG, **values: Any) -> dict[str, Any]:
    """The API calls of our runs on a *day*."""
    return {"org_id": org_id, "day": day, "calls": 864, "api_limit": 100_000, "share": None, **values}


def make_no_figures(number: int = 3, **values: Any) -> Figures:
    """Figures of a dataset without jobs and runs, but for these *values*."""
    full = make_figures(number)
    names = ("hours", "objects", "users", "failures", "stuck", "orgs", "gaps", "api_calls")
    lists: dict[str, Any] = {name: [] for name in names}
    empty = [no_counts(day=row["day"]) for row in full.days]
    return full._replace(**{**lists, "totals": no_counts(), "totals_before": None, "days": empty, **values})
