"""Random histories of an org, told to a model that knows every version of every job and what a good run has to keep."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple, Union

from hypothesis import strategies as st

from jobs_source.standin import Org, StandIn
from jobs_source.standin.jobs import TERMINAL_STATES
from jobs_source.standin.messages import Request, Response
from tests.expected import expected_row

LAG = timedelta(seconds=600)
LATEST_SECONDS = 598.0  # a stamp comes to light within the lag, whole seconds of stamps included
JOB_TYPES = ("V2Ingest", "Classic", "V2Ingest", "BigObjectIngest", "V2Query")
STATES = ("UploadComplete", "InProgress", "Open", "JobComplete", "Failed")
Row = dict[str, Any]


class Wait(NamedTuple):
    seconds: float


class Change(NamedTuple):
    """*what* is create, move or delete; *pick* says which job or job type, *late* how old the stamp is when seen."""

    what: str
    pick: int
    state: str
    late_seconds: float


Step = Union[Wait, Change]


class Meanwhile(NamedTuple):
    """What happens just before request number *at* of a run is answered."""

    at: int
    steps: tuple[Step, ...]


def often(*strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw from one of *strategies*; one that is named twice comes twice as often, unlike with `one_of`."""
    return st.sampled_from(strategies).flatmap(lambda strategy: strategy)


PAUSES = st.sampled_from((0.3, 1.0, 40.0, 700.0, 700.0)).map(Wait)
WAITS = st.sampled_from((0.0, *(1.0, 5.0, 40.0) * 4, *(300.0, 700.0, 4_000.0) * 2, 90_000.0, 640_000.0)).map(Wait)
CHANGES = st.builds(
    Change,
    st.sampled_from(("move", "create", "move", "move", "move", "move", "delete")),
    st.integers(0, 20),
    st.sampled_from(STATES[:3] * 2 + STATES),
    st.sampled_from((0.0, 0.0, 0.5, 30.0, LATEST_SECONDS)),
)
MEANWHILE = st.builds(Meanwhile, st.integers(1, 6), st.lists(often(CHANGES, PAUSES), min_size=1, max_size=4).map(tuple))


class Walk(NamedTuple):
    """What one walk was shown: since when, which rows in which order, and whether the listing may have hidden some."""

    began: datetime
    rows: list[Row]
    may_hide: bool = False


class Model:
    """
    Every version of every job of one table, and the least that the table has to hold.

    Without a listing that shifts, whatever a committed walk was shown in time has to be stored in the newest version
    that it was shown. A listing that shifted may have hidden rows: until a full load has healed that, only what is
    stamped after that walk, less the lag, is sure to be taken.
    """

    def __init__(self, org_id: str, is_query: bool) -> None:
        self._org_id, self._is_query = org_id, is_query
        self._versions: dict[str, list[Row]] = {}
        self._least: dict[str, int] = {}
        self._shown: dict[str, set[int]] = {}
        self._stored: dict[str, int] = {}
        self._has_gaps = False
        self.began: datetime | None = None

    def note(self, listed: Row) -> None:
        """Take in what a job looks like now."""
        if (listed["jobType"] == "V2Query") == self._is_query:
            versions = self._versions.setdefault(listed["id"], [])
            row = expected_row(self._org_id, listed)
            if not versions or versions[-1] != row:
                versions.append(row)

    def attempt(self, walk: Walk) -> dict[str, list[int]]:
        """Take in a walk that may have been loaded. Return what it was shown in time: the newest versions by job."""
        newest: dict[str, list[int]] = {}
        for row in self._own(walk):
            ages = [age for age, known in enumerate(self._versions[row["id"]]) if known == row]
            assert ages, f"the stand-in has shown what never was: {row}"
            self._shown.setdefault(row["id"], set()).update(ages)
            if row["system_modstamp"] >= walk.began:
                continue
            before = newest.get(row["id"])
            if before is None or self._stamp(row["id"], before[0]) < row["system_modstamp"]:
                newest[row["id"]] = ages
            elif self._stamp(row["id"], before[0]) == row["system_modstamp"]:
                before.extend(ages)
        return newest

    def commit(self, walk: Walk, is_full: bool) -> None:
        """Take in a walk that was loaded to its end."""
        for id_, ages in self.attempt(walk).items():
            is_new = self.began is None or self._stamp(id_, ages[0]) >= self.began - LAG
            if is_new or is_full or not self._has_gaps:
                self._least[id_] = max(self._least.get(id_, 0), min(ages))
        self._has_gaps = walk.may_hide or (self._has_gaps and not is_full)
        self.began = max(walk.began, self.began or walk.began)

    def check(self, table: Sequence[Row]) -> None:
        """Hold a table against the model: nothing lost, doubled, made up, or older than it was."""
        stored = {row["id"]: row for row in table}
        assert len(stored) == len(table), "a job is stored twice"
        assert self._least.keys() <= stored.keys(), f"lost: {sorted(self._least.keys() - stored.keys())}"
        for id_, row in stored.items():
            ages = {age for age, known in enumerate(self._versions.get(id_, ())) if known == row}
            assert ages & self._shown.get(id_, set()), f"no walk was shown {row}"
            assert max(ages) >= self._least.get(id_, 0), f"an older version is stored: {row}"
            assert max(ages) >= self._stored.get(id_, 0), f"an older version has come over a newer one: {row}"
            self._stored[id_] = max(ages)

    def check_quiet(self, table: Sequence[Row], listed: Iterable[Row]) -> None:
        """Hold the table against what is listed, after a run that nothing disturbed."""
        self.check(table)
        stored = {row["id"]: row for row in table}
        for row in listed:
            assert stored.get(row["id"]) == row, f"stored otherwise than listed: {stored.get(row['id'])}, not {row}"

    def _own(self, walk: Walk) -> list[Row]:
        own = [row for row in walk.rows if (row["jobType"] == "V2Query") == self._is_query]
        return [expected_row(self._org_id, row) for row in own]

    def _stamp(self, id_: str, age: int) -> datetime:
        stamp: datetime = self._versions[id_][age]["system_modstamp"]
        return stamp


