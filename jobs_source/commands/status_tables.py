"""The tables of `status`: how fresh each org is, the gaps in its history, and its last runs."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta, timezone
from typing import Final, Optional

from rich.text import Text

from jobs_source.commands.tables import Row, plain, without_unused
from jobs_source.runner.status import OrgStatus

_MUCH: Final = timedelta(hours=1)  # the two lists of one run begin at nearly the same time
_GAPS: Final = "Possible gaps: Salesforce may have dropped jobs unseen between these two runs."


def status_tables(
    orgs: Collection[OrgStatus], never: Collection[Optional[str]], limit: Optional[float], now: datetime
) -> str:
    """
    Draw the orgs and those that were *never* loaded, then the gaps if there are any, then the last runs of each org.

    With a *limit* in hours each org is `ok` or `TOO OLD`. Times are UTC, to the minute.
    """
    known = [*(_never_row(name, limit) for name in never), *(_org_row(org, limit, now) for org in orgs)]
    parts = [plain(without_unused(known, "stale list", "oldest (UTC)"))]
    if gaps := [row for org in orgs for row in _gap_rows(org)]:
        parts.append(f"{_GAPS}\n{plain(gaps)}")
    parts += [f"Last runs of {_name(org)}:\n{_last_runs(org)}" for org in orgs if org.last_runs]
    return "\n".join(parts)


def _never_row(name: Optional[str], limit: Optional[float]) -> Row:
    return {
        "org": name or "default org",
        "hours old": "never loaded",
        "stale list": None,
        "unfinished": None,
        "oldest (UTC)": None,
        "gaps": None,
        **_verdict(limit, is_stale=True),
    }


def _org_row(org: OrgStatus, limit: Optional[float], now: datetime) -> Row:
    age = org.age(now)
    lists = sorted(org.newest, key=lambda listing: org.newest[listing])
    return {
        "org": _name(org),
        "hours old": age / timedelta(hours=1),
        "stale list": lists[0] if org.newest[lists[-1]] - org.newest[lists[0]] > _MUCH else None,
        "unfinished": org.unfinished,
        "oldest (UTC)": _minute(org.oldest_unfinished),
        "gaps": len(set(org.gaps)),
        **_verdict(limit, is_stale=limit is not None and age > timedelta(hours=limit)),
    }


def _verdict(limit: Optional[float], *, is_stale: bool) -> Row:
    if limit is None:
        return {}
    return {f"max {limit:,.9g} h": Text("TOO OLD", "red") if is_stale else Text("ok", "green")}


def _gap_rows(org: OrgStatus) -> Iterator[Row]:
    for before, after in dict.fromkeys(org.gaps):  # both lists often have the same one
        yield {"org": _name(org), "from (UTC)": _minute(before), "to (UTC)": _minute(after)}


def _last_runs(org: OrgStatus) -> str:
    rows: list[Row] = [
        {
            "started (UTC)": _minute(run["started_at"]),
            "list": run["listing"],
            "listed": run["jobs_listed"],
            "written": run["jobs_written"],
            "rejected": run["entries_rejected"],
            "calls": run["calls"],
            "full": "full" if run["is_full"] else None,
        }
        for run in org.last_runs
    ]
    return plain(without_unused(rows, "rejected", "full"))


def _name(org: OrgStatus) -> str:
    return f"{org.org} {org.org_id}" if org.org else org.org_id


def _minute(time: Optional[datetime]) -> Optional[str]:
    return time.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M") if time else None
