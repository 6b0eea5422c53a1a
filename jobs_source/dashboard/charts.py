"""Draws the figures, for the dashboard and for the report. No figure is computed here."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Optional

import altair as alt

from jobs_source.dashboard.bars import busiest, by_state, state_colour
from jobs_source.dashboard.figures import Figures
from jobs_source.dashboard.looks import (
    DASHES,
    LINE_COLOURS,
    POINT,
    RED,
    SHAPES,
    Chart,
    day_axis,
    has_points,
    known,
    name_of,
    new_chart,
)
from jobs_source.dashboard.times_chart import times_by_day, times_of
from jobs_source.dashboard.wording import org_name, plain_text

__all__ = [
    "Draw",
    "api_share_by_day",
    "busiest_objects",
    "busiest_users",
    "failure_rate_by_day",
    "failures_by_day",
    "times_by_day",
    "week_heat_map",
    "why_empty",
]
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SHARES: Final = ".3~p"
_MOST_BARS: Final = 100  # days: more are drawn as one area, in a fraction of the size


def why_empty(draw: "Draw", figures: Figures) -> Optional[str]:
    """Give the sentence to show instead of a chart that *draw* would make empty; None if there is something to draw."""
    if draw is api_share_by_day:
        has_shares = any(known(figures.api_calls, "share"))
        return None if has_shares else "No run in this period knows how many API calls the org may make."
    if not figures.totals["jobs"]:
        return "No jobs in this period."
    if draw is times_by_day and not any(times_of(figures)):
        return "How long the jobs of this period waited and ran is not known."
    if draw is failure_rate_by_day and not any(known(figures.days, "failure_rate")):
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
    marked = chart.mark_bar() if len(days) <= _MOST_BARS else chart.mark_area()
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
        {"day": row["day"].isoformat(), "share": row["failure_rate"]} for row in known(figures.days, "failure_rate")
    ]
    chart = new_chart(
        rows, "Failed share per day", "A line over the days in UTC: the share of the ended jobs that failed."
    )
    drawn: alt.Chart = chart.mark_line(color=RED, point={**POINT, "color": RED} if has_points(rows) else False).encode(
        x=day_axis(_days(figures)),
        y=alt.Y("share:Q", title="Failed share of jobs").axis(format=_SHARES),
        tooltip=[alt.Tooltip("day:O", title="Day"), alt.Tooltip("share:Q", title="Failed", format=_SHARES)],
    )
    return drawn


def busiest_objects(figures: Figures) -> Chart:
    """Draw the objects with most jobs, and the share of each that failed."""
    rows = [{**row, "name": plain_text(row["object"] or "(no object)")} for row in figures.objects]
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
    shares = [*known(figures.api_calls, "share")]
    names = {org["org_id"]: org_name(org) for org in figures.orgs}
    orgs = sorted({row["org_id"] for row in shares})
    labels = [names.get(org, plain_text(org)) for org in orgs]
    rows = [
        {**row, "day": row["day"].isoformat(), "place": place, "name": labels[place]}
        for row in shares
        for place in [orgs.index(row["org_id"])]
    ]
    legend = alt.Legend(title="Org", labelExpr=name_of(labels), columns=1)
    chart = new_chart(
        rows, "Share of the API allowance", "Lines over the days in UTC, one for each org: our share of its API calls."
    )
    drawn: alt.Chart = chart.mark_line(point=POINT if has_points(rows) else False).encode(
        x=day_axis(_days(figures)),
        y=alt.Y("share:Q", title="Share of the daily allowance").axis(format=_SHARES),
        color=alt.Color("place:N", legend=legend).scale(domain=[*range(len(orgs))], range=_cycle(LINE_COLOURS, orgs)),
        shape=alt.Shape("place:N", legend=legend).scale(domain=[*range(len(orgs))], range=_cycle(SHAPES, orgs)),
        strokeDash=alt.StrokeDash("place:N", legend=legend).scale(
            domain=[*range(len(orgs))], range=_cycle(DASHES, orgs)
        ),
        tooltip=[
            alt.Tooltip("day:O", title="Day"),
            alt.Tooltip("name:N", title="Org"),
            alt.Tooltip("calls:Q", title="Calls", format=",d"),
            alt.Tooltip("share:Q", title="Share", format=_SHARES),
        ],
    )
    return drawn


Draw = Callable[[Figures], Chart]


def _days(figures: Figures) -> list[str]:
    return [row["day"].isoformat() for row in figures.days]


def _user_names(users: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    names = [plain_text(user["user"]) for user in users]
    for user, name in zip(users, names, strict=True):
        id_ = plain_text(user["created_by_id"] or "")
        yield name if names.count(name) == 1 else f"…{id_[-8:]} {name}"


def _cycle(values: Sequence[Any], names: Sequence[str]) -> list[Any]:
    return [values[at % len(values)] for at in range(len(names))]
