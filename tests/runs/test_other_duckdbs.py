"""Other versions of DuckDB, for real: older clients read our files, and the program runs on the oldest and newest."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs_source.runner.load import load
from jobs_source.standin import StandIn
from tests.conftest import ROOT
from tests.environments import install_beside

LogIn = Callable[..., None]
READ = """
import duckdb
with duckdb.connect("jobs_history.duckdb", read_only=True) as connection:
    print(duckdb.__version__, connection.execute("select count(*), count(run_id) from salesforce_jobs.jobs").fetchall())
    for view in ("job_history", "jobs_daily", "job_failures", "unfinished_jobs", "run_health"):
        connection.execute(f"select * from salesforce_jobs.{view}").fetchall()
"""
READ_IN_NODE = """
const { DuckDBInstance } = require("@duckdb/node-api");
(async () => {
  const instance = await DuckDBInstance.create("jobs_history.duckdb", { access_mode: "READ_ONLY" });
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll("select count(*)::int as jobs from salesforce_jobs.jobs");
  console.log(JSON.stringify(reader.getRowObjects()));
})();
"""


@pytest.fixture
def filled(standin: StandIn, log_in: LogIn) -> StandIn:
    standin.org.add_jobs(3_000, job_type="V2Ingest")
    standin.org.clock.advance(seconds=60)
    log_in(standin)
    load()
    return standin


@pytest.mark.long
@pytest.mark.parametrize("version", ["1.1.3", "1.2.2", "1.3.2", "1.4.5", "1.5.6"])
def test_an_older_client_reads_the_file(version: str, filled: StandIn, tmp_path: Path) -> None:
    """The views too; and one that this DuckDB was killed over, log and all."""
    environment = install_beside(tmp_path / "other", f"duckdb=={version}")
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", READ], env=environment, capture_output=True, text=True)
        assert (done.stdout, done.stderr) == (f"{version} [(3000, 3000)]\n", "")
        killed = "import duckdb, os; c = duckdb.connect('jobs_history.duckdb'); c.execute('create table b (a int)');"
        subprocess.run([sys.executable, "-c", f"{killed} os.kill(os.getpid(), 9)"])


@pytest.mark.long
def test_nodes_client_reads_the_file(filled: StandIn, tmp_path: Path) -> None:
    """As DBeaver-like tools and web programs have it."""
    subprocess.run(["npm", "install", "--silent", "--prefix", tmp_path, "@duckdb/node-api@1.5.6-r.1"], check=True)
    (tmp_path / "read.js").write_text(READ_IN_NODE)
    done = subprocess.run(["node", "read.js"], capture_output=True, text=True)
    assert json.loads(done.stdout or "null") == [{"jobs": 3_000}], done.stderr


@pytest.mark.long
@pytest.mark.parametrize("version", ["1.5.6", "2.0.1"])
def test_the_program_runs_on_the_oldest_and_the_newest_duckdb(version: str, tmp_path: Path) -> None:
    """The tests of loads, of publishing and of changed tables, with that version."""
    environment = install_beside(tmp_path / "other", f"duckdb=={version}")
    files = (
        "runs/test_load.py",
        "unit/runner/test_publish.py",
        "unit/runner/test_catalogue.py",
        "unit/runner/test_restore.py",
        "unit/commands/test_status.py",
        "unit/runner/test_row_counts.py",
    )
    chosen = ["--long", "-k", "not postgres", *(f"tests/{name}" for name in files)]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen]
    check = [sys.executable, "-c", "import duckdb; print(duckdb.__version__)"]
    assert subprocess.run(check, env=environment, capture_output=True, text=True).stdout == f"{version}\n"
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3_000:]
