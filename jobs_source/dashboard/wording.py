"""The figures in words: the dashboard and both kinds of report say the same."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Final, NamedTuple, Optional

from jobs_source.dashboard.durations import UNKNOWN, duration_text
from jobs_source.dashboard.figures import Figures
from jobs_source.dashboard.filters import Filters
from jobs_source.wording import counted

# Characters that no page may have, that break a line, or that turn the direction of what follows.
_ODD: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]+")
_LISTED: Final = 100  # jobs that a query lists at most
_LONGEST: Final = 200  # characters of a text from the data
_NOWHERE: Final = "none"


class Headline(NamedTuple):
    """
    One figure of the period.

    Attributes:
        label: What it is.
        value: The figure, with its unit.
        change: Against the period before; None if that is not known.
    """

    label: str
    value: str
    change: Optional[str]


def headlines(figures: Figures) -> list[Headline]:
    """Say the totals of the period, each with its change against the period before."""
    return [
        _headline(figures, "Jobs", "jobs", _count),
        _headline(figures, "Failure rate", "failure_rate", share_text, _points),
        _headline(figures, "Failed", "jobs_failed", _count),
        _headline(figures, "Failed in part", "jobs_failed_in_part", _count),
        _headline(figures, "Records processed", "records_processed", _count),
        _headline(figures, "Records failed", "records_failed", _count),
        _headline(figures, "Median wait", "queue_seconds_median", duration_text),
        _headline(figures, "Median run", "run_seconds_median", duration_text),
    ]


def why_no_change(figures: Figures) -> Optional[str]:
    """Say why no headline has a change; None if they have."""
    if figures.totals_before is not None:
        return None
    return f"No change is shown: the history does not reach back to {_before(figures.filters)}."


def freshness(figures: Figures) -> list[str]:
    """Say of each org how old its newest run is, and how many jobs are unfinished."""
    return [
        f"{org_name(org)}: newest run {_hours(org['hours_since_newest_run'])} ago,"
        f" {counted(org['jobs_unfinished'] or 0, 'job')} unfinished."
        for org in figures.orgs
    ] or ["No run yet."]


def gaps(figures: Figures) -> list[str]:
    """Say between which runs jobs may be missing."""
    names = {org["org_id"]: org_name(org) for org in figures.orgs}
    return [
        f"{names.get(gap['org_id'], plain_text(gap['org_id']))}: Salesforce may have dropped jobs that no run saw"
        f" between {moment_text(gap['gap_from'])} and {moment_text(gap['gap_to'])}."
        for gap in figures.gaps
    ] or ["No gaps are known."]


def allowance(figures: Figures) -> list[str]:
    """Say of each org how many of its API calls our runs took."""
    return [_allowance(org) for org in figures.orgs]


def failure_notes(figures: Figures) -> list[str]:
    """Say that no job has failed, or how many of those that did are listed, if not all."""
    if not figures.failures:
        return ["No job of this period is known to have failed."]
    shown, total = len(figures.failures), figures.totals["jobs_failed"] + figures.totals["jobs_failed_in_part"]
    return [f"The newest {shown} of {total:,} are listed."] if shown < total else []


def stuck_notes(figures: Figures) -> list[str]:
    """Say that no job is stuck, or that there may be more than those that are listed."""
    if not figures.stuck:
        return ["No job waits or runs for too long."]
    shown = len(figures.stuck)
    return [f"The oldest {shown} are listed; there may be more."] if shown == _LISTED else []


def job_name(figures: Figures, row: Mapping[str, Any]) -> str:
    """Name a job by its id; by its org too, if there are several, which a section names shortly if it has no other."""
    sections = Counter(org["org"] for org in figures.orgs)
    names = {org["org_id"]: org["org"] if sections[org["org"]] == 1 else None for org in figures.orgs}
    where = f" in {names.get(row['org_id']) or row['org_id']}" if len(names) > 1 else ""
    return plain_text(f"{row['id']}{where}")


def period_text(filters: Filters) -> str:
    """Say which period it is."""
    return f"{moment_text(filters.start)} to {moment_text(filters.end)} ({_days(filters)})"


def org_name(org: Mapping[str, Any]) -> str:
    """Name an org by its section, if it has one, and by its id."""
    return plain_text(f"{org['org']} {org['org_id']}" if org["org"] else org["org_id"])


def moment_text(moment: Optional[datetime]) -> str:
    """Write a time to the minute, in UTC."""
    return UNKNOWN if moment is None else f"{moment.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"


def minute_text(moment: Optional[datetime]) -> str:
    """Write a time where it is said elsewhere that it is in UTC."""
    return moment_text(moment).removesuffix(" UTC")


def share_text(share: Optional[float]) -> str:
    """Write a *share* (0 to 1) in percent. Small ones have as many decimals as they need not to be 0."""
    if share is None:
        return UNKNOWN
    percent = 100 * share
    return f"{percent:.1g} %" if 0 < percent < 0.05 else f"{percent:.1f}".removesuffix(".0") + " %"


def plain_text(value: Any) -> str:
    """Give a text from the data without characters that a page cannot have, and not longer than a page bears."""
    text = " ".join(_ODD.sub(" ", str(value)).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _headline(
    figures: Figures,
    label: str,
    name: str,
    write: Callable[[Any], str],
    compare: Optional[Callable[[Any, Any], str]] = None,
) -> Headline:
    totals, totals_before = figures.totals, figures.totals_before
    value = write(totals[name]) if totals["jobs"] or totals[name] is not None else _NOWHERE
    if totals_before is None or totals[name] is None:
        return Headline(label, value, None)
    now, past, period = totals[name], totals_before[name], _before(figures.filters)
    if past is None or (past == 0 and now and compare is None):
        past_text = _NOWHERE if past is None and not totals_before["jobs"] else write(past)
        return Headline(label, value, f"{past_text} in {period}")
    change = "" if now == past else (compare or _percent)(now, past)
    same = "as in" if now == past else "nearly as in"
    return Headline(label, value, f"{change} against {period}" if change else f"{same} {period}")


def _percent(now: float, past: float) -> str:
    change = round(100 * (now - past) / past) if past else 0
    return f"{_sign(change)}{abs(change):,} %" if change else ""


def _points(now: float, past: float) -> str:
    change = round(100 * (now - past), 1)
    return f"{_sign(change)}{abs(change):.1f} percentage points" if change else ""


def _sign(change: float) -> str:
    return "+" if change > 0 else "\N{MINUS SIGN}"


def _count(number: Optional[int]) -> str:
    return UNKNOWN if number is None else f"{number:,}"


def _hours(hours: Optional[float]) -> str:
    return UNKNOWN if hours is None else f"{hours:,.1f} hours"


def _allowance(org: Mapping[str, Any]) -> str:
    calls, limit, used = counted(org["api_calls_last_day"] or 0, "API call"), org["api_limit"], org["api_used"]
    if not limit:
        return f"{org_name(org)}: our runs made {calls} in the last 24 hours. How many the org may make is not known."
    ours = share_text((org["api_calls_last_day"] or 0) / limit)
    others = "" if used is None else f" All programs together had used {used:,} ({share_text(used / limit)})."
    return f"{org_name(org)}: our runs made {calls} of {limit:,} in the last 24 hours ({ours}).{others}"


def _days(filters: Filters) -> str:
    return counted(-((filters.start - filters.end) // timedelta(days=1)), "day")  # a day that has begun is one


def _before(filters: Filters) -> str:
    days = _days(filters)
    return "the day before" if days == "1 day" else f"the {days} before"