class Witness(StandIn):
    """A stand-in that remembers what it has shown to a listing's walk. Without `with` it has no sockets."""

    def __init__(self, org: Org) -> None:
        super().__init__(org=org)
        org.compresses = False
        self.job_types = JOB_TYPES
        self.models = {"jobs": Model(org.org_id, False), "query_jobs": Model(org.org_id, True)}
        self.has_whole_seconds = False
        self._shown: list[tuple[str, datetime, list[Row]]] = []
        self._was_disturbed = False
        self.note()

    def live(self, steps: Iterable[Step]) -> None:
        """Let time pass and jobs change."""
        for step in steps:
            self._was_disturbed = True
            if isinstance(step, Wait):
                self.org.clock.advance(seconds=step.seconds)
            else:
                self._change(step)
                self.note()

    def begin_run(self, meanwhile: Iterable[Meanwhile] = ()) -> None:
        """Forget the last run and its faults, and plan what happens during the next one."""
        self._shown, self._was_disturbed = [], False
        self._faults.clear()
        for at, steps in meanwhile:
            self.misbehave("call", at=at, path="jobs/", do=_bound(self.live, steps))

    def walk(self, endpoint: str) -> Walk:
        """What the run has been shown of *endpoint*."""
        pages = [(moment, rows) for path, moment, rows in self._shown if path.endswith(endpoint)]
        began = min((moment for moment, _ in pages), default=datetime.max.replace(tzinfo=timezone.utc))
        rows = [row for _, rows in pages for row in rows]
        return Walk(began.replace(microsecond=0), rows, self.org.shifting and self._was_disturbed)

    def note(self) -> None:
        for model in self.models.values():
            for job in self.org.jobs.values():
                model.note(job.fields())

    def _answer(self, request: Request) -> Response:
        response = super()._answer(request)
        if response.status == 200 and not response.broken and "jobs/" in request.path:
            self._shown.append((request.path, self.org.clock.now(), json.loads(response.body).get("records") or []))
        return response

    def _change(self, change: Change) -> None:
        stamp = self.org.clock.now() - timedelta(seconds=change.late_seconds)
        stamp = stamp.replace(microsecond=0 if self.has_whole_seconds else stamp.microsecond)
        if change.what == "create":
            type_ = self.job_types[change.pick % len(self.job_types)]
            self.org.add_jobs(1, job_type=type_, created=stamp, system_modstamp=stamp, state=change.state)
            return
        now_ms = self.org.clock.now_ms()
        jobs = [job for job in self.org.jobs.values() if job.leaves_ms > now_ms]
        if change.what == "move":
            jobs = [job for job in jobs if job.state not in TERMINAL_STATES]
        if not jobs:
            return
        job = jobs[change.pick % len(jobs)]
        if change.what == "delete":
            self.org.delete_job(job.id)
        else:
            stamp_ms = max(job.stamped_ms, int(stamp.timestamp() * 1000))
            self.org.change_job(job.id, state=change.state, system_modstamp=stamp_ms)


def _bound(live: Callable[[Iterable[Step]], None], steps: tuple[Step, ...]) -> Callable[[], None]:
    return lambda: live(steps)
