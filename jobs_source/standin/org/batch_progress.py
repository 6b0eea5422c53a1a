"""Moves the batches of a Classic job that was made over the API through their states, as time goes by."""

from jobs_source.standin.org.behaviour import Behaviour
from jobs_source.standin.org.jobs import TERMINAL_STATES, Job
from jobs_source.standin.org.records import Records
from jobs_source.standin.org.uploads import do_row
from jobs_source.standin.org.work import Batch, Work


def advance_batches(job: Job, work: Work, now_ms: int, records: Records, behaviour: Behaviour) -> bool:
    """
    Bring every batch to its state at *now_ms*, in ms since 1970. The job's own state stays.

    A batch starts by itself, also while its job is open. Returns whether nothing more can come.
    """
    for batch in work.batches:
        if batch.is_running:
            _advance(batch, now_ms, behaviour)
            if batch.state == "Completed":
                _finish(job, work, batch, records, behaviour)
    if job.state not in TERMINAL_STATES or any(batch.is_running for batch in work.batches):
        return False
    if behaviour.batches_stamp_job:
        job.stamped_ms = max([job.stamped_ms, *(batch.stamped_ms for batch in work.batches)])
    return True


def stop_batches(work: Work, now_ms: int) -> None:
    """Let those that wait stay undone, because the job is aborted. Those that run come to their end."""
    for batch in work.batches:
        if batch.state == "Queued":
            batch.state, batch.stamped_ms = "NotProcessed", now_ms


def _advance(batch: Batch, now_ms: int, behaviour: Behaviour) -> None:
    starts_ms = batch.created_ms + int(behaviour.in_progress_after_seconds * 1000)
    ends_ms = starts_ms + int(behaviour.complete_after_seconds * 1000)
    if now_ms >= ends_ms:
        batch.state, batch.stamped_ms = "Failed" if batch.message else "Completed", ends_ms
        batch.total_ms = batch.active_ms = ends_ms - starts_ms
    elif now_ms >= starts_ms:
        batch.state, batch.stamped_ms = "InProgress", starts_ms
        if not batch.message:
            batch.processed = len(batch.rows) * (now_ms - starts_ms) // (ends_ms - starts_ms)


def _finish(job: Job, work: Work, batch: Batch, records: Records, behaviour: Behaviour) -> None:
    if batch.select:
        batch.rows = [dict(record) for record in records.select(batch.select)]
    else:
        batch.outcomes = [do_row(job, work, row, records, behaviour) for row in batch.rows]
        batch.failed = sum(outcome.error is not None for outcome in batch.outcomes)
    batch.processed = len(batch.rows)
