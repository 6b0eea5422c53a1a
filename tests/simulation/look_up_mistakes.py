"""Likely mistakes in what is looked up when, each with a history that it does not live through."""

import builtins
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

import pyarrow as pa

from jobs_source.resources import due, results
from jobs_source.resources.states import StatesSeen
from jobs_source.salesforce.job_details import DueJob
from tests.simulation.history import Change, Step, Wait
from tests.simulation.look_up_runs import LookUpHistory, LookUpRun, LookUpSetup, Switch

_OLDER = "r.{system_modstamp} < j.{system_modstamp}"
_UNKNOWN = "r.{outcome} = 'unknown'"


class Mistake(NamedTuple):
    """
    The *name* in *place* has another value.

    *words* are in what the check says.
    """

    place: Any
    name: str
    value: Any
    words: str
    history: LookUpHistory

    @contextmanager
    def made(self) -> Iterator[None]:
        """Live with the mistake."""
        with patch.object(self.place, self.name, self.value, create=hasattr(builtins, self.name)):
            yield


def finish(*picks: int, state: str = "JobComplete") -> tuple[Step, ...]:
    return tuple(Change("move", pick, state, 0.0) for pick in picks)


def _query(old: str, new: str, words: str, history: LookUpHistory) -> Mistake:
    assert old in due._NEWEST
    return Mistake(due, "_NEWEST", due._NEWEST.replace(old, new), words, history)


def _oldest_first(jobs: Iterable[DueJob], key: Any, reverse: bool) -> list[DueJob]:
    return sorted(jobs, key=key)


def _ungrouped(self: StatesSeen, org_id: str) -> pa.Table:
    """Write a state as often as a walk has seen it."""
    seen = pa.concat_tables(self._parts).rename_columns(["job_id", "state", "system_modstamp"])
    return seen.add_column(0, "org_id", pa.repeat(org_id, seen.num_rows))


WALKED = LookUpRun(has_look_ups=False)
# The newest stamp is later now than all others by more than the lag: no run takes these jobs again.
LATER = (Wait(700.0), Change("create", 0, "InProgress", 0.0), Wait(5.0), WALKED)
FINISHED = (*finish(0, 0, 0, 0, 0), Wait(5.0), LookUpRun())
STAMPED_AGAIN = LookUpHistory(LookUpSetup(5), (*FINISHED, Wait(5.0), Change("again", 0, "", 0.0), Wait(5.0), *LATER))
NOTHING_NEW = LookUpHistory(LookUpSetup(5), (*FINISHED, *LATER))
DELETED = LookUpHistory(LookUpSetup(5), (*finish(0), Wait(5.0), *LATER, Change("delete", 0, "", 0.0)))
BATCHES_RUN = LookUpHistory(LookUpSetup(5), (*finish(1), Wait(5.0), LookUpRun(), *LATER))
ONE_BY_ONE = sum(((*finish(0), Wait(5.0)) for _ in range(5)), start=())
BACKLOG = LookUpHistory(LookUpSetup(5, most=2), (*ONE_BY_ONE, WALKED, *LATER))
SMALL_BUDGET = LookUpHistory(LookUpSetup(5, calls_a_day=2), FINISHED)
REFUSED = LookUpHistory(LookUpSetup(5), (Switch(False), *FINISHED, LookUpRun()))
LISTED_TWICE = LookUpHistory(LookUpSetup(10), (Wait(5.0), LookUpRun(fault="walk again", at=2)))

MISTAKES = {
    "older results are left": _query(_OLDER, "false", "not the newest", STAMPED_AGAIN),
    "results of the same stamp are asked for again": _query(_OLDER, _OLDER.replace("<", "<="), "not due", NOTHING_NEW),
    "gone is asked for again": _query(_UNKNOWN, "r.{outcome} in ('unknown', 'gone')", "not due", DELETED),
    "unknown is left": _query(_UNKNOWN, "false", "not the newest", BATCHES_RUN),
    "the oldest come first": _query("desc", "asc", "not the newest", BACKLOG),
    "the older ones of the two tables come first": Mistake(due, "sorted", _oldest_first, "not the newest", BACKLOG),
    "only the jobs of this run are due": _query("where", "where false and", "not the newest", DELETED),
    "the budget is ignored": Mistake(results, "calls_allowed", lambda *_: 10_000, "calls in 24 hours", SMALL_BUDGET),
    "a refusal is forgotten": Mistake(results, "remember", lambda *_: None, "less than a day ago", REFUSED),
    "states are written twice": Mistake(StatesSeen, "to_table", _ungrouped, "is given", LISTED_TWICE),
}
