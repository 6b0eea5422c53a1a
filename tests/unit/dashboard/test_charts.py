"""Charts draw the figures as they are, for everybody."""

import json
from typing import Any

import pytest
import vl_convert

from jobs_source.dashboard import charts
from jobs_source.dashboard.figures import Figures
from jobs_source.dashboard.looks import Theme, themed
from tests.figures import NOW, ORG, calls, counts, make_figures, make_no_figures, no_counts, org

ALL: list[charts.Draw] = [
    charts.failures_by_day,
    charts.failure_rate_by_day,
    charts.times_by_day,
    charts.busiest_objects,
    charts.busiest_users,
    charts.week_heat_map,
    charts.api_share_by_day,
]
all_charts = pytest.mark.parametrize("draw", ALL, ids=lambda draw: draw.__name__)


def drawn(draw: charts.Draw, figures: Figures, layer: int = 0) -> list[dict[str, Any]]:
    """The rows that a chart has inside: those of all its layers, or of one."""
    chart = draw(figures).to_dict()
    data = chart["data"] if "data" in chart else chart["layer"][layer]["data"]
    return list(chart["datasets"][data["name"]])


@all_charts
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chart_says_what_it_is(draw: charts.Draw, theme: Theme) -> None:
    """Vega draws it. It has a title, a description, axes with names, and no background."""
    chart = themed(draw(make_figures()), theme).properties(width=400).to_dict()

    svg = vl_convert.vegalite_to_svg(chart)

    assert chart["title"] in svg
    assert len(chart["description"]) > 20
    assert chart["config"]["background"] == "transparent"
    x, y = (_encoding(chart)[name] for name in ("x", "y"))
    assert x.get("title") or x["axis"]["title"]
    assert y.get("title") or draw in (charts.busiest_objects, charts.busiest_users, charts.week_heat_map)


def _encoding(chart: dict[str, Any]) -> dict[str, Any]:
    encoding: dict[str, Any] = chart.get("layer", [chart])[0]["encoding"]
    return encoding


@pytest.mark.long
@all_charts
@pytest.mark.parametrize("days", [1, 99, 366, 3_660])
def test_a_chart_of_ten_years_is_no_larger_than_a_page_bears(draw: charts.Draw, days: int) -> None:
    """Many days are one line, and not an element each."""
    svg = vl_convert.vegalite_to_svg(themed(draw(make_figures(days))).properties(width=400).to_dict())
    assert len(svg) < 500_000


def test_each_day_is_split_into_failed_failed_in_part_and_others() -> None:
    """Also a day without jobs, which has a place of its own."""
    figures = make_figures(2)
    figures.days[1] = no_counts(day=figures.days[1]["day"])
    assert [(row["day"], row["state"], row["jobs"]) for row in drawn(charts.failures_by_day, figures)] == [
        ("2026-03-01", "Failed", 2),
        ("2026-03-01", "Failed in part", 1),
        ("2026-03-01", "Not failed", 7),
        ("2026-03-02", "Failed", 0),
        ("2026-03-02", "Failed in part", 0),
        ("2026-03-02", "Not failed", 0),
    ]


def test_what_nobody_knows_is_not_drawn() -> None:
    """A day whose jobs have no times and no end: there is no point, and not one at 0."""
    figures = make_figures(2)
    figures.days[0] = counts(day=figures.days[0]["day"], failure_rate=None, queue_seconds_95=None)
    assert drawn(charts.failure_rate_by_day, figures) == [{"day": "2026-03-02", "share": 0.2}]
    assert [
        (row["day"], row["what"], row["whose"], row["seconds"], row["text"])
        for row in drawn(charts.times_by_day, figures)
    ] == [
        ("2026-03-01", "Wait", "Half of the jobs", 4.0, "4 s"),
        ("2026-03-02", "Wait", "Half of the jobs", 4.0, "4 s"),
        ("2026-03-02", "Wait", "95 of 100 jobs", 40.0, "40 s"),
        ("2026-03-01", "Run", "Half of the jobs", 60.0, "1 min"),
        ("2026-03-02", "Run", "Half of the jobs", 60.0, "1 min"),
        ("2026-03-01", "Run", "95 of 100 jobs", 600.0, "10 min"),
        ("2026-03-02", "Run", "95 of 100 jobs", 600.0, "10 min"),
    ]


