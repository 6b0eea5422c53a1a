"""How charts look: colours that colour-blind people can tell apart, and what suits a light and a dark page."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

import altair as alt

Chart = alt.Chart | alt.LayerChart
Theme = Literal["light", "dark", "page"]
"""`page` takes the colour of the text around the chart, which has to be drawn as SVG for that."""

# Okabe and Ito: Color Universal Design, https://jfly.uni-koeln.de/color/
BLUE: Final = "#0072B2"
RED: Final = "#D55E00"
ORANGE: Final = "#E69F00"
GREY: Final = "#808080"
LINE_COLOURS: Final = (BLUE, RED, "#009E73", "#CC79A7", ORANGE, "#56B4E9", GREY)
DASHES: Final = ([1, 0], [6, 3], [2, 2], [8, 2, 2, 2], [12, 4])
SHAPES: Final = ("circle", "square", "triangle-up", "diamond", "cross")
_TEXT: Final = {"light": "#24292f", "dark": "#e6e6e6", "page": "currentColor"}
_LINES: Final = {"light": "#d0d7de", "dark": "#444c56", "page": "#80808066"}
_CELLS: Final = {"light": BLUE, "dark": "#56B4E9", "page": BLUE}
_FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif"
HEIGHT: Final = 220
POINT: Final[dict[str, Any]] = {"size": 30, "filled": True, "opacity": 1}
_MOST_POINTS: Final = 200
_MOST_LABELS: Final = 7


def themed(chart: Chart, theme: Theme = "light") -> Chart:
    """Give *chart* the text and line colours of a page that is light or dark; its background is that of the page."""
    text, lines = _TEXT[theme], _LINES[theme]
    words: dict[str, Any] = {"labelColor": text, "titleColor": text, "labelFontSize": 12, "titleFontSize": 12}
    configured: Chart = chart.configure(
        background="transparent",
        font=_FONT,
        view={"stroke": None},
        axis={**words, "titleFontWeight": "normal", "domainColor": lines, "tickColor": lines, "gridColor": lines},
        axisX={"grid": False},
        legend={**words, "orient": "top", "labelLimit": 300, "symbolStrokeWidth": 2, "columnPadding": 12},
        title={"color": text, "fontSize": 14, "anchor": "start"},
        text={"color": text, "fontSize": 12},
        rect={"color": _CELLS[theme]},
    )
    return configured


def new_chart(rows: Sequence[Mapping[str, Any]], title: str = "", description: str = "") -> alt.Chart:
    """Begin a chart that has its *rows* inside. A *description* is what is said to those who do not see it."""
    data = alt.InlineData(values=[dict(row) for row in rows])
    return alt.Chart(data, title=title, description=description, height=HEIGHT) if title else alt.Chart(data)


def known(rows: Sequence[Mapping[str, Any]], column: str) -> Iterator[Mapping[str, Any]]:
    """Choose the *rows* that have something in a *column*."""
    return (row for row in rows if row[column] is not None)


def has_points(rows: Sequence[Any]) -> bool:
    """Tell whether a line has a point for each of *rows*: a day between days without figures has no line."""
    return len(rows) <= _MOST_POINTS


def name_of(names: Sequence[str]) -> str:
    """
    Write the expression that labels a place with its name, which is one line.

    Vega fails where the name of something in JavaScript, such as `constructor`, is a value of a scale or a text of its
    own in an expression. So names are one text, with a line before them.
    """
    lines = "".join(f"\n{name}" for name in names)
    return f"split({json.dumps(lines)}, '\\n')[datum.value + 1]"


def day_axis(days: Sequence[str]) -> alt.X:
    """Make the axis of all *days* (ISO 8601), with a label at a few of them, the last among them."""
    step = -(-len(days) // _MOST_LABELS)
    form = "%-d %b" if len(days) <= 366 else "%b %Y"
    axis = alt.Axis(
        title="Day (UTC)",
        values=[*days[::-1][::step]],
        labelExpr=f"utcFormat(toDate(datum.value), '{form}')",
        labelAngle=0,
        labelOverlap=True,
    )
    return alt.X("day:O", axis=axis).scale(domain=[*days])
