"""What one walk saw and spent: a row of the table `runs`."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Optional

import pyarrow as pa
import pyarrow.compute as pc

from jobs_source.schema import RUNS


class Run(NamedTuple):
    """One walk that went to its end; the fields are the columns of `runs`, described in `schema.RUNS`."""

    run_id: str
    org_id: str
    listing: str
    started_at: datetime
    ended_at: datetime
    previous_started_at: Optional[datetime]
    possible_gap: bool
    is_full: bool
    pages: int
    jobs_listed: int
    jobs_written: int
    jobs_held: int
    entries_rejected: int
    calls: int
    api_used: Optional[int]
    api_limit: Optional[int]
    cursor_before: Optional[datetime]
    cursor_after: Optional[datetime]

    def to_table(self) -> pa.Table:
        """Return the row of `runs`."""
        return pa.Table.from_pylist([self._asdict()], RUNS.arrow_schema)


@dataclass
class Counts:
    """
    What a walk has seen so far, and what of it went to the destination. The first four are described in `schema.RUNS`.

    Attributes:
        ended_at: When the newest page was answered, by Salesforce's clock.
        oldest_written: The oldest stamp that went to the destination; *newest_written* is the newest one.
    """

    ended_at: datetime
    pages: int = 0
    jobs_listed: int = 0
    jobs_written: int = 0
    jobs_held: int = 0
    entries_rejected: int = 0
    oldest_written: Optional[datetime] = None
    newest_written: Optional[datetime] = None

    def note_page(self, answered_at: datetime, jobs: int) -> None:
        """Count a page and the *jobs* of this table on it."""
        self.pages += 1
        self.jobs_listed += jobs
        self.ended_at = answered_at

    def note_rows(self, jobs: pa.Table, held: int, rejected: int) -> None:
        """Count rows that go to the destination."""
        self.jobs_written += jobs.num_rows
        self.jobs_held += held
        self.entries_rejected += rejected
        oldest, newest = pc.min_max(jobs["system_modstamp"]).as_py().values()
        if newest is not None:
            self.oldest_written = min(self.oldest_written or oldest, oldest)
            self.newest_written = max(self.newest_written or newest, newest)
