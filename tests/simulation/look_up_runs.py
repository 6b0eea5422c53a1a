"""Runs with look-ups, without a process and sockets; what is due is asked of a real DuckDB."""

import copy
from datetime import timedelta
from random import Random
from typing import Any, NamedTuple, Union
from unittest.mock import patch

from jobs_source.exceptions import SalesforceJobsError
from jobs_source.options import plan_walks
from jobs_source.resources import results
from jobs_source.resources.changes import find_changes
from jobs_source.resources.look_up_plan import LookUpPlan
from jobs_source.resources.run_jobs import RunJobs
from jobs_source.resources.run_results import RunResults
from jobs_source.resources.states import Seen, StatesSeen
from jobs_source.schema import JOB_RESULTS
from jobs_source.standin import Clock, Org
from tests.conftest import START
from tests.simulation.bare_look_ups import Rows, collect, joined, with_state, without_look_up_threads
from tests.simulation.bare_walk import Cursor, without_threads
from tests.simulation.history import Meanwhile, Step, Wait
from tests.simulation.in_memory_client import InMemoryClient
from tests.simulation.in_memory_runs import RunKilledError, kill
from tests.simulation.kept import Kept
from tests.simulation.look_up_checks import LookUpChecks
from tests.simulation.look_up_standin import LOOK_UP_FAULTS, LookUpStandIn
from tests.simulation.recording_standin import FAULTS

TYPES = ("V2Ingest", "Classic", "V2Query", "Classic", "BigObjectIngest")
DAY = Wait(86_401.0)


WALK_FAULTS = {"walk ends": FAULTS["down"], "walk again": FAULTS["bad locator"]}


class LookUpRun(NamedTuple):
    """
    One run: what goes on meanwhile, which fault meets look-up *at*, and how it ends.

    *fault* is one of `LOOK_UP_FAULTS`, or of `WALK_FAULTS`, which meet request *at* of a walk. *ends* is done, killed
    (at look-up *at*), unloaded or half loaded (killed after the look-ups), or walked (killed before them; the jobs are
    loaded).
    """

    is_full: bool = False
    meanwhile: tuple[Meanwhile, ...] = ()
    fault: str = ""
    at: int = 1
    ends: str = "done"
    has_look_ups: bool = True


class Switch(NamedTuple):
    """From now on the org has the Bulk API 1.0 on or off."""

    is_on: bool


class LookUpSetup(NamedTuple):
    """
    *in_one_load*: jobs and results come in one load, as in a pipeline of one's own. *calls_a_day* is what
    `max_results_api_percent` allows of 10,000 calls, of which the org has used *api_used*.
    """

    jobs: int = 0
    most: int = 2_000
    calls_a_day: int = 10_000
    api_used: int = 0
    at_a_time: int = 3
    in_one_load: bool = False
    batch_rows: int = 3
    bulk_1_format: str = "asked"
    batches_stamp_job: bool = False
    full_load_every_hours: float = 24
    seed: int = 0


class LookUpHistory(NamedTuple):
    setup: LookUpSetup
    steps: tuple[Union[Step, LookUpRun, Switch], ...]


