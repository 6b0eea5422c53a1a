"""What the walks of this run take: in a pipeline of one's own it is not in the destination yet."""

from collections.abc import Mapping
from threading import Lock
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from jobs_source.dlt_compat import load_package
from jobs_source.resources.stage import Stage
from jobs_source.schema import JOB_TABLES, Table
from jobs_source.settings import FINAL_STATES

_COLUMNS: Final = ("id", "job_type", "system_modstamp")


class RunJobs:
    """
    Keeps the *most* newest finished jobs of each table, and who made the jobs. Threads may share it.

    Attributes:
        walks: The walks of this run; look-ups wait for them.
        users: Ids of the users that made the jobs.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.walks = Stage([table.name for table in JOB_TABLES])
        self.users: set[str] = set()
        self._lock = Lock()
        self._jobs: dict[str, pa.Table] = {}
        self._run = ""  # its load package

    def begin(self) -> None:
        """Say that a walk begins. If it is the first one of a run, forget an earlier run of the same source."""
        run, _ = load_package()
        with self._lock:
            if run != self._run:
                self._run, self._jobs = run, {}
                self.users.clear()

    def add(self, table: Table, jobs: pa.Table) -> None:
        """Take note of *jobs*, rows of *table*."""
        finished = jobs.filter(pc.is_in(jobs["state"], pa.array(FINAL_STATES))).select(_COLUMNS)
        with self._lock:
            self.users |= set(jobs["created_by_id"].unique().to_pylist()) - {None}
            known = self._jobs.get(table.name, finished.slice(0, 0))
            newest = pa.concat_tables([known, finished]).sort_by([("system_modstamp", "descending")])
            self._jobs[table.name] = newest.slice(0, self.most).combine_chunks()

    def count(self, table: Table) -> int:
        """Return how many jobs of *table* are kept."""
        return len(self._jobs.get(table.name, ()))

    def newest(self) -> Mapping[str, pa.Table]:
        """Return by name of table the newest finished jobs: id, job_type and system_modstamp."""
        with self._lock:
            return dict(self._jobs)
