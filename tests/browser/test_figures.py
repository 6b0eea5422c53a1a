"""What the page shows equals what a query on the file gives, whatever is chosen."""

from typing import Any

import pytest
from playwright.sync_api import Page

from jobs_source.dashboard import words
from jobs_source.dashboard.figures import Figures
from jobs_source.dashboard.place import Place
from tests.browser import expected
from tests.browser.conftest import Served
from tests.browser.expected import Choice
from tests.browser.histories import MARKUP, ORGS, TAG
from tests.browser.shown import API, DAYS, OBJECTS, TIMES, USERS, WEEK, Shown, choose, opened, read, until

CHOICES = {
    "all": ({}, Choice()),
    "a week": ({"Period": "7 days"}, Choice(7)),
    "ninety days": ({"Period": "90 days"}, Choice(90)),
    "an org": ({"Org": ORGS[1]}, Choice(org=ORGS[1])),
    "a kind": ({"Kind": "query"}, Choice(kind="query")),
    "an object": ({"Object": TAG}, Choice(object=TAG)),
    "a user": ({"User": MARKUP}, Choice(user="u3")),
    "one of two users of a name": ({"User": "Ann (u2)"}, Choice(user="u2")),
    "several": (
        {"Period": "90 days", "Org": ORGS[0], "Kind": "ingest", "Object": "Account", "User": "Ann (u1)"},
        Choice(90, ORGS[0], "ingest", "Account", "u1"),
    ),
}


@pytest.mark.parametrize("chosen", CHOICES)
def test_everything_equals_a_query(served: Served, page: Page, chosen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Headlines, charts and tables are those of the jobs that the filters choose."""
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(served.file.address))
    filters, choice = CHOICES[chosen]
    opened(page, served.address)
    for filter_, option in filters.items():
        choose(page, filter_, option)
    until(lambda: _as_counted(read(page)), {**_counted(served, choice), "headlines": _headlines(served, choice)})


def _headlines(served: Served, choice: Choice) -> list[list[str]]:
    """The words of the dashboard for what a query gives."""
    chosen = {"org_id": choice.org, "kind": choice.kind, "object": choice.object, "created_by_id": choice.user}
    figures = Place().figures(choice.days, **{name: value or None for name, value in chosen.items()})
    assert isinstance(figures, Figures)
    sums = expected.totals(served.file, choice)
    assert {name: figures.totals[name] for name in sums} == sums
    return [[line.label, line.value, *([line.change] if line.change else [])] for line in words.headlines(figures)]


def _counted(served: Served, choice: Choice) -> dict[str, Any]:
    file = served.file
    return {
        "days": expected.days(file, choice),
        "objects": expected.busiest_objects(file, choice),
        "shares": expected.shares(file, choice),
        "users": expected.busiest_users(file, choice),
        "hours": expected.hours(file, choice),
        "times": expected.times(file, choice),
        "calls": expected.calls(file, choice),
        "failures": expected.failures(file, choice),
        "stuck": expected.stuck(file, choice),
    }


def _as_counted(shown: Shown) -> dict[str, Any]:
    failures, stuck = (*shown.tables, [], [])[:2]
    return {
        "headlines": shown.headlines,
        "days": {(mark["day"], mark["state"]): _number(mark["Jobs"]) for mark in shown.marks(DAYS)},
        "objects": _bars(shown, OBJECTS),
        "shares": {mark["name"]: mark["share"] for mark in shown.marks(OBJECTS) if "share" in mark},
        "users": _bars(shown, USERS),
        "hours": {(mark["Weekday"], mark["Hour"]): _number(mark["Jobs"]) for mark in shown.marks(WEEK)},
        "times": {(mark["Day"], mark["Time"], mark["Of"]): mark["At most"] for mark in shown.marks(TIMES)},
        "calls": {(mark["Day"], mark["Org"]): mark["Calls"] for mark in shown.marks(API)},
        "failures": failures[1:],
        "stuck": [[*row[:4], row[5]] for row in stuck[1:]],
    }


def _bars(shown: Shown, chart: str) -> expected.Counts:
    return {(mark["name"], mark["state"]): _number(mark["Jobs"]) for mark in shown.marks(chart) if "state" in mark}


def _number(text: str) -> int:
    return int(text.replace(",", ""))
