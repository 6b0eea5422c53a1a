"""The file is in danger once a load, when DuckDB takes its log in, and a new one is not at all."""

import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from jobs_source.standin import StandIn
from pipelines.duckdb_file import make_file
from pipelines.load import load
from pipelines.orgs import make_pipeline, make_source
from tests.conftest import with_our_code

FILE = Path("jobs_history.duckdb")
MAKE = """
import os, signal, sys, duckdb
from pipelines.duckdb_file import make_file
from pipelines.orgs import make_pipeline
sys.addaudithook(lambda event, _: {what} if event == "os.link" else None)
make_file(make_pipeline(None, "duckdb", "salesforce_jobs"))
"""


def times_taken_in(path: Path) -> int:
    """Read the newer of the two headers: after its checksum DuckDB counts how often it took its log in."""
    headers = path.read_bytes()[4_096:12_288]
    return max(int.from_bytes(headers[place + 8 : place + 16], "little") for place in (0, 4_096))


@pytest.mark.parametrize("name", ["", "own.duckdb"])
def test_duckdb_takes_its_log_in_once_a_load(
    name: str, standin: StandIn, log_in: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """
    In the first run, the next, and one that loads an earlier run's package before; no log is left beside it.

    In our file, and in one that is configured.
    """
    org, file = standin.org, tmp_path / (name or FILE)
    log_in(standin)
    if name:
        monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(file))
    counts = []
    for loads_before in (0, 0, 1):
        org.add_jobs(5, job_type="V2Ingest", created=org.clock.now() - timedelta(seconds=30))
        org.clock.advance(seconds=60)
        for _ in range(loads_before):
            make_pipeline(None, "duckdb", "salesforce_jobs").extract(make_source(None))
        load()
        counts.append(times_taken_in(file))

    assert counts == [1, 2, 4]
    assert not file.with_suffix(".duckdb.wal").exists()


def make_in_another_process(what: str) -> int:
    """Make the file, and do *what* in the moment before it comes to its place."""
    return subprocess.run([sys.executable, "-c", MAKE.format(what=what)], env=with_our_code()).returncode


def test_a_process_that_is_killed_while_it_makes_the_file_leaves_none(workplace: Path) -> None:
    """What it leaves beside the place is whole and in nobody's way."""
    assert make_in_another_process("os.kill(os.getpid(), signal.SIGKILL)") == -signal.SIGKILL
    assert not FILE.exists()
    assert len(list(workplace.glob(f".{FILE}-*/{FILE}"))) == 1

    make_file(make_pipeline(None, "duckdb", "salesforce_jobs"))

    with duckdb.connect(FILE) as connection:
        assert connection.execute("show all tables").fetchall() == []


def test_a_file_that_another_run_has_made_meanwhile_stays() -> None:
    """Two orgs' first runs begin at once."""
    assert make_in_another_process("duckdb.connect('jobs_history.duckdb').execute('create table theirs(id int)')") == 0

    make_file(make_pipeline(None, "duckdb", "salesforce_jobs"))

    with duckdb.connect(FILE) as connection:
        assert connection.execute("select count(*) from theirs").fetchall() == [(0,)]
    assert list(Path().glob(f".{FILE}-*")) == []


def test_duckdb_takes_no_more_memory_on_a_machine_with_more_cores() -> None:
    """Each thread holds what it writes: with eight, a merge of three million rows does not fit into the limit."""
    client = make_pipeline(None, "duckdb", "salesforce_jobs").destination_client()
    with client.sql_client as connection:  # type: ignore[attr-defined]
        settings = connection.execute_sql("select current_setting('threads'), current_setting('memory_limit')")
    assert settings == [(2, "190.7 MiB")]
