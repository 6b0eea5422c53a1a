"""Kills aimed at each step of writing, with readers about: the file always opens, and one plain run brings all."""

import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from jobs_source.runner.load import load
from jobs_source.standin import StandIn
from tests.conftest import with_our_code
from tests.expected import expected_rows
from tests.other_program import other_program
from tests.warehouses import Warehouse

LogIn = Callable[..., None]
FILE = Path("jobs_history.duckdb")
STEPS_MS = {"copy": 8.0, "load": 90.0, "complete": 3.0, "close": 40.0, "fsync": 1.0, "rename": 0.3}
"""How long each step takes, more or less: kills come at any moment of it."""
OPENS_ANEW = """
import duckdb, sys
for number in range(1_000_000):
    with duckdb.connect(sys.argv[1], read_only=True) as connection:
        connection.execute("select count(*), max(system_modstamp) from salesforce_jobs.jobs").fetchall()
    if number % 20 == 0:
        print(number, flush=True)
"""


@contextmanager
def opening_anew() -> Iterator[None]:
    """Have a program open and read the file all the time. That it still does at the end says that it never failed."""
    command = [sys.executable, "-c", OPENS_ANEW, str(FILE)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield
        assert process.poll() is None, process.stderr and process.stderr.read()
        process.kill()
        assert process.stdout is not None and len(process.stdout.readlines()) > 0


def kill_a_run(step: str, delay_ms: float, destination: str) -> None:
    command = [
        sys.executable,
        "-m",
        "tests.runs.self_killing_run",
        step,
        "0",
        str(delay_ms),
        "load",
        "--destination",
        destination,
    ]
    done = subprocess.run(command, env=with_our_code(), capture_output=True, text=True, timeout=60)
    assert done.returncode in (-signal.SIGKILL, -signal.SIGALRM), done.stderr


def change(standin: StandIn) -> None:
    """Some jobs come, some change, some are dropped."""
    org, clock = standin.org, standin.org.clock
    clock.advance(seconds=1_800)
    org.add_jobs(3, created=clock.now(), state="InProgress")
    for job in list(org.jobs)[-9::2]:
        org.change_job(job, state=f"state {clock.now()}")
    clock.advance(seconds=60)


def kill_and_load_again(step: str, kills: int, seed: int, standin: StandIn, warehouse: Warehouse) -> None:
    moments = random.Random(f"{seed} {step} {kills}")
    for number in range(kills):
        change(standin)
        kill_a_run(step, moments.uniform(0, STEPS_MS[step]), warehouse.destination)
        if warehouse.destination == "duckdb":
            with duckdb.connect(str(FILE), read_only=True) as connection:
                connection.execute("select count(*) from salesforce_jobs.jobs")
        if number % 2:
            change(standin)
        assert not load(destination=warehouse.destination).is_full
        assert warehouse.rows("jobs") == expected_rows(standin.org, "ingest")
        assert warehouse.rows("query_jobs") == expected_rows(standin.org, "query", job_type="V2Query")


@pytest.fixture
def filled(standin: StandIn, log_in: LogIn, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """An org that one run has loaded; no later run is a full one because of the time."""
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__FULL_LOAD_EVERY_HOURS", "10000")
    standin.org.add_jobs(40, created=standin.org.clock.now() - timedelta(hours=3), state="InProgress")
    standin.org.clock.advance(seconds=60)
    log_in(standin)
    load(destination=warehouse.destination)
    return standin


@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True)
@pytest.mark.parametrize(
    ("step", "kills"),
    [("rename", 1), *(pytest.param(step, 50, marks=pytest.mark.long) for step in STEPS_MS)],
)
def test_a_kill_while_the_file_is_published_harms_no_reader_and_loses_nothing(
    step: str, kills: int, seed: int, filled: StandIn, warehouse: Warehouse
) -> None:
    """Two readers have it open all the time, and a third opens it anew over and over."""
    with other_program("reader", FILE) as one, other_program("reader", FILE) as two, opening_anew():
        kill_and_load_again(step, kills, seed, filled, warehouse)
        assert [reader.count_jobs() for reader in (one, two)] == [one.jobs_at_first, two.jobs_at_first]
    assert [path.name for path in Path().glob(".*.loading")] == []


@pytest.mark.parametrize("warehouse", ["postgres"], indirect=True)
@pytest.mark.parametrize(
    ("step", "kills"),
    [pytest.param(step, 50, marks=pytest.mark.long) for step in ("load", "complete")],
)
def test_a_kill_while_a_database_is_loaded_loses_nothing(
    step: str, kills: int, seed: int, filled: StandIn, warehouse: Warehouse
) -> None:
    """What was half merged is merged again."""
    kill_and_load_again(step, kills, seed, filled, warehouse)
