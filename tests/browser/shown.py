"""What a page of the dashboard shows: its texts, its tables, and the marks of its charts as they are read aloud."""

import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

from playwright.sync_api import Page

T = TypeVar("T")
LIMIT: Final = 20.0  # seconds: no page takes that long
DAYS: Final = "Stacked bars, one for each day"
TIMES: Final = "Lines over the days in UTC: how long"
OBJECTS: Final = "Bars, one for each of the objects"
USERS: Final = "Bars, one for each of the users"
WEEK: Final = "A grid of hours"
API: Final = "Lines over the days in UTC, one for each org"
_READ: Final = """() => {
    const all = (selector, root = document) => [
        ...root.querySelectorAll(selector),
        ...[...root.querySelectorAll('*')].filter(e => e.shadowRoot).flatMap(e => all(selector, e.shadowRoot)),
    ];
    const texts = (selector, root) => [...root.querySelectorAll(selector)].map(e => e.innerText.trim());
    return {
        headlines: all('marimo-stat').map(e => e.shadowRoot.querySelector('div').innerText)
            .map(text => text.split('\\n').filter(Boolean)),
        charts: all('.vega-embed').map(e => [
            e.getAttribute('aria-label'),
            ['bar', 'point', 'rect mark', 'text mark'].flatMap(kind =>
                [...e.querySelectorAll(`[aria-roledescription="${kind}"]`)].map(m => m.getAttribute('aria-label'))),
        ]),
        tables: all('table').map(t => [...t.querySelectorAll('tr')].map(row => texts('th, td', row))),
        text: document.body.innerText,
    };
}"""


class Shown(NamedTuple):
    """
    A page, as it was at one moment.

    Attributes:
        headlines: Label and value of each, and the change if there is one.
        charts: The marks of each chart by what begins its description, each as its fields and values.
        tables: Those of failed and of stuck jobs: lines of cells, the first with the names of columns.
        text: All text but that of tables, charts and headlines.
    """

    headlines: list[list[str]]
    charts: dict[str, list[dict[str, str]]]
    tables: list[list[list[str]]]
    text: str

    def marks(self, chart: str) -> list[dict[str, str]]:
        """The bars, points, cells and texts of a *chart*; none if it is not there."""
        found = [marks for description, marks in self.charts.items() if description.startswith(chart)]
        return [mark for marks in found for mark in marks]


def read(page: Page) -> Shown:
    """Read the *page*."""
    found = page.evaluate(_READ)
    charts = {description: [_fields(mark) for mark in marks] for description, marks in found.pop("charts")}
    return Shown(charts=charts, **found)


def _fields(mark: str) -> dict[str, str]:
    """Read "Day: 2026-11-27; Jobs: 3"."""
    return dict(part.split(": ", 1) for part in mark.split("; "))


def counted(shown: Shown) -> dict[str, Any]:
    """All figures of a page, each by what it is about. How old stuck jobs are changes meanwhile."""
    failures, stuck = (*shown.tables, [], [])[:2]
    return {
        "headlines": shown.headlines,
        "days": {(mark["day"], mark["state"]): _number(mark["Jobs"]) for mark in shown.marks(DAYS)},
        "objects": bars(shown, OBJECTS),
        "shares": _shares(shown),
        "users": bars(shown, USERS),
        "hours": {(mark["Weekday"], mark["Hour"]): _number(mark["Jobs"]) for mark in shown.marks(WEEK)},
        "times": {(mark["Day"], mark["Time"], mark["Of"]): mark["At most"] for mark in shown.marks(TIMES)},
        "calls": {(mark["Day"], mark["Org"]): mark["Calls"] for mark in shown.marks(API)},
        "failures": failures[1:],
        "stuck": [[*row[:4], row[5]] for row in stuck[1:]],
    }


def bars(shown: Shown, chart: str) -> dict[tuple[str, str], int]:
    """How many jobs of each state the bars of a *chart* show."""
    name = "Object" if chart == OBJECTS else "User"
    return {(mark[name], mark["state"]): _number(mark["Jobs"]) for mark in shown.marks(chart) if name in mark}


def _shares(shown: Shown) -> dict[str, str]:
    marks = shown.marks(OBJECTS)
    names = {mark["place"]: mark["Object"] for mark in marks if "Object" in mark}
    return {names[mark["place"]]: mark["share"] for mark in marks if "share" in mark}


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def until(ask: Callable[[], T], expected: T) -> None:
    """Ask until the answer is the *expected* one. Fails with the difference if it never is."""
    end = time.monotonic() + LIMIT
    while (answer := ask()) != expected and time.monotonic() < end:
        time.sleep(0.05)
    assert _unlike(answer, expected) == _unlike(expected, answer)


def _unlike(one: Any, other: Any) -> Any:
    """What of *one* is not in the *other*."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return one
    return {key: _unlike(value, other.get(key)) for key, value in one.items() if other.get(key) != value}


def choose(page: Page, filter_: str, option: str) -> None:
    """Choose an *option* of a filter."""
    page.get_by_label(filter_, exact=True).select_option(label=option)


def opened(page: Page, address: str) -> Page:
    """Open the dashboard, and wait until it shows its last chart."""
    page.goto(address)
    page.locator(f'.vega-embed[aria-label^="{API}"] svg').wait_for()
    return page
