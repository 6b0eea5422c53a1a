"""Reads the results of a batch of the Bulk API 1.0, in CSV, JSON or XML."""

from collections.abc import Iterator, Set

from jobs_source.rows.error_counts import Counts


def read_batch(field_names: Set[str], chunks: Iterator[bytes]) -> Counts:
    """
    Count the failed records of one batch, which comes in pieces. *field_names* are those of the job's object.

    Raises:
        ValueError: If it is none of the three formats.
    """
    raise NotImplementedError
