"""The real process, killed with SIGKILL at any moment: in extract, normalize, load and between."""

import os
import random
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from dlt.common.storages import LoadStorage
from dlt.pipeline.exceptions import PipelineStepFailed

from jobs_source.standin import StandIn
from pipelines.load import load
from tests.conftest import ROOT
from tests.expected import expected_rows
from tests.warehouses import Warehouse

LogIn = Callable[..., None]
SHORT, LONG = range(12), range(12, 300)


def run_killed(moment: int, before: bool = True) -> subprocess.CompletedProcess[str]:
    """Run `load` as a process that kills itself at *moment*; 0 is never."""
    command = [sys.executable, "-m", "tests.killer", str(moment), "before" if before else "after"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def live_on(standin: StandIn, dice: random.Random) -> None:
    """Some hours in the org: new jobs of both kinds, and changes."""
    clock = standin.org.clock
    clock.advance(seconds=dice.choice([30, 900, 7_200]))
    for job_type in ("V2Ingest", "V2Query", "Classic"):
        standin.org.add_jobs(dice.randrange(4), job_type=job_type, created=clock.now())
    for job in dice.sample(standin.org.listed("ingest"), 3):
        standin.org.change_job(job["id"], state=dice.choice(["InProgress", "Failed", "JobComplete"]))
    clock.advance(seconds=5)


@pytest.mark.parametrize("seed", [*SHORT, *(pytest.param(seed, marks=pytest.mark.long) for seed in LONG)])
def test_a_kill_at_any_moment_loses_nothing_and_doubles_nothing(seed: int, standin: StandIn, log_in: LogIn) -> None:
    """Two kills in a row, changes in between; the next good run has all, and a job that left the list stays."""
    dice = random.Random(seed)
    standin.org.page_size = 10
    standin.org.add_jobs(45, created=standin.org.clock.now() - timedelta(hours=2))
    standin.org.clock.advance(seconds=5)
    log_in(standin)
    gone = None
    if starts_loaded := dice.random() < 0.7:
        load()
        gone = standin.org.listed("ingest", job_type="V2Ingest")[0]
        standin.org.delete_job(gone["id"])
    moments = 130 if starts_loaded else 160  # about as many as a run has: a few kills come too late and are good runs

    for _ in range(2):
        live_on(standin, dice)
        moment = dice.randint(1, moments)
        assert run_killed(moment, dice.random() < 0.5).returncode in (-9, 0)
    live_on(standin, dice)
    load()

    tables = Warehouse("duckdb", Path("jobs_history.duckdb"))
    stored = {row["id"]: row for row in tables.rows("jobs")}
    if gone:
        left = stored.pop(gone["id"])
        assert (left["state"], left["object"]) == (gone["state"], gone.get("object"))
    assert sorted(stored.values(), key=lambda row: row["id"]) == expected_rows(standin.org, "ingest")
    assert tables.rows("query_jobs") == expected_rows(standin.org, "query", job_type="V2Query")
    for table, key in (("jobs", "id"), ("query_jobs", "id"), ("runs", "run_id")):
        assert tables.query(f"select {key} from {table} group by {key} having count(*) > 1") == []


def test_a_package_that_was_marked_and_not_moved_is_put_away(
    standin: StandIn, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """dlt by itself refuses it in every run after a kill between its last two steps."""
    standin.org.add_jobs(20, created=standin.org.clock.now() - timedelta(hours=2))
    standin.org.clock.advance(seconds=5)
    log_in(standin)

    def mark_only(storage: LoadStorage, load_id: str, aborted: bool) -> None:
        storage.normalized_packages.complete_loading_package(load_id, "loaded")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises((PipelineStepFailed, KeyboardInterrupt)):
        patched.setattr(LoadStorage, "complete_load_package", mark_only)
        load()
    live_on(standin, random.Random(1))

    assert not load().loaded_pending
    tables = Warehouse("duckdb", Path("jobs_history.duckdb"))
    assert tables.rows("jobs") == expected_rows(standin.org, "ingest")


def test_moments_of_a_run_are_about_as_many_as_the_kills_reach(standin: StandIn, log_in: LogIn) -> None:
    """Otherwise late moments would never be tried, or most kills come too late."""
    standin.org.page_size = 10
    standin.org.add_jobs(45)
    standin.org.clock.advance(seconds=5)
    log_in(standin)

    first, second = (int(re.findall(r"(\d+) moments", run_killed(0).stdout)[0]) for _ in range(2))

    assert 110 <= first <= 160
    assert 80 <= second <= 130
