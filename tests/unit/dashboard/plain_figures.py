"""The figures once more, by plain Python: from the rows of the views, and from those of `runs`."""

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from jobs_source.dashboard.figures import SHOWN_GROUPS
from jobs_source.dashboard.filters import Filters

Row = dict[str, Any]
Rows = list[Row]
Ask = Callable[[str], Rows]
"""Runs SQL, and gives rows whose times are in UTC."""
WALKS = ("jobs/ingest", "jobs/query")
LONG_AGO = datetime(1, 1, 1, tzinfo=timezone.utc)


def plain_figures(ask: Ask, filters: Filters) -> Row:
    """What `read_figures` has to give; *ask* gives the rows of a table or view."""
    jobs = [job for job in ask("job_history") if _is_chosen(job, filters)]
    now = [job for job in jobs if job["created_at"] and filters.start <= job["created_at"] < filters.end]
    before = [job for job in jobs if job["created_at"] and filters.start_before <= job["created_at"] < filters.start]
    runs = [run for run in ask("runs") if filters.org_id in (None, run["org_id"])]
    orgs = [_org(row, runs) for row in ask("run_health") if filters.org_id in (None, row["org_id"])]
    firsts = [org["first_run_at"] for org in orgs]
    is_old = bool(firsts) and all(run and run - timedelta(days=7) <= filters.start_before for run in firsts)
    addresses = {org["org_id"]: org["instance_url"] for org in orgs}
    return {
        "filters": filters,
        "totals": count(now),
        "totals_before": count(before) if is_old else None,
        "days": [{"day": day, **count(own)} for day, own in _by_day(now, filters)],
        "hours": [{"weekday": w, "hour": h, **_untimed(own)} for (w, h), own in sorted(_group(now, _hour).items())],
        "objects": _busiest([{"object": o, **_untimed(own)} for o, own in _group(now, _object).items()], "object"),
        "users": _busiest([_user(id_, own) for id_, own in _group(now, _created_by).items()], "user", "created_by_id"),
        "failures": _failures(now, ask("job_failures"), addresses),
        "stuck": _stuck(jobs, ask("unfinished_jobs"), addresses),
        "orgs": sorted(orgs, key=lambda org: str(org["org_id"])),
        "gaps": _gaps(runs),
        "api_calls": _api_calls(runs, filters),
    }


def _is_chosen(job: Row, filters: Filters) -> bool:
    wanted = {name: getattr(filters, name) for name in ("org_id", "kind", "object", "created_by_id")}
    return all(value is None or job[name] == value for name, value in wanted.items())


def count(jobs: Rows) -> Row:
    """What counts of these *jobs*."""
    finished = [job for job in jobs if job["is_finished"]]
    judged = [job for job in finished if job["is_failed"] is not None]
    failed = [job for job in jobs if job["is_failed"]]
    return {
        "jobs": len(jobs),
        "jobs_finished": len(finished),
        "jobs_failed": len(failed),
        "jobs_failed_in_part": len([job for job in jobs if job["is_failed_in_part"]]),
        "records_processed": _sum(finished, "records_processed"),
        "records_failed": _sum(finished, "records_failed"),
        "failure_rate": len(failed) / len(judged) if judged else None,
        **{
            f"{name}_{end}": _percentile(share, [job[name] for job in jobs])
            for name in ("queue_seconds", "run_seconds")
            for end, share in (("median", 0.5), ("95", 0.95))
        },
    }


def _untimed(jobs: Rows) -> Row:
    return {name: None if "seconds" in name else value for name, value in count(jobs).items()}


def _sum(jobs: Rows, name: str) -> Any:
    known = [job[name] for job in jobs if job[name] is not None]
    return sum(known) if known or not jobs else None


def _percentile(share: float, values: Iterable[Any]) -> Any:
    known = sorted(value for value in values if value is not None)
    if not known:
        return None
    low = math.floor(place := share * (len(known) - 1))
    return known[low] + (known[min(low + 1, len(known) - 1)] - known[low]) * (place - low)


def _group(rows: Rows, key: Callable[[Row], Any]) -> dict[Any, Rows]:
    groups: dict[Any, Rows] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def _hour(job: Row) -> tuple[int, int]:
    return job["created_at"].isoweekday(), job["created_at"].hour


def _object(job: Row) -> Any:
    return job["object"]


def _created_by(job: Row) -> Any:
    return job["created_by_id"]


def _by_day(jobs: Rows, filters: Filters) -> Iterable[tuple[Any, Rows]]:
    hours = math.ceil((filters.end - filters.start) / timedelta(hours=1))
    moments = [*(filters.start + timedelta(hours=hour) for hour in range(hours)), filters.end - timedelta.resolution]
    for day in sorted({max(moment, filters.start).date() for moment in moments}):
        yield day, [job for job in jobs if job["created_at"].date() == day]


