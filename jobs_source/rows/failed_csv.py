"""Reads the failed results of a 2.0 ingest job."""

from collections.abc import Iterator

from jobs_source.rows.error_counts import Counts


class FailedCsv:
    """The failed results of one job, in one part or several."""

    def read(self, chunks: Iterator[bytes]) -> Counts:
        """
        Count the failed records of one part, which comes in pieces.

        Raises:
            ValueError: If the first part is not CSV with a column sf__Error.
        """
        raise NotImplementedError
