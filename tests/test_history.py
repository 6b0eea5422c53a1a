"""
Walk, filter and cursor through random histories: whatever happens, the table holds what the model says.

Everything runs in this process, without sockets and destination, so that thousands of histories take a minute. What
dlt does around the walk is played here: state and rows count once all of the walk is extracted, a merge replaces what
is stored, a package that was not loaded goes before the next walk. `test_kills.py` does it for real.
"""

import copy
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Optional, Union
from unittest.mock import patch

import dlt
import hypothesis
import pytest
import requests
from hypothesis import strategies as st

from jobs_source import changes, listing
from jobs_source.changes import JobTable, find_changes
from jobs_source.exceptions import ApiError, ConnectionFailed, SalesforceJobsError, SessionExpired
from jobs_source.login import Login
from jobs_source.parameters import make_tables
from jobs_source.resources import job_columns
from jobs_source.settings import LAG_SECONDS
from jobs_source.standin import Clock, Org
from jobs_source.standin.messages import Headers, Request
from tests.conftest import START
from tests.expected import expected_rows
from tests.history import CHANGES, JOB_TYPES, MEANWHILE, WAITS, Meanwhile, Row, Step, Wait, Walk, Witness, often

FILTERS: tuple[tuple[Optional[list[str]], Optional[bool]], ...] = (
    (None, None),
    (["V2Ingest"], None),
    (["Classic", "V2Ingest"], None),
    (["BigObjectIngest", "Classic", "V2Ingest"], None),
    (None, False),
)
FAULTS: dict[str, dict[str, Any]] = {
    "busy": {"kind": "status"},
    "down": {"kind": "status", "times": None},
    "reset": {"kind": "reset"},
    "expired": {"kind": "expired_token"},
    "bad locator": {
        "kind": "status",
        "status": 400,
        "body": [{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}],
    },
    "no link": {"kind": "replace_json", "transform": lambda page: {"done": False, "records": page["records"]}},
    "no records": {"kind": "replace_json", "transform": lambda page: {"done": True}},
}
SURVIVED = ("", "busy", "reset", "expired", "bad locator")
"""Faults that one run gets over by itself, when they come once."""


class Run(NamedTuple):
    """
    One run: what goes on meanwhile, which fault meets request *at*, and how it ends.

    *ends* is done, killed (at request *at*), pending (killed after extract) or half (killed after some rows went in).
    """

    is_full: bool = False
    meanwhile: tuple[Meanwhile, ...] = ()
    fault: str = ""
    at: int = 1
    ends: str = "done"


class Choose(NamedTuple):
    """From now on the runs ask for what `FILTERS` has at this place."""

    filters: int


class LoseFolder(NamedTuple):
    """The working directory is gone; state comes back from the destination, a pending package does not."""


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


class History(NamedTuple):
    setup: Setup
    steps: tuple[Union[Step, Run, Choose, LoseFolder], ...]


RUNS = st.builds(
    Run,
    st.sampled_from((False,) * 14 + (True,)),
    st.lists(MEANWHILE, max_size=6).map(tuple),
    st.sampled_from(("",) * 8 + tuple(FAULTS) + ("expired", "bad locator") * 2),
    st.integers(1, 5),
    st.sampled_from(("done",) * 7 + ("killed", "pending", "half")),
)
SETUPS = st.builds(
    Setup,
    st.sampled_from((0, 3, 6, *(9, 12, 15) * 3)),
    st.integers(2, 4),
    st.sampled_from(("jobs", "jobs", "jobs", "query_jobs")),
    st.booleans(),
    st.sampled_from((False, False, True)),
    st.booleans(),
    st.sampled_from((24.0, 10_000.0)),
    st.integers(1, 9),
    st.booleans(),
)
BETWEEN = often(
    *[CHANGES] * 6, *[WAITS] * 4, st.builds(Choose, st.integers(0, len(FILTERS) - 1)), st.builds(LoseFolder)
)
ROUNDS = st.builds(lambda steps, *ending: (*steps, *ending), st.lists(BETWEEN, min_size=1, max_size=5), WAITS, RUNS)
HISTORIES = st.builds(
    History, SETUPS, st.lists(ROUNDS, min_size=2, max_size=7).map(lambda rounds: sum(rounds, start=()))
)


class Killed(BaseException):
    """Nothing in the product may catch it."""


def kill() -> None:
    raise Killed


