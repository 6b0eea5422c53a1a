"""What is decided before the first row of a walk."""

from datetime import datetime
from typing import NamedTuple, Optional
from uuid import uuid4

import dlt
from dlt.common import logger

from jobs_source.dlt_compat import destination_id
from jobs_source.resources import walk_state
from jobs_source.resources.job_walk import JobWalk
from jobs_source.resources.walk_state import Past, Scope, State
from jobs_source.rows.stamp_window import StampWindow
from jobs_source.salesforce.client import Client

Cursor = dlt.sources.incremental[datetime]


class Bounds(NamedTuple):
    """The *newest* stamp of the runs before and, less the lag, the *lower* bound of this one; None for a first run."""

    newest: Optional[datetime]
    lower: Optional[datetime]


class Start(NamedTuple):
    """
    What is decided once the first page is there: who the org is, what earlier runs left, which stamps to take.

    Attributes:
        cursor: Newest stamp of the runs before.
        is_full: Whether the cursor is not looked at.
    """

    run_id: str
    scope: Scope
    past: Past
    cursor: Optional[datetime]
    is_full: bool
    window: StampWindow


def take_over_cursor(cursor: Optional[Cursor]) -> Optional[Bounds]:
    """Take the filtering over from dlt."""
    if cursor is None:
        return None
    cursor.advance(None)  # type: ignore[arg-type]  # its docstring allows None
    return Bounds(cursor.get_state()["last_value"], cursor.start_value)


def start_walk(client: Client, walk: JobWalk, state: State, bounds: Optional[Bounds], walk_began: datetime) -> Start:
    """Look up what earlier runs left, and decide which stamps to take."""
    scope = Scope(client.session.org_id, destination_id(), walk.filters)
    past = walk_state.read(state, scope)
    newest, lower = bounds or (None, None)
    is_full = bounds is not None and walk_state.is_full_load_due(past, walk_began, newest, walk.full_load_every_hours)
    return Start(uuid4().hex, scope, past, newest, is_full, StampWindow(None if is_full else lower, walk_began))


def warn_if_allowance_short(client: Client, walk: JobWalk, past: Past) -> None:
    """Warn where the allowance may not last to the last page. What the last run took is all that is known of it."""
    if client.calls_left is not None and past.pages - client.calls_by_path[walk.path] > client.calls_left:
        logger.warning(
            f"{walk.table.endpoint} had {past.pages:,} pages in the last run, and {client.calls_left:,} calls are left"
            " until max_api_usage_percent is used: this run may not get to the last page. Nothing would be lost."
        )
