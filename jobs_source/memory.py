"""What a run leaves to the next one, in the resource's state: by org and by destination, so that none hides another."""

import hashlib
from collections.abc import MutableMapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from dlt.common.configuration.container import Container
from dlt.common.configuration.exceptions import ConfigurationException
from dlt.common.pipeline import PipelineContext

from jobs_source.runs import Walk
from jobs_source.tables import JobTable

State = MutableMapping[str, Any]


def recall(state: State, walk: Walk) -> State:
    """Return what the runs of the same org into the same place remembered; it is *state*'s own, to be written to."""
    memory: State = state.setdefault("memories", {}).setdefault(f"{walk.org_id} {walk.target}", {})
    return memory


def is_full_load_due(table: JobTable, walk: Walk, state: State) -> bool:
    """
    Tell whether the cursor may not be trusted alone.

    That is where the last full load is old, where the cursor was made with other filters, by another org or for
    another destination, and where either lies in the future, as a wrong clock may have put it there.
    """
    last = recall(state, walk).get("full_load_at")
    if last is None or walk.started_at is None:
        return True
    is_fresh = timedelta(0) <= walk.started_at - last < timedelta(hours=table.full_load_every_hours)
    return not is_fresh or is_ahead(walk) or state.get("cursor_of") != _owner(table, walk)


def is_ahead(walk: Walk) -> bool:
    """Tell whether the cursor lies in the future of *walk*: no good run can have put it there."""
    return bool(walk.cursor_before and walk.started_at and walk.cursor_before > walk.started_at)


def remember(table: JobTable, walk: Walk, state: State) -> None:
    """Keep what *walk* was, once it is over; the cursor is its own from here on."""
    memory = recall(state, walk)
    memory.update(started_at=walk.started_at, pages=walk.pages)
    memory["jobs_listed"] = walk.jobs_listed or memory.get("jobs_listed", 0)  # of the last walk that listed any
    if walk.is_full:
        memory["full_load_at"] = walk.started_at
    state["cursor_of"] = _owner(table, walk)


def _owner(table: JobTable, walk: Walk) -> list[Any]:
    return [walk.org_id, walk.target, table.filters]


def find_target() -> str:
    """Give the destination and dataset of the running pipeline a short name; empty where there is none."""
    running = Container()[PipelineContext]
    if not running.is_active() or running.pipeline().destination is None:
        return ""
    pipeline = running.pipeline()
    parts = [pipeline.destination.destination_name, pipeline.dataset_name or ""]
    with suppress(ConfigurationException):  # some destinations have no one place
        parts.append(pipeline.destination_client().config.data_location() or "")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