class OrgClient:
    """What a walk needs of a client, with a stand-in right behind it. It tries three times."""

    usage = None

    def __init__(self, witness: Witness) -> None:
        self._witness = witness
        self.calls_by_path: Counter[str] = Counter()
        self.login = self._log_in()

    def renew(self, refused: Login) -> None:
        if refused is self.login:  # a walk beside this one may have been first
            self.login = self._log_in()

    def get(self, path: str, params: dict[str, str], login: Optional[Login] = None) -> requests.Response:
        headers = Headers({"Authorization": f"Bearer {(login or self.login).access_token}"})
        for _ in range(3):
            self.calls_by_path[path] += 1
            answer = self._witness._answer(Request("GET", path, dict(params), headers))
            if not answer.broken and answer.status < 500:
                break
        if answer.broken or answer.status >= 500:
            raise ConnectionFailed(str(answer))
        if answer.status == 401:
            raise SessionExpired(str(answer))
        if answer.status != 200:
            raise ApiError(str(answer), answer.status, "INVALID_QUERY_LOCATOR")
        response = requests.Response()
        response.status_code, response._content, response.url = 200, answer.body, self._witness.org.instance_url + path
        response.headers.update(answer.headers)
        return response

    def _log_in(self) -> Login:
        org = self._witness.org
        return Login(org.issue_token(), org.instance_url, org.org_id)


class Cursor:
    """The part of dlt's incremental that a walk uses, on a resource's state."""

    def __init__(self, state: dict[str, Any]) -> None:
        self._state = state.setdefault("incremental", {"last_value": None})
        last: Optional[datetime] = self._state["last_value"]
        self.start_value = last and last - timedelta(seconds=LAG_SECONDS)

    def get_state(self) -> dict[str, Any]:
        return self._state  # type: ignore[no-any-return]

    def advance(self, value: Optional[datetime]) -> None:
        if value is not None:
            self._state["last_value"] = value


class Package(NamedTuple):
    """What a walk has left for the destination, with the state that goes with it."""

    rows: list[Row]
    state: dict[str, Any]
    walk: Walk
    is_full: bool
    filters: int


class Life:
    """One org, one table, and the runs between them."""

    def __init__(self, setup: Setup) -> None:
        org = Org(seed=1, clock=Clock(START, frozen=True))
        types = ("V2Query",) if setup.table == "query_jobs" else JOB_TYPES
        for number in range(setup.jobs):
            created = START - timedelta(hours=number % 4)
            org.add_jobs(1, job_type=types[number % len(types)], state="InProgress", created=created)
        org.page_size, org.shifting = setup.page_size, setup.is_shifting
        org.ingest_shows_query_jobs = setup.shows_query_jobs
        self._witness, self._setup = Witness(org), setup
        self._witness.job_types = types
        self._witness.has_whole_seconds = setup.has_whole_seconds
        self._model = self._witness.models[setup.table]
        self._table: dict[str, Row] = {}
        self._state: dict[str, Any] = {}
        self._loaded_state: dict[str, Any] = {}
        self._pending: Optional[Package] = None
        self._filters = 0
        self._loaded_filters: Optional[int] = None
        self._full_at: Optional[datetime] = None

    def live(self, history: History) -> None:
        """Go through *history*, then through one quiet run; the table is checked after each."""
        for step in history.steps:
            if isinstance(step, Run):
                self._run(step)
                self._model.check(list(self._table.values()))
            elif isinstance(step, Choose):
                self._filters = step.filters
            elif isinstance(step, LoseFolder):
                self._pending, self._state = None, copy.deepcopy(self._loaded_state)
            else:
                self._witness.live([step])
        self._witness.live([Wait(1.0)])
        self._run(Run(self._setup.is_shifting))
        self._model.check_quiet(list(self._table.values()), self._listed())

    def _run(self, run: Run) -> None:
        if self._pending:
            self._load(self._pending)
        self._witness.begin_run(run.meanwhile)
        ordered = FAULTS.get(run.fault) if run.ends != "killed" else {"kind": "call", "do": kill}
        fault = self._witness.misbehave(**ordered, at=run.at, path="jobs/") if ordered else None
        state = copy.deepcopy(self._state)
        try:
            rows = self._extract(run, state)
        except (Killed, SalesforceJobsError) as error:
            if fault is None or not fault.fired or (run.fault in SURVIVED and not isinstance(error, Killed)):
                raise
            return
        package = self._pack(run, rows, state)
        self._state = state
        if run.ends == "half":
            self._merge(package.rows[::2])
            self._model.attempt(package.walk)
        if run.ends in ("pending", "half"):
            self._pending = package
        else:
            self._load(package)

    def _extract(self, run: Run, state: dict[str, Any]) -> list[Row]:
        found = find_changes(OrgClient(self._witness), self._job_table(run.is_full), Cursor(state))  # type: ignore[arg-type]
        with played_by(state, self._setup):
            return [row for part in found if part.jobs is not None for row in part.jobs.to_pylist()]

    def _job_table(self, is_full: bool) -> JobTable:
        hours = 0 if is_full else self._setup.full_load_every_hours
        return make_tables("64.0", *FILTERS[self._filters], None, hours)[self._setup.table == "query_jobs"]

    def _pack(self, run: Run, rows: list[Row], state: dict[str, Any]) -> Package:
        walk = self._witness.walk(self._job_table(run.is_full).endpoint)
        every = timedelta(hours=self._setup.full_load_every_hours)
        is_due = self._full_at is None or walk.began - self._full_at >= every
        return Package(rows, state, walk, run.is_full or is_due or self._is_asked_otherwise(), self._filters)

    def _is_asked_otherwise(self) -> bool:
        """Whether the walk is another than last time; the query listing is asked for one type in any case."""
        if self._loaded_filters is None:
            return True
        is_query = self._setup.table == "query_jobs"
        return FILTERS[self._loaded_filters][is_query:] != FILTERS[self._filters][is_query:]

    def _load(self, package: Package) -> None:
        self._merge(package.rows)
        self._loaded_state, self._pending = copy.deepcopy(package.state), None
        self._model.commit(package.walk, package.is_full)
        self._loaded_filters = package.filters
        self._full_at = package.walk.began if package.is_full else self._full_at

    def _merge(self, rows: list[Row]) -> None:
        """Replace what is stored; of several rows of one job the first goes in, unless the column's hint says which."""
        if job_columns()["system_modstamp"].get("dedup_sort") == "desc":
            rows = sorted(rows, key=lambda row: row["system_modstamp"], reverse=True)
        self._table.update({row["id"]: row for row in reversed(rows)})

    def _listed(self) -> Iterator[Row]:
        types, chunking = FILTERS[self._filters]
        is_query = self._setup.table == "query_jobs"
        for type_ in ["V2Query"] if is_query else types or [None]:
            for row in expected_rows(
                self._witness.org, "query" if is_query else "ingest", job_type=type_, is_pk_chunking_enabled=chunking
            ):
                if (row["job_type"] == "V2Query") == is_query:
                    yield row


