"""A run begins where the newest good run ended, whatever clock the machine that loaded it has."""

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import dlt
import pytest

from jobs_source.exceptions import AlreadyRunningError, SalesforceJobsError
from jobs_source.runner.load import load
from jobs_source.standin import StandIn
from tests.conftest import with_our_code
from tests.expected import expected_rows
from tests.warehouses import DATASET, Warehouse

LogIn = Callable[..., None]


def change(standin: StandIn, ids: list[str]) -> None:
    """Let a job change, and three hours pass."""
    standin.org.change_job(ids[0], state=f"state {standin.org.clock.now()}")
    standin.org.clock.advance(seconds=3 * 3_600)


@pytest.fixture
def ids(standin: StandIn, log_in: LogIn) -> list[str]:
    """Ten jobs of an org that one can log in to."""
    created = standin.org.clock.now() - timedelta(hours=5)
    ids = standin.org.add_jobs(10, job_type="V2Ingest", created=created)
    standin.org.clock.advance(seconds=60)
    log_in(standin)
    return ids


def put_a_year_ahead(warehouse: Warehouse) -> None:
    """Make the last load one of a machine whose clock is a year ahead: dlt numbers loads by that clock."""
    ((load_id,),) = warehouse.query("select max(load_id) from _dlt_loads")
    ahead = str(float(load_id) + 365 * 86_400)
    for table, column in (("_dlt_loads", "load_id"), ("_dlt_pipeline_state", "_dlt_load_id")):
        warehouse.execute(f"update {DATASET}.{table} set {column} = '{ahead}' where {column} = '{load_id}'")
    warehouse.execute(
        f"update {DATASET}._dlt_loads set inserted_at = inserted_at + interval '1 year' where load_id = '{ahead}'"
    )


@pytest.mark.long
def test_a_machine_whose_clock_is_a_year_ahead_causes_no_gap_and_no_endless_full_runs(
    standin: StandIn, ids: list[str], warehouse: Warehouse
) -> None:
    """Runs after it go on from each other, not from it: for four days, one full run a day, and no gap."""
    load(destination=warehouse.destination)
    change(standin, ids)
    load(destination=warehouse.destination)
    put_a_year_ahead(warehouse)

    runs = []
    for _ in range(4 * 2):
        standin.org.add_jobs(1, job_type="V2Ingest", created=standin.org.clock.now())
        standin.org.clock.advance(seconds=12 * 3_600)
        runs.append(load(destination=warehouse.destination))

    assert {(run.possible_gap, run.jobs_new) for run in runs} == {(False, 1)}
    assert sum(run.is_full for run in runs) == 4
    assert not load(destination=warehouse.destination).is_full
    assert len(warehouse.rows("jobs")) == 10 + 8
    starts = [
        row["previous_started_at"] for row in warehouse.rows("runs", "listing", "started_at", "previous_started_at")
    ]
    assert len(starts) == len(set(starts)) * 2


def test_a_run_that_another_machine_has_overtaken_loads_nothing(
    standin: StandIn, ids: list[str], warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It would put its older versions over newer ones. It ends with 4; the next run has all."""
    load(destination=warehouse.destination)
    change(standin, ids)
    normalize = dlt.Pipeline.normalize

    def run_elsewhere(pipeline: dlt.Pipeline, *arguments: Any, **options: Any) -> Any:
        monkeypatch.setattr(dlt.Pipeline, "normalize", normalize)
        change(standin, ids)
        environment = {**with_our_code(), "DLT_DATA_DIR": str(tmp_path / "dlt" / "elsewhere")}
        command = [sys.executable, "-m", "pipelines", "load", "--destination", warehouse.destination]
        assert subprocess.run(command, env=environment).returncode == 0
        return normalize(pipeline, *arguments, **options)

    monkeypatch.setattr(dlt.Pipeline, "normalize", run_elsewhere)
    with pytest.raises(AlreadyRunningError, match="has loaded into the same place since this run began"):
        load(destination=warehouse.destination)

    assert warehouse.rows("jobs") == expected_rows(standin.org, "ingest")
    assert load(destination=warehouse.destination).jobs_changed == 0


@pytest.mark.long
def test_what_was_extracted_and_not_loaded_is_read_again(
    standin: StandIn, ids: list[str], warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cursor never moved."""
    load(destination=warehouse.destination)
    change(standin, ids)

    def fail(*_: object, **__: object) -> None:
        raise SalesforceJobsError("no more")

    with monkeypatch.context() as patched, pytest.raises(SalesforceJobsError):
        patched.setattr(dlt.Pipeline, "load", fail)
        load(destination=warehouse.destination)

    summary = load(destination=warehouse.destination)
    assert (summary.is_full, summary.jobs_changed) == (False, 1)
    assert warehouse.rows("jobs") == expected_rows(standin.org, "ingest")
    assert len(warehouse.rows("runs")) == 4


def test_another_machine_goes_on_where_this_one_ended(
    standin: StandIn, ids: list[str], warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing has to be carried over but the destination."""
    load(destination=warehouse.destination)
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "dlt" / "another"))
    change(standin, ids)

    summary = load(destination=warehouse.destination)

    assert (summary.is_full, summary.jobs_new, summary.jobs_changed) == (False, 0, 1)
    assert warehouse.rows("jobs") == expected_rows(standin.org, "ingest")
