"""The finished jobs that the walks of this run take: in a pipeline of one's own they are not in the destination yet."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Final

import dlt
import pyarrow as pa
import pyarrow.compute as pc

from jobs_source.schema import JOB_TABLES, Table
from jobs_source.settings import FINAL_STATES

_COLUMNS: Final = ("id", "job_type", "system_modstamp")
_BEGIN_WITHIN_SECONDS: Final = 5.0  # dlt starts a parallelized walk in another thread


def are_walks_selected() -> bool:
    """Tell whether the source that is being extracted walks a listing too."""
    selected = dlt.current.source().selected_resources
    return any(table.name in selected for table in JOB_TABLES)


class RunJobs:
    """
    Keeps the *most* newest finished jobs of each table. Threads may share it.

    Walks say when they begin and end, so that look-ups can wait for them.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock = Lock()
        self._under_way: Counter[str] = Counter()
        self._has_begun = False
        self._jobs: dict[str, pa.Table] = {}

    @contextmanager
    def walking(self, table: Table) -> Iterator[None]:
        """Count a walk of *table* as under way."""
        with self._lock:
            self._has_begun = True
            self._under_way[table.name] += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way[table.name] -= 1

    def wait(self, are_walks_expected: bool) -> Iterator[None]:
        """Yield None until no walk is under way, if one begins at all."""
        give_up_at = time.monotonic() + _BEGIN_WITHIN_SECONDS
        yield None  # dlt now starts the walks
        while are_walks_expected and not self._has_begun and time.monotonic() < give_up_at:
            time.sleep(0.01)
            yield None
        while any(self._under_way.values()):
            time.sleep(0.01)
            yield None

    def add(self, table: Table, jobs: pa.Table) -> None:
        """Take note of the finished ones among *jobs*, rows of *table*."""
        if not self.most:
            return
        finished = jobs.filter(pc.is_in(jobs["state"], pa.array(FINAL_STATES))).select(_COLUMNS)
        with self._lock:
            known = self._jobs.get(table.name, finished.slice(0, 0))
            newest = pa.concat_tables([known, finished]).sort_by([("system_modstamp", "descending")])
            self._jobs[table.name] = pa.concat_tables([newest.slice(0, self.most)]).combine_chunks()

    def count(self, table: Table) -> int:
        """Return how many jobs of *table* are kept."""
        return len(self._jobs.get(table.name, ()))

    def newest(self) -> Mapping[str, pa.Table]:
        """Return by name of table the newest finished jobs: id, job_type and system_modstamp."""
        with self._lock:
            return dict(self._jobs)