@contextmanager
def played_by(state: dict[str, Any], setup: Setup) -> Iterator[None]:
    """Stand in for dlt around a walk, and have no threads: which request comes when must be the same each time."""

    def read(pages: Iterator[Any], *_: object) -> Iterator[Any]:
        return iter(list(pages)) if setup.reads_far_ahead else pages

    with (
        patch.object(dlt.current, "resource_state", lambda: state),
        patch.object(dlt.current, "resource_metrics", dict),
        patch.object(changes, "BATCH_ROWS", setup.batch_rows),
        patch.object(listing, "_read_ahead", read),
    ):
        yield


def explore(
    request: pytest.FixtureRequest, histories: st.SearchStrategy[Any], examples: int, check: Callable[[Any], None]
) -> str:
    """Check *examples* histories and say how many there were. A failing one is made small and printed with its seed."""
    given = request.config.getoption("--hypothesis-seed")
    seed, began, done = random.getrandbits(32) if given is None else int(given), time.monotonic(), 0
    print(f"Repeat with: python -m pytest '{request.node.nodeid}' --hypothesis-seed={seed}, and --long if it was there")

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(hypothesis.HealthCheck)
    )
    @hypothesis.given(histories)
    def go_through(history: Any) -> None:
        nonlocal done
        try:
            check(history)
        except BaseException:
            print(f"Failed after {done} histories that went well.")
            raise
        done += 1

    go_through()
    return f"{done} histories in {time.monotonic() - began:.0f} s, --hypothesis-seed={seed}"


def live(history: History) -> None:
    Life(history.setup).live(history)


@pytest.mark.parametrize("examples", [300, pytest.param(5_000, marks=pytest.mark.long)])
def test_whatever_happens_the_table_holds_every_version_that_a_good_run_was_shown(
    examples: int, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """No version lost, none doubled, no older one over a newer, after every run of a random history."""
    said = explore(request, HISTORIES, examples, live)
    with capsys.disabled():
        print(f"\nwalk, filter and cursor: {said}")
