"""Turns what look-ups brought into the rows of `job_results`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Optional

import pyarrow as pa


class Result(NamedTuple):
    """
    What a look-up brought.

    Attributes:
        job_type: As it was listed.
        listed_stamp: The `systemModstamp` of the listing.
        info: All fields of the job, as in JSON; None if the job is gone.
        batch_message: Why the first failed batch failed.
        answered_at: When Salesforce answered.
    """

    job_id: str
    job_type: Optional[str]
    listed_stamp: datetime
    info: Optional[dict[str, Any]]
    batch_message: Optional[str]
    answered_at: datetime


class ResultRows(NamedTuple):
    """
    The rows of some look-ups.

    Attributes:
        results: One row per look-up: the columns of `JOB_RESULTS` without `run_id`, then a text column per unknown
            field.
        rejected: One row per look-up with a value of the wrong kind: `schema.REJECTED_SCHEMA`.
        unknown: Keys that are known neither from the listings nor from `schema.RESULT_FIELDS`.
    """

    results: pa.Table
    rejected: pa.Table
    unknown: set[str]


def make_result_rows(results: Sequence[Result], org_id: str) -> ResultRows:
    """
    Turn *results* into typed rows; none is lost.

    A value that does not fit its column becomes null, and all fields of the job are also in `ResultRows.rejected`.
    """
    raise NotImplementedError
