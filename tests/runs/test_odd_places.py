"""Odd places, each as a process of its own: it loads, or ends with 2 before any call and names the variable or path."""

import fcntl
import os
import pty
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs_source.commands.parser import main
from jobs_source.standin import StandIn
from tests.conftest import ROOT, with_our_code
from tests.expected import expected_rows
from tests.warehouses import Warehouse

LogIn = Callable[..., None]
Done = subprocess.CompletedProcess[str]
LOAD = [sys.executable, "-m", "pipelines", "load"]
TAKES_WELL = "it's 100% y=1 \\ *?[a] {größe} #;$x 😀"  # in a path of the working directory
DUCKDB_TAKES = "it's 100% y=1 * [a] {größe} #;$x 😀"


def run(*arguments: str, variables: dict[str, str] | None = None, cwd: Path | None = None) -> Done:
    environment = {**with_our_code(), **(variables or {})}
    command = [sys.executable, "-m", "pipelines", *arguments]
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, timeout=60, encoding="utf-8", errors="replace"
    )


@pytest.fixture
def filled(standin: StandIn, log_in: LogIn) -> StandIn:
    standin.org.add_jobs(3, job_type="V2Ingest")
    standin.org.clock.advance(seconds=60)
    log_in(standin)
    return standin


@pytest.mark.long
def test_every_path_may_have_odd_characters_at_once(filled: StandIn, tmp_path: Path) -> None:
    """Those that dlt splices into SQL and templates, and those that DuckDB takes for patterns or columns."""
    data, current, database = tmp_path / f"dlt {TAKES_WELL}", tmp_path / DUCKDB_TAKES, f"{DUCKDB_TAKES}.duckdb"
    current.mkdir()
    shutil.copytree(".dlt", current / ".dlt")
    places = {"DLT_DATA_DIR": str(data), "DESTINATION__DUCKDB__CREDENTIALS": database, "HOME": str(current)}

    done = run("load", cwd=current, variables=places)

    assert (done.returncode, ": loaded into duckdb" in done.stdout) == (0, True), done.stderr
    assert Warehouse("duckdb", current / database).rows("jobs") == expected_rows(filled.org, "ingest")
    assert list((data / "salesforce_jobs").glob("run-*")) == []
    assert run("status", cwd=current, variables={**places, "TMPDIR": str(current)}).returncode == 0


def test_no_place_without_odd_characters_ends_with_2(filled: StandIn, tmp_path: Path) -> None:
    """Where neither the working directory nor the system's temporary folder will do."""
    for name in ("it's", "100%"):
        (tmp_path / name).mkdir()
    done = run("load", variables={"DLT_DATA_DIR": str(tmp_path / "100%"), "TMPDIR": str(tmp_path / "it's")})

    assert (done.returncode, done.stderr) == (
        2,
        f"dlt cannot work in '{tmp_path}/100%/salesforce_jobs' or \"{tmp_path}/it's\", because of characters such as '"
        " and % in these paths. Set DLT_DATA_DIR or TMPDIR to a folder without such characters in its path.\n",
    )
    assert filled.requests == []


NO_FILES = {
    "/proc/x.duckdb": "The folder /proc cannot be written (No such file or directory)",
    "/dev/null": "/dev/null is not a file, so it cannot be the DuckDB file.",
    ":memory:": "destination.duckdb.credentials is :memory:, so the DuckDB file would be gone after the run.",
    "": "destination.duckdb.credentials is empty.",
    "s3://bucket/jobs.duckdb": "destination.duckdb.credentials is an address",
    "md:jobs": "destination.duckdb.credentials is an address",
    "'jobs.duckdb'": "destination.duckdb.credentials begins or ends with a blank, a line break or a quote.",
    "jobs.duckdb\r": "destination.duckdb.credentials begins or ends with a blank, a line break or a quote.",
    "a?b.duckdb": "a?b.duckdb, because of the ? in its path.",
    "circle.duckdb": "circle.duckdb is not a file",
    "x" * 250: "is longer than 246 bytes. Set a shorter one",
    "\udcff.duckdb": "has characters that are not in this system's encoding",
    "Salesforce_Jobs.db": "The dataset salesforce_jobs and the DuckDB file ",
    "salesforce_jobs.v1.duckdb": "The dataset salesforce_jobs and the DuckDB file ",
    "salesforce_jobs_staging.duckdb": "The dataset salesforce_jobs_staging and the DuckDB file ",
}
NO_PLACES = [
    ({"DLT_DATA_DIR": "/proc/x"}, "The folder /proc/x/salesforce_jobs cannot be written (No such file or directory)"),
    (
        {"ALL_PROXY": "socks5://localhost:1", "NO_PROXY": ""},
        "ALL_PROXY names a socks5 proxy, which needs the Python pa",
    ),
    ({"http_proxy": "http://u:s3cret@h:port", "NO_PROXY": ""}, "http_proxy is not the address of a proxy."),
    *(({"DESTINATION__DUCKDB__CREDENTIALS": path}, said) for path, said in NO_FILES.items()),
]


