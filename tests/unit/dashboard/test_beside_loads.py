"""Who looks at the figures hinders no load, and sees whole loads."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from jobs_source.runner.load import load
from jobs_source.standin import StandIn
from tests.conftest import START, with_our_code
from tests.saved_loads import SavedLoads

LOADS = 2
READS_BESIDE = 5  # while each of them runs
READS = """
import json, sys
from datetime import datetime, timedelta, timezone
from jobs_source.dashboard.database import opening_database
from jobs_source.dashboard.figures import read_figures
from jobs_source.dashboard.filters import Filters

start = datetime.fromisoformat(sys.argv[1])
filters = Filters(start - timedelta(days=1), start + timedelta(days=1))
for line in sys.stdin:
    with opening_database("duckdb", "salesforce_jobs", "dashboard") as database:
        found = read_figures(database, filters)
    parts = [sum(row["jobs"] for row in rows) for rows in (found.days, found.hours, found.objects, found.users)]
    runs = sum(row["calls"] for row in found.api_calls)
    print(json.dumps([found.totals["jobs"], parts, runs]), flush=True)
"""


@pytest.fixture
def filled(standin: StandIn, log_in: Callable[..., None], saved_loads: SavedLoads) -> StandIn:
    """An org with twenty jobs that are loaded."""
    standin.org.add_jobs(20, job_type="V2Ingest", created=START)
    standin.org.clock.advance(seconds=600)
    log_in(standin)
    saved_loads.load("beside_loads", load)
    return standin


def begin_to_ask(reader: "subprocess.Popen[str]", times: int) -> None:
    assert reader.stdin is not None
    reader.stdin.write("read\n" * times)
    reader.stdin.flush()


def read_answers(reader: "subprocess.Popen[str]", answers: int) -> list[Any]:
    assert reader.stdout is not None
    return [json.loads(reader.stdout.readline()) for _ in range(answers)]


def ask(reader: "subprocess.Popen[str]", times: int) -> list[Any]:
    begin_to_ask(reader, times)
    return read_answers(reader, times)


@pytest.mark.long
def test_loads_and_readers_do_not_hinder_each_other(filled: StandIn) -> None:
    """A program reads all figures again and again while loads run: each answer is that of one load."""
    command = [sys.executable, "-c", READS, START.isoformat()]
    with subprocess.Popen(
        command, env=with_our_code(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        answers = ask(reader, times=1)
        for _ in range(LOADS):
            filled.org.add_jobs(1, job_type="V2Ingest", created=filled.org.clock.now())
            filled.org.clock.advance(seconds=600)
            begin_to_ask(reader, READS_BESIDE)
            assert load().jobs_new == 1
        answers += [*read_answers(reader, LOADS * READS_BESIDE), *ask(reader, times=1)]
        reader.kill()
    assert (answers[0][0], answers[-1][0]) == (20, 20 + LOADS)
    assert [jobs for jobs, _, _ in answers] == sorted(jobs for jobs, _, _ in answers)
    for jobs, parts, calls in answers:
        assert parts == [jobs] * 4
        assert calls >= 2 * (jobs - 19)  # the runs of a load come with its jobs
