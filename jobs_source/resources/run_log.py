"""What one walk read and what it cost: a row of the table `runs`."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Optional

import pyarrow as pa
import pyarrow.compute as pc

from jobs_source.salesforce.client import Usage
from jobs_source.schema import RUN_ID, RUNS, TEXT


class Run(NamedTuple):
    """One complete walk. The fields are the columns of `runs`, described in `schema.RUNS`."""

    run_id: str
    org_id: str
    org: Optional[str]
    instance_url: str
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
    calls_wasted: int
    api_used: Optional[int]
    api_limit: Optional[int]
    cursor_before: Optional[datetime]
    cursor_after: Optional[datetime]

    def to_table(self) -> pa.Table:
        """Return the row of `runs`."""
        return pa.Table.from_pylist([self._asdict()], RUNS.arrow_schema)


def with_run_id(rows: pa.Table, run_id: str) -> pa.Table:
    """Say in *rows* which run wrote them."""
    return rows.append_column(pa.field(RUN_ID, TEXT), pa.repeat(run_id, rows.num_rows))


@dataclass
class Counts:
    """
    What a walk has read, cost and written so far. Most fields are described in `schema.RUNS`.

    Attributes:
        ended_at: When the newest page was answered, by Salesforce's clock.
        usage: The org's API allowance, as Salesforce gave it last.
        oldest_written: The oldest stamp that went to the destination; *newest_written* is the newest one.
    """

    ended_at: datetime
    pages: int = 0
    jobs_listed: int = 0
    jobs_written: int = 0
    jobs_held: int = 0
    entries_rejected: int = 0
    calls: int = 0
    usage: Optional[Usage] = None
    oldest_written: Optional[datetime] = None
    newest_written: Optional[datetime] = None

    def count_page(self, answered_at: datetime, skipped: int, calls: int, usage: Optional[Usage]) -> None:
        """Count a page, the jobs of this table on it that were *skipped* as unchanged, and all calls so far."""
        self.pages += 1
        self.jobs_listed += skipped
        self.ended_at, self.calls, self.usage = answered_at, calls, usage

    def count_rows(self, jobs: pa.Table, listed: int, held: int, rejected: int) -> None:
        """Count the entries of this table that were *listed*, and the *jobs* among them that are written."""
        self.jobs_listed += listed
        self.jobs_written += jobs.num_rows
        self.jobs_held += held
        self.entries_rejected += rejected
        oldest, newest = pc.min_max(jobs["system_modstamp"]).as_py().values()
        if newest is not None:
            self.oldest_written = min(self.oldest_written or oldest, oldest)
            self.newest_written = max(self.newest_written or newest, newest)
