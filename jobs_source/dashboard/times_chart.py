"""How long jobs waited and ran, over the days."""

from collections.abc import Iterator
from typing import Any, Final

import altair as alt

from jobs_source.dashboard.durations import duration_text
from jobs_source.dashboard.figures import Figures
from jobs_source.dashboard.looks import (
    BLUE,
    DASHES,
    GREY,
    HEIGHT,
    POINT,
    RED,
    SHAPES,
    Chart,
    day_axis,
    has_points,
    known,
)

_WHAT: Final = ("Wait", "Run")
_WHOSE: Final = ("Half of the jobs", "95 of 100 jobs")
_COLUMNS: Final = {
    "queue_seconds_median": (_WHAT[0], _WHOSE[0]),
    "queue_seconds_95": (_WHAT[0], _WHOSE[1]),
    "run_seconds_median": (_WHAT[1], _WHOSE[0]),
    "run_seconds_95": (_WHAT[1], _WHOSE[1]),
}
_TICKS: Final = {
    0: "0", 1: "1 s", 10: "10 s", 60: "1 min", 600: "10 min", 3_600: "1 h", 36_000: "10 h", 360_000: "100 h",
    3_600_000: "1,000 h", 36_000_000: "10,000 h",
}  # fmt: skip


def times_by_day(figures: Figures) -> Chart:
    """Draw how long the jobs of each day waited and ran: half of them, and 95 of 100, took no longer than that."""
    rows = list(times_of(figures))
    x, y = day_axis([row["day"].isoformat() for row in figures.days]), _seconds_axis(rows)
    colour = alt.Color("what:N", title=None).scale(domain=[*_WHAT], range=[BLUE, RED])
    tooltip = [
        alt.Tooltip("day:O", title="Day"),
        alt.Tooltip("what:N", title="Time"),
        alt.Tooltip("whose:N", title="Of"),
        alt.Tooltip("text:N", title="At most"),
    ]
    dash = alt.StrokeDash("whose:N", title=None).scale(domain=[*_WHOSE], range=[*DASHES[:2]])
    dash = dash.legend(symbolType="stroke", symbolSize=400, symbolStrokeColor=GREY, columns=1)
    shape = alt.Shape("what:N", title=None).scale(domain=[*_WHAT], range=[*SHAPES[:2]])
    lines = alt.Chart().mark_line().encode(x=x, y=y, color=colour, strokeDash=dash, tooltip=tooltip)
    points = alt.Chart().mark_point(**POINT).encode(x=x, y=y, color=colour, shape=shape, tooltip=tooltip)
    return alt.LayerChart(
        data=alt.InlineData(values=rows),
        layer=[lines, points] if has_points(rows) else [lines],
        title="Waiting and running times",
        description="Lines over the days in UTC: how long jobs waited and ran. Half of the jobs took no longer than the"
        " solid lines say, and 95 of 100 no longer than the dashed ones.",
        height=HEIGHT,
    )


def times_of(figures: Figures) -> Iterator[dict[str, Any]]:
    """Give the known times of each day, a row for each."""
    for column, (what, whose) in _COLUMNS.items():
        for row in known(figures.days, column):
            seconds = row[column]
            day, text = row["day"].isoformat(), duration_text(seconds)
            yield {"day": day, "what": what, "whose": whose, "seconds": seconds, "text": text}


def _seconds_axis(rows: list[dict[str, Any]]) -> alt.Y:
    """Make an axis on which short and long times can be told apart, from 0 on."""
    most = max((row["seconds"] for row in rows), default=0)
    axis = alt.Y("seconds:Q", title="Time (each step is about ten times as long)")
    end = next((tick for tick in _TICKS if tick >= max(most, 1)), most)
    ticks = [tick for tick in _TICKS if tick <= end]
    return axis.scale(type="symlog", constant=1, domain=[0, end]).axis(values=ticks, labelExpr=f"{_TICKS}[datum.value]")
