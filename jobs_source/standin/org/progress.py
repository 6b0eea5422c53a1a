"""Moves a job that was made over the API through its states, as time goes by."""

from jobs_source.standin.org.batch_progress import advance_batches
from jobs_source.standin.org.behaviour import Behaviour
from jobs_source.standin.org.jobs import TERMINAL_STATES, Job
from jobs_source.standin.org.records import Records
from jobs_source.standin.org.uploads import do_row
from jobs_source.standin.org.work import Work


def advance(job: Job, now_ms: int, records: Records, behaviour: Behaviour) -> bool:
    """
    Bring a job to its state at *now_ms*, in ms since 1970. Only a change of state changes its stamp.

    A job that ends changes or reads *records*. Returns whether the job has ended.
    """
    work = job.work
    if work and job.kind.job_type == "Classic":
        return advance_batches(job, work, now_ms, records, behaviour)
    if work is None or job.state in TERMINAL_STATES:
        return True
    if work.closed_ms is None:
        return False
    starts_ms = work.closed_ms + int(behaviour.in_progress_after_seconds * 1000)
    ends_ms = starts_ms + int(behaviour.complete_after_seconds * 1000)
    if now_ms >= ends_ms:
        job.state, job.stamped_ms = "Failed" if work.error else "JobComplete", ends_ms
        if not work.error:
            _finish(job, work, records, behaviour)
        return True
    if now_ms >= starts_ms:
        job.state, job.stamped_ms = "InProgress", starts_ms
        if not work.error:
            work.processed = len(work.rows) * (now_ms - starts_ms) // (ends_ms - starts_ms)
    return False


def _finish(job: Job, work: Work, records: Records, behaviour: Behaviour) -> None:
    if work.select:
        work.rows = [dict(record) for record in records.select(work.select)]
    else:
        work.outcomes = [do_row(job, work, row, records, behaviour) for row in work.rows]
    work.processed = len(work.rows)
