"""Runs that are killed for real: an org behind HTTP, the program in a folder of its own, and a DuckDB file."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Union

import dlt
import pytest

from jobs_source.runner.load import load
from jobs_source.standin import Clock, Org
from tests.conftest import START, with_our_code
from tests.simulation.history import JOB_TYPES, Meanwhile, Step, Wait, Walk
from tests.simulation.recording_standin import FAULTS, RecordingStandIn
from tests.simulation.run_options import FILTERS, Choose, FullLoads, listed
from tests.warehouses import Warehouse

LISTINGS = {"jobs": "jobs/ingest", "query_jobs": "jobs/query"}
SECTION = "SOURCES__JOBS_SOURCE__"


class Kill(NamedTuple):
    """What comes before a run and meanwhile, and where it ends: at thing *number* of *step*, or at that request."""

    before: tuple[Union[Step, Choose], ...]
    meanwhile: tuple[Meanwhile, ...]
    fault: str
    step: str
    number: int
    delay_ms: float
    is_full: bool


class KilledHistory(NamedTuple):
    """
    *is_first*: no run before the first kill. *after*: what happens between the last kill and the next run, which takes
    all if it *is_full*.
    """

    jobs: int
    is_first: bool
    has_whole_seconds: bool
    is_shifting: bool
    kills: tuple[Kill, ...]
    after: tuple[Union[Step, Choose], ...]
    is_full: bool


class Attempt(NamedTuple):
    """What a run was shown for each table, and what it was asked for; `runs` tells whether it was loaded."""

    walks: dict[str, Walk]
    filters: int
    is_full: bool


class KilledRuns:
    """
    One org, and the runs that are killed or live on.

    Attributes:
        processes_killed: Processes that SIGKILL has ended.
    """

    def __init__(self, history: KilledHistory, folder: Path) -> None:
        org = Org(seed=1, clock=Clock(START, frozen=True))
        for number in range(history.jobs):
            created = START - timedelta(hours=number % 4)
            org.add_jobs(1, job_type=JOB_TYPES[number % len(JOB_TYPES)], state="InProgress", created=created)
        org.page_size, org.shifting = 3, history.is_shifting
        self._standin, self._history, self._folder = RecordingStandIn(org), history, folder
        self._standin.has_whole_seconds = history.has_whole_seconds
        self._warehouse = Warehouse("duckdb", folder / "jobs_history.duckdb")
        self._full_loads = {table: FullLoads(table == "query_jobs") for table in LISTINGS}
        self._killed: list[Attempt] = []
        self._loaded: set[tuple[str, datetime]] = set()
        self._filters = 0
        self.processes_killed = 0

    def go_through(self) -> None:
        """Go through the history and one quiet run, a full one where rows may be hidden; each good run is checked."""
        with self._standin, pytest.MonkeyPatch.context() as self._monkeypatch:
            self._set_up_folder()
            self._let_pass([Wait(5.0)])
            if not self._history.is_first:
                self._run()
            for kill in self._history.kills:
                self._let_pass(kill.before)
                self._kill_a_run(kill)
            self._let_pass(self._history.after)
            self._run(self._history.is_full)
            if self._history.is_shifting and not self._history.is_full:
                self._let_pass([Wait(1.0)])
                self._run(is_full=True)
            for table, model in self._standin.models.items():
                rows = listed(self._standin.org, table == "query_jobs", self._filters)
                model.check_quiet(self._warehouse.rows(table), rows)
            assert self._standin.unexpected == []

    def _set_up_folder(self) -> None:
        shutil.copytree(".dlt", self._folder / ".dlt")
        self._monkeypatch.chdir(self._folder)
        self._monkeypatch.setenv("DLT_DATA_DIR", str(self._folder / "dlt"))
        self._monkeypatch.setenv(f"{SECTION}CREDENTIALS__INSTANCE_URL", self._standin.url)
        self._monkeypatch.setenv(f"{SECTION}CREDENTIALS__CLIENT_ID", self._standin.org.client_id)
        self._monkeypatch.setenv(f"{SECTION}CREDENTIALS__CLIENT_SECRET", self._standin.org.client_secret)
        dlt.current.run_context().reload()

    def _let_pass(self, steps: Iterable[Union[Step, Choose]]) -> None:
        """Let time pass, jobs change and filters be chosen."""
        for step in steps:
            if isinstance(step, Choose):
                self._choose(step.filters)
            else:
                self._standin.let_pass([step])

    def _choose(self, filters: int) -> None:
        types, chunking = FILTERS[filters]
        chosen = {
            "JOB_TYPES": ",".join(types or ()),
            "IS_PK_CHUNKING_ENABLED": "false" if chunking is False else "",
        }
        for key, value in chosen.items():
            self._monkeypatch.delenv(f"{SECTION}{key}", raising=False)
            if value:
                self._monkeypatch.setenv(f"{SECTION}{key}", value)
        self._filters = filters

    def _kill_a_run(self, kill: Kill) -> None:
        """Have the real program killed: by itself, or by the org at a request, or at its end where that never comes."""
        self._standin.begin_run(kill.meanwhile)
        if kill.fault:
            self._standin.misbehave(**FAULTS[kill.fault], at=2, path="jobs/ingest")
        program = ["tests.runs.self_killing_run", kill.step, str(kill.number), str(kill.delay_ms)]
        process = subprocess.Popen(
            [sys.executable, "-m", *program, "load", *(["--full"] if kill.is_full else [])],
            env=with_our_code(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if kill.step == "request":
            self._standin.misbehave("call", at=kill.number, path="jobs/", do=process.kill)
        said, errors = process.communicate(timeout=120)
        assert process.returncode == -signal.SIGKILL, f"{process.returncode}: {said}{errors}"
        self.processes_killed += 1
        self._killed.append(self._note(kill.is_full))

    def _run(self, is_full: bool = False) -> None:
        """Run in this process, which is seconds cheaper; nothing may have stayed behind that stops it."""
        self._standin.begin_run()
        load(full=is_full)
        rows = self._warehouse.query("select listing, started_at, is_full from runs")
        runs = {(listing, started_at): is_full for listing, started_at, is_full in rows}
        assert len(runs) == len(rows), "a walk is in runs twice"
        attempts = [*self._killed, self._note(is_full)]
        loaded = [attempt for attempt in attempts if ("jobs/ingest", attempt.walks["jobs"].began) in runs]
        assert loaded[-1:] == attempts[-1:], "a run that ended well is not in runs"
        for attempt in loaded:
            self._commit(attempt, runs)
        assert runs.keys() == self._loaded
        for table, model in self._standin.models.items():
            model.check(self._warehouse.rows(table))
        self._killed = []

    def _commit(self, attempt: Attempt, runs: dict[tuple[str, datetime], bool]) -> None:
        for table, walk in attempt.walks.items():
            run, full_loads = (LISTINGS[table], walk.began), self._full_loads[table]
            is_due = attempt.is_full or full_loads.is_due(walk.began, attempt.filters)
            # One that was killed before its state was written has the next one take all, whether or not it is due.
            assert runs[run] == is_due or (runs[run] and self._killed)
            full_loads.note(walk.began, attempt.filters, runs[run])
            self._standin.models[table].commit(walk, runs[run])
            self._loaded.add(run)

    def _note(self, is_full: bool) -> Attempt:
        walks = {table: self._standin.walk(listing) for table, listing in LISTINGS.items()}
        for table, walk in walks.items():
            self._standin.models[table].attempt(walk)
        return Attempt(walks, self._filters, is_full)
