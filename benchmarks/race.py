"""Runs the cases: every competitor in turn, again and again, each run a process of its own, each result checked."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks import data
from benchmarks.cases import Case
from benchmarks.competitors import COMPETITORS, ROOT, Competitor


class Run(NamedTuple):
    """
    One run of one competitor: seconds by the clock and of processor time (all its threads and children), the most
    memory that it held in bytes, and what it asked of the server. The load average is that of the minute before
    it began, to which the runs before it add.
    """

    competitor: str
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    calls: int
    wire_bytes: int
    load_average: float


class WrongAnswerError(Exception):
    """A competitor failed, or its table does not hold what the server served."""


class Server:
    """The server of the race, in a process of its own."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def control(self, case: Case, state: str) -> dict[str, int]:
        """Put the org into a condition; return the calls and bytes since the last time."""
        query = f"jobs={case.jobs}&state={state}&latency_ms={case.latency_ms}&gzip={int(case.gzip)}"
        with urllib.request.urlopen(f"{self.url}/control?{query}") as answer:
            counts: dict[str, int] = json.load(answer)
            return counts


@contextmanager
def start_server() -> Iterator[Server]:
    """Start the server and stop it afterwards."""
    command = [sys.executable, "-m", "benchmarks.server"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdin and process.stdout
    try:
        yield Server(int(process.stdout.readline()))
    finally:
        process.stdin.close()
        process.wait()


class Race:
    """
    One race on one server, in one folder of scratch.

    A competitor always runs in the folder `run`, so that nothing it remembers of paths can be wrong; what its first
    load left there is kept beside it and copied back before each run that goes on top.
    """

    def __init__(self, server: Server, scratch: Path) -> None:
        self._server, self._scratch, self._folder = server, scratch, scratch / "run"
        self._served: dict[tuple[int, str], Any] = {}

    def run_case(self, case: Case, repeats: int) -> Iterator[Run]:
        """Yield the runs of *case*, interleaved; each second turn backwards: nobody always follows the same."""
        for name in case.competitors if case.state != "first" else ():
            if not self._base(name, case).exists():
                self._run(COMPETITORS[name].starts_as or name, case, "first")
        for turn in range(repeats):
            for name in case.competitors[:: -1 if turn % 2 else 1]:
                yield self._run(name, case, case.state)

    def forget(self) -> None:
        """Throw away the first loads."""
        for base in self._scratch.glob("base-*"):
            shutil.rmtree(base)

    def _base(self, name: str, case: Case) -> Path:
        return self._scratch / f"base-{COMPETITORS[name].starts_as or name}-{case.jobs}"

    def _run(self, name: str, case: Case, state: str) -> Run:
        competitor, base, load_average = COMPETITORS[name], self._base(name, case), os.getloadavg()[0]
        shutil.rmtree(self._folder, ignore_errors=True)
        if state == "first" or not competitor.database:
            competitor.prepare(self._folder)
        else:
            shutil.copytree(base, self._folder)
        self._server.control(case, state)
        usage = measure(competitor.arguments(self._server.url), competitor, self._server.url, self._folder)
        counts = self._server.control(case, state)
        self._check(competitor, case, state)
        if state == "first":
            shutil.rmtree(base, ignore_errors=True)
            self._folder.rename(base)
        return Run(name, *usage, counts["calls"], counts["bytes"], load_average)

    def _check(self, competitor: Competitor, case: Case, state: str) -> None:
        if not competitor.database:
            return
        key = (case.jobs, state)
        if key not in self._served:
            self._served[key] = _figures("served", self._server.url)
        loaded = _figures("loaded", str(self._folder / competitor.database), competitor.table)
        if loaded != self._served[key]:
            raise WrongAnswerError(
                f"{competitor.label} has {loaded}, and {self._served[key]} was served ({case.title})"
            )
        if competitor.most_results:
            self._check_results(competitor, case, state)

    def _check_results(self, competitor: Competitor, case: Case, state: str) -> None:
        found = _figures("looked-up", str(self._folder / competitor.database))
        due = min(data.count_finished(case.jobs, state), competitor.most_results)
        if found["rows"] != due:
            raise WrongAnswerError(f"{competitor.label} has {found['rows']} results, and {due} were due ({case.title})")


def measure(arguments: Sequence[str], competitor: Competitor, url: str, folder: Path) -> tuple[float, float, int]:
    """
    Run a command and return its seconds by the clock, its processor seconds and its peak memory in bytes.

    Linux counts the memory of whoever starts a process as its least peak, so nothing big is imported here.
    """
    with (folder / "output.txt").open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            arguments, cwd=folder, env=competitor.variables(url, folder), stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        said = (folder / "output.txt").read_text(errors="replace")
        raise WrongAnswerError(f"{competitor.label} ended with {process.returncode}:\n{said[-3000:]}")
    kilobyte: Final = 1 if sys.platform == "darwin" else 1024
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * kilobyte


def _figures(*arguments: str) -> Any:
    command = [sys.executable, "-m", "benchmarks.check", *arguments]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)
