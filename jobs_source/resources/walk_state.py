"""What a run leaves to the next: by org, destination and filters, so that none hides another."""

import hashlib
import json
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Optional

from dlt.common.configuration.container import Container
from dlt.common.configuration.exceptions import ConfigurationException
from dlt.common.pipeline import PipelineContext

from jobs_source.resources.job_walk import JobTable
from jobs_source.resources.run_log import Walk

State = MutableMapping[str, Any]
STARTS: Final = "started_before"  # by org, where `runs` has outlived the state; with whatever filters


def recall(table: JobTable, walk: Walk, state: State) -> State:
    """Return what runs of the same org, place and filters remembered; it is *state*'s own, to be written to."""
    memory: State = state.setdefault("walks", {}).setdefault(json.dumps(_owner(table, walk)), {})
    return memory


def last_start(table: JobTable, walk: Walk, state: State) -> Optional[datetime]:
    """Tell when the last good run into the same place began that was shown at least what *walk* is."""
    owner = _owner(table, walk)
    walks = ((json.loads(key), memory.get("started_at")) for key, memory in state.get("walks", {}).items())
    known = [began for earlier, began in walks if began and _covers(earlier, owner)]
    start: Optional[datetime] = state.get(STARTS, {}).get(walk.org_id)
    return max(known, default=start)


def is_full_load_due(table: JobTable, walk: Walk, state: State) -> bool:
    """
    Tell whether the cursor may not be trusted alone.

    That is where the last full load is old, where the cursor was made with other filters, by another org or for
    another destination, and where either lies in the future, as a wrong clock may have put it there.
    """
    last = recall(table, walk, state).get("full_load_at")
    if last is None or walk.started_at is None:
        return True
    is_fresh = timedelta(0) <= walk.started_at - last < timedelta(hours=table.full_load_every_hours)
    return not is_fresh or is_ahead(walk) or state.get("cursor_of") != _owner(table, walk)


def is_ahead(walk: Walk) -> bool:
    """Tell whether the cursor lies in the future of *walk*: no good run can have put it there."""
    return bool(walk.cursor_before and walk.started_at and walk.cursor_before > walk.started_at)


def remember(table: JobTable, walk: Walk, state: State) -> None:
    """Keep what *walk* was, once it is over; the cursor is its own from here on."""
    memory = recall(table, walk, state)
    memory.update(started_at=walk.started_at, pages=walk.pages)
    if walk.is_full:  # what the table held before does not count: somebody may have taken it away
        for other in state["walks"].values():
            other.pop("written_until", None)
    stamps = (memory.get("written_until"), walk.newest_written)
    memory["written_until"] = max((stamp for stamp in stamps if stamp), default=None)
    memory["jobs_listed"] = walk.jobs_listed or memory.get("jobs_listed", 0)  # of the last walk that listed any
    if walk.is_full:
        memory["full_load_at"] = walk.started_at
    state["cursor_of"] = _owner(table, walk)


def newest_written(sources: Mapping[str, Any], table: str, target: str) -> dict[str, datetime]:
    """Tell for each org up to which `system_modstamp` jobs of *table* went to *target*, as dlt's state has it."""
    states = (source.get("resources", {}).get(table, {}) for source in sources.values())
    walks = (walk for state in states for walk in state.get("walks", {}).items())
    found: dict[str, datetime] = {}
    for key, memory in walks:
        org_id, place, _ = json.loads(key)
        if place == target and (until := memory.get("written_until")):
            found[org_id] = max(until, found.get(org_id, until))
    return found


def _owner(table: JobTable, walk: Walk) -> list[Any]:
    return [walk.org_id, walk.target, table.filters]


def _covers(earlier: list[Any], owner: list[Any]) -> bool:
    """Tell whether each listing of *owner* lies within one of *earlier*: more filters show less."""
    return earlier[:2] == owner[:2] and all(
        any(wide.items() <= narrow.items() for wide in earlier[2]) for narrow in owner[2]
    )


def find_target() -> str:
    """Give the destination and dataset of the running pipeline a short name; empty where there is none."""
    running = Container()[PipelineContext]
    if not running.is_active() or running.pipeline().destination is None:
        return ""
    pipeline: Any = running.pipeline()
    return _name_target(pipeline, pipeline.destination, pipeline.dataset_name or "")


@lru_cache(maxsize=1)  # each table asks, and to look it up takes dlt longer than an answer takes
def _name_target(pipeline: Any, destination: Any, dataset: str) -> str:
    parts = [destination.destination_name, dataset]
    with suppress(ConfigurationException):  # some destinations have no one place
        parts.append(pipeline.destination_client().config.data_location() or "")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