def _user(id_: Any, jobs: Rows) -> Row:
    name = max((job["created_by"] for job in jobs if job["created_by"] is not None), default=None)
    return {"created_by_id": id_, "created_by": name, **_untimed(jobs), "user": name or id_ or "unknown"}


def _busiest(rows: Rows, *names: str) -> Rows:
    for name in reversed(names):
        rows = sorted(rows, key=lambda row: "" if row[name] is None else f"a{row[name]}")
    return sorted(rows, key=lambda row: row["jobs"], reverse=True)[:SHOWN_GROUPS]


def _failures(jobs: Rows, failures: Rows, addresses: Mapping[str, Any]) -> Rows:
    known = {_key(job): job for job in jobs}
    found = [
        {
            **{name: failure[name] for name in ("org_id", "id", "kind", "object", "operation")},
            "created_by": failure["created_by"] or job["created_by_id"],
            "created_at": job["created_at"],
            "failed_at": failure["failed_at"],
            "is_failed": job["is_failed"],
            **{name: failure[name] for name in ("records_processed", "records_failed")},
            "reason": failure["error_message"] or failure["top_error_code"],
            "url": _url(addresses.get(failure["org_id"]), failure["id"]),
        }
        for failure in failures
        if (job := known.get(_key(failure)))
    ]
    found.sort(key=lambda row: (row["id"], row["org_id"], row["kind"]))
    return sorted(found, key=lambda row: row["failed_at"] or LONG_AGO, reverse=True)[:100]


def _stuck(jobs: Rows, unfinished: Rows, addresses: Mapping[str, Any]) -> Rows:
    known = {_key(job): job for job in jobs}
    names = ("org_id", "id", "kind", "object", "operation", "created_at", "state", "age_seconds")
    found = [
        {
            **{name: row[name] for name in names},
            "created_by": row["created_by"] or job["created_by_id"],
            "url": _url(addresses.get(row["org_id"]), row["id"]),
        }
        for row in unfinished
        if row["is_stuck"] and (job := known.get(_key(row)))
    ]
    return sorted(found, key=lambda row: (row["created_at"], row["id"], row["org_id"], row["kind"]))[:100]


def _key(job: Row) -> tuple[Any, ...]:
    return job["org_id"], job["id"], job["kind"]


def _url(address: Any, job_id: str) -> Any:
    if not address:
        return None
    return f"{address.removesuffix('/')}/lightning/setup/AsyncApiJobStatus/page?address=%2F{job_id}"


def _org(health: Row, runs: Rows) -> Row:
    own = [run for run in runs if run["org_id"] == health["org_id"]]
    by_start = sorted((run for run in own if run["instance_url"]), key=lambda run: (run["started_at"], run["run_id"]))
    by_end = sorted(
        (run for run in own if run["api_used"] is not None), key=lambda run: (run["ended_at"], run["api_used"])
    )
    kept = ("org_id", "org", "newest_run_at", "hours_since_newest_run", "jobs_unfinished", "api_calls_last_day")
    return {
        **{name: health[name] for name in (*kept, "api_limit")},
        "instance_url": by_start[-1]["instance_url"] if by_start else None,
        "first_run_at": min((run["started_at"] for run in own if run["listing"] in WALKS), default=None),
        "api_used": by_end[-1]["api_used"] if by_end else None,
    }


def _gaps(runs: Rows) -> Rows:
    found = [run for run in runs if run["possible_gap"] and run["previous_started_at"] and run["listing"] in WALKS]
    ends = {
        key: max(run["started_at"] for run in own)
        for key, own in _group(found, lambda run: (run["org_id"], run["previous_started_at"])).items()
    }
    rows = [{"org_id": org, "gap_from": start, "gap_to": end} for (org, start), end in ends.items()]
    rows.sort(key=lambda row: (row["org_id"], row["gap_from"]))
    return sorted(rows, key=lambda row: row["gap_to"], reverse=True)[:20]


def _api_calls(runs: Rows, filters: Filters) -> Rows:
    found = [run for run in runs if filters.start <= run["ended_at"] < filters.end]
    rows = []
    for (day, org_id), own in sorted(_group(found, lambda run: (run["ended_at"].date(), run["org_id"])).items()):
        calls = [run["calls"] for run in own if run["calls"] is not None]
        limit = max((run["api_limit"] for run in own if run["api_limit"] is not None), default=None)
        total = sum(calls) if calls else None
        share = total / limit if total is not None and limit else None
        rows.append({"org_id": org_id, "day": day, "calls": total, "api_limit": limit, "share": share})
    return rows
