"""Random histories of an org, told to a model that knows every version of every job and what a good run has to keep."""

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Union

import hypothesis
import pytest
from hypothesis import Phase
from hypothesis import strategies as st

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
LONG_WAITS = st.sampled_from((4_000.0, 90_000.0, 90_000.0, 640_000.0)).map(Wait)
CHANGES = st.builds(
    Change,
    st.sampled_from(("move", "create", "move", "move", "move", "move", "delete")),
    st.integers(0, 20),
    st.sampled_from(STATES[:3] * 2 + STATES),
    st.sampled_from((0.0, 0.0, 0.5, 30.0, LATEST_SECONDS)),
)
MEANWHILE = st.builds(Meanwhile, st.integers(1, 6), st.lists(often(CHANGES, PAUSES), min_size=1, max_size=4).map(tuple))


class Walk(NamedTuple):
    """What one walk was shown: since when, which rows, and whether some may be hidden."""

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


def explore(
    request: pytest.FixtureRequest,
    histories: st.SearchStrategy[Any],
    examples: int,
    check: Callable[[Any], None],
    is_costly: bool = False,
) -> str:
    """
    Check *examples* histories and say how many there were.

    A failing one is printed with the seed that repeats it, and made small before unless that *is_costly*.
    """
    seed, began, done = int(request.config.getoption("--hypothesis-seed") or 0), time.monotonic(), 0
    print(f"Repeat with: python -m pytest '{request.node.nodeid}' --hypothesis-seed={seed}, and --long if it was there")

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=examples,
        phases=[Phase.generate] if is_costly else [Phase.generate, Phase.shrink],
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
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
    assert done >= examples
    return f"{done} histories in {time.monotonic() - began:.0f} s, --hypothesis-seed={seed}"
