"""What became of a job, from its state and its counts."""

from typing import Optional

import pytest

from jobs_source.rows.outcome import Counts, find_outcome
from jobs_source.schema import OUTCOMES


def classic(
    processed: Optional[int] = 10,
    failed: Optional[int] = 0,
    batches_failed: Optional[int] = 0,
    completed: Optional[int] = 1,
    queued: Optional[int] = 0,
    in_progress: Optional[int] = 0,
) -> str:
    return find_outcome("Closed", False, Counts(processed, failed, batches_failed, completed, queued, in_progress))


@pytest.mark.parametrize(
    ("state", "is_query", "processed", "failed", "outcome"),
    [
        ("JobComplete", False, 10, 0, "ok"),
        ("JobComplete", False, 0, 0, "ok"),
        ("JobComplete", False, 10, 1, "some_failed"),
        ("JobComplete", False, 10, 10, "all_failed"),
        ("JobComplete", False, 0, 10, "all_failed"),
        ("JobComplete", False, None, None, "unknown"),
        ("JobComplete", False, 10, None, "unknown"),
        ("JobComplete", False, None, 10, "unknown"),
        ("JobComplete", True, 10, None, "ok"),
        ("JobComplete", True, None, None, "ok"),
        ("JobComplete", True, 10, 3, "some_failed"),
        ("Failed", False, None, None, "all_failed"),
        ("Failed", False, 10, 10, "all_failed"),
        ("Failed", False, 10, None, "all_failed"),
        ("Failed", False, 10, 3, "some_failed"),
        ("Failed", False, 10, 0, "some_failed"),
        ("Failed", True, 10, None, "all_failed"),
        ("Aborted", False, 10, 3, "aborted"),
        ("Aborted", True, None, None, "aborted"),
        *((state, False, 10, 0, "unknown") for state in ("Open", "UploadComplete", "InProgress", "New", "", None)),
    ],
)
def test_outcome_of_a_job_of_bulk_api_2(
    state: Optional[str], is_query: bool, processed: Optional[int], failed: Optional[int], outcome: str
) -> None:
    """A query job has no count of failed records. What is not over, or does not say, is asked again."""
    assert find_outcome(state, is_query, Counts(processed, failed)) == outcome


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (classic(), "ok"),
        (classic(processed=0, completed=0), "ok"),
        (classic(failed=3), "some_failed"),
        (classic(failed=10), "all_failed"),
        (classic(processed=10, batches_failed=1), "some_failed"),
        (classic(processed=0, batches_failed=1, completed=0), "all_failed"),
        (classic(processed=0, batches_failed=1, completed=1), "some_failed"),
        (classic(processed=0, batches_failed=1, completed=None), "all_failed"),
        (classic(processed=5, failed=5, batches_failed=1), "all_failed"),
        (classic(queued=1), "unknown"),
        (classic(in_progress=1), "unknown"),
        (classic(failed=10, in_progress=1), "unknown"),
        (classic(queued=None), "unknown"),
        (classic(in_progress=None), "unknown"),
        (classic(batches_failed=None), "unknown"),
        (classic(processed=None), "unknown"),
        (classic(failed=None), "unknown"),
        (classic(failed=None, batches_failed=1), "unknown"),
    ],
)
def test_outcome_of_a_classic_job(outcome: str, expected: str) -> None:
    """
    Closed says nothing: batches may still run. Counts of records and failed batches tell.

    A batch that found nothing, such as one of a query in chunks, is no failure beside one that failed.
    """
    assert outcome == expected
    assert outcome in OUTCOMES
