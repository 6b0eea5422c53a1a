"""What a walk leaves for the next one, kept apart by org, destination and filters."""

import json
from collections.abc import Collection, Mapping, MutableMapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Optional

from jobs_source.resources.run_log import Run
from jobs_source.salesforce.guessing import Guessing

State = MutableMapping[str, Any]
GUESSED_WRONG: Final = "guessed_wrong_at"  # by org: when guesses at its pages did not fit last
REFUSED: Final = "refused_at"  # by org and kind of look-up: when Salesforce refused it last
STARTS: Final = "started_before"  # by org, any filters: read from `runs` when the state was lost
UNKNOWN_COLUMNS: Final = "unknown_columns"  # columns of fields that Salesforce has added
_WALKS: Final = "walks"
_CURSOR_SCOPE: Final = "cursor_of"
_WRITTEN_UNTIL: Final = "written_until"
_INCREMENTAL: Final = "incremental"  # where dlt keeps the cursor


class Scope(NamedTuple):
    """
    Walks of one scope continue each other.

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
        started_at: When the last successful walk began that listed at least what this one lists.
        pages: Pages of the last walk of the same scope; 0 if there was none.
        jobs_listed: Jobs of the last walk of the same scope that listed any; None if there was none.
        pages_by_listing: Pages of each listing in that walk; empty if there was none.
        guessed_wrong_at: When guesses at this org's pages did not fit last, of whichever table.
        full_load_at: When the last full load of the same scope began.
        has_own_cursor: Whether the cursor was made in the same scope.
    """

    started_at: Optional[datetime]
    pages: int
    pages_by_listing: Sequence[int]
    jobs_listed: Optional[int]
    guessed_wrong_at: Optional[datetime]
    full_load_at: Optional[datetime]
    has_own_cursor: bool


def read(state: State, scope: Scope, others: Collection[State] = ()) -> Past:
    """Return what *state* says of walks of *scope*; *others* are the states of the other tables."""
    walks = state.get(_WALKS, {})
    own = walks.get(scope.key, {})
    starts = ((Scope(*json.loads(key)), kept.get("started_at")) for key, kept in walks.items())
    wrong = (each.get(GUESSED_WRONG, {}).get(scope.org_id) for each in (state, *others))
    known = [start for earlier, start in starts if start and scope.is_covered_by(earlier)]
    return Past(
        started_at=max(known, default=state.get(STARTS, {}).get(scope.org_id)),
        pages=own.get("pages", 0),
        pages_by_listing=own.get("pages_by_listing", ()),
        jobs_listed=own.get("jobs_listed"),
        guessed_wrong_at=max((at for at in wrong if at), default=None),
        full_load_at=own.get("full_load_at"),
        has_own_cursor=state.get(_CURSOR_SCOPE) == list(scope),
    )


def is_full_load_due(past: Past, walk_began: datetime, cursor: Optional[datetime], every_hours: float) -> bool:
    """
    Tell whether the cursor alone is not enough.

    That is so if the last full load is old, if the cursor was made with other filters, by another org or for another
    destination, or if one of the two is in the future because a clock was wrong.
    """
    if past.full_load_at is None or not past.has_own_cursor or is_ahead(cursor, walk_began):
        return True
    return not timedelta(0) <= walk_began - past.full_load_at < timedelta(hours=every_hours)


def is_ahead(cursor: Optional[datetime], walk_began: datetime) -> bool:
    """Tell whether *cursor* is in the future: no correct walk sets it there."""
    return cursor is not None and cursor > walk_began


def save(
    state: State, scope: Scope, run: Run, newest_written: Optional[datetime], guessing: Sequence[Guessing]
) -> None:
    """Keep the figures of the finished walk *run*. From now on the cursor belongs to its *scope*."""
    kept = state.setdefault(_WALKS, {}).setdefault(scope.key, {})
    kept.update(started_at=run.started_at, pages=run.pages)
    kept["pages_by_listing"] = [listing.pages for listing in guessing]
    if any(listing.is_refuted for listing in guessing):
        state.setdefault(GUESSED_WRONG, {})[scope.org_id] = run.started_at
    kept["jobs_listed"] = run.jobs_listed or kept.get("jobs_listed", 0)
    if run.is_full:
        kept["full_load_at"] = run.started_at
        for each in state[_WALKS].values():  # somebody may have deleted rows of the table
            each.pop(_WRITTEN_UNTIL, None)
    stamps = (kept.get(_WRITTEN_UNTIL), newest_written)
    kept[_WRITTEN_UNTIL] = max((stamp for stamp in stamps if stamp), default=None)
    state[_CURSOR_SCOPE] = list(scope)


def newest_written(sources: Mapping[str, Any], table: str, destination: str) -> dict[str, datetime]:
    """Return by org the newest stamp of *table* that went to *destination*, as the state of *sources* has it."""
    states = (source.get("resources", {}).get(table, {}) for source in sources.values())
    walks = (walk for state in states for walk in state.get(_WALKS, {}).items())
    found: dict[str, datetime] = {}
    for key, kept in walks:
        scope = Scope(*json.loads(key))
        if scope.destination == destination and (until := kept.get(_WRITTEN_UNTIL)):
            found[scope.org_id] = max(until, found.get(scope.org_id, until))
    return found


def walked_orgs(sources: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return by source the ids of the orgs that it has walked, as the state of *sources* has it until a purge."""
    kept = [(name, each) for name, source in sources.items() for each in source.get("resources", {}).values()]
    found: dict[str, set[str]] = {}
    for name, each in kept:
        found.setdefault(name, set()).update(Scope(*json.loads(key)).org_id for key in each.get(_WALKS, {}))
    return found


def forget_org(state: State, org_ids: Collection[str]) -> None:
    """Remove an org from the state of a resource. *org_ids* are the forms of its id. Its next walk is a first one."""
    walks = state.get(_WALKS, {})
    for key in [key for key in walks if Scope(*json.loads(key)).org_id in org_ids]:
        del walks[key]
    for org_id in org_ids:
        for by_org in (STARTS, GUESSED_WRONG, REFUSED):
            state.get(by_org, {}).pop(org_id, None)
    if (state.get(_CURSOR_SCOPE) or [""])[0] in org_ids:
        del state[_CURSOR_SCOPE]
        state.pop(_INCREMENTAL, None)


def forget_written(state: State) -> None:
    """Forget the newest stamp that was written: some rows were deleted on purpose."""
    for kept in state.get(_WALKS, {}).values():
        kept.pop(_WRITTEN_UNTIL, None)
