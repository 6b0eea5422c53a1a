"""Disks, locks and destinations that fail: clear words, nothing lost, and the next run mends it."""

import ctypes
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest
from dlt.pipeline.exceptions import PipelineStepFailed

from jobs_source.commands.parser import main
from jobs_source.runner.load import load
from jobs_source.standin import Clock, StandIn
from tests.conftest import START, with_our_code
from tests.expected import expected_rows
from tests.runs.default_run import lock_of_default_run
from tests.warehouses import DATASET, Warehouse

LogIn = Callable[..., None]
DATABASE = Path("jobs_history.duckdb")


def fill(standin: StandIn, jobs: int = 60) -> None:
    standin.org.add_jobs(jobs, job_type="V2Ingest")
    standin.org.clock.advance(seconds=5)


def change(standin: StandIn) -> None:
    standin.org.clock.advance(seconds=3_600)
    standin.org.add_jobs(2, job_type="V2Ingest", created=standin.org.clock.now())
    standin.org.clock.advance(seconds=5)


@pytest.mark.long
def test_a_lock_left_by_a_killed_run_does_not_block(standin: StandIn, log_in: LogIn) -> None:
    """The lock file is there, and nobody holds it."""
    fill(standin)
    log_in(standin)
    process: subprocess.Popen[bytes]
    standin.misbehave("call", path="jobs/ingest", do=lambda: process.kill())
    process = subprocess.Popen([sys.executable, "-m", "pipelines", "load"], env=with_our_code())
    process.communicate(timeout=60)
    assert process.returncode == -9
    assert Path(lock_of_default_run().lock_file).exists()

    assert load().jobs_new == 60


