"""Figures in words."""

from datetime import timedelta

import pytest

from jobs_source.dashboard.durations import duration_text
from jobs_source.dashboard.links import safe_link
from jobs_source.dashboard.wording import (
    Headline,
    allowance,
    freshness,
    gaps,
    headlines,
    period_text,
    plain_text,
    share_text,
    why_no_change,
)
from tests.figures import NOW, counts, make_figures, make_no_figures, no_counts, org


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "unknown"), (0, "0 s"), (0.04, "0 s"), (0.4, "0.4 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.4, "59 s"),
        (59.6, "1 min"), (125, "2 min 5 s"), (3_599.7, "1 h"), (3_600, "1 h"), (5_400, "1 h 30 min"),
        (86_399, "1 day"), (86_400, "1 day"), (90_000, "1 day 1 h"), (273_600, "3 days 4 h"),
        (86_400_000, "1,000 days"),
    ],
)  # fmt: skip
def test_a_duration_has_its_two_largest_units(seconds: float, text: str) -> None:
    """Rounded, and never 60 of a unit."""
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(None, "unknown"), (0, "0 %"), (0.000004, "0.0004 %"), (0.0004, "0.04 %"), (0.012, "1.2 %"), (1, "100 %")],
)
def test_a_share_is_in_percent(share: float, text: str) -> None:
    """What is not nothing is not written as 0."""
    assert share_text(share) == text


def test_each_headline_has_its_change_against_the_period_before() -> None:
    """In percent; a rate in percentage points. What is the same, or nearly, is said so."""
    totals = counts(jobs=1_234, jobs_failed=10, failure_rate=0.012, records_failed=1_004, run_seconds_median=125.0)
    before = counts(jobs=1_100, jobs_failed=20, failure_rate=0.009, records_failed=1_000, jobs_failed_in_part=0)
    assert headlines(make_figures(30, totals=totals, totals_before=before)) == [
        Headline("Jobs", "1,234", "+12 % against the 30 days before"),
        Headline("Failure rate", "1.2 %", "+0.3 percentage points against the 30 days before"),
        Headline("Failed", "10", "−50 % against the 30 days before"),  # noqa: RUF001 - a minus sign
        Headline("Failed in part", "1", "0 in the 30 days before"),
        Headline("Records processed", "1,000", "as in the 30 days before"),
        Headline("Records failed", "1,004", "nearly as in the 30 days before"),
        Headline("Median wait", "4 s", "as in the 30 days before"),
        Headline("Median run", "2 min 5 s", "+108 % against the 30 days before"),
    ]


def test_without_a_period_before_a_page_says_once_why_there_is_no_change() -> None:
    """The history does not reach back so far. A period before without jobs is another thing."""
    new = make_figures(1, totals_before=None)
    assert {headline.change for headline in headlines(new)} == {None}
    assert why_no_change(new) == "No change is shown: the history does not reach back to the day before."

    quiet = make_figures(1, totals_before=no_counts())
    assert why_no_change(quiet) is None
    assert [headline.change for headline in headlines(quiet)] == [
        "0 in the day before",
        "none in the day before",
        "0 in the day before",
        "0 in the day before",
        "none in the day before",
        "none in the day before",
        "none in the day before",
        "none in the day before",
    ]


def test_a_period_without_jobs_has_no_times_and_no_records() -> None:
    """They are not unknown: there are none. Those of jobs without results are unknown."""
    assert [line.value for line in headlines(make_no_figures())] == ["0", "none", "0", "0", *["none"] * 4]
    jobs = make_figures(totals=no_counts(jobs=5))
    assert [line.value for line in headlines(jobs)] == ["5", "unknown", "0", "0", *["unknown"] * 4]


def test_freshness_gaps_and_allowance_are_a_sentence_for_each_org() -> None:
    """With the section where there is one; what is not known is said so."""
    other = org(
        org=None, org_id="00DRm0000scM9PKMA1", hours_since_newest_run=None, api_limit=None, jobs_unfinished=2_000
    )
    gap = {"org_id": org()["org_id"], "gap_from": NOW - timedelta(days=9), "gap_to": NOW}
    figures = make_figures(orgs=[org(), other], gaps=[gap, {**gap, "org_id": "00DRm0000gone00000"}])
    assert freshness(figures) == [
        "prod 00DRm0000scM9PKMA0: newest run 0.4 hours ago, 1 job unfinished.",
        "00DRm0000scM9PKMA1: newest run unknown ago, 2,000 jobs unfinished.",
    ]
    assert gaps(figures) == [
        f"{name}: Salesforce may have dropped jobs that no run saw between 2026-02-21 15:30 UTC and"
        " 2026-03-02 15:30 UTC."
        for name in ("prod 00DRm0000scM9PKMA0", "00DRm0000gone00000")
    ]
    assert allowance(figures) == [
        "prod 00DRm0000scM9PKMA0: our runs made 864 API calls of 100,000 in the last 24 hours (0.9 %). All programs"
        " together had used 34,500 (34.5 %).",
        "00DRm0000scM9PKMA1: our runs made 864 API calls in the last 24 hours. How many the org may make is not known.",
    ]
    nothing = make_no_figures()
    assert (freshness(nothing), gaps(nothing), allowance(nothing)) == (["No run yet."], ["No gaps are known."], [])


def test_a_period_says_its_length() -> None:
    """A day that has begun is one."""
    assert period_text(make_figures(30).filters) == "2026-02-01 00:00 UTC to 2026-03-02 15:30 UTC (30 days)"
    assert period_text(make_figures(1).filters) == "2026-03-02 00:00 UTC to 2026-03-02 15:30 UTC (1 day)"


def test_a_text_from_the_data_is_one_line_that_a_page_can_have() -> None:
    """No control characters, none that turn the direction of what follows, no half ones, and not too many."""
    assert plain_text("a\x00\x1b[31mb\r\nc\u202edcba\ud800\ufffe") == "a [31mb c dcba"
    assert plain_text("Öztürk 👍") == "Öztürk 👍"
    assert plain_text("x" * 1_000) == f"{'x' * 199}…"


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        (None, None),
        ("", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("//acme.example/x", None),
        ("https:///x", None),
        ("https://[x", None),
        ("https://acme.example/a?address=%2F750", "https://acme.example/a?address=%2F750"),
        ('https://acme.example/"onclick=x() |<\n', "https://acme.example/%22onclick=x%28%29%20%7C%3C%0A"),
        ("https://acme.example/\ud800", "https://acme.example/?"),
    ],
)
def test_a_link_leads_to_a_page_of_the_web_or_nowhere(url: str, safe: str) -> None:
    """An address comes from the data: it can hold anything."""
    assert safe_link(url) == safe
