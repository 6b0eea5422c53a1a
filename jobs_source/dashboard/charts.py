"""Draws the figures, for the dashboard and for the report. No figure is computed here."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Optional

import altair as alt

from jobs_source.dashboard.bars import busiest, by_state, state_colour
from jobs_source.dashboard.durations import duration_text
from jobs_source.dashboard.figures import Figures
from jobs_source.dashboard.looks import BLUE, DASHES, GREY, LINE_COLOURS, RED, SHAPES, Chart, day_axis, new_chart

_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SHARES: Final = ".1~%"
_MOST_BARS: Final = 100  # days: more are drawn as one area, in a fraction of the size
_MOST_POINTS: Final = 400
_SECONDS: Final = {
    0: "0", 1: "1 s", 10: "10 s", 60: "1 min", 600: "10 min", 3_600: "1 h", 36_000: "10 h", 360_000: "100 h",
    3_600_000: "1,000 h", 36_000_000: "10,000 h",
}  # fmt: skip
_TIMES: Final = {
    "queue_seconds_median": ("Wait", "Half of the jobs"),
    "queue_seconds_95": ("Wait", "95 of 100 jobs"),
    "run_seconds_median": ("Run", "Half of the jobs"),
    "run_seconds_95": ("Run", "95 of 100 jobs"),
}


def why_empty(draw: "Draw", figures: Figures) -> Optional[str]:
    """Give the sentence to show instead of a chart that *draw* would make empty; None if there is something to draw."""
    if draw is api_share_by_day:
        known = any(row["share"] is not None for row in figures.api_calls)
        return None if known else "No run in this period knows how many API calls the org may make."
    if not figures.totals["jobs"]:
        return "No jobs in this period."
    if draw is times_by_day and not list(_times(figures)):
        return "How long the jobs of this period waited and ran is not known."
    if draw is failure_rate_by_day and not list(_known(figures.days, "failure_rate")):
        return "No job of this period has ended, so none is known to have failed."
    return None


def failures_by_day(figures: Figures) -> Chart:
    """Draw the jobs of each day: how many failed, failed in part, or did neither."""
    days = _days(figures)
    rows = [row for day in figures.days for row in by_state(day, {"day": day["day"].isoformat()})]
    chart = new_chart(
        rows,
        "Jobs per day",
        "Stacked bars, one for each day in UTC: jobs that failed, that failed in part, and all others.",
    )
    marked = chart.mark_bar() if len(days) <= _MOST_BARS else chart.mark_area(interpolate="step")
    drawn: alt.Chart = marked.encode(
        x=day_axis(days),
        y=alt.Y("jobs:Q", title="Jobs", stack="zero").axis(tickMinStep=1, format=",d"),
        color=state_colour(),
        order=alt.Order("order:Q"),
        tooltip=[
            alt.Tooltip("day:O", title="Day"),
            alt.Tooltip("state:N", title="Jobs that"),
            alt.Tooltip("jobs:Q", title="Jobs", format=",d"),
        ],
    )
    return drawn


def failure_rate_by_day(figures: Figures) -> Chart:
    """Draw the share of each day's ended jobs that failed."""
    rows = [
        {"day": row["day"].isoformat(), "share": row["failure_rate"]} for row in _known(figures.days, "failure_rate")
    ]
    chart = new_chart(
        rows, "Failed share per day", "A line over the days in UTC: the share of the ended jobs that failed."
    )
    drawn: alt.Chart = chart.mark_line(color=RED, point=_points(rows, color=RED)).encode(
        x=day_axis(_days(figures)),
        y=alt.Y("share:Q", title="Failed share of jobs").axis(format=_SHARES),
        tooltip=[alt.Tooltip("day:O", title="Day"), alt.Tooltip("share:Q", title="Failed", format=_SHARES)],
    )
    return drawn


def times_by_day(figures: Figures) -> Chart:
    """Draw how long the jobs of each day waited and ran: half of them, and 95 of 100, took no longer than that."""
    rows = list(_times(figures))
    most = max((row["seconds"] for row in rows), default=0)
    ticks = [tick for tick in _SECONDS if tick <= most * 10]
    chart = new_chart(
        rows,
        "Waiting and running times",
        "Lines over the days in UTC: the time within which half of the jobs, and 95 of 100 jobs, began and ended.",
    )
    drawn: alt.Chart = chart.mark_line(point=_points(rows)).encode(
        x=day_axis(_days(figures)),
        y=alt.Y("seconds:Q", title="Time (each step is ten times as long)")
        .scale(type="symlog", constant=1, domainMin=0)
        .axis(values=ticks, labelExpr=f"{_SECONDS}[datum.value]"),
        color=alt.Color("what:N", title=None).scale(domain=["Wait", "Run"], range=[BLUE, RED]),
        shape=alt.Shape("what:N", title=None).scale(domain=["Wait", "Run"], range=[*SHAPES[:2]]),
        strokeDash=alt.StrokeDash("whose:N", title=None)
        .scale(domain=["Half of the jobs", "95 of 100 jobs"], range=[*DASHES[:2]])
        .legend(symbolType="stroke", symbolSize=400, symbolStrokeColor=GREY, symbolFillColor=GREY, columns=1),
        tooltip=[
            alt.Tooltip("day:O", title="Day"),
            alt.Tooltip("what:N", title="Time"),
            alt.Tooltip("whose:N", title="Of"),
            alt.Tooltip("text:N", title="At most"),
        ],
    )
    return drawn