class LookUpRuns:
    """One org, its tables, and the runs between them."""

    def __init__(self, setup: LookUpSetup) -> None:
        org = Org(seed=1, clock=Clock(START, frozen=True))
        for number in range(setup.jobs):
            created = START - timedelta(hours=number % 4)
            org.add_jobs(1, job_type=TYPES[number % len(TYPES)], state="InProgress", created=created)
        org.page_size, org.api_limit, org.api_used = 4, 10_000, setup.api_used
        org.bulk_1_format, org.batches_stamp_job = setup.bulk_1_format, setup.batches_stamp_job
        self._standin, self._setup, self._kept = LookUpStandIn(org), setup, Kept()
        self._standin.job_types = TYPES
        self._states: dict[str, dict[str, Any]] = {"jobs": {}, "query_jobs": {}, JOB_RESULTS.name: {}}
        self._plan = LookUpPlan("64.0", setup.most, setup.calls_a_day / 100, setup.at_a_time)
        self._checks = LookUpChecks(self._standin, self._kept, setup.most, setup.calls_a_day, setup.in_one_load)

    def go_through(self, history: LookUpHistory) -> None:
        """Go through *history*, then through quiet runs until nothing is due; the tables are checked after each."""
        for step in history.steps:
            if isinstance(step, LookUpRun):
                self._run(step)
            elif isinstance(step, Switch):
                self._standin.org.bulk_1_off = None if step.is_on else 403
            else:
                self._standin.let_pass([step])
        self._calm_down()
        self._standin.end_batches()
        self._calm_down()
        self._checks.check_all_known()

    def _calm_down(self) -> None:
        """Make quiet runs until nothing is due. Where a limit stops one, the next one comes a day later."""
        org = self._standin.org
        org.bulk_1_off = None
        for _ in range(len(org.jobs) + 30):
            org.api_used = 0
            self._standin.let_pass([Wait(5.0)])
            self._run(LookUpRun())
            if self._checks.is_settled():
                return
            if not self._checks.may_go_on():
                self._standin.let_pass([DAY])
        raise AssertionError("jobs stay due, however many runs there are")

    def _run(self, run: LookUpRun) -> None:
        self._standin.begin_run(run.meanwhile)
        self._standin.asked.clear()
        fault = self._order_fault(run)
        client, run_jobs, states = InMemoryClient(self._standin), RunJobs(self._setup.most), copy.deepcopy(self._states)
        try:
            walked = self._walk(client, run, run_jobs, states)
        except SalesforceJobsError:
            assert fault and fault.fired and run.fault == "walk ends"
            return
        if not self._setup.in_one_load:
            self._load(walked, states, "jobs", "query_jobs")
        if run.ends == "walked" or not run.has_look_ups:
            return
        now, due = client.now, self._checks.find_due(client.now, walked)
        try:
            found = self._look_up(client, run_jobs, states)
        except RunKilledError:
            return
        if run.ends == "done":
            self._load(found if not self._setup.in_one_load else joined(walked, found), states, *states)
            self._checks.check_run(due, now, is_quiet=not run.fault and not run.meanwhile)
        elif run.ends == "half":
            self._kept.merge(JOB_RESULTS.name, found.get(JOB_RESULTS.name, [])[::2])

    def _order_fault(self, run: LookUpRun) -> Any:
        if run.ends == "killed":
            return self._standin.misbehave("call", at=run.at, path="/750", do=kill)
        if run.fault in WALK_FAULTS:
            return self._standin.misbehave(**WALK_FAULTS[run.fault], at=run.at, path="jobs/ingest")
        return self._standin.misbehave(**LOOK_UP_FAULTS[run.fault], at=run.at, path="/750") if run.fault else None

    def _walk(self, client: Any, run: LookUpRun, run_jobs: RunJobs, states: dict[str, Any]) -> Rows:
        seen, found = Seen(), Rows()
        for walk in plan_walks("64.0", None, None, None, 0 if run.is_full else self._setup.full_load_every_hours):
            state = states[walk.table.name]
            with without_threads(self._setup.batch_rows, False), with_state(state), run_jobs.walks.under_way():
                watchers = (StatesSeen(seen, walk.table.name), run_jobs)
                for part in find_changes(client, walk, Cursor(state), *watchers):  # type: ignore[arg-type]
                    collect(found, walk.table.name, [part.jobs, *part.others])
        return found

    def _look_up(self, client: Any, run_jobs: RunJobs, states: dict[str, Any]) -> Rows:
        found, random = Rows(), Random(self._setup.seed)
        with (
            with_state(states[JOB_RESULTS.name]) as metrics,
            without_look_up_threads(random),
            patch.object(results, "open_kept_tables", self._kept.open),
            patch.object(results, "BATCH_RESULTS", self._setup.batch_rows),
        ):
            items = results.look_up_due_jobs(client, self._plan, run_jobs, RunResults())
            collect(found, JOB_RESULTS.name, items)
        assert not any("Unexpected" in error for error in metrics["errors"])
        return found

    def _load(self, rows: Rows, states: dict[str, Any], *names: str) -> None:
        for name, new in rows.items():
            self._kept.merge(name, new)
        self._states |= {name: states[name] for name in names}
        if "jobs" in names:
            self._checks.note_walks()