@pytest.mark.parametrize(
    ("variables", "said"),
    [*NO_PLACES[1:2], *(pytest.param(*each, marks=pytest.mark.long) for each in (NO_PLACES[0], *NO_PLACES[2:]))],
)
def test_what_cannot_work_ends_with_2_before_any_call(
    variables: dict[str, str], said: str, filled: StandIn, tmp_path: Path
) -> None:
    """One line, which names the variable or the path, and no secret."""
    (tmp_path / "circle.duckdb").symlink_to("circle.duckdb")
    done = run("load", variables=variables)

    *progress, line = done.stderr.splitlines()
    assert (done.returncode, said in line, "s3cret" in line) == (2, True, False), line
    assert [text for text in progress if not text.startswith("Extract ")] == []
    assert filled.requests == []


@pytest.mark.long
def test_a_file_that_cannot_be_is_refused_by_what_reads_too(
    filled: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the same words as `load` does, and before any call."""
    (tmp_path / "circle.duckdb").symlink_to("circle.duckdb")
    for path, said in NO_FILES.items():
        monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", path)
        for command in (["load"], ["status"], ["sql", "select 1"])[: 1 if path.startswith("/proc") else 3]:
            assert (path, main(command)) == (path, 2)
            assert said in capsys.readouterr().err
    assert filled.requests == []


@pytest.mark.parametrize("dataset", ["information_schema", "Pg-Catalog", "system", "temp"])
def test_a_dataset_with_a_name_of_duckdbs_own_is_refused(
    dataset: str, filled: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing can be made in those, however the name is written. No call is made."""
    assert main(["load", "--dataset", dataset]) == 2
    assert " for itself. Use --dataset with another name.\n" in capsys.readouterr().err
    assert filled.requests == []


def test_a_folder_to_keep_that_dlt_cannot_work_in_is_refused(filled: StandIn) -> None:
    """It is asked for by name, so no other is taken."""
    done = run("load", "--keep-working-dir", "it's")

    assert (done.returncode, done.stderr.startswith("--keep-working-dir: dlt cannot work in ")) == (2, True)
    assert filled.requests == []


def test_an_encoding_without_the_characters_of_a_path_is_named(filled: StandIn, tmp_path: Path) -> None:
    """As cron and `env -i` have it on some systems."""
    posix = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

    done = run("load", variables={**posix, "DESTINATION__DUCKDB__CREDENTIALS": str(tmp_path / "größe.duckdb")})

    assert (done.returncode, "Set PYTHONUTF8=1." in done.stderr) == (2, True)
    assert filled.requests == []


@pytest.mark.long
def test_an_unknown_user_without_a_home_loads_or_is_told_what_to_set(filled: StandIn, tmp_path: Path) -> None:
    """Nothing is in the environment but the login; the folder of the program may not be written."""
    as_nobody = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups"]
    as_nobody += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]  # pytest's folders are closed
    if os.geteuid() or subprocess.run([*as_nobody, "true"], check=False, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("only root can become another user")
    own, login = tmp_path / "own", {key: text for key, text in os.environ.items() if key.startswith("SOURCES__")}
    own.mkdir()
    os.chown(own, 12345, 12345)
    bare = {**login, "PYTHONPATH": str(ROOT)}
    for data, database, code, said in (
        (own, own / "jobs.duckdb", 0, ""),
        (tmp_path, own / "jobs.duckdb", 2, f"The folder {tmp_path}/salesforce_jobs cannot be written (Permission deni"),
        (own, tmp_path / "jobs.duckdb", 2, f"The folder {tmp_path} cannot be written (Permission denied)"),
    ):
        asked = len(filled.requests)
        places = {"DLT_DATA_DIR": str(data), "DESTINATION__DUCKDB__CREDENTIALS": str(database)}
        done = subprocess.run(
            [*as_nobody, *LOAD], cwd=tmp_path, env=bare | places, capture_output=True, text=True, timeout=60
        )
        assert (done.returncode, said in done.stderr) == (code, True), done.stderr
        assert code == 0 or len(filled.requests) == asked


def test_the_demo_says_at_once_that_its_folder_cannot_be_written() -> None:
    """It waited for minutes."""
    done = run("demo", cwd=Path("/proc"))

    assert (done.returncode, done.stderr.startswith("The folder /proc cannot be written (")) == (2, True)


def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    """Such as that of a checkout that was moved."""
    command = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" -m pipelines status'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable], env=with_our_code(), capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (
        2,
        "The current folder does not exist any more. Change to another folder.\n",
    )


