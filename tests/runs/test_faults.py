"""Every line of the fault matrix, as a walk and as a whole run: what the user reads, and what the next run finds."""

import copy
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dlt.common.versioned_state import decompress_state

from jobs_source.commands.errors import explain
from jobs_source.exceptions import SalesforceJobsError
from jobs_source.options import plan_walks
from jobs_source.resources import changes
from jobs_source.runner.load import load
from jobs_source.salesforce.client import Retries
from jobs_source.settings import LAG_SECONDS
from jobs_source.standin import Clock, Org, StandIn
from tests.clients import answer_query_jobs_first, make_client
from tests.conftest import START
from tests.expected import expected_rows
from tests.runs.fault_matrix import DOCUMENT, section
from tests.runs.fault_rows import ROWS, WHOLE_RUNS, Row, is_whole_run
from tests.runs.fault_scenes import Counted, Scene, Struck
from tests.saved_loads import SavedLoads
from tests.simulation.bare_walk import take_rows
from tests.warehouses import DATASET, Warehouse

STALLED_SECONDS = 0.3
JOBS = plan_walks("64.0", None, None, None, full_load_every_hours=24)[0]
GUESSED_JOBS = plan_walks("64.0", None, None, None, full_load_every_hours=24, pages_ahead=8)[0]
LogIn = Callable[..., None]
Strike = Callable[[Row, str], Struck]
JobRows = list[dict[str, Any]]
CASES = [
    pytest.param(
        row,
        place,
        id=f"{row.fault}, {row.lasts}, {place}",
        marks=() if number == nth % len(row.places) else pytest.mark.long,
    )
    for nth, row in enumerate(ROWS)
    for number, place in enumerate(row.places)
]
"""A short run does each row at one of its places, and all places by turns."""
GUESSED = [
    pytest.param(row, place, id=f"{row.fault}, {row.lasts}, {place}")
    for row in ROWS
    for place in row.places
    # The login is not guessed at; what the last page may have is an error on the page that meets it instead.
    if place != "login" and row.strike[0] != "gone" and not row.fault.startswith("a link on the last page")
]
SHORT_RUNS = {
    ("403 TotalRequests", "login"),
    ("the body is cut", "last page"),
    ("the server no longer listens", "renewal"),
}
"""Each kind of ending; a long run does all."""
RUNS = [
    pytest.param(
        row,
        place,
        id=f"{row.fault}, {row.lasts}, {place}",
        marks=() if (row.fault, place) in SHORT_RUNS else pytest.mark.long,
    )
    for row in ROWS
    for place in row.places
    if is_whole_run(row, place)
]


def make_org(standin: StandIn) -> None:
    """Six jobs on three pages: the same six in every stand-in that the fixture makes."""
    standin.org.page_size = 2
    standin.org.add_jobs(6, job_type="V2Ingest", created=START, state="InProgress")
    standin.org.clock.advance(seconds=60)


def change_org(standin: StandIn) -> None:
    """Two of them have ended since."""
    standin.org.clock.advance(seconds=3_600)
    for id_ in list(standin.org.jobs)[1::3]:
        standin.org.change_job(id_, state="JobComplete")
    standin.org.clock.advance(seconds=60)


@pytest.fixture(scope="module")
def first_state() -> dict[str, Any]:
    """What a good walk leaves to the next one."""
    state: dict[str, Any] = {}
    with StandIn(clock=Clock(START, frozen=True), seed=1) as standin:
        make_org(standin)
        take_rows(make_client(standin), JOBS, state)
    return state


@pytest.fixture
def strike(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[Strike]:
    """Order the fault of a row at a place."""
    with ExitStack() as stack:
        yield lambda row, place: Scene(standin, monkeypatch, stack, place).strike(row)


def sentence(row: Row, host: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in row.says.replace("HOST", host).split("…")))


def assert_all_happened(faults: list[Counted]) -> None:
    assert all(fault.fired for fault in faults), faults


def due(org: Org, state: dict[str, Any]) -> JobRows:
    """The rows that a walk from the cursor of *state* on has to take."""
    start = last_value(state) - timedelta(seconds=LAG_SECONDS)
    return [row for row in expected_rows(org, "ingest") if row["system_modstamp"] >= start]


def merged(rows: JobRows) -> JobRows:
    """A walk that began anew has some rows twice."""
    return sorted({row["id"]: row for row in rows}.values(), key=lambda row: str(row["id"]))


def last_value(state: dict[str, Any]) -> datetime:
    value: datetime = state["incremental"]["last_value"]
    return value


