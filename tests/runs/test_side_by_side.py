"""What `load` walks at the same time: both listings, and pages ahead of each; what comes of it in the tables."""

from collections.abc import Callable
from functools import partial
from threading import Barrier, Event
from typing import Any

import dlt
import pytest

from jobs_source import salesforce_jobs
from jobs_source.exceptions import ConfigError
from jobs_source.runner.load import load
from jobs_source.standin import StandIn
from tests.clients import paths
from tests.expected import expected_rows
from tests.warehouses import Warehouse

LogIn = Callable[..., None]
LISTINGS = ["jobs/query", "jobs/ingest"]


def fill(standin: StandIn, jobs: int, page_size: int) -> None:
    standin.org.page_size = page_size
    standin.org.add_jobs(jobs)
    standin.org.clock.advance(seconds=5)


def assert_all_loaded(standin: StandIn, warehouse: Warehouse) -> None:
    assert warehouse.rows("jobs") == expected_rows(standin.org, "ingest")
    assert warehouse.rows("query_jobs") == expected_rows(standin.org, "query", job_type="V2Query")


def calls_by_run(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    """Of each walk: listing, pages, calls, and those that were wasted; in order of time, then of the listing's name."""
    return list(
        warehouse.query("select listing, pages, calls, calls_wasted from runs order by started_at, listing desc")
    )


def test_both_listings_are_walked_at_the_same_time(standin: StandIn, log_in: LogIn, warehouse: Warehouse) -> None:
    """The first pages of both are under way together, with one login."""
    fill(standin, 60, page_size=10)
    both = Barrier(2)
    for listing in LISTINGS:
        standin.misbehave("call", path=listing, do=partial(both.wait, 10))
    log_in(standin)

    load(destination=warehouse.destination)

    assert not both.broken
    assert paths(standin).count("oauth2/token") == 1
    assert_all_loaded(standin, warehouse)


@pytest.mark.long
@pytest.mark.parametrize("failing", LISTINGS)
def test_an_error_of_one_listing_ends_the_run_while_the_other_waits(
    failing: str, standin: StandIn, log_in: LogIn
) -> None:
    """The other one's page comes only after the run has ended."""
    fill(standin, 60, page_size=10)
    has_ended = Event()
    waiting = next(listing for listing in LISTINGS if listing != failing)
    standin.misbehave("status", path=failing, status=404)
    standin.misbehave("call", path=waiting, times=None, do=partial(has_ended.wait, 30))
    log_in(standin)

    with pytest.raises(Exception, match="does not have this address"):
        load()
    is_ended_first = not has_ended.is_set()
    has_ended.set()
    assert is_ended_first


def test_an_api_version_too_old_for_query_jobs_is_found_before_any_call(
    standin: StandIn, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the other listing could be walked."""
    log_in(standin)
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__API_VERSION", "46.0")
    with pytest.raises(Exception, match=r"lists query jobs only from 47\.0 on"):
        load()
    assert standin.requests == []


@pytest.mark.long
def test_calls_and_those_that_were_wasted_stand_in_runs(standin: StandIn, log_in: LogIn, warehouse: Warehouse) -> None:
    """A first walk does not know where the list ends; the next ones do, and waste none."""
    standin.org.page_size = 10
    standin.org.add_jobs(60, job_type="V2Ingest")
    standin.org.clock.advance(seconds=5)
    log_in(standin)

    load(destination=warehouse.destination)
    standin.org.clock.advance(seconds=60)
    load(destination=warehouse.destination)

    assert calls_by_run(warehouse) == [
        ("jobs/query", 1, 1, 0),
        ("jobs/ingest", 6, 13, 7),
        ("jobs/query", 1, 1, 0),
        ("jobs/ingest", 6, 6, 0),
    ]
    assert_all_loaded(standin, warehouse)


@pytest.mark.long
def test_an_org_that_one_table_found_odd_is_not_guessed_at_for_the_other(
    standin: StandIn, log_in: LogIn, pipeline: dlt.Pipeline
) -> None:
    """Guesses at `query_jobs` fitted, when they were last made. Then `jobs` was loaded alone, and its own did not."""
    fill(standin, 120, page_size=10)
    log_in(standin)
    pipeline.run(salesforce_jobs())
    standin.org.locator_form = "drifting"  # it does not fit, whatever the order of the answers
    pipeline.run(salesforce_jobs().with_resources("jobs"))
    standin.org.clock.advance(seconds=60)

    pipeline.run(salesforce_jobs())

    dataset = pipeline.dataset()
    found = dataset("select pages = calls, calls_wasted from runs order by started_at desc limit 2").fetchall()
    assert found == [(True, 0), (True, 0)]


@pytest.mark.parametrize("pages_ahead", ["0", "17", "1.5", "nan", "true"])
def test_pages_ahead_is_a_whole_number_from_1_to_16(
    pages_ahead: str, standin: StandIn, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the run ends before any call."""
    log_in(standin)
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__PAGES_AHEAD", pages_ahead)
    with pytest.raises(Exception, match="pages_ahead") as caught:
        load()
    assert isinstance(caught.value, (ConfigError, ValueError))
    assert standin.requests == []


SWITCHES = [
    ("locators_answered", "last"),
    ("locators_answered", "next"),
    ("locators_answered", "echo"),
    ("locator_form", "drifting"),
    ("locator_form", "pages"),
    ("locator_form", "opaque"),
    ("past_end", "refused"),
    ("past_end", "broken"),
    ("shifting", True),
]


@pytest.mark.parametrize(
    ("switch", "value"), [pytest.param(*it, marks=() if "next" in it else pytest.mark.long) for it in SWITCHES]
)
def test_however_salesforce_takes_locators_the_tables_equal_the_org(
    switch: str, value: Any, standin: StandIn, log_in: LogIn, warehouse: Warehouse
) -> None:
    """In a first run, and in one with changes on top of it."""
    fill(standin, 100, page_size=10)
    setattr(standin.org, switch, value)
    log_in(standin)

    for _ in range(2):
        load(destination=warehouse.destination)
        assert_all_loaded(standin, warehouse)
        standin.org.add_jobs(30, created=standin.org.clock.now())
        standin.org.clock.advance(seconds=3_600)
