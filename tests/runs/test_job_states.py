"""`job_states`: a row for each state that a job was seen in, written once, at no cost of a call."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import dlt
import pytest

from jobs_source import salesforce_jobs
from jobs_source.runner.load import load
from jobs_source.standin import StandIn
from tests.conftest import START
from tests.warehouses import Warehouse, on_postgres

LogIn = Callable[..., None]
Row = tuple[str, str, datetime, str]


def states(warehouse: Warehouse) -> list[Row]:
    """Job, state, its stamp and the run, by job and stamp."""
    rows = warehouse.rows("job_states", "job_id", "state", "system_modstamp", "run_id", "org_id")
    assert len({row["org_id"] for row in rows}) <= 1
    found = ((row["job_id"], row["state"], row["system_modstamp"], row["run_id"]) for row in rows)
    return sorted(found, key=lambda row: (row[0], row[2], row[1]))


def run_ids(warehouse: Warehouse) -> dict[str, str]:
    """The newest run of each listing."""
    return dict(warehouse.query("select listing, run_id from runs order by started_at"))


def entry(id_: str, state: Any, stamp: str, job_type: Any = "V2Ingest") -> dict[str, Any]:
    return {"id": id_, "jobType": job_type, "state": state, "systemModstamp": f"2026-11-20T{stamp}:00.000+0000"}


def at(hour: int, minute: int = 0) -> datetime:
    return START.replace(hour=hour, minute=minute)


def test_the_first_stamp_and_run_of_each_state_stay(standin: StandIn, log_in: LogIn, warehouse: Warehouse) -> None:
    """Whether the stamp moves while the state stays, whether the walk is a full one, begins again or is moved about."""
    log_in(standin)
    org = standin.org
    ingest, query = (org.add_jobs(1, job_type=it, state="UploadComplete")[0] for it in ("V2Ingest", "V2Query"))
    others = org.add_jobs(12, job_type="Classic", state="Closed", created=at(9), system_modstamp=at(9))
    org.page_size = 3
    kept: list[Row] = []

    def load_next(full: bool = False) -> dict[str, str]:
        org.clock.advance(seconds=60)
        load(destination=warehouse.destination, full=full)
        assert set(kept) <= set(states(warehouse))
        kept[:] = states(warehouse)
        return run_ids(warehouse)

    began = {id_: org.job(id_).stamped_ms for id_ in (ingest, query)}
    first = load_next()
    expected = {(id_, "Closed", at(9), first["jobs/ingest"]) for id_ in others}
    for id_, listing in ((ingest, "jobs/ingest"), (query, "jobs/query")):
        stamp = datetime.fromtimestamp(began[id_] / 1000, tz=START.tzinfo)
        expected.add((id_, "UploadComplete", stamp, first[listing]))
    assert set(kept) == expected

    org.change_job(ingest)  # a new stamp, and nothing else
    load_next()
    standin.misbehave("expired_token", path="jobs/ingest", at=3)
    org.shifting = True
    load_next(full=True)
    assert set(kept) == expected

    org.change_job(ingest, state="InProgress")
    changed = org.clock.now()
    org.clock.advance(seconds=1)
    org.change_job(query, state="JobComplete")
    second = load_next()
    expected.add((ingest, "InProgress", changed, second["jobs/ingest"]))
    expected.add((query, "JobComplete", changed + timedelta(seconds=1), second["jobs/query"]))
    assert sorted(kept) == sorted(expected)


@on_postgres
def test_of_a_job_that_is_listed_twice_each_state_is_one_row(
    standin: StandIn, log_in: LogIn, warehouse: Warehouse
) -> None:
    """With the earliest stamp, on one page and on two. A job without a state has no row."""
    log_in(standin)
    standin.org.page_size = 3
    for id_, stamps in (("750A", ("09:00", "10:00")), ("750B", ("10:00", "09:00")), ("750C", ("10:00", "10:00"))):
        for stamp in stamps:
            standin.org.add_raw_entry(entry(id_, "Open", stamp))
            standin.org.add_raw_entry(entry(id_, "Failed" if stamp == "10:00" else "Open", stamp))
    standin.org.add_raw_entry(entry("750D", None, "09:00"))

    load(destination=warehouse.destination)
    load(destination=warehouse.destination, full=True)

    assert [row[:3] for row in states(warehouse)] == [
        ("750A", "Open", at(9)),
        ("750A", "Failed", at(10)),
        ("750B", "Open", at(9)),
        ("750B", "Failed", at(10)),
        ("750C", "Failed", at(10)),
        ("750C", "Open", at(10)),
    ]


def test_a_job_of_an_unknown_type_that_both_listings_show_has_one_row(
    standin: StandIn, log_in: LogIn, warehouse: Warehouse
) -> None:
    """The first listing that shows it tells of it, with the earliest stamp there."""
    log_in(standin)
    for listing in ("ingest", "query"):
        for job_type in ("V9Other", None):
            id_ = f"750{job_type or 'N'}"
            standin.org.add_raw_entry(entry(id_, "Open", "10:00", job_type), listing)
            standin.org.add_raw_entry(entry(id_, "Open", "09:00", job_type), listing)
    standin.org.add_raw_entry(entry("750I", "Open", "08:00", "V9Other"), "ingest")
    standin.org.add_raw_entry(entry("750Q", "Open", "08:00", "V9Other"), "query")

    for _ in range(2):
        load(destination=warehouse.destination, full=True)

    assert warehouse.query("select count(*) from jobs") == warehouse.query("select count(*) from query_jobs") == [(3,)]
    assert [row[:3] for row in states(warehouse)] == [
        ("750I", "Open", at(8)),
        ("750N", "Open", at(9)),
        ("750Q", "Open", at(8)),
        ("750V9Other", "Open", at(9)),
    ]


@pytest.mark.long
def test_a_source_that_runs_twice_tells_of_unknown_types_each_time(
    standin: StandIn, log_in: LogIn, pipeline: dlt.Pipeline
) -> None:
    """The first run may have come to nothing."""
    log_in(standin)
    for listing in ("ingest", "query"):
        standin.org.add_raw_entry(entry("750N", "Open", "10:00", "V9Other"), listing)
    source: Any = salesforce_jobs()
    pipeline.extract(source)  # and nobody loads it

    elsewhere = dlt.pipeline("other", destination=pipeline.destination, dataset_name="other")
    elsewhere.run(source)

    with elsewhere.sql_client() as client:
        assert client.execute_sql("select job_id, state from job_states") == [("750N", "Open")]


@pytest.mark.long
def test_a_destination_that_cannot_leave_rows_replaces_them(
    standin: StandIn, log_in: LogIn, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then a state has the stamp and the run that saw it last; still one row a state, whichever listing shows it."""
    factory: Any = getattr(dlt.destinations, warehouse.destination)
    whole = factory._raw_capabilities

    def without_insert_only(self: Any) -> Any:
        capabilities = whole(self)
        capabilities.supported_merge_strategies = _without(capabilities.supported_merge_strategies)
        return capabilities

    monkeypatch.setattr(factory, "_raw_capabilities", without_insert_only)
    log_in(standin)
    for listing in ("ingest", "query"):
        for stamp in ("09:00", "10:00"):
            standin.org.add_raw_entry(entry("750N", "Open", stamp, "V9Other"), listing)
    (job,) = standin.org.add_jobs(1, job_type="V2Ingest", state="Open", created=at(9), system_modstamp=at(9))
    load(destination=warehouse.destination)
    assert [row[:3] for row in states(warehouse)] == [("750N", "Open", at(9)), (job, "Open", at(9))]
    standin.org.clock.advance(seconds=60)
    standin.org.change_job(job)
    standin.org.clock.advance(seconds=60)
    load(destination=warehouse.destination)
    standin.org.change_job(job, state="Failed")
    standin.org.clock.advance(seconds=60)
    load(destination=warehouse.destination)

    assert [row[:3] for row in states(warehouse) if row[0] == job] == [
        (job, "Open", at(12, 1)),
        (job, "Failed", at(12, 2)),
    ]
    assert [row[:3] for row in states(warehouse) if row[0] != job] == [("750N", "Open", at(10))]  # inside the lag


def _without(strategies: Sequence[str]) -> list[str]:
    return [strategy for strategy in strategies if strategy != "insert-only"]


@pytest.mark.long
def test_states_cost_no_call(standin: StandIn, log_in: LogIn, warehouse: Warehouse) -> None:
    """A login, and the pages of both listings."""
    log_in(standin)
    standin.org.add_jobs(20)
    standin.org.clock.advance(seconds=60)
    summary = load(destination=warehouse.destination)
    assert (len(standin.requests), summary.calls) == (3, 2)
    assert len(states(warehouse)) == 20
