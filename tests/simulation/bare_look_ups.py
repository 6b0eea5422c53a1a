"""What a run with look-ups needs around it without dlt and without threads."""

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty
from random import Random
from typing import Any
from unittest.mock import patch

import dlt
import pyarrow as pa

from jobs_source.salesforce import look_ups
from tests.simulation.bare_walk import ShuffledWorkers
from tests.simulation.history import Row

Rows = dict[str, list[Row]]
"""Rows by table."""


def joined(first: Rows, second: Rows) -> Rows:
    """Join the rows of two parts of a load."""
    return {name: [*first.get(name, []), *second.get(name, [])] for name in [*first, *second]}


def collect(found: Rows, own: str, items: Any) -> None:
    """Put the rows of *items* to their tables: those without a mark belong to the table *own*."""
    for item in items:
        if item is None:
            continue
        rows, name = (item, own) if isinstance(item, pa.Table) else (item.data, item.meta.table_name)
        found.setdefault(name, []).extend(rows.to_pylist())


@contextmanager
def with_state(state: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Have *state* for the resource's, and yield its metrics."""
    metrics: dict[str, Any] = {}
    with (
        patch.object(dlt.current, "resource_state", lambda: state),
        patch.object(dlt.current, "source_state", dict),
        patch.object(dlt.current, "resource_metrics", lambda: metrics),
    ):
        yield metrics


class _Done:
    """A queue of look-ups that are done: whoever waits for one has it made."""

    def __init__(self, workers: ShuffledWorkers, random: Random) -> None:
        self._workers, self._random, self._items = workers, random, list[Any]()

    def put(self, item: Any) -> None:
        self._items.append(item)

    def get(self, timeout: float) -> Any:
        while not self._items:
            self._workers.make_one()
            if self._random.random() < 0.2:
                raise Empty
        return self._items.pop(0)


@contextmanager
def without_look_up_threads(random: Random) -> Iterator[None]:
    """Have look-ups made in an order that only *random* knows, each when somebody waits for one or before."""
    workers = ShuffledWorkers(random)
    with (
        patch.object(look_ups, "Workers", lambda _: workers),
        patch.object(look_ups, "SimpleQueue", lambda: _Done(workers, random)),
    ):
        yield
