"""What the page shows equals what a query on the file gives, whatever is chosen."""

import pytest
from playwright.sync_api import Page

from jobs_source.dashboard import wording
from jobs_source.dashboard.figures import Figures
from jobs_source.dashboard.place import Place
from tests.browser import expected
from tests.browser.conftest import Served
from tests.browser.expected import Choice, everything
from tests.browser.histories import MARKUP, ORGS, TAG
from tests.browser.shown import choose, counted, opened, read, until

_MOST_POINTS = 200  # of one chart: more are drawn as lines only, of which Vega says nothing that could be read here
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
    shown = {**everything(served.file, choice), "headlines": _headlines(served, choice)}
    if len(shown["times"]) > _MOST_POINTS:
        shown["times"] = {}
    until(lambda: counted(read(page)), shown)


def _headlines(served: Served, choice: Choice) -> list[list[str]]:
    """The words of the dashboard for what a query gives."""
    chosen = {"org_id": choice.org, "kind": choice.kind, "object": choice.object, "created_by_id": choice.user}
    figures = Place().figures(choice.days, **{name: value or None for name, value in chosen.items()})
    assert isinstance(figures, Figures)
    sums = expected.totals(served.file, choice)
    assert {name: figures.totals[name] for name in sums} == sums
    return [[line.label, line.value, *([line.change] if line.change else [])] for line in wording.headlines(figures)]
