"""The work of a job that was made over the API, and its results."""

from dataclasses import dataclass, field
from typing import Any

from jobs_source.standin.org.records import Outcome
from jobs_source.standin.org.soql import Select


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
