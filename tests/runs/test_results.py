"""`job_results` after whole loads: what became of each job is what the org says of it, one call a job."""

from datetime import timedelta
from typing import Any

import pytest

from jobs_source.commands.parser import main
from jobs_source.runner.load import load
from jobs_source.standin import StandIn
from tests.conftest import START
from tests.expected import expected_result, expected_results, finished
from tests.look_ups import add_finished, asked, sent
from tests.shown_tables import runs_shown
from tests.warehouses import Warehouse

MOST = "SOURCES__JOBS_SOURCE__MAX_RESULTS_PER_RUN"
FAILED_BATCHES = {"number_batches_total": 3, "number_batches_failed": 2, "state_message": "InvalidBatch : no 'x'"}
RUN_COLUMNS = ("listing", "jobs_listed", "jobs_written", "calls", "calls_wasted", "is_full", "pages", "cursor_after")


def rounds(warehouse: Warehouse, *columns: str) -> list[tuple[Any, ...]]:
    """What `runs` says of each round of look-ups, the oldest first."""
    names = ", ".join(columns or RUN_COLUMNS)
    return warehouse.query(f"select {names} from runs where listing = 'job_results' order by started_at")


def test_each_finished_job_has_its_result(results_org: StandIn, warehouse: Warehouse) -> None:
    """Jobs of all types and ends, one call each, and one more for the batches of a Classic job where some failed."""
    org = results_org.org
    org.add_jobs(60)
    for state in ("JobComplete", "Failed", "Aborted", "InProgress"):
        for job_type in ("V2Ingest", "V2Query", "BigObjectIngest"):
            org.add_jobs(1, job_type=job_type, state=state)
    for more in ({"number_batches_failed": 0}, FAILED_BATCHES, {"number_records_failed": 1}, {"state": "Aborted"}):
        org.add_jobs(1, job_type="Classic", **{"state": "Closed", **more})
    org.clock.advance(seconds=60)

    summary = load(destination=warehouse.destination)

    rows = expected_results(org, org.clock.now())
    assert warehouse.rows("job_results") == rows
    assert {row["outcome"] for row in rows} == {"ok", "some_failed", "all_failed", "aborted"}
    with_batches = [f"{row['id']}/batch" for row in rows if row["number_batches_failed"]]
    assert sorted(asked(results_org)) == sorted([*finished(org), *with_batches])
    assert len(with_batches) >= 1
    calls = len(sent(results_org))
    assert (summary.results_looked_up, summary.results_failed, summary.results_due) == (len(rows), 0, 0)
    assert (summary.calls, summary.api_used) == (calls, calls)
    assert rounds(warehouse) == [("job_results", len(rows), len(rows), calls - 2, 0, False, 0, None)]
    assert warehouse.query("select count(*) from job_results where run_id not in (select run_id from runs)") == [(0,)]


@pytest.mark.long
def test_only_what_is_not_known_for_good_is_asked_again(results_org: StandIn, warehouse: Warehouse) -> None:
    """A Classic job whose batches still ran, and a job whose stamp has moved; not one that is gone, and no other."""
    org = results_org.org
    running = add_finished(results_org, 1, job_type="Classic", number_batches_in_progress=1, number_batches_failed=0)
    moved, same, gone = (add_finished(results_org, 1) for _ in range(3))
    listed = {row["id"]: row for row in org.listed("ingest")}
    results_org.misbehave("call", path=gone[0], do=lambda: org.delete_job(gone[0]))
    load(destination=warehouse.destination)
    first = org.clock.now()
    results = {id_: expected_result(org, id_, first) for id_ in running + moved + same}
    results[gone[0]] = dict.fromkeys(results[same[0]]) | {
        "org_id": org.org_id,
        "id": gone[0],
        "system_modstamp": START + timedelta(hours=4),
        "outcome": "gone",
        "looked_up_at": first,
    }
    assert listed[gone[0]]["systemModstamp"] == "2026-11-20T16:00:00.000+0000"
    assert results[running[0]]["outcome"] == "unknown"
    assert warehouse.rows("job_results") == [results[id_] for id_ in sorted(results)]

    org.clock.advance(seconds=3_600)
    org.change_job(moved[0], state="Aborted")
    org.clock.advance(seconds=3_600)
    results_org.requests.clear()
    load(destination=warehouse.destination)
    assert sorted(asked(results_org)) == sorted([*moved, *running])
    stamp = org.job(running[0]).stamped_ms
    org.change_job(running[0], number_batches_in_progress=0, number_batches_completed=1, system_modstamp=stamp)
    org.clock.advance(seconds=3_600)
    results[moved[0]] = expected_result(org, moved[0], org.clock.now() - timedelta(hours=1))

    for calls in ([*running], []):
        results_org.requests.clear()
        assert load(destination=warehouse.destination).results_due == 0
        assert asked(results_org) == calls
        results[running[0]] = expected_result(org, running[0], org.clock.now())
        assert results[running[0]]["outcome"] == "ok"
        assert warehouse.rows("job_results") == [results[id_] for id_ in sorted(results)]


@pytest.mark.long
def test_a_backlog_is_worked_off_the_newest_jobs_first(
    results_org: StandIn, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At most max_results_per_run in a run, 0 turns it off as --no-results does, and each job is asked once."""
    jobs = [id_ for _ in range(3) for id_ in add_finished(results_org, 1)][::-1]
    said, calls = [], []
    for most, options in (("0", []), ("2", ["--no-results"]), ("2", []), ("2", [])):
        monkeypatch.setenv(MOST, most)
        monkeypatch.setenv("SOURCES__JOBS_SOURCE__PARALLEL_LOOKUPS", "1")
        results_org.requests.clear()
        assert main(["load", "--destination", warehouse.destination, *options]) == 0
        calls.append(asked(results_org))
        (row,) = runs_shown(capsys.readouterr().out)
        said.append((row.get("looked up"), row.get("still due")))
    assert calls == [[], [], jobs[:2], jobs[2:]]
    assert said == [(None, None), ("0", "3"), ("2", "1"), ("1", None)]
    assert warehouse.rows("job_results") == expected_results(results_org.org, results_org.org.clock.now())


@pytest.mark.long
def test_jobs_that_ended_more_than_seven_days_ago_are_not_asked_for(results_org: StandIn, warehouse: Warehouse) -> None:
    """Not even if they were due before. One of exactly seven days is; Salesforce has deleted it then."""
    org = results_org.org
    for _ in range(3):
        add_finished(results_org, 1)
    ids = finished(org)
    load(destination=warehouse.destination, with_results=False)
    org.clock.advance(days=7, seconds=-2 * 3_600)
    results_org.requests.clear()

    assert load(destination=warehouse.destination).results_looked_up == 2

    assert sorted(asked(results_org)) == ids[1:]
    assert [(row["id"], row["outcome"]) for row in warehouse.rows("job_results")] == [
        (ids[1], "gone"),
        (ids[2], "ok"),
    ]
