"""
Runs without a process, sockets and destination, so that thousands of histories take a minute.

What dlt does around a walk is done here in memory: a run begins with the state that was loaded last, state and rows
count once all of the walk is loaded, a merge replaces what is stored.
"""

import copy
from datetime import timedelta
from typing import Any, NamedTuple, Union

from jobs_source.exceptions import SalesforceJobsError
from jobs_source.options import plan_walks
from jobs_source.resources.hints import column_hints
from jobs_source.resources.job_walk import JobWalk
from jobs_source.schema import JOBS
from jobs_source.standin import Clock, Org
from tests.conftest import START
from tests.simulation.bare_walk import OrgClient, take_rows, without_threads
from tests.simulation.history import JOB_TYPES, Meanwhile, Row, Step, Wait, Walk
from tests.simulation.recording_standin import FAULTS, SURVIVED, RecordingStandIn
from tests.simulation.run_options import FILTERS, Choose, FullLoads, listed


class Run(NamedTuple):
    """
    One run: what goes on meanwhile, which fault meets request *at*, and how it ends.

    *ends* is done, killed (at request *at*), unloaded (killed after extract) or half (killed after some rows went in).
    """

    is_full: bool = False
    meanwhile: tuple[Meanwhile, ...] = ()
    fault: str = ""
    at: int = 1
    ends: str = "done"


class Setup(NamedTuple):
    jobs: int = 0
    page_size: int = 2
    table: str = "jobs"
    has_whole_seconds: bool = False
    is_shifting: bool = False
    shows_query_jobs: bool = False
    full_load_every_hours: float = 24
    batch_rows: int = 3
    reads_far_ahead: bool = False
    pages_ahead: int = 1
    guess_seed: int = 0
    locator_form: str = "offset"
    locators_answered: str = "any"
    past_end: str = "empty"


class History(NamedTuple):
    setup: Setup
    steps: tuple[Union[Step, Run, Choose], ...]


class RunKilledError(BaseException):
    """Nothing in the product may catch it."""


def kill() -> None:
    raise RunKilledError


class Package(NamedTuple):
    """What a walk has left for the destination, with the state that goes with it."""

    rows: list[Row]
    state: dict[str, Any]
    walk: Walk
    is_full: bool
    filters: int


class InMemoryRuns:
    """One org, one table, and the runs between them."""

    def __init__(self, setup: Setup) -> None:
        org = Org(seed=1, clock=Clock(START, frozen=True))
        types: tuple[str, ...] = ("V2Query",) if setup.table == "query_jobs" else JOB_TYPES
        for number in range(setup.jobs):
            created = START - timedelta(hours=number % 4)
            org.add_jobs(1, job_type=types[number % len(types)], state="InProgress", created=created)
        org.page_size, org.shifting = setup.page_size, setup.is_shifting
        org.ingest_shows_query_jobs = setup.shows_query_jobs
        org.locator_form, org.locators_answered = setup.locator_form, setup.locators_answered
        org.past_end = setup.past_end
        self._standin, self._setup = RecordingStandIn(org), setup
        self._standin.job_types = types
        self._standin.has_whole_seconds = setup.has_whole_seconds
        self._model = self._standin.models[setup.table]
        self._table: dict[str, Row] = {}
        self._state: dict[str, Any] = {}
        self._filters, self._is_query = 0, setup.table == "query_jobs"
        self._full_loads = FullLoads(self._is_query, setup.full_load_every_hours)

    def go_through(self, history: History) -> None:
        """Go through *history*, then through one quiet run; the table is checked after each."""
        for step in history.steps:
            if isinstance(step, Run):
                self._run(step)
                self._model.check(list(self._table.values()))
            elif isinstance(step, Choose):
                self._filters = step.filters
            else:
                self._standin.let_pass([step])
        self._standin.let_pass([Wait(1.0)])
        self._run(Run(self._setup.is_shifting))
        self._model.check_quiet(list(self._table.values()), listed(self._standin.org, self._is_query, self._filters))

    def _run(self, run: Run) -> None:
        self._standin.begin_run(run.meanwhile)
        ordered = FAULTS.get(run.fault) if run.ends != "killed" else {"kind": "call", "do": kill}
        fault = self._standin.misbehave(**ordered, at=run.at, path="jobs/") if ordered else None
        state = copy.deepcopy(self._state)
        try:
            rows = self._extract(run, state)
        except (RunKilledError, SalesforceJobsError) as error:
            if fault is None or not fault.fired or (run.fault in SURVIVED and not isinstance(error, RunKilledError)):
                raise
            return
        package = self._pack(run, rows, state)
        if run.ends == "half":
            self._merge(package.rows[::2])
        if run.ends in ("unloaded", "half"):
            self._model.attempt(package.walk)
        else:
            self._load(package)

    def _extract(self, run: Run, state: dict[str, Any]) -> list[Row]:
        with without_threads(self._setup.batch_rows, self._setup.reads_far_ahead, self._setup.guess_seed):
            return take_rows(OrgClient(self._standin), self._job_walk(run.is_full), state)

    def _job_walk(self, is_full: bool) -> JobWalk:
        hours = 0 if is_full else self._setup.full_load_every_hours
        return plan_walks("64.0", *FILTERS[self._filters], None, hours, self._setup.pages_ahead)[self._is_query]

    def _pack(self, run: Run, rows: list[Row], state: dict[str, Any]) -> Package:
        walk = self._standin.walk(self._job_walk(run.is_full).table.endpoint)
        is_full = run.is_full or self._full_loads.is_due(walk.began, self._filters)
        return Package(rows, state, walk, is_full, self._filters)

    def _load(self, package: Package) -> None:
        self._merge(package.rows)
        self._state = package.state
        self._model.commit(package.walk, package.is_full)
        self._full_loads.note(package.walk.began, package.filters, package.is_full)

    def _merge(self, rows: list[Row]) -> None:
        """Replace what is stored; of several rows of one job the first goes in, unless the column's hint says which."""
        if column_hints(JOBS)["system_modstamp"].get("dedup_sort") == "desc":
            rows = sorted(rows, key=lambda row: row["system_modstamp"], reverse=True)
        self._table.update({row["id"]: row for row in reversed(rows)})
