"""What one walk saw and spent: the resource's metrics, and a row of the table `runs`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Optional
from uuid import uuid4

import pyarrow as pa
from dlt.common import logger

from jobs_source.schema import ORG_ID_DESCRIPTION, TEXT, TIME
from jobs_source.settings import RETENTION_DAYS

_COUNT: Final = pa.int64()
_FLAG: Final = pa.bool_()
_COLUMNS: Final = (
    ("run_id", TEXT, "Of this walk; nothing else has it."),
    ("org_id", TEXT, ORG_ID_DESCRIPTION),
    ("listing", TEXT, "Endpoint that was walked: jobs/ingest or jobs/query."),
    ("started_at", TIME, "When the first page was answered, by Salesforce's clock (UTC)."),
    ("ended_at", TIME, "When the last page was answered, by Salesforce's clock (UTC)."),
    ("previous_started_at", TIME, "When the good run before this one started; empty for the first."),
    ("possible_gap", _FLAG, "True where more than seven days lie between: Salesforce may have dropped jobs unseen."),
    ("is_full", _FLAG, "True where the run merged all that was listed, whatever the cursor said."),
    ("pages", _COUNT, "Pages that were read. A walk that began anew counts those of both tries, and their jobs."),
    ("jobs_listed", _COUNT, "Jobs of this table on those pages, odd entries included."),
    ("jobs_written", _COUNT, "Jobs that were new, changed, or inside the lag, and went to the destination."),
    ("jobs_held", _COUNT, "Jobs stamped after the walk began: left to the next run."),
    ("entries_rejected", _COUNT, "Entries that went to rejected_jobs."),
    ("calls", _COUNT, "API calls of this listing, retries included."),
    ("api_used", _COUNT, "API calls of the whole org in 24 hours, as Salesforce said last."),
    ("api_limit", _COUNT, "How many of them the org may make."),
    ("cursor_before", TIME, "Newest system_modstamp of the runs before; empty for the first."),
    ("cursor_after", TIME, "Newest system_modstamp of the runs up to this one."),
)
_ALWAYS: Final = ("run_id", "org_id", "listing", "started_at", "ended_at")
RUNS_SCHEMA: Final = pa.schema(pa.field(name, type_, nullable=name not in _ALWAYS) for name, type_, _ in _COLUMNS)
RUNS_DESCRIPTIONS: Final = {name: description for name, _, description in _COLUMNS}


@dataclass
class Walk:
    """
    One walk of the listings of one table; the fields are the columns of `runs`, described there.

    `start` is the lower bound of `system_modstamp`, lag included: None where the run takes all. `oldest_written` and
    `newest_written` are the oldest and newest stamp that went to the destination. `target` is a short name of where the
    rows go. `warning` says what is suspicious about a walk that went well.
    """

    listing: str
    run_id: str = field(default_factory=lambda: uuid4().hex)
    org_id: str = ""
    started_at: Optional[datetime] = None
    ended_at: Optional[datetime] = None
    previous_started_at: Optional[datetime] = None
    possible_gap: bool = False
    is_full: bool = False
    pages: int = 0
    jobs_listed: int = 0
    jobs_written: int = 0
    jobs_held: int = 0
    entries_rejected: int = 0
    calls: int = 0
    api_used: Optional[int] = None
    api_limit: Optional[int] = None
    cursor_before: Optional[datetime] = None
    cursor_after: Optional[datetime] = None
    start: Optional[datetime] = None
    oldest_written: Optional[datetime] = None
    newest_written: Optional[datetime] = None
    target: str = ""
    warning: str = ""

    def look_back(self, last_start: Optional[datetime], memory: Mapping[str, Any]) -> None:
        """Look for a gap since *last_start*, and for a listing that is suddenly empty, as *memory* has it."""
        self.previous_started_at = last_start
        if self.started_at and self.previous_started_at:
            self.possible_gap = self.started_at - self.previous_started_at > timedelta(days=RETENTION_DAYS)
        if self.jobs_listed == 0 and memory.get("jobs_listed", 1) > 0:
            before = ", and did before" if "jobs_listed" in memory else ""
            self.warning = (
                f"{self.listing} listed no job{before}. If the org runs bulk jobs, the user lacks a permission: give it"
                " Manage Data Integrations, View Setup and Configuration and API Enabled."
            )
            logger.warning(self.warning)

    def row(self) -> pa.Table:
        """Return the row of `runs`."""
        return pa.Table.from_pylist([asdict(self)], RUNS_SCHEMA)