def test_the_busiest_have_the_share_that_failed_beside_them() -> None:
    """An object that nobody named, and one whose jobs have not ended, have their bar too."""
    bars, shares = (drawn(charts.busiest_objects, make_figures(), layer) for layer in (0, 1))
    assert [(row["name"], row["state"], row["jobs"]) for row in bars] == [
        ("Account", "Failed", 2),
        ("Account", "Failed in part", 1),
        ("Account", "Not failed", 7),
        ("(no object)", "Failed", 2),
        ("(no object)", "Failed in part", 1),
        ("(no object)", "Not failed", 1),
    ]
    assert shares == [
        {"place": 0, "jobs": 10, "share": "20 %"},
        {"place": 1, "jobs": 4, "share": ""},
    ]


def test_users_of_one_name_have_a_bar_each() -> None:
    """Their ids tell them apart."""
    users = [
        counts(user="Ann", created_by_id="005000000000001AAA"),
        counts(user="Ann", created_by_id="005000000000002AAA"),
        counts(user="unknown", created_by_id=None),
    ]
    assert {row["name"] for row in drawn(charts.busiest_users, make_figures(users=users))} == {
        "…00001AAA Ann",
        "…00002AAA Ann",
        "unknown",
    }


def test_the_week_begins_on_monday_and_has_all_hours() -> None:
    """Also those without jobs."""
    figures = make_figures()
    assert drawn(charts.week_heat_map, figures) == [
        {"weekday": "Mon", "hour": 0, "jobs": 7},
        {"weekday": "Sun", "hour": 23, "jobs": 3},
    ]
    encoding = charts.week_heat_map(figures).to_dict()["encoding"]
    assert encoding["y"]["scale"]["domain"] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert encoding["x"]["scale"]["domain"] == [*range(24)]


def test_no_two_of_many_orgs_look_the_same() -> None:
    """Each has a colour, a dash and a shape, of which two orgs never share all."""
    ids = [f"{ORG[:-2]}{number:02}" for number in range(30)]
    figures = make_figures(
        orgs=[org(org_id=id_, org=None) for id_ in ids], api_calls=[calls(NOW.date(), id_, share=0.1) for id_ in ids]
    )
    encoding = charts.api_share_by_day(figures).to_dict()["encoding"]
    assert encoding["color"]["scale"]["domain"] == [*range(len(ids))]
    looks = zip(*(encoding[name]["scale"]["range"] for name in ("color", "strokeDash", "shape")), strict=True)
    assert len({json.dumps(look) for look in looks}) == len(ids)


def test_what_failed_differs_in_lightness_too() -> None:
    """For those who tell no colours apart, and on paper without colours: neighbours in a bar, by a half at least."""
    failed, in_part, others = charts.failures_by_day(make_figures()).to_dict()["encoding"]["color"]["scale"]["range"]
    for one, other in ((failed, in_part), (in_part, others)):
        dark, light = sorted((_lightness(one), _lightness(other)))
        assert light / dark > 1.5


def _lightness(colour: str) -> float:
    """The relative luminance of WCAG 2, and the share of a glare."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05


@all_charts
def test_a_chart_without_figures_is_a_sentence(draw: charts.Draw) -> None:
    """And one with figures is none."""
    assert charts.why_empty(draw, make_figures()) is None
    expected = "No jobs in this period."
    if draw is charts.api_share_by_day:
        expected = "No run in this period knows how many API calls the org may make."
    assert charts.why_empty(draw, make_no_figures()) == expected


def test_jobs_that_have_not_ended_have_no_times_and_no_failures() -> None:
    """Each of the two charts says so; the others are drawn."""
    days = [no_counts(day=NOW.date(), jobs=1)]
    figures = make_figures(1, days=days, totals=no_counts(jobs=1))
    assert [charts.why_empty(draw, figures) for draw in ALL] == [
        None,
        "No job of this period has ended, so none is known to have failed.",
        "How long the jobs of this period waited and ran is not known.",
        None,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    "name", ["__proto__", "constructor", "<script>", "a\x00b\x1b[31m", "x" * 50_000, "'\"\\]", "👍", "\ud800"]
)
def test_any_name_is_drawn(name: str) -> None:
    """Of an object, a user and an org: each has its bar or line, and no character that a page cannot have."""
    figures = make_figures(
        objects=[counts(object=name), counts(object="Account")],
        users=[counts(user=name, created_by_id="0051"), counts(user=name, created_by_id="0052")],
        orgs=[org(org=name)],
    )
    for draw, label in ((charts.busiest_objects, ">20 %<"), (charts.busiest_users, ">20 %<")):
        svg = vl_convert.vegalite_to_svg(draw(figures).properties(width=400).to_dict())
        assert svg.count(label) == 2
        assert not {*map(chr, range(32))} & {*svg}
        assert len(svg) < 50_000
    assert "Share" in vl_convert.vegalite_to_svg(charts.api_share_by_day(figures).properties(width=400).to_dict())
