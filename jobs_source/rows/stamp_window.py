"""The one place that judges the `systemModstamp` of an entry: impossible, unchanged, in time, or too new for a walk."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Final, Optional

import pyarrow as pa
import pyarrow.compute as pc

from jobs_source.settings import MAX_CLOCK_ERROR_HOURS

EARLIEST: Final = datetime(1999, 1, 1, tzinfo=timezone.utc)  # Salesforce did not exist before


@dataclass(frozen=True)
class StampWindow:
    """
    Which stamps one walk takes: from *start* on, up to the moment that the walk began.

    Attributes:
        start: None if the walk takes all that is listed.
        walk_began: When the first page was answered, by Salesforce's clock. A walk cannot see every change that is
            made while it lasts: rows stamped from here on wait for the next walk.
        end_of_possible: Stamps from here on are wrong, as no clock is that wrong. Such a row would wait for ever.
    """

    start: Optional[datetime]
    walk_began: datetime
    end_of_possible: datetime = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "end_of_possible", self.walk_began + timedelta(hours=MAX_CLOCK_ERROR_HOURS))

    def is_possible(self, stamp: datetime) -> bool:
        """Tell whether Salesforce can have meant *stamp*."""
        return EARLIEST <= stamp < self.end_of_possible

    def are_possible(self, stamps: pa.ChunkedArray) -> bool:
        """Tell the same for all *stamps*. A missing stamp is possible."""
        bounds = pc.min_max(stamps).as_py()
        return bounds["max"] is None or (self.is_possible(bounds["min"]) and self.is_possible(bounds["max"]))

    def is_unchanged(self, stamp: Optional[datetime]) -> bool:
        """Tell whether an earlier walk has surely looked at the entry, odd or not."""
        return self.start is not None and stamp is not None and EARLIEST <= stamp < self.start

    def take(self, jobs: pa.Table) -> tuple[pa.Table, int]:
        """Return the rows that are stamped in time, or not at all, and how many wait for the next walk."""
        in_time = _keep(jobs, pc.less(jobs["system_modstamp"], self.walk_began))
        taken = in_time
        if self.start is not None:  # pages with an odd entry come here with all their entries
            taken = _keep(in_time, pc.greater_equal(in_time["system_modstamp"], self.start))
        return taken, jobs.num_rows - in_time.num_rows


def _keep(table: pa.Table, mask: pa.ChunkedArray) -> pa.Table:
    """Keep the rows for which *mask* is not false. If that is all, return the table itself: a filter copies."""
    return table if pc.all(mask, min_count=0).as_py() else table.filter(mask.fill_null(True))
