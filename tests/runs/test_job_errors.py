"""`job_errors`: why the records of each job failed, whatever happens on the way."""

from typing import Any

import pytest
from simple_salesforce.bulk2 import ColumnDelimiter, LineEnding

from jobs_source.standin import StandIn
from tests.bad_rows import OF_ROWS, ROWS, upload_1, upload_2
from tests.kept_errors import Kept, LogIn, asked, kept, load_next, look_up_errors, rows_of
from tests.unit.salesforce.test_failed_results import PASSING
from tests.warehouses import Warehouse


@pytest.fixture(autouse=True)
def looking_up(monkeypatch: pytest.MonkeyPatch, standin: StandIn, log_in: LogIn) -> None:
    look_up_errors(monkeypatch, standin, log_in)


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


@pytest.mark.long
def test_every_fault_in_the_midst_of_a_csv_is_survived_once(standin: StandIn, warehouse: Warehouse) -> None:
    """In the second part of a 2.0 job, and in the second batch of a Classic one; each costs one more call."""
    standin.org.ingest_result_page_size, standin.org.compresses = 20, False
    jobs: dict[str, Kept] = {}
    faults = []
    for name, fault in [*PASSING.items(), ("expired", {"kind": "expired_token"})]:
        new, old = upload_2(standin), upload_1(standin, batch_size=15)
        faults.append(standin.misbehave(path=f"{new}/failedResults", at=2, **fault))
        if name not in ("empty", "expired"):  # see below; and a session is renewed once, whatever is asked
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
