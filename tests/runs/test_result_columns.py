"""Fields of jobs and of results that nobody knows: two pipelines share one schema, and none loses a column."""

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from jobs_source.runner.load import load
from jobs_source.standin import Clock, StandIn
from tests.conftest import MOST_RESULTS, START, with_our_code
from tests.look_ups import add_finished
from tests.warehouses import DATASET, Warehouse

LogIn = Callable[..., None]
JOBS, RESULTS, NOTHING, NO_RESULTS = "jobs", "results", "nothing", "no results"
ORDERS = [
    (RESULTS, JOBS, NOTHING),
    (JOBS, RESULTS, NOTHING),
    (RESULTS, NO_RESULTS, JOBS, RESULTS),
    (JOBS, NO_RESULTS, RESULTS, RESULTS),
    (NO_RESULTS, RESULTS, NOTHING, JOBS),
]


@pytest.fixture
def org(standin: StandIn, log_in: LogIn, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    monkeypatch.delenv(MOST_RESULTS)
    standin.org.add_jobs(1, job_type="V2Query", state="InProgress", created=START)
    standin.org.clock.advance(seconds=3_600)
    log_in(standin)
    return standin


def add_job(standin: StandIn, number: int, what: str) -> str:
    """A job that is new in a run, with a new field in its row or in its result."""
    fields = {f"field{number}": "j"} if what == JOBS else {}
    id_ = add_finished(standin, 1, **fields)[0]
    if what == RESULTS:
        standin.misbehave("replace_json", path=id_, transform=lambda info: {**info, f"field{number}": {"n": 1}})
    return id_


@pytest.mark.long
@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_new_fields_become_columns_and_stay(
    order: tuple[str, ...], org: StandIn, warehouse: Warehouse, caplog: pytest.LogCaptureFixture
) -> None:
    """In whatever order they come: each value is kept, each field is told once, and no column seems foreign."""
    jobs, warnings, of_jobs, of_results, told = [], list[str](), list[Any](), list[Any](), list[str]()
    for number, what in enumerate(order):
        jobs.append(add_job(org, number, what))
        warnings += load(destination=warehouse.destination, with_results=what != NO_RESULTS).warnings
        if what == JOBS:  # a field of the listing is one of the single job too
            of_jobs.append((jobs[-1], f"field{number}", "j"))
            told.append(f"jobs/ingest has a new field, 'field{number}': kept as jobs.field{number}")
        if what in (JOBS, RESULTS):
            of_results.append((jobs[-1], f"field{number}", "j" if what == JOBS else '{"n": 1}'))
            told.append(f"What became of a job has a new field, 'field{number}': kept as job_results.field{number}")
    load(destination=warehouse.destination)
    warnings += load(destination=warehouse.destination).warnings

    assert warnings == []
    for table, expected in (("jobs", of_jobs), ("job_results", of_results)):
        columns = [name for name in warehouse.columns(table) if name.startswith("field")]
        rows = warehouse.rows(table, "id", *columns)
        assert [row["id"] for row in rows] == sorted(jobs)
        assert [(row["id"], name, row[name]) for row in rows for name in columns if row[name]] == sorted(expected)
    assert sorted(row.getMessage() for row in caplog.records if "new field" in row.getMessage()) == sorted(told)


@pytest.mark.long
def test_no_column_of_results_seems_foreign_where_the_newest_schema_is_older(
    org: StandIn, log_in: LogIn, warehouse: Warehouse
) -> None:
    """While an org is loaded, results of another one bring new columns; then the first one's schema is the newest."""
    with StandIn(clock=Clock(START, frozen=True), seed=7) as other:
        log_in(other, "other")
        add_job(other, 1, RESULTS)
        add_job(org, 1, NOTHING)
        for name in (None, "other"):
            load(name, destination=warehouse.destination)
        add_job(other, 2, RESULTS)
        add_finished(other, 1, job_type="Classic")
        org.misbehave("call", path="jobs/ingest", do=partial(load_other, warehouse))
        said = [load(name, destination=warehouse.destination).warnings for name in (None, None, "other")]
    assert [text for each in said for text in each if "not a column of this program" in text] == []
    assert {"field1", "field2", "number_batches_queued"} <= set(warehouse.columns("job_results"))
    warehouse.execute(f"alter table {DATASET}.job_results add column note text")
    assert [text[:49] for text in load(destination=warehouse.destination).warnings] == [
        "job_results.note is not a column of this program."
    ]


def load_other(warehouse: Warehouse) -> None:
    """Load the other org, in a process of its own."""
    command = [sys.executable, "-m", "pipelines", "load", "--org", "other", "--destination", warehouse.destination]
    subprocess.run(command, capture_output=True, env=with_our_code(), check=True, timeout=60)
