"""Bars of jobs, each split into those that failed, that failed in part, and that did neither."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import altair as alt

from jobs_source.dashboard.looks import BLUE, ORANGE, RED, Chart, name_of, new_chart
from jobs_source.dashboard.wording import share_text

_STATES: Final = ("Failed", "Failed in part", "Not failed")
_ROOM_FOR_SHARES: Final = 1.4  # of the longest bar


def by_state(row: Mapping[str, Any], key: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Split the jobs of *row* for a stack: the worst are next to the axis, where bars can be compared."""
    failed, in_part = row["jobs_failed"], row["jobs_failed_in_part"]
    for order, (state, jobs) in enumerate(zip(_STATES, (failed, in_part, row["jobs"] - failed - in_part), strict=True)):
        yield {**key, "state": state, "order": order, "jobs": jobs}


def state_colour() -> alt.Color:
    """Colour the parts of a bar. They differ in lightness too."""
    return alt.Color("state:N", title=None, sort=[*_STATES]).scale(domain=[*_STATES], range=[RED, ORANGE, BLUE])


def busiest(rows: Sequence[Mapping[str, Any]], title: str, what: str) -> Chart:
    """Draw a bar for each of *rows* by their `name`, with the share that failed beside it. *what*: what they are."""
    description = (
        f"Bars, one for each of the {what.lower()}s with most jobs: how many failed, failed in part, or neither."
    )
    names = [row["name"] for row in rows]
    y = alt.Y("place:O", title=None).axis(labelLimit=150, labelExpr=name_of(names))
    most = max((row["jobs"] for row in rows), default=1)
    x = alt.X("jobs:Q", title="Jobs, and the share that failed", stack="zero")
    parts = [part for place, row in enumerate(rows) for part in by_state(row, {"place": place, "name": names[place]})]
    tooltip = [
        alt.Tooltip("name:N", title=what),
        alt.Tooltip("state:N", title="Jobs that"),
        alt.Tooltip("jobs:Q", title="Jobs", format=",d"),
    ]
    bars = new_chart(parts).mark_bar()
    shares = new_chart([_share(place, row) for place, row in enumerate(rows)]).mark_text(align="left", dx=4)
    layers = [
        bars.encode(
            x=x.scale(domain=[0, most * _ROOM_FOR_SHARES]).axis(tickMinStep=1, format=",d", tickCount=5),
            y=y,
            color=state_colour().legend(columns=2),  # on a phone there is no room for three
            order=alt.Order("order:Q"),
            tooltip=tooltip,
        ),
        shares.encode(x="jobs:Q", y=y, text="share:N"),
    ]
    return alt.LayerChart(layer=layers, title=title, description=description, height={"step": 24})


def _share(place: int, row: Mapping[str, Any]) -> dict[str, Any]:
    rate = row["failure_rate"]
    return {"place": place, "jobs": row["jobs"], "share": "" if rate is None else share_text(rate)}