@pytest.mark.long
def test_a_limit_to_what_may_be_written_is_named_and_the_next_run_mends_it(standin: StandIn, log_in: LogIn) -> None:
    """DuckDB meets it while it loads."""
    fill(standin, 8_000)
    log_in(standin)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (900_000, 900_000))

    environment = {**with_our_code(), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pipelines", "load"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, preexec_fn=limit, timeout=100)

    assert done.returncode == 1
    assert "File too large" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    load()
    assert Warehouse("duckdb", DATABASE).rows("jobs") == expected_rows(standin.org, "ingest")


SMALL_DISK = """
mkdir disk && mount -t tmpfs -o size=$1 none disk && cp -r .dlt disk && cd disk || exit 77
export DLT_DATA_DIR=$PWD/dlt
"$2" -m pipelines load 2> ../said; echo $?
mount -o remount,size=200m none . && "$2" -m pipelines load >&2; echo $?
cp jobs_history.duckdb ..
"""


@pytest.mark.long
@pytest.mark.skipif(shutil.which("unshare") is None, reason="only Linux lets a user mount a disk")
@pytest.mark.parametrize("size", [pytest.param("300k", marks=pytest.mark.long), "1500k"])
def test_a_full_disk_is_named_and_the_next_run_mends_it(size: str, standin: StandIn, log_in: LogIn) -> None:
    """A file system of its own for folder and file: full while it reads or loads, and then enlarged."""
    fill(standin, 8_000)
    log_in(standin)
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", SMALL_DISK, "sh", size, sys.executable]
    done = subprocess.run(command, env=with_our_code(), capture_output=True, text=True, timeout=100)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip(f"this machine lets nobody mount a disk: {done.stderr}")

    assert done.stdout.split() == ["1", "0"], done.stderr
    error = Path("said").read_text().splitlines()[-1]
    assert "No space left on device" in error
    assert "Traceback" not in error
    assert Warehouse("duckdb", DATABASE).rows("jobs") == expected_rows(standin.org, "ingest")


@pytest.mark.long
def test_a_destination_that_goes_away_in_between_loses_nothing(
    standin: StandIn, log_in: LogIn, postgres_server: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is gone when the walk is done; back again, the next run reads all of it anew."""
    with Warehouse.new_postgres_database(postgres_server, monkeypatch) as warehouse:
        fill(standin)
        log_in(standin)
        load(destination="postgres")
        change(standin)
        name = warehouse.address["dbname"]
        standin.misbehave("call", path="jobs/ingest", do=lambda: rename(postgres_server, name, f"{name}_away"))

        assert main(["load", "--destination", "postgres"]) == 2

        rename(postgres_server, f"{name}_away", name)
        assert load(destination="postgres").jobs_new == 2
        assert warehouse.rows("jobs") == expected_rows(standin.org, "ingest")


@pytest.mark.long
def test_a_destination_that_goes_away_half_way_is_named_and_the_next_run_loads_all(
    standin: StandIn,
    log_in: LogIn,
    postgres_server: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Postgres ends the connection in the midst of the merge, when old rows are deleted and new ones are in."""
    monkeypatch.setenv("LOAD__RAISE_ON_MAX_RETRIES", "1")  # dlt tries five times, a second apart
    with Warehouse.new_postgres_database(postgres_server, monkeypatch) as warehouse:
        fill(standin)
        log_in(standin)
        load(destination="postgres")
        change(standin)
        before = warehouse.rows("jobs")
        capsys.readouterr()

        with breaking_merges(warehouse):
            assert main(["load", "--destination", "postgres"]) == 1

        assert capsys.readouterr().err.splitlines()[-1] == (
            "The destination refused the load: server closed the connection unexpectedly. No rows are lost: the next"
            " run reads them again."
        )
        assert warehouse.rows("jobs") == before
        summary = load(destination="postgres")
        assert (summary.is_full, summary.jobs_listed, summary.jobs_new) == (False, 62, 2)
        assert warehouse.rows("jobs") == expected_rows(standin.org, "ingest")


@pytest.mark.long
def test_a_load_that_broke_off_half_way_is_not_emptied_by_another_orgs(
    standin: StandIn, log_in: LogIn, postgres_server: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is about to be merged is kept apart for each org."""
    monkeypatch.setenv("LOAD__RAISE_ON_MAX_RETRIES", "1")
    with (
        Warehouse.new_postgres_database(postgres_server, monkeypatch) as warehouse,
        StandIn(clock=Clock(START, frozen=True), seed=2) as other,
    ):
        for running, org in ((standin, ""), (other, "prod")):
            fill(running)
            log_in(running, org)
            load(org or None, destination="postgres")
        for running in (other, other, standin):  # more than the lag apart: the next walk would find the last again
            change(running)
        with breaking_merges(warehouse), pytest.raises(PipelineStepFailed):
            load("prod", destination="postgres")

        load(destination="postgres")

        load("prod", destination="postgres")
        both = expected_rows(standin.org, "ingest") + expected_rows(other.org, "ingest")
        assert warehouse.rows("jobs") == sorted(both, key=lambda row: (row["org_id"], row["id"]))


@contextmanager
def breaking_merges(warehouse: Warehouse) -> Iterator[None]:
    """Postgres ends the connection when the first rows go from staging into the table of jobs."""
    administer(
        warehouse.address,
        "create function go_away() returns trigger language plpgsql as $$"
        " begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$",
        f"create trigger go_away after insert on {DATASET}.jobs execute function go_away()",
    )
    yield
    administer(warehouse.address, f"drop trigger go_away on {DATASET}.jobs")


def rename(server: dict[str, str], old: str, new: str) -> None:
    administer(
        {**server, "dbname": "postgres"},
        f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{old}'",
        f"alter database {old} rename to {new}",
    )


def administer(address: dict[str, str], *statements: str) -> None:
    connection = psycopg2.connect(**address)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


def test_a_working_directory_that_cannot_be_made_is_named(
    standin: StandIn, log_in: LogIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file stands where the folder should be; nothing is asked of Salesforce."""
    log_in(standin)
    (tmp_path / "taken").write_text("")
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "taken"))

    assert main(["load"]) == 2

    assert (
        f"The folder {tmp_path / 'taken'}/salesforce_jobs cannot be written (Not a directory)"
        in capsys.readouterr().err
    )
    assert standin.requests == []


def test_a_working_directory_that_may_not_be_written_is_named_and_the_next_run_mends_it(
    standin: StandIn, log_in: LogIn, workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another user's, say. Nothing is asked of Salesforce."""
    fill(standin)
    log_in(standin)
    folder = workplace / "dlt" / "salesforce_jobs"
    folder.mkdir(parents=True)

    with read_only(folder):
        assert main(["load"]) == 2

    assert capsys.readouterr().err == (
        f"The folder {folder} cannot be written (Permission denied), and runs work there. Set DLT_DATA_DIR to a folder"
        " that the user of this program may write.\n"
    )
    assert standin.requests == []
    assert load().jobs_new == 60
    assert Warehouse("duckdb", DATABASE).rows("jobs") == expected_rows(standin.org, "ingest")


@pytest.mark.long
def test_a_duckdb_file_in_a_folder_that_may_not_be_written_is_named_and_the_next_run_mends_it(
    standin: StandIn,
    log_in: LogIn,
    workplace: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The file may be written, but no copy can be put beside it. `check` says so too."""
    path = workplace / "warehouse" / "jobs.duckdb"
    path.parent.mkdir()
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(path))
    fill(standin)
    log_in(standin)
    load()
    (path.parent / ".jobs.duckdb.lock").unlink()  # as where another user has loaded
    tables = Warehouse("duckdb", path)
    before = tables.rows("jobs")
    change(standin)

    with read_only(path.parent):
        assert main(["load"]) == 2
        assert f"The folder {path.parent} cannot be written (Permission denied)" in capsys.readouterr().err
        assert main(["check"]) == 2
        assert f"FAIL  destination: The folder {path.parent} cannot be written" in capsys.readouterr().out
        assert tables.rows("jobs") == before

    assert load().jobs_new == 2
    assert tables.rows("jobs") == expected_rows(standin.org, "ingest")


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Take the right to write in *folder* from this process, as root too: that lays down what sets it above modes."""
    folder.chmod(0o555)
    capabilities = set_capabilities(~0b110) if os.geteuid() == 0 else None
    try:
        yield
    finally:
        if capabilities is not None:
            set_capabilities(capabilities)
        folder.chmod(0o755)


def set_capabilities(wanted: int) -> int:
    """Leave of the first 32 capabilities of this thread, and of those that it starts, the *wanted*; return the old."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # version 3, this thread
    data = (ctypes.c_uint32 * 6)()  # effective, permitted and inheritable; then the same of the higher ones
    assert libc.capget(header, data) == 0
    before, data[0] = data[0], data[1] & wanted
    assert libc.capset(header, data) == 0
    return int(before)


def test_a_duckdb_file_in_a_folder_that_is_not_there_is_named(
    standin: StandIn, log_in: LogIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is asked of Salesforce."""
    fill(standin)
    log_in(standin)
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", "/nowhere/jobs.duckdb")

    assert main(["load"]) == 2
    assert capsys.readouterr().err == (
        "There is no folder /nowhere for the DuckDB file jobs.duckdb. Make the folder, or set another file under"
        " destination.duckdb.credentials in .dlt/secrets.toml.\n"
    )
    assert standin.requests == []
