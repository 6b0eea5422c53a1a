"""`job_errors`: why the records of each job failed, whatever happens on the way."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from simple_salesforce.bulk2 import ColumnDelimiter, LineEnding

from jobs_source.runner.load import load
from jobs_source.standin import StandIn
from jobs_source.standin.org.result_rows import Table
from tests.bad_rows import MARK, OF_ROWS, ROWS, at_once, upload_1, upload_2
from tests.conftest import MOST_RESULTS, with_our_code
from tests.secret_recorder import all_text
from tests.unit.salesforce.test_failed_results import PASSING
from tests.warehouses import Warehouse, on_both

LogIn = Callable[..., None]
Kept = Sequence[tuple[str, str, int]]
INCLUDE = "SOURCES__JOBS_SOURCE__INCLUDE_JOB_ERRORS"
PATHS = ("failedResults", "/batch", "/describe")


@pytest.fixture(autouse=True)
def looking_up(monkeypatch: pytest.MonkeyPatch, standin: StandIn, log_in: LogIn) -> None:
    monkeypatch.delenv(MOST_RESULTS)
    monkeypatch.setenv(INCLUDE, "true")
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__PARALLEL_LOOKUPS", "25")  # too many failures in a row end a round
    at_once(standin)
    log_in(standin)


def load_next(standin: StandIn, warehouse: Warehouse) -> Any:
    standin.org.clock.advance(seconds=60)
    return load(destination=warehouse.destination)


def rows_of(standin: StandIn, jobs: Mapping[str, Kept]) -> list[dict[str, Any]]:
    """The rows of `job_errors` about these jobs."""
    return [
        {"org_id": standin.org.org_id, "job_id": job, "error_code": code, "fields": fields, "records": records}
        for job in sorted(jobs)
        for code, fields, records in sorted(jobs[job])
    ]


def kept(warehouse: Warehouse) -> list[dict[str, Any]]:
    """The rows of `job_errors`, whose counts are those of `job_results`."""
    found = sorted(warehouse.rows("job_errors"), key=lambda row: tuple(map(str, row.values())))
    sums = Counter[str]()
    for row in found:
        sums[row["job_id"]] += row["records"]
    counts = dict(warehouse.query("select id, number_records_failed from job_results where number_records_failed > 0"))
    assert sums == {job: counts[job] for job in sums}
    return found


def asked(standin: StandIn, since: int = 0) -> Counter[str]:
    """The calls for errors after the first ones: which kind, how often."""
    found = [request.path for request in standin.requests[since:] if request.method == "GET"]
    return Counter(kind for path in found for kind in PATHS if kind in path)


@on_both
def test_errors_of_bad_rows_are_counted_once(standin: StandIn, warehouse: Warehouse) -> None:
    """Those of both APIs, in parts and batches; a job without failed records has none, and is not asked about."""
    standin.org.ingest_result_page_size = 10
    jobs = {
        upload_2(standin, column_delimiter=ColumnDelimiter.CARET, line_ending=LineEnding.CRLF): OF_ROWS,
        upload_1(standin, batch_size=15): OF_ROWS,
    }
    upload_2(standin, [{**ROWS[0], "External_Id__c": "other"}])
    standin.org.fail_rows = lambda row: "UNABLE_TO_LOCK_ROW:x:--" if row["LastName"] else ""
    jobs[upload_2(standin, ROWS)] = [("", "", 17), ("UNABLE_TO_LOCK_ROW", "", 20)]
    before = len(standin.requests)

    summary = load_next(standin, warehouse)

    assert kept(warehouse) == rows_of(standin, jobs)
    assert warehouse.query("select count(*) from job_errors where error_code is null or fields is null") == [(0,)]
    parts = -(-(len(ROWS) - 1) // 10) + -(-len(ROWS) // 10)
    assert asked(standin, before) == {"failedResults": parts, "/batch": 4, "/describe": 1}
    calls = warehouse.query("select calls, jobs_listed, jobs_written from runs where listing = 'job_errors'")
    assert calls == [(parts + 5, 3, 3)]
    assert (summary.results_looked_up, summary.results_due, summary.warnings[1:]) == (4, 0, [])
    before = len(standin.requests)
    assert load_next(standin, warehouse).calls == 2
    assert len(standin.requests) == before + 3


def test_every_fault_in_the_midst_of_a_csv_is_survived_once(standin: StandIn, warehouse: Warehouse) -> None:
    """In the second part of a 2.0 job, and in the second batch of a Classic one; each costs one more call."""
    standin.org.ingest_result_page_size, standin.org.compresses = 20, False
    jobs: dict[str, Any] = {}
    faults = []
    for name, fault in [*PASSING.items(), ("expired", {"kind": "expired_token"})]:
        new, old = upload_2(standin), upload_1(standin, batch_size=15)
        faults.append(standin.misbehave(path=f"{new}/failedResults", at=2, **fault))
        if name != "empty":  # the next run asks again: see below
            faults.append(standin.misbehave(path=f"{old}/batch/", at=2, **fault))
        jobs |= {new: OF_ROWS, old: OF_ROWS}

    summary = load_next(standin, warehouse)

    assert [fault.fired for fault in faults] == [1] * len(faults)
    assert (summary.results_looked_up, summary.results_failed, summary.results_due) == (len(jobs), 0, 0)
    assert kept(warehouse) == rows_of(standin, jobs)


LASTING: dict[str, dict[str, Any]] = {
    **{
        name: PASSING[name]
        for name in ("500", "200 HTML", "empty", "bad gzip", "reset in the midst", "cut in the midst")
    },
    "400": {"kind": "status", "status": 400, "body": [{"errorCode": "INVALIDJOBSTATE", "message": "not done"}]},
    "denied": {"kind": "status", "status": 403, "body": [{"errorCode": "INSUFFICIENT_ACCESS", "message": "no"}]},
}


@pytest.mark.long
@pytest.mark.parametrize("fault", LASTING)
def test_errors_that_cannot_be_read_are_due_in_the_next_run(
    fault: str, standin: StandIn, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their job has its result, and no part of its errors is kept; other jobs have theirs, the next run reads all."""
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "2")
    standin.org.ingest_result_page_size, standin.org.compresses = 20, False
    good = {upload_2(standin): OF_ROWS, upload_1(standin): OF_ROWS}
    bad = {upload_2(standin): OF_ROWS, upload_1(standin, batch_size=15): OF_ROWS}
    for path in (f"{job}/{part}" for job, part in zip(bad, ("failedResults", "batch/"), strict=True)):
        standin.misbehave(path=path, at=2, times=None, **LASTING[fault])

    summary = load_next(standin, warehouse)

    assert (summary.results_looked_up, summary.results_failed, summary.results_due) == (4, 0, 0)
    if fault != "denied":  # that may end all look-ups of the kind, for a day
        assert kept(warehouse) == rows_of(standin, good)
    assert summary.warnings
    standin._faults.clear()
    before = len(standin.requests)
    standin.org.clock.advance(seconds=25 * 3_600)
    load_next(standin, warehouse)
    assert kept(warehouse) == rows_of(standin, good | bad)
    if fault != "denied":
        assert asked(standin, before) == {"failedResults": 2, "/batch": 4, "/describe": 1}


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


