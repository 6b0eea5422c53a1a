"""
The whole pipeline into DuckDB, killed for real: SIGKILL in extract, normalize, load, between them, and at a request.

`doomed.py` counts what the process does to the world and kills it at a drawn number; what the org does meanwhile and
afterwards is drawn too. The runs that live on are held against the model of `history.py`.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from dlt.common.configuration.container import Container
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext
from dlt.common.storages.load_package import PackageStorage
from dlt.pipeline.exceptions import PipelineStepFailed
from hypothesis import strategies as st

from jobs_source.standin import Clock, Org, StandIn
from pipelines.load import load
from tests.conftest import ROOT, START
from tests.expected import expected_rows
from tests.history import CHANGES, JOB_TYPES, MEANWHILE, PAUSES, Meanwhile, Step, Wait, Walk, explore, often
from tests.warehouses import Warehouse
from tests.witness import FAULTS, Witness

LogIn = Callable[..., None]
LISTINGS = {"jobs": "jobs/ingest", "query_jobs": "jobs/query"}
TOUCHES = {"extract": 50, "normalize": 55, "load": 125, "between": 20}
"""How many things a run does in each step, more or less; past the last it is killed at the step's end."""


class Kill(NamedTuple):
    """What comes before a run and meanwhile, and where it ends: at thing *number* of *step*, or at that request."""

    before: tuple[Step, ...]
    meanwhile: tuple[Meanwhile, ...]
    fault: str
    step: str
    number: int
    delay_ms: float


class KilledHistory(NamedTuple):
    """*is_first*: no run before the first kill. *after*: what happens between the last kill and the next run."""

    jobs: int
    is_first: bool
    has_whole_seconds: bool
    is_shifting: bool
    kills: tuple[Kill, ...]
    after: tuple[Step, ...]


STEPS = st.lists(often(CHANGES, CHANGES, PAUSES), min_size=1, max_size=5).map(lambda steps: (*steps, Wait(1.0)))


def kills(step: str) -> st.SearchStrategy[Kill]:
    return st.builds(
        Kill,
        STEPS,
        st.lists(MEANWHILE, max_size=2).map(tuple),
        st.sampled_from(("", "", "busy", "expired", "bad locator")),
        st.just(step),
        st.integers(1, TOUCHES.get(step, 6)),
        st.sampled_from((0.0, 0.0, 0.0, 1.0, 4.0, 20.0)),
    )


def histories(step: str) -> st.SearchStrategy[KilledHistory]:
    """One kill in *step*; now and then another before it, wherever."""
    earlier = st.sampled_from((*TOUCHES, "request")).flatmap(kills)
    return st.builds(
        KilledHistory,
        st.sampled_from((9, 5, 12)),
        st.booleans(),
        st.booleans(),
        st.sampled_from((False, False, True)),
        often(st.just(()), st.just(()), st.just(()), st.tuples(earlier)).flatmap(
            lambda before: kills(step).map(lambda last: (*before, last))
        ),
        STEPS,
    )


