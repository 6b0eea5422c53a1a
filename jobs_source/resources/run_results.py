"""The results of this run that tell of failed records: they are not in the destination yet."""

from collections.abc import Sequence
from typing import NamedTuple, Optional

import pyarrow as pa

from jobs_source.resources.stage import Stage
from jobs_source.rows.result_rows import Result
from jobs_source.schema import JOB_RESULTS


class FailedJob(NamedTuple):
    """A job with failed records: *records_failed*, as its result says."""

    id: str
    job_type: Optional[str]
    object: Optional[str]
    records_failed: int


class RunResults:
    """
    Keeps the jobs with failed records.

    Attributes:
        round: The look-ups of this run; those of errors wait for them.
    """

    def __init__(self) -> None:
        self.round = Stage([JOB_RESULTS.name])
        self.failed: list[FailedJob] = []

    def add(self, results: Sequence[Result], rows: pa.Table) -> None:
        """Take note of *results* and the *rows* that were made of them."""
        counts, outcomes = rows["number_records_failed"].to_pylist(), rows["outcome"].to_pylist()
        for result, failed, outcome in zip(results, counts, outcomes, strict=True):
            if failed and outcome != "unknown":
                object_ = (result.info or {}).get("object")
                name = object_ if isinstance(object_, str) else None
                self.failed.append(FailedJob(result.job_id, result.job_type, name, failed))