@pytest.mark.parametrize(("row", "place"), CASES)
def test_a_walk(
    row: Row,
    place: str,
    standin: StandIn,
    strike: Strike,
    first_state: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It takes every change, or ends as the table says and moves nothing; the next one has the rest."""
    monkeypatch.setattr(changes, "BATCH_JOBS", 1)  # rows are on their way when it goes wrong
    make_org(standin)
    change_org(standin)
    state, owed = copy.deepcopy(first_state), due(standin.org, first_state)
    newest = max(row["system_modstamp"] for row in owed)
    host, faults = strike(row, place)
    timeout = STALLED_SECONDS if row.strike[0] == "slow" else 10
    client = make_client(standin, timeout_seconds=timeout, retries=Retries(2, 0, 0))

    if row.says:
        with pytest.raises(SalesforceJobsError) as caught:
            take_rows(client, JOBS, state)
        assert (caught.value.exit_code, explain(caught.value).exit_code) == 2 * (row.exit_code,)
        assert sentence(row, host).fullmatch(str(caught.value)), str(caught.value)
        assert state == first_state
    else:
        assert merged(take_rows(client, JOBS, state)) == owed
        assert last_value(state) == newest
        owed = due(standin.org, state)
    assert_all_happened(faults)

    with StandIn(org=standin.org) as healthy:
        assert merged(take_rows(make_client(healthy), JOBS, state)) == owed
    assert last_value(state) == newest


@pytest.mark.long
@pytest.mark.parametrize("locators_answered", ["any", "named", "last", "next", "echo"])
@pytest.mark.parametrize(("row", "place"), GUESSED)
def test_a_walk_that_guesses(
    row: Row,
    place: str,
    locators_answered: str,
    standin: StandIn,
    strike: Strike,
    first_state: dict[str, Any],
) -> None:
    """
    Whether the fault meets a guess or not, it takes every change, or it ends, moves nothing and leaves the rest.

    Where an org gives the next page whatever the locator says, what is lost on its way cannot be had a second time,
    by no walk.
    """
    if locators_answered in ("next", "echo") and row.strike[0] in ("cut", "slow", "bad_gzip"):
        pytest.skip("the answer was given, and never comes again")
    make_org(standin)
    change_org(standin)
    standin.org.locators_answered = locators_answered
    state, owed = copy.deepcopy(first_state), due(standin.org, first_state)
    newest = max(row["system_modstamp"] for row in owed)
    strike(row, place)
    timeout = STALLED_SECONDS if row.strike[0] == "slow" else 10
    client = make_client(standin, timeout_seconds=timeout, retries=Retries(2, 0, 0))

    try:
        assert merged(take_rows(client, GUESSED_JOBS, state)) == owed
        owed = due(standin.org, state)
    except SalesforceJobsError:
        assert row.says, "the table says that a walk goes on after this"
        assert state == first_state

    with StandIn(org=standin.org) as healthy:
        assert merged(take_rows(make_client(healthy), JOBS, state)) == owed
    assert last_value(state) == newest


@pytest.mark.parametrize(("row", "place"), RUNS)
def test_a_run(
    row: Row,
    place: str,
    standin: StandIn,
    strike: Strike,
    log_in: LogIn,
    saved_loads: SavedLoads,
    workplace: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A failed run moves neither cursor nor row and says the sentence of the table; the next one has every change."""
    warehouse = Warehouse("duckdb", workplace / "jobs_history.duckdb")
    make_org(standin)
    log_in(standin)
    saved_loads.load("faults", load)
    before = expected_rows(standin.org, "ingest")
    change_org(standin)
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__PAGES_AHEAD", "1")  # else it may strike a guess
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "2")
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_RETRY_DELAY", "0")
    if row.strike[0] == "slow":
        monkeypatch.setenv("SOURCES__JOBS_SOURCE__REQUEST_TIMEOUT_SECONDS", str(STALLED_SECONDS))
    host, faults = strike(row, place)
    log_in(standin)
    if place == "renewal":
        answer_query_jobs_first(standin)
    cursor = read_cursor()
    assert warehouse.rows("jobs") == before

    if row.says:
        with pytest.raises(Exception) as caught:
            load()
        ending = explain(caught.value)
        assert ending.exit_code == row.exit_code
        assert sentence(row, host).fullmatch(ending.message), ending.message
        assert read_cursor() == cursor
        assert warehouse.rows("jobs") == before
    else:
        assert load().jobs_changed == 2
    assert_all_happened(faults)

    with StandIn(org=standin.org) as healthy:
        log_in(healthy)
        assert load().jobs_changed == (2 if row.says else 0)
    assert warehouse.rows("jobs") == expected_rows(standin.org, "ingest")
    assert read_cursor() > cursor


def test_every_whole_run_is_in_the_table() -> None:
    """None is left out by a change of words."""
    assert len(RUNS) == len(WHOLE_RUNS)


def read_cursor() -> str:
    with duckdb.connect("jobs_history.duckdb", read_only=True) as connection:
        found = connection.execute(f"select state from {DATASET}._dlt_pipeline_state order by version desc limit 1")
        state: Any = decompress_state(found.fetchall()[0][0])
    return str(state["sources"]["salesforce_jobs"]["resources"]["jobs"]["incremental"]["system_modstamp"]["last_value"])


def test_the_document_is_that_of_the_table() -> None:
    """The end of docs/error-messages.md is what `python -m tests.runs.fault_matrix` writes."""
    assert DOCUMENT.read_text(encoding="utf-8").endswith(f"\n{section()}")
