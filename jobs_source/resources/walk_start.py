"""What is decided before the first row of a walk."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Optional
from uuid import uuid4

import dlt
from dlt.common import logger

from jobs_source.resources import walk_state
from jobs_source.resources.job_walk import JobWalk
from jobs_source.resources.walk_state import Past, Scope
from jobs_source.rows.stamp_window import StampWindow
from jobs_source.salesforce.client import Client
from jobs_source.salesforce.guessing import Guessing
from jobs_source.settings import GUESS_AGAIN_AFTER_DAYS
from jobs_source.wording import counted

Cursor = dlt.sources.incremental[datetime]


class Bounds(NamedTuple):
    """The *newest* stamp of the runs before and, less the lag, the *lower* bound of this one; None for a first run."""

    newest: Optional[datetime]
    lower: Optional[datetime]


class Start(NamedTuple):
    """
    What is known and decided after the first page: the org, what earlier runs left, and which stamps to take.

    Attributes:
        cursor: Newest stamp of the runs before.
        is_full: Whether the run ignores the cursor.
    """

    run_id: str
    scope: Scope
    past: Past
    cursor: Optional[datetime]
    is_full: bool
    window: StampWindow


def take_over_cursor(cursor: Optional[Cursor]) -> Optional[Bounds]:
    """Stop dlt from filtering, which is done here, and return the bounds."""
    if cursor is None:
        return None
    cursor.advance(None)  # type: ignore[arg-type]  # its docstring allows None
    return Bounds(cursor.get_state()["last_value"], cursor.start_value)


def plan_guessing(walk: JobWalk, past: Past) -> list[Guessing]:
    """Decide for each listing how far to ask ahead."""
    pages: Sequence[Optional[int]] = past.pages_by_listing or [None] * len(walk.listings)
    wrong_at = past.guessed_wrong_at
    not_before = wrong_at and wrong_at + timedelta(days=GUESS_AGAIN_AFTER_DAYS)
    return [Guessing(walk.pages_ahead, last_pages, not_before) for last_pages in pages]


def start_walk(walk: JobWalk, scope: Scope, past: Past, bounds: Optional[Bounds], walk_began: datetime) -> Start:
    """Decide which stamps to take. *past* is what earlier walks of *scope* left."""
    newest, lower = bounds or (None, None)
    is_full = bounds is not None and walk_state.is_full_load_due(past, walk_began, newest, walk.full_load_every_hours)
    return Start(uuid4().hex, scope, past, newest, is_full, StampWindow(None if is_full else lower, walk_began))


def warn_if_allowance_short(client: Client, walk: JobWalk, past: Past) -> None:
    """Warn if the allowance may end before the last page, judged by the pages of the last run."""
    if client.calls_left is not None and past.pages - client.calls_by_path[walk.path] > client.calls_left:
        logger.warning(
            f"{walk.table.endpoint} had {counted(past.pages, 'page')} in the last run, and max_api_usage_percent leaves"
            f" only {counted(client.calls_left, 'call')} for this one. This run may stop before the last page; no rows"
            " are lost."
        )
