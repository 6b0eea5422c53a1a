"""Counts failed records by error code and fields. No message and no value of a customer is kept."""

from collections import Counter
from collections.abc import Iterable
from typing import Optional

import pyarrow as pa

Counts = Counter[tuple[str, str]]  # records by error code and fields


def make_error_rows(parts: Optional[Iterable[Counts]], org_id: str, job_id: str, records_failed: int) -> pa.Table:
    """
    Make the rows of `job_errors` of one job.

    *parts* are the counts of its parts or batches; None if its results are gone. What Salesforce counted as failed
    beyond them is one row without code and fields. There is at least one row, so that no job is asked twice.
    """
    raise NotImplementedError