def test_errors_that_are_read_again_take_the_place_of_those_before(standin: StandIn, warehouse: Warehouse) -> None:
    """As where the stamp of a job moves: its result is looked up again, and counts and errors still agree."""
    said = [["", "TIMEOUT:x:--"], ["", "UNABLE_TO_LOCK_ROW:x:--"], ["", "TIMEOUT:x:Name --"]]
    standin.org.failed_rows = lambda job: Table(("sf__Id", "sf__Error"), said)
    more = {"job_type": "V2Ingest", "operation": "insert", "state": "JobComplete"}
    (job,) = standin.org.add_jobs(1, number_records_processed=9, number_records_failed=4, **more)
    load_next(standin, warehouse)
    first = [("", "", 1), ("TIMEOUT", "", 2), ("UNABLE_TO_LOCK_ROW", "", 1)]
    assert kept(warehouse) == rows_of(standin, {job: first})

    said[:] = [["", "UNABLE_TO_LOCK_ROW:x:--"], ["", "UNABLE_TO_LOCK_ROW:x:--"]]
    standin.org.change_job(job, number_records_failed=2)
    load_next(standin, warehouse)
    assert kept(warehouse) == rows_of(standin, {job: [("UNABLE_TO_LOCK_ROW", "", 2)]})

    said.append(["", "TIMEOUT:x:--"])
    standin.org.change_job(job, number_records_failed=3)
    standin.misbehave("reset", path="failedResults", times=5)
    load_next(standin, warehouse)
    assert warehouse.query("select error_code, fields, records from job_errors") == [("UNABLE_TO_LOCK_ROW", "", 2)]
    load_next(standin, warehouse)
    assert kept(warehouse) == rows_of(standin, {job: [("TIMEOUT", "", 1), ("UNABLE_TO_LOCK_ROW", "", 2)]})


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
