"""What a run remembers is of one org in one place: none hides anything from another, and no wrong clock lasts."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jobs_source.options import plan_walks
from jobs_source.resources.run_log import Run
from jobs_source.runner.load import load
from jobs_source.standin import Clock, Org, StandIn
from tests.conftest import START
from tests.expected import expected_rows
from tests.simulation.bare_walk import OrgClient, take_rows, without_threads
from tests.simulation.recording_standin import RecordingStandIn
from tests.warehouses import Warehouse

LogIn = Callable[..., None]


@pytest.mark.long
def test_two_datasets_loaded_in_turns_both_hold_every_job(standin: StandIn, log_in: LogIn) -> None:
    """The pipeline and its cursor are one, so the cursor of the one is not trusted for the other."""
    org, clock = standin.org, standin.org.clock
    log_in(standin)
    for dataset in ("salesforce_jobs", "other", "salesforce_jobs", "salesforce_jobs", "other"):
        org.add_jobs(2, job_type="V2Ingest", created=clock.now(), state="InProgress")
        clock.advance(seconds=3_600)
        load(dataset=dataset)
    load()

    with duckdb.connect("jobs_history.duckdb") as connection:
        both = [
            connection.execute(f"select id from {dataset}.jobs order by id").fetchall()
            for dataset in ("salesforce_jobs", "other")
        ]
    assert both == [[(row["id"],) for row in expected_rows(org, "ingest")]] * 2


@pytest.mark.long
def test_two_destinations_loaded_in_turns_both_hold_every_job(
    standin: StandIn, log_in: LogIn, postgres_server: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pipeline and its working directory are the same."""
    log_in(standin)
    with Warehouse.new_postgres_database(postgres_server, monkeypatch) as postgres:
        for destination in ("duckdb", "postgres", "postgres", "duckdb", "postgres", "duckdb"):
            standin.org.add_jobs(2, job_type="V2Ingest", created=standin.org.clock.now(), state="InProgress")
            standin.org.clock.advance(seconds=3_600)
            load(destination=destination)
        load(destination="postgres")

        expected = expected_rows(standin.org, "ingest")
        assert postgres.rows("jobs") == expected
        assert Warehouse("duckdb", Path("jobs_history.duckdb")).rows("jobs") == expected


@pytest.mark.long
def test_two_folders_loaded_in_turns_both_hold_every_job(
    standin: StandIn, log_in: LogIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our DuckDB file is where the run is, and the working directory of the pipeline is not."""
    log_in(standin)
    for folder in ("a", "b", "a", "a", "b"):
        (tmp_path / folder).mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / folder)
        standin.org.add_jobs(1, job_type="V2Ingest", created=standin.org.clock.now())
        standin.org.clock.advance(seconds=3_600)
        load()

    assert Warehouse("duckdb", tmp_path / "b" / "jobs_history.duckdb").rows("jobs") == expected_rows(
        standin.org, "ingest"
    )


@pytest.mark.long
def test_a_gap_of_one_org_is_seen_though_another_ran_meanwhile(standin: StandIn, log_in: LogIn) -> None:
    """Where the credentials of one pipeline are those of another org for a while."""
    log_in(standin)
    load()
    with StandIn(clock=Clock(START + timedelta(days=5), frozen=True), seed=2) as other:
        log_in(other)
        assert load().possible_gap is False
    standin.org.clock.advance(days=9)
    log_in(standin)

    assert load().possible_gap is True


@pytest.mark.parametrize(
    ("first", "between", "last", "has_gap"),
    [
        (None, "Classic", None, True),
        (None, None, "Classic", False),
        ("Classic", None, "Classic", False),
        ("Classic", "Classic,V2Ingest", "Classic", False),
        ("Classic,V2Ingest", "Classic", "V2Ingest", True),
    ],
)
def test_a_gap_is_one_of_what_was_asked_for(
    first: str | None, between: str | None, last: str | None, has_gap: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs with other filters in between count only where they were shown all that this one is."""
    org = Org(seed=1, clock=Clock(START, frozen=True))
    client, state, gaps = OrgClient(RecordingStandIn(org)), dict[str, Any](), list[bool]()
    monkeypatch.setattr(Run, "to_table", lambda run: gaps.append(run.possible_gap))
    with without_threads(batch_rows=10, reads_far_ahead=False):
        for types in (first, *[between] * 3, last):
            table, _ = plan_walks("64.0", types, None, None, 24)
            take_rows(client, table, state)
            org.clock.advance(days=3)

    assert gaps[-1] is has_gap


@pytest.mark.long
def test_a_clock_that_was_wrong_once_hides_nothing_for_long(standin: StandIn, log_in: LogIn) -> None:
    """Neither the time of the last full load nor the cursor may lie in the future: the next run is a full one."""
    org, clock = standin.org, standin.org.clock
    ids = org.add_jobs(3, job_type="V2Ingest", created=clock.now() - timedelta(hours=1), state="InProgress")
    clock.advance(seconds=5)
    log_in(standin)
    load()
    clock.advance(days=4_000)
    org.change_job(ids[0], state="Failed")
    clock.advance(seconds=5)
    load()
    clock.advance(days=-4_000)
    org.change_job(ids[0], state="Failed")
    org.add_jobs(2, job_type="V2Ingest", created=clock.now())
    clock.advance(seconds=3_600)

    first, second = load(), load()

    assert (first.is_full, first.jobs_new, second.is_full) == (True, 2, False)
    assert Warehouse("duckdb", Path("jobs_history.duckdb")).rows("jobs") == expected_rows(org, "ingest")


@pytest.mark.parametrize(("calls_left", "is_warned"), [(1, True), (2, False), (None, False)])
def test_a_run_says_early_that_its_calls_may_not_last(
    calls_left: int | None, is_warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """After its first page, where the last run took more calls than are left: two more pages, and one call."""
    org = Org(seed=1, clock=Clock(START, frozen=True))
    org.add_jobs(6, job_type="V2Ingest", created=START - timedelta(hours=1))
    org.page_size = 2
    state: dict[str, Any] = {}
    (table, _), client = plan_walks("64.0", None, None, None, 24), OrgClient(RecordingStandIn(org))
    for left in (None, calls_left):
        caplog.clear()
        client.calls_left = left
        client.calls_by_path.clear()
        with without_threads(batch_rows=10, reads_far_ahead=False):
            take_rows(client, table, state)

    said = "jobs/ingest had 3 pages in the last run, and max_api_usage_percent leaves only 1 call for this one."
    assert (said in caplog.text) is is_warned
