"""Counts failed records by error code and fields. No message and no value of a customer is kept."""

from collections import Counter
from collections.abc import Iterable
from typing import Final, Optional

import pyarrow as pa

from jobs_source.rows.error_words import NO_KEY, Key
from jobs_source.schema import JOB_ERRORS

Counts = Counter[Key]  # records by error code and fields

MOST_KEYS: Final = 1_000  # of one job: more would be a table of records, not of reasons


def count(counts: Counts, key: Key, records: int = 1) -> None:
    """Add *records* under *key*; beyond `MOST_KEYS` without its fields, and beyond twice as many without its code."""
    if key not in counts and len(counts) >= MOST_KEYS:
        key = (key[0], "")
        if key not in counts and len(counts) >= 2 * MOST_KEYS:
            key = NO_KEY
    counts[key] += records


def make_error_rows(parts: Optional[Iterable[Counts]], org_id: str, job_id: str, records_failed: int) -> pa.Table:
    """
    Make the rows of `job_errors` of one job.

    *parts* are the counts of its parts or batches; None if its results are gone. What Salesforce counted as failed
    beyond them is one row without code and fields. There is at least one row, so that no job is asked twice.
    """
    counts: Counts = Counter()
    for part in parts or ():
        for key, records in part.items():
            count(counts, key, records)
    if (rest := records_failed - counts.total()) > 0 or not counts:
        counts[NO_KEY] += max(rest, 0)
    rows = [
        {"org_id": org_id, "job_id": job_id, "error_code": code, "fields": fields, "records": records}
        for (code, fields), records in sorted(counts.items())
    ]
    return pa.Table.from_pylist(rows, JOB_ERRORS.content_schema)
