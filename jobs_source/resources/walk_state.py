"""What a walk leaves to the next: by org, destination and filters, so that none hides another."""

import json
from collections.abc import Collection, Mapping, MutableMapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Optional

from jobs_source.resources.run_log import Run

State = MutableMapping[str, Any]
STARTS: Final = "started_before"  # by org, where `runs` has outlived the state; with whatever filters
UNKNOWN_COLUMNS: Final = "unknown_columns"  # of fields that Salesforce has added
_WALKS: Final = "walks"
_CURSOR_SCOPE: Final = "cursor_of"
_WRITTEN_UNTIL: Final = "written_until"
_INCREMENTAL: Final = "incremental"  # where dlt keeps the cursor


class Scope(NamedTuple):
    """
    Which walks know of each other.

    Attributes:
        destination: A short name of the destination and dataset.
        filters: The query parameters of each listing that is walked.
    """

    org_id: str
    destination: str
    filters: list[dict[str, str]]

    @property
    def key(self) -> str:
        """The scope as a key of the state."""
        return json.dumps(self)

    def is_covered_by(self, earlier: "Scope") -> bool:
        """Tell whether each listing of this scope lies within one of *earlier*: more filters show less."""
        return earlier[:2] == self[:2] and all(
            any(wide.items() <= narrow.items() for wide in earlier.filters) for narrow in self.filters
        )


class Past(NamedTuple):
    """
    What earlier walks left.

    Attributes:
        started_at: When the last good walk began that was shown at least what this one is.
        pages: Of the last walk of the same scope; 0 where there was none.
        jobs_listed: Of the last walk of the same scope that listed any; None where there was none.
        full_load_at: When the last full load of the same scope began.
        has_own_cursor: Whether the cursor was made in the same scope.
    """

    started_at: Optional[datetime]
    pages: int
    jobs_listed: Optional[int]
    full_load_at: Optional[datetime]
    has_own_cursor: bool


def read(state: State, scope: Scope) -> Past:
    """Return what *state* says of walks of *scope*."""
    walks = state.get(_WALKS, {})
    own = walks.get(scope.key, {})
    starts = ((Scope(*json.loads(key)), kept.get("started_at")) for key, kept in walks.items())
    known = [start for earlier, start in starts if start and scope.is_covered_by(earlier)]
    return Past(
        started_at=max(known, default=state.get(STARTS, {}).get(scope.org_id)),
        pages=own.get("pages", 0),
        jobs_listed=own.get("jobs_listed"),
        full_load_at=own.get("full_load_at"),
        has_own_cursor=state.get(_CURSOR_SCOPE) == list(scope),
    )


def is_full_load_due(past: Past, walk_began: datetime, cursor: Optional[datetime], every_hours: float) -> bool:
    """
    Tell whether the cursor may not be trusted alone.

    That is where the last full load is old, where the cursor was made with other filters, by another org or for
    another destination, and where either lies in the future, as a wrong clock may have put it there.
    """
    if past.full_load_at is None or not past.has_own_cursor or is_ahead(cursor, walk_began):
        return True
    return not timedelta(0) <= walk_began - past.full_load_at < timedelta(hours=every_hours)


def is_ahead(cursor: Optional[datetime], walk_began: datetime) -> bool:
    """Tell whether *cursor* lies in the future: no good walk can have put it there."""
    return cursor is not None and cursor > walk_began


def save(state: State, scope: Scope, run: Run, newest_written: Optional[datetime]) -> None:
    """Keep what the walk *run* was, once it is over; the cursor is of its *scope* from here on."""
    kept = state.setdefault(_WALKS, {}).setdefault(scope.key, {})
    kept.update(started_at=run.started_at, pages=run.pages)
    kept["jobs_listed"] = run.jobs_listed or kept.get("jobs_listed", 0)
    if run.is_full:
        kept["full_load_at"] = run.started_at
        for each in state[_WALKS].values():  # somebody may have taken away what the table held before
            each.pop(_WRITTEN_UNTIL, None)
    stamps = (kept.get(_WRITTEN_UNTIL), newest_written)
    kept[_WRITTEN_UNTIL] = max((stamp for stamp in stamps if stamp), default=None)
    state[_CURSOR_SCOPE] = list(scope)


def newest_written(sources: Mapping[str, Any], table: str, destination: str) -> dict[str, datetime]:
    """Tell for each org up to which stamp jobs of *table* went to *destination*, as the state of *sources* has it."""
    states = (source.get("resources", {}).get(table, {}) for source in sources.values())
    walks = (walk for state in states for walk in state.get(_WALKS, {}).items())
    found: dict[str, datetime] = {}
    for key, kept in walks:
        scope = Scope(*json.loads(key))
        if scope.destination == destination and (until := kept.get(_WRITTEN_UNTIL)):
            found[scope.org_id] = max(until, found.get(scope.org_id, until))
    return found


def forget_org(state: State, org_ids: Collection[str]) -> None:
    """Take an org out of what a resource keeps; *org_ids* are the forms of its id. Its next walk is a first one."""
    walks = state.get(_WALKS, {})
    for key in [key for key in walks if Scope(*json.loads(key)).org_id in org_ids]:
        del walks[key]
    for org_id in org_ids:
        state.get(STARTS, {}).pop(org_id, None)
    if (state.get(_CURSOR_SCOPE) or [""])[0] in org_ids:
        del state[_CURSOR_SCOPE]
        state.pop(_INCREMENTAL, None)


def forget_written(state: State) -> None:
    """Forget up to which stamp jobs were written: some of them were taken away on purpose."""
    for kept in state.get(_WALKS, {}).values():
        kept.pop(_WRITTEN_UNTIL, None)
