"""What becomes of a job that was made over the API, as time goes by."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobs_source.standin.org.jobs import TERMINAL_STATES, Job
from jobs_source.standin.org.records import Outcome
from jobs_source.standin.org.soql import Select

if TYPE_CHECKING:
    from jobs_source.standin.org.org import Org


@dataclass
class Work:
    """
    What a job has to do, and what came of it.

    Attributes:
        external_id: The field that an upsert goes by.
        select: The query of a query job.
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

    def counters(self, job: Job) -> dict[str, Any]:
        """Return what Get Job Info adds; a job that is still open has no counts yet."""
        ended_ms = job.stamped_ms - (self.closed_ms or job.stamped_ms)
        times = {"retries": 0, "totalProcessingTime": ended_ms if job.state in TERMINAL_STATES else 0}
        if self.select:
            return {"numberRecordsProcessed": self.processed, **times, "isPkChunkingSupported": True}
        more: dict[str, Any] = {"externalIdFieldName": self.external_id} if self.external_id else {}
        if job.state != "Open":
            failed = sum(outcome.error is not None for outcome in self.outcomes)
            more |= {"numberRecordsProcessed": self.processed, "numberRecordsFailed": failed}
        times |= {"apiActiveProcessingTime": times["totalProcessingTime"], "apexProcessingTime": 0}
        return {**more, **times, "isPkChunkingSupported": False}


def advance(org: "Org", job: Job) -> bool:
    """Bring a job to where it is by now. Return whether it is finished. Only a change of state moves its stamp."""
    work = job.work
    if work is None or job.state in TERMINAL_STATES:
        return True
    if work.closed_ms is None:
        return False
    starts_ms = work.closed_ms + int(org.in_progress_after_seconds * 1000)
    ends_ms = starts_ms + int(org.complete_after_seconds * 1000)
    now_ms = org.clock.now_ms()
    if now_ms >= ends_ms:
        _finish(org, job, work)
        job.state, job.stamped_ms = "JobComplete", ends_ms
        return True
    if now_ms >= starts_ms:
        job.state, job.stamped_ms = "InProgress", starts_ms
        work.processed = len(work.rows) * (now_ms - starts_ms) // (ends_ms - starts_ms)
    return False


def _finish(org: "Org", job: Job, work: Work) -> None:
    if work.select:
        work.rows = org.records.select(work.select)
    else:
        work.outcomes = [_do(org, job, work, row) for row in work.rows]
    work.processed = len(work.rows)


def _do(org: "Org", job: Job, work: Work, row: dict[str, str]) -> Outcome:
    error = org.fail_rows(row) if org.fail_rows else None
    if error is not None:
        return Outcome(row.get("Id", ""), False, error)
    return org.records.apply(job.kind.operation, str(job.kind.object), row, work.external_id)
