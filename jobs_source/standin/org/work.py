"""What a job that was made over the API has to do, and what came of it."""

from dataclasses import dataclass, field

from jobs_source.standin.org.records import Outcome
from jobs_source.standin.org.soql import Select


@dataclass
class Work:
    """
    What a job has to do, and what came of it.

    Attributes:
        external_id: The field that an upsert goes by.
        select: The query of a query job.
        is_uploaded: Whether the rows of an ingest job are there.
        columns: Of the upload, or of the query.
        rows: What was uploaded, or found.
        outcomes: One per row of a finished ingest job.
        closed_ms: When the upload was complete, in ms since 1970.
        processed: Rows done so far.
    """

    external_id: str | None = None
    select: Select | None = None
    is_uploaded: bool = False
    columns: list[str] = field(default_factory=list)
    rows: list[dict[str, str]] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    closed_ms: int | None = None
    processed: int = 0
