"""`job_errors`: which jobs are due for a count of their errors, and which are due again."""

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from jobs_source.standin import StandIn
from jobs_source.standin.org.result_rows import Table
from tests.bad_rows import MARK, OF_ROWS, upload_1, upload_2
from tests.conftest import with_our_code
from tests.kept_errors import INCLUDE, LogIn, asked, kept, load_next, look_up_errors, rows_of
from tests.secret_recorder import all_text
from tests.warehouses import Warehouse


@pytest.fixture(autouse=True)
def looking_up(monkeypatch: pytest.MonkeyPatch, standin: StandIn, log_in: LogIn) -> None:
    look_up_errors(monkeypatch, standin, log_in)


@pytest.mark.long
def test_jobs_of_earlier_runs_are_due_when_errors_are_switched_on_and_when_there_are_calls_again(
    standin: StandIn, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest first. Nothing is read in part: what the budget does not reach is due in the next run."""
    monkeypatch.setenv(INCLUDE, "false")
    standin.org.api_limit, standin.org.ingest_result_page_size = 1_000, 10
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__MAX_RESULTS_API_PERCENT", "1.3")
    jobs = []
    for _ in range(4):
        jobs.append(upload_2(standin))
        standin.org.clock.advance(seconds=1)
    load_next(standin, warehouse)
    assert kept(warehouse) == []

    monkeypatch.setenv(INCLUDE, "true")
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__PARALLEL_LOOKUPS", "1")
    before = len(standin.requests)
    summary = load_next(standin, warehouse)
    assert asked(standin, before) == {"failedResults": 9}
    assert summary.results_error is None
    assert kept(warehouse) == rows_of(standin, dict.fromkeys(jobs[2:], OF_ROWS))

    assert load_next(standin, warehouse).calls == 2
    standin.org.clock.advance(seconds=24 * 3_600)
    load_next(standin, warehouse)
    assert kept(warehouse) == rows_of(standin, dict.fromkeys(jobs, OF_ROWS))


@pytest.mark.long
def test_errors_that_are_read_again_take_the_place_of_those_before(standin: StandIn, warehouse: Warehouse) -> None:
    """As where the stamp of a job moves: its result is looked up again, and counts and errors still agree."""
    said = [["", "TIMEOUT:x:--"], ["", "UNABLE_TO_LOCK_ROW:x:--"], ["", "TIMEOUT:x:Name --"]]
    job = add_failed(standin, said, 4)
    load_next(standin, warehouse)
    first = [("", "", 1), ("TIMEOUT", "", 2), ("UNABLE_TO_LOCK_ROW", "", 1)]
    assert kept(warehouse) == rows_of(standin, {job: first})

    said[:] = [["", "UNABLE_TO_LOCK_ROW:x:--"], ["", "UNABLE_TO_LOCK_ROW:x:--"]]
    standin.org.change_job(job, number_records_failed=2)
    load_next(standin, warehouse)
    assert kept(warehouse) == rows_of(standin, {job: [("UNABLE_TO_LOCK_ROW", "", 2)]})


@pytest.mark.long
def test_errors_that_could_not_be_read_again_are_still_due(standin: StandIn, warehouse: Warehouse) -> None:
    """As long as fewer are kept than the result says."""
    said = [["", "UNABLE_TO_LOCK_ROW:x:--"]]
    job = add_failed(standin, said, 1)
    load_next(standin, warehouse)

    said.append(["", "TIMEOUT:x:--"])
    standin.org.change_job(job, number_records_failed=2)
    standin.misbehave("reset", path="failedResults", times=5)
    load_next(standin, warehouse)
    assert warehouse.query("select error_code, fields, records from job_errors") == [("UNABLE_TO_LOCK_ROW", "", 1)]

    load_next(standin, warehouse)
    assert kept(warehouse) == rows_of(standin, {job: [("TIMEOUT", "", 1), ("UNABLE_TO_LOCK_ROW", "", 1)]})


def add_failed(standin: StandIn, said: Sequence[Sequence[str]], failed: int) -> str:
    """A 2.0 job with so many failed records, of which *said* are told."""
    standin.org.failed_rows = lambda job: Table(("sf__Id", "sf__Error"), said)
    kind = {"job_type": "V2Ingest", "operation": "insert", "state": "JobComplete", "number_records_processed": 9}
    return standin.org.add_jobs(1, number_records_failed=failed, **kind)[0]


@pytest.mark.long
def test_a_kill_in_the_midst_of_a_csv_leaves_no_value_and_the_next_run_reads_all(
    standin: StandIn, warehouse: Warehouse, tmp_path: Path
) -> None:
    """The jobs are loaded, without results and errors."""
    jobs = dict.fromkeys((upload_2(standin), upload_1(standin)), OF_ROWS)
    standin.org.clock.advance(seconds=60)
    command = [sys.executable, "-m", "pipelines", "load", "--destination", warehouse.destination]
    with subprocess.Popen(command, env=with_our_code(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        standin.misbehave("call", path="failedResults", do=run.kill)
        run.communicate(timeout=60)
    assert run.returncode == -signal.SIGKILL
    counts = [warehouse.query(f"select count(*) from {table}") for table in ("jobs", "job_results", "job_errors")]
    assert counts == [[(2,)], [(0,)], [(0,)]]
    assert [name for name, text in all_text(tmp_path) if MARK.search(text)] == []

    load_next(standin, warehouse)

    assert kept(warehouse) == rows_of(standin, jobs)
