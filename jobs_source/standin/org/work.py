"""The work of a job that was made over the API, and its results."""

from dataclasses import dataclass, field
from typing import Any

from jobs_source.standin.org.records import Outcome
from jobs_source.standin.org.soql import Select

RUNNING_STATES = ("Queued", "InProgress")


@dataclass
class Batch:
    """
    One batch of a Classic job. Times are milliseconds; the moments since 1970.

    Attributes:
        state: Queued, InProgress, Completed, Failed or NotProcessed.
        message: Why it failed, or None.
        columns: Of the upload.
        rows: The rows that were uploaded, or that the query found.
        outcomes: One per row of a completed batch.
        select: The query that it holds, if its job queries.
    """

    id: str
    created_ms: int
    stamped_ms: int
    state: str = "Queued"
    message: str | None = None
    processed: int = 0
    failed: int = 0
    total_ms: int = 0
    active_ms: int = 0
    apex_ms: int = 0
    columns: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    select: Select | None = None

    @property
    def is_running(self) -> bool:
        """Whether it waits or runs."""
        return self.state in RUNNING_STATES


@dataclass
class Work:
    """
    The work of a job, and its results.

    Attributes:
        external_id: The field by which an upsert finds records.
        select: The query of a query job.
        is_uploaded: Whether the rows of an ingest job were uploaded.
        columns: Of the upload, or of the query.
        rows: The rows that were uploaded, or found.
        outcomes: One per row of a finished ingest job.
        error: The message that the job will fail with, or None.
        closed_ms: When the upload was complete, in ms since 1970.
        processed: Rows done so far.
        batches: Of a Classic job, which has no upload of its own.
    """

    external_id: str | None = None
    select: Select | None = None
    is_uploaded: bool = False
    columns: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    error: str | None = None
    closed_ms: int | None = None
    processed: int = 0
    batches: list[Batch] = field(default_factory=list)