class RealLife:
    """An org behind HTTP, the program in a folder of its own, and a DuckDB file."""

    def __init__(self, history: KilledHistory, folder: Path) -> None:
        org = Org(seed=1, clock=Clock(START, frozen=True))
        for number in range(history.jobs):
            created = START - timedelta(hours=number % 4)
            org.add_jobs(1, job_type=JOB_TYPES[number % len(JOB_TYPES)], state="InProgress", created=created)
        org.page_size, org.shifting = 3, history.is_shifting
        self._witness, self._history, self._folder = Witness(org), history, folder
        self._witness.has_whole_seconds = history.has_whole_seconds
        self._left: dict[str, Walk] = {}
        self._warehouse = Warehouse("duckdb", folder / "jobs_history.duckdb")

    def live(self) -> None:
        """Go through the history, then through one quiet run; the tables are checked after each run that ended well."""
        with self._witness, pytest.MonkeyPatch.context() as monkeypatch:
            self._move_in(monkeypatch)
            self._witness.live([Wait(5.0)])
            if not self._history.is_first:
                self._run()
            for kill in self._history.kills:
                self._witness.live(kill.before)
                self._doom(kill)
            self._witness.live(self._history.after)
            self._run()
            self._witness.live([Wait(1.0)])
            self._run(is_full=self._history.is_shifting)
            self._check_quiet()
            assert self._witness.unexpected == []

    def _move_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        shutil.copytree(".dlt", self._folder / ".dlt")
        monkeypatch.chdir(self._folder)
        monkeypatch.setenv("DLT_DATA_DIR", str(self._folder / "dlt"))
        section = "SOURCES__JOBS_SOURCE__CREDENTIALS__"
        monkeypatch.setenv(f"{section}INSTANCE_URL", self._witness.url)
        monkeypatch.setenv(f"{section}CLIENT_ID", self._witness.org.client_id)
        monkeypatch.setenv(f"{section}CLIENT_SECRET", self._witness.org.client_secret)
        Container()[PluggableRunContext].reload(str(self._folder))

    def _doom(self, kill: Kill) -> None:
        """Have the real program killed. Where it has ended before the drawn request, that was a good run."""
        self._witness.begin_run(kill.meanwhile)
        if kill.fault:
            self._witness.misbehave(**FAULTS[kill.fault], at=2, path="jobs/ingest")
        is_request = kill.step == "request"
        own = ["pipelines"] if is_request else ["tests.doomed", kill.step, str(kill.number), str(kill.delay_ms)]
        process = subprocess.Popen(
            [sys.executable, "-m", *own, "load", "--json"],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if is_request:
            self._witness.misbehave("call", at=kill.number, path="jobs/", do=process.kill)
        said, errors = process.communicate(timeout=120)
        if process.returncode == 0 and is_request:
            self._commit(json.loads(said), is_full=False)
            return
        assert process.returncode == -signal.SIGKILL, f"{process.returncode}: {said}{errors}"
        walks = {table: self._witness.walk(listing) for table, listing in LISTINGS.items()}
        if all(walk.is_whole for walk in walks.values()):
            self._left = walks
        for table, walk in walks.items():
            self._witness.models[table].attempt(walk)

    def _run(self, is_full: bool = False) -> None:
        """Run in this process, which is seconds cheaper; nothing may have stayed behind that stops it."""
        self._witness.begin_run()
        self._commit(asdict(load(full=is_full)), is_full)

    def _commit(self, summary: dict[str, Any], is_full: bool) -> None:
        """Check the tables after a good run; the package that it loaded first is that of the last whole walk."""
        for table, listing in LISTINGS.items():
            model = self._witness.models[table]
            if summary["loaded_pending"]:
                model.commit(self._left[table], is_full=False)
            model.commit(self._witness.walk(listing), is_full)
            model.check(self._warehouse.rows(table))
        ((runs, distinct),) = self._warehouse.query("select count(*), count(distinct run_id) from runs")
        assert runs == distinct, "a walk is in runs twice"

    def _check_quiet(self) -> None:
        org = self._witness.org
        listed = {"jobs": expected_rows(org, "ingest"), "query_jobs": expected_rows(org, "query", job_type="V2Query")}
        for table, rows in listed.items():
            self._witness.models[table].check_quiet(self._warehouse.rows(table), rows)


def live(history: KilledHistory) -> None:
    with tempfile.TemporaryDirectory() as folder:
        RealLife(history, Path(folder)).live()


@pytest.mark.parametrize(
    ("step", "examples"),
    [(step, 3 if step in ("normalize", "load") else 2) for step in (*TOUCHES, "request")]
    + [pytest.param(step, 60, marks=pytest.mark.long) for step in (*TOUCHES, "request")],
)
def test_a_run_that_is_killed_loses_nothing_and_doubles_nothing(
    step: str, examples: int, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wherever SIGKILL comes, the next run goes through, and after a quiet one the tables are what the org lists."""
    said = explore(request, histories(step), examples, live, is_costly=True)
    with capsys.disabled():
        print(f"\nkilled in {step}: {said}", file=sys.stderr)


@pytest.mark.parametrize("is_begun", [False, True])
def test_a_package_that_was_normalized_and_not_cleared_is_loaded(
    is_begun: bool, standin: StandIn, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before or while dlt deletes what a normalized package was made from, the next run loads that package."""
    standin.org.add_jobs(20, created=standin.org.clock.now() - timedelta(hours=2))
    standin.org.clock.advance(seconds=5)
    log_in(standin)

    def stop(storage: PackageStorage, load_id: str, not_exists_ok: bool = False) -> None:
        if not not_exists_ok:
            if is_begun:
                storage.storage.delete_folder(str(Path(load_id, "new_jobs")), recursively=True)
            raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises((PipelineStepFailed, KeyboardInterrupt)):
        patched.setattr(PackageStorage, "delete_package", stop)
        load()

    assert load().loaded_pending
    tables = Warehouse("duckdb", Path("jobs_history.duckdb"))
    assert tables.rows("jobs") == expected_rows(standin.org, "ingest")
    assert tables.rows("query_jobs") == expected_rows(standin.org, "query", job_type="V2Query")
