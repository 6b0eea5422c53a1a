"""What `load` and `status` show on terminals, and with encodings, of several kinds."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from unittest.mock import Mock

import pytest

from jobs_source.commands.parser import main
from jobs_source.exceptions import AlreadyRunningError
from jobs_source.standin import StandIn
from tests.conftest import with_our_code
from tests.shown_tables import runs_shown
from tests.unit.runner.test_summary import PLAIN


def test_a_load_and_its_status_are_in_colours_on_a_terminal_only(standin: StandIn, log_in: Callable[..., None]) -> None:
    """As processes of their own, on a terminal of 40 columns: every line of a table fits into it."""
    standin.org.add_jobs(30, job_type="V2Ingest", state="Open")
    standin.org.clock.advance(seconds=5)
    log_in(standin)

    coloured = [on_a_terminal("load"), on_a_terminal("status", "--max-age", "9e5")]
    bare = [on_a_terminal("status", NO_COLOR="1"), on_a_terminal("status", TERM="dumb"), in_a_pipe("status")]

    assert ["\x1b[32mok" in shown for shown in coloured] == [True, True]
    assert ["\x1b" in shown for shown in bare] == [False] * 3
    note, *table = re.sub(r"\x1b\[\d*m", "", coloured[0].rpartition("\x1b[K")[2]).splitlines()
    assert note.startswith(f"org {standin.org.org_id}: loaded into duckdb (salesforce_jobs); full load; ")
    figures = dict(re.split(" {2,}", line.strip(), maxsplit=1) for line in table)
    assert float(figures.pop("seconds")) > 0
    assert figures == {"jobs listed": "30", "new": "30", "changed": "0", "calls": "2", "result": "ok"}
    lines = [line for shown in bare[:2] for line in shown.splitlines()]
    assert max(len(line) for line in (*table, *lines)) <= 40
    assert "started (UTC)     list         listed" in bare[2]


def in_a_pipe(*arguments: str) -> str:
    """Run the real program, and return what somebody reads who is no terminal."""
    command = [sys.executable, "-m", "pipelines", *arguments]
    return subprocess.run(command, env=with_our_code(), capture_output=True, text=True, timeout=60, check=True).stdout


def on_a_terminal(*arguments: str, **variables: str) -> str:
    """Run the real program with a terminal of 40 columns, and return what it shows there."""
    environment = {name: text for name, text in with_our_code().items() if name not in ("NO_COLOR", "COLUMNS")}
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "pipelines", *arguments],
        env={**environment, "TERM": "xterm", **variables},
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # the end of a terminal, as Linux says it
        while piece := os.read(ours, 10_000):
            shown += piece
    os.close(ours)
    assert process.wait(60) == 0
    return shown.decode()


@pytest.mark.parametrize(
    ("second", "exit_code", "result", "said"),
    [
        (KeyboardInterrupt(), 130, "stopped", "b: Stopped. No rows are lost: the next run reads them again."),
        (AlreadyRunningError("Wait."), 4, "another run is under way", "b: Wait."),
    ],
)
def test_orgs_that_are_loaded_are_in_the_table_whatever_comes_after_them(
    second: BaseException,
    exit_code: int,
    result: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Their figures stand nowhere else. After a stop no further org is tried."""
    third = replace(PLAIN, org="c", org_id="00DRm0000scM9PKMA0")
    monkeypatch.setattr("jobs_source.commands.load.load", Mock(side_effect=[replace(PLAIN, org="a"), second, third]))

    assert main(["load", "--org", "a", "--org", "b", "--org", "c"]) == exit_code

    shown = capsys.readouterr()
    rows = [(row["org"], row.get("jobs listed"), row["result"]) for row in runs_shown(shown.out)]
    assert rows[:2] == [("a", "25,000", "ok"), ("b", None, result)]
    assert rows[2:] == ([] if exit_code == 130 else [("c", "25,000", "ok")])
    assert said in shown.err.splitlines()


def test_a_poor_encoding_does_no_harm_to_a_table() -> None:
    """As a process of its own with ASCII: the name of an org has a letter that it lacks, two bytes long."""
    poor = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-c", LOADS_ZURICH, "pipelines", "load", "--org", "Zürich", "--org", "b"]

    done = subprocess.run(command, env={**with_our_code(), **poor}, capture_output=True, timeout=60)

    lines = done.stdout.decode("ascii").splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["Z??rich", "b", "org", "Z??rich", "b"]
    assert (done.returncode, done.stderr) == (0, b"")


LOADS_ZURICH = """
import runpy, sys
import jobs_source.commands.load as commands
from dataclasses import replace
from tests.unit.runner.test_summary import PLAIN
commands.load = lambda org, **_: replace(PLAIN, org=org, org_id=org)
sys.argv.pop(0)
runpy.run_module("pipelines", run_name="__main__")
"""