@pytest.mark.long
def test_load_is_done_though_nobody_reads_what_it_says(filled: StandIn) -> None:
    """Neither of it nor of its progress, as in `load 2>&1 | head -0`; the exit code is that of a closed pipe."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(LOAD, env=with_our_code(), stdout=writing, stderr=writing, timeout=60)
    os.close(writing)

    assert done.returncode == 141
    assert Warehouse("duckdb", Path("jobs_history.duckdb")).rows("jobs") == expected_rows(filled.org, "ingest")
    assert subprocess.run([*LOAD, "--full"], env=with_our_code(), preexec_fn=close_output, timeout=60).returncode == 0


def close_output() -> None:
    os.close(1)
    os.close(2)


@pytest.mark.long
def test_a_reader_that_stops_reading_does_not_hold_up_a_stop(filled: StandIn) -> None:
    """It has not closed the pipe; the program waits to write, and ends when it is told to."""
    assert run("load").returncode == 0
    query = "select * from range(1000000)"
    command = [sys.executable, "-m", "pipelines", "sql", "--format", "csv", query]
    with subprocess.Popen(command, env=with_our_code(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        while waiting(process.stdout.fileno()) < 60_000:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 130
        assert process.stderr.read() == b"Stopped. No rows are lost: the next run reads them again.\n"


def waiting(pipe: int) -> int:
    """The bytes in a pipe that nobody has read yet."""
    return int(struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))[0])


ENDS_SLOWLY = """
import atexit, os, runpy, signal, sys
atexit.register(os.kill, os.getpid(), signal.{name})
sys.argv.pop(0)
runpy.run_module("pipelines", run_name="__main__")
"""


@pytest.mark.parametrize("name", ["SIGTERM", pytest.param("SIGINT", marks=pytest.mark.long)])
def test_a_signal_after_the_end_changes_no_exit_code(name: str) -> None:
    """All is done: a scheduler must not be told that it was stopped."""
    command = [sys.executable, "-c", ENDS_SLOWLY.format(name=name), "pipelines", "status"]
    done = subprocess.run(command, env=with_our_code(), capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("Nothing was loaded")


STOPPED_AT = """
import os, runpy, signal, sys
def hear(event, arguments):
    if event == "import" and arguments[0] == {module!r}:
        os.kill(os.getpid(), signal.SIGINT)
sys.addaudithook(hear)
sys.argv.pop(0)
runpy.run_module("pipelines", run_name="__main__")
"""


@pytest.mark.parametrize(
    "module",
    [
        "dlt.destinations.impl.bigquery.configuration",
        *(
            pytest.param(name, marks=pytest.mark.long)
            for name in ("jobs_source.commands.process", "argparse", "dlt", "duckdb", "pyarrow", "rich.console")
        ),
    ],
)
def test_ctrl_c_while_modules_are_imported_ends_with_130(module: str) -> None:
    """In the first second, and without a traceback, also where Python wraps the exception in another one."""
    command = [sys.executable, "-c", STOPPED_AT.format(module=module), "pipelines", "sql", "select 1"]
    done = subprocess.run(command, env=with_our_code(), capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (130, "", False), done.stderr


@pytest.mark.long
def test_progress_fits_into_a_narrow_terminal(filled: StandIn) -> None:
    """A line that is longer than the terminal is wide would scroll with each update."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 20, 0, 0))
    process = subprocess.Popen(LOAD, env={**with_our_code(), "TERM": "xterm"}, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 10_000):
            shown += piece
    except OSError:  # its end, as Linux says it
        pass
    os.close(ours)

    assert process.wait(60) == 0
    lines = [line.partition("\033[K")[0] for line in shown.decode().split("\r") if "\033[K" in line]  # no warnings
    assert max(map(len, lines)) == 19
    assert "\n" not in "".join(lines)
