"""Says what became of a job: one word of `schema.OUTCOMES`."""

from typing import Final, NamedTuple, Optional

OK: Final = "ok"
SOME_FAILED: Final = "some_failed"
ALL_FAILED: Final = "all_failed"
ABORTED: Final = "aborted"
GONE: Final = "gone"
UNKNOWN: Final = "unknown"


class Counts(NamedTuple):
    """What was counted of a job; None where the answer does not say. Batches are those of Classic jobs."""

    processed: Optional[int] = None
    failed: Optional[int] = None
    batches_failed: Optional[int] = None
    batches_completed: Optional[int] = None
    batches_queued: Optional[int] = None
    batches_in_progress: Optional[int] = None


def find_outcome(state: Optional[str], is_query: bool, counts: Counts) -> str:
    """Tell what became of a job that Salesforce still has. `unknown`: it is not over, or the answer does not say."""
    if state == "Aborted":
        return ABORTED
    if state == "Failed":
        return SOME_FAILED if _is_success_in_part(counts) else ALL_FAILED
    if state == "JobComplete":
        return OK if is_query and counts.failed is None else _of_records(counts)
    if state == "Closed":
        return _of_classic(counts)
    return UNKNOWN


def _is_success_in_part(counts: Counts) -> bool:
    return counts.processed is not None and counts.failed is not None and counts.processed > counts.failed


def _of_records(counts: Counts) -> str:
    if counts.processed is None or counts.failed is None:
        return UNKNOWN
    if counts.failed <= 0:
        return OK
    return SOME_FAILED if counts.processed > counts.failed else ALL_FAILED


def _of_classic(counts: Counts) -> str:
    """
    Judge a Classic job: Closed says only that no batch is added any more.

    Batches that are Not Processed are those that PK chunking has split into others: they are no failure.
    """
    if counts.batches_queued != 0 or counts.batches_in_progress != 0 or counts.batches_failed is None:
        return UNKNOWN
    if counts.batches_failed <= 0 or _of_records(counts) == UNKNOWN:
        return _of_records(counts)
    has_whole_batch = counts.failed == 0 and bool(counts.batches_completed)
    return SOME_FAILED if _is_success_in_part(counts) or has_whole_batch else ALL_FAILED
