"""The results of this run that tell of failed records: they are not in the destination yet."""

from collections.abc import Sequence
from typing import NamedTuple, Optional

import pyarrow as pa

from jobs_source.resources.stage import Stage
from jobs_source.rows.result_rows import Result
from jobs_source.salesforce.job_details import BULK_1
from jobs_source.schema import JOB_ERRORS, JOB_RESULTS
from jobs_source.settings import CLASSIC_JOB_TYPE, INGEST_ENDPOINT, QUERY_OPERATIONS


class FailedJob(NamedTuple):
    """A job with failed records: *records_failed*, as its result says."""

    id: str
    job_type: Optional[str]
    object: Optional[str]
    records_failed: int

    @property
    def kind(self) -> str:
        """How its errors are looked up."""
        return BULK_1 if self.job_type == CLASSIC_JOB_TYPE else INGEST_ENDPOINT


class RunResults:
    """
    Keeps the jobs with failed records.

    Attributes:
        round: The look-ups of jobs of this run; those of errors wait for them.
        errors: The look-ups of errors; those of users wait for them.
        calls: Calls of all look-ups of this run so far.
    """

    def __init__(self) -> None:
        self.round, self.errors = Stage([JOB_RESULTS.name]), Stage([JOB_ERRORS.name])
        self.calls = 0
        self.failed: list[FailedJob] = []

    def add(self, results: Sequence[Result], rows: pa.Table) -> None:
        """Take note of *results* and the *rows* that were made of them."""
        counts, outcomes = rows["number_records_failed"].to_pylist(), rows["outcome"].to_pylist()
        for result, failed, outcome in zip(results, counts, outcomes, strict=True):
            info = result.info or {}
            if failed and outcome != "unknown" and info.get("operation") not in QUERY_OPERATIONS:
                name = info.get("object")
                self.failed.append(
                    FailedJob(result.job_id, result.job_type, name if isinstance(name, str) else None, failed)
                )
