"""A run works in a folder of its own and leaves none; what killed runs left is removed, what is alive is not."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import dlt
import pytest

from jobs_source.commands.parser import main
from jobs_source.exceptions import ConfigError
from jobs_source.runner.load import load
from jobs_source.runner.working_dir import own_folder, working_dir
from jobs_source.standin import StandIn
from tests.conftest import with_our_code
from tests.expected import expected_rows
from tests.warehouses import Warehouse

LogIn = Callable[..., None]


def run_folders() -> list[str]:
    return sorted(path.name for path in own_folder().glob("run-*"))


def test_a_run_leaves_no_working_directory(standin: StandIn, log_in: LogIn) -> None:
    """Neither one that ends well nor one that fails."""
    log_in(standin)
    load()
    assert run_folders() == []
    standin.misbehave("replace_json", path="jobs/ingest", transform=lambda page: {})
    assert main(["load"]) == 1
    assert run_folders() == []


@pytest.mark.long
def test_what_a_killed_run_left_is_removed_by_the_next_of_anybody(standin: StandIn, log_in: LogIn) -> None:
    """Another org's run does it; the cursor never moved, so nothing is lost."""
    standin.org.add_jobs(20, created=standin.org.clock.now())
    standin.org.clock.advance(seconds=60)
    log_in(standin)
    log_in(standin, "prod")
    process: subprocess.Popen[bytes]
    standin.misbehave("call", path="jobs/ingest", do=lambda: process.kill())
    process = subprocess.Popen([sys.executable, "-m", "pipelines", "load"], env=with_our_code())
    assert process.wait(60) == -signal.SIGKILL
    assert len(run_folders()) == 2  # the folder, and its lock

    load("prod")

    assert run_folders() == []
    assert load().jobs_new == 0  # prod is the same org, and has loaded them
    assert Warehouse("duckdb", Path("jobs_history.duckdb")).rows("jobs") == expected_rows(standin.org, "ingest")


def test_the_folder_of_a_run_that_is_alive_stays(standin: StandIn, log_in: LogIn) -> None:
    """Whoever else begins one meanwhile."""
    log_in(standin)
    with working_dir("one") as folder:
        (folder / "rows").write_text("x")
        load()
        with working_dir("two"):
            assert (folder / "rows").read_text() == "x"
    assert run_folders() == []


def test_a_lock_without_a_folder_and_a_folder_half_removed_are_removed() -> None:
    """As a kill leaves them in the midst of making or removing one."""
    (own_folder() / "run-1.lock").touch()
    (own_folder() / "run-2").mkdir()
    (own_folder() / "run-2.lock").touch()

    with working_dir("one") as folder:
        assert run_folders() == [folder.name, f"{folder.name}.lock"]


def test_a_working_directory_can_be_kept_for_dlts_own_commands(standin: StandIn, log_in: LogIn, tmp_path: Path) -> None:
    """It is left where it was asked for, whole; a second run does not write over it."""
    log_in(standin)
    assert main(["load", "--keep-working-dir", "kept"]) == 0

    kept = dlt.attach("salesforce_jobs", pipelines_dir=str(tmp_path / "kept"))
    assert len(kept.list_completed_load_packages()) == 1
    asked = len(standin.requests)
    with pytest.raises(ConfigError, match=r"--keep-working-dir: .*/kept/salesforce_jobs exists already"):
        load(keep_working_dir=Path("kept"))
    assert len(standin.requests) == asked