def busiest_objects(figures: Figures) -> Chart:
    """Draw the objects with most jobs, and the share of each that failed."""
    rows = [{**row, "name": row["object"] or "(no object)"} for row in figures.objects]
    return busiest(rows, "Busiest objects", "Object")


def busiest_users(figures: Figures) -> Chart:
    """Draw the users with most jobs, and the share of each that failed. An id tells apart those of one name."""
    rows = [{**row, "name": name} for row, name in zip(figures.users, _user_names(figures.users), strict=True)]
    return busiest(rows, "Busiest users", "User")


def week_heat_map(figures: Figures) -> Chart:
    """Draw how many jobs were created in each hour of the week, in UTC."""
    rows = [
        {"weekday": _WEEKDAYS[row["weekday"] - 1], "hour": row["hour"], "jobs": row["jobs"]} for row in figures.hours
    ]
    chart = new_chart(
        rows, "Jobs by hour and weekday", "A grid of hours and weekdays in UTC: the stronger, the more jobs."
    )
    drawn: alt.Chart = chart.mark_rect().encode(
        x=alt.X("hour:O", title="Hour of the day (UTC)")
        .scale(domain=[*range(24)])
        .axis(labelAngle=0, values=[*range(0, 24, 3)]),
        y=alt.Y("weekday:O", title=None).scale(domain=[*_WEEKDAYS]),
        opacity=alt.Opacity("jobs:Q", title="Jobs")
        .scale(domainMin=0, range=[0.08, 1])
        .legend(format=",d", tickCount=4),
        tooltip=[
            alt.Tooltip("weekday:O", title="Weekday"),
            alt.Tooltip("hour:O", title="Hour"),
            alt.Tooltip("jobs:Q", title="Jobs", format=",d"),
        ],
    )
    return drawn


def api_share_by_day(figures: Figures) -> Chart:
    """Draw which share of its daily API calls each org spends on our runs."""
    known = list(_known(figures.api_calls, "share"))
    names = {org["org_id"]: _org_name(org) for org in figures.orgs}
    rows = [{**row, "day": row["day"].isoformat(), "name": names.get(row["org_id"], row["org_id"])} for row in known]
    orgs = sorted({row["name"] for row in rows})
    legend = alt.Legend(title="Org", columns=1)
    chart = new_chart(
        rows, "Share of the API allowance", "Lines over the days in UTC, one for each org: our share of its API calls."
    )
    drawn: alt.Chart = chart.mark_line(point=_points(rows)).encode(
        x=day_axis(_days(figures)),
        y=alt.Y("share:Q", title="Share of the daily allowance").axis(format=_SHARES),
        color=alt.Color("name:N", legend=legend).scale(domain=orgs, range=_cycle(LINE_COLOURS, orgs)),
        shape=alt.Shape("name:N", legend=legend).scale(domain=orgs, range=_cycle(SHAPES, orgs)),
        strokeDash=alt.StrokeDash("name:N", legend=legend).scale(domain=orgs, range=_cycle(DASHES, orgs)),
        tooltip=[
            alt.Tooltip("day:O", title="Day"),
            alt.Tooltip("name:N", title="Org"),
            alt.Tooltip("calls:Q", title="Calls", format=",d"),
            alt.Tooltip("share:Q", title="Share", format=_SHARES),
        ],
    )
    return drawn


Draw = Callable[[Figures], Chart]


def _times(figures: Figures) -> Iterator[dict[str, Any]]:
    for column, (what, whose) in _TIMES.items():
        for row in _known(figures.days, column):
            seconds = row[column]
            day, text = row["day"].isoformat(), duration_text(seconds)
            yield {"day": day, "what": what, "whose": whose, "seconds": seconds, "text": text}


def _known(rows: Sequence[Mapping[str, Any]], column: str) -> Iterator[Mapping[str, Any]]:
    return (row for row in rows if row[column] is not None)


def _days(figures: Figures) -> list[str]:
    return [row["day"].isoformat() for row in figures.days]


def _user_names(users: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    names = [user["user"] for user in users]
    for user in users:
        name, id_ = user["user"], user["created_by_id"] or ""
        yield name if names.count(name) == 1 else f"…{id_[-8:]} {name} {id_}"


def _org_name(org: Mapping[str, Any]) -> str:
    return f"{org['org']} {org['org_id']}" if org["org"] else str(org["org_id"])


def _points(rows: Sequence[Any], **look: Any) -> Any:
    """A day between two days without figures is seen as a point only."""
    return {"size": 30, "filled": True, **look} if len(rows) <= _MOST_POINTS else False


def _cycle(values: Sequence[Any], names: Sequence[str]) -> list[Any]:
    return [values[at % len(values)] for at in range(len(names))]
