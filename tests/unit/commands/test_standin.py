"""`standin`: the stand-in org as a command, the same program as `python -m jobs_source.standin`."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from jobs_source.commands.parser import main
from jobs_source.standin import StandIn
from jobs_source.standin import __main__ as program
from tests.conftest import with_our_code

SPELLINGS = [["pipelines", "standin"], ["jobs_source.standin"]]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_both_spellings_serve_until_ctrl_c(spelling: list[str], tmp_path: Path) -> None:
    """As a process of its own, with every kind of option: it names keys of a login that works, and ends with 0."""
    command = [
        sys.executable,
        "-m",
        *spelling,
        "--port",
        "0",
        "--jobs",
        "3",
        "--write-keys",
        str(tmp_path),
        "--shifting",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=with_our_code(), text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(12)]
        keys = dict(re.findall(r'^(\w+) = "(.*)"$', "".join(lines), re.MULTILINE))
        answer = requests.get(
            f"{keys['instance_url']}/services/data/v64.0/jobs/ingest",
            headers={"Authorization": f"Bearer {keys['access_token']}"},
            timeout=10,
        )
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()

    assert lines[0] == f"A stand-in org with 3 jobs listens at {keys['instance_url']} until Ctrl-C.\n"
    assert keys["private_key_path"] == str(tmp_path / "standin-private-key.pem")
    assert (answer.status_code, answer.json()["done"]) == (200, True)
    assert rest.endswith("Stopped after 1 request.\n")
    assert process.returncode == 0


@pytest.mark.parametrize("port", ["99999", "-1", "x", ""])
def test_a_port_that_is_none_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In both spellings, with exit code 2 and one sentence, before anything listens."""
    for start in (lambda: main(["standin", f"--port={port}"]), lambda: program.main([f"--port={port}"])):
        with pytest.raises(SystemExit) as ended:
            start()
        assert ended.value.code == 2
        said = capsys.readouterr().err.splitlines()[-1]
        assert said.endswith(f": error: argument --port: {port!r} is not a port: that is a number from 0 to 65535")


@pytest.mark.parametrize(
    "option", ["--jobs=-5", "--jobs=1e3", "--jobs=99999999999", "--latency-ms=-1", "--latency-ms=nan"]
)
def test_a_number_that_cannot_be_is_refused(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An org of fewer than no jobs is a mistake, and one of very many would fill the memory."""
    with pytest.raises(SystemExit) as ended:
        main(["standin", "--port=0", option])
    name, _, number = option.partition("=")
    assert ended.value.code == 2
    assert f" error: argument {name}: {number!r} is not a number of " in capsys.readouterr().err


def test_help_is_the_same_but_for_the_name(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """So both have the same options."""
    monkeypatch.setenv("COLUMNS", "1000")
    shown = []
    for start in (lambda: main(["standin", "--help"]), lambda: program.main(["--help"])):
        with pytest.raises(SystemExit):
            start()
        shown.append(capsys.readouterr().out)
    name = re.match(r"usage: (.* standin) ", shown[0])
    assert name is not None
    assert shown[0].replace(name[1], "python -m jobs_source.standin") == shown[1]


def test_a_port_that_is_taken_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2."""
    with StandIn() as running, pytest.raises(SystemExit) as ended:
        main(["standin", "--port", running.url.rpartition(":")[2]])
    assert ended.value.code == 2
    assert "is in use; --port 0 takes any free one" in capsys.readouterr().err
