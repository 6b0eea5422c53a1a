"""
Reads the failed results of a 2.0 ingest job: two columns of Salesforce, then what was uploaded.

    "sf__Id","sf__Error","LastName","Email"
    "","REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --","","a@example.com"
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from jobs_source.rows.csv_rows import fold, read_rows
from jobs_source.rows.error_counts import Counts, count
from jobs_source.rows.error_words import field_names, find_key

_ERROR: Final = "sf__error"
_OURS: Final = "sf__"


class FailedCsv:
    """The failed results of one job, in one part or several. Later parts may lack the header."""

    def __init__(self) -> None:
        self._delimiter = ","
        self._header: list[str] = []

    def read(self, chunks: Iterator[bytes]) -> Counts:
        """
        Count the failed records of one part, which comes in pieces.

        A row with more or fewer values than columns is left out: a value of a customer may be where the error belongs.

        Raises:
            ValueError: If the first part is not CSV with a column sf__Error.
        """
        counts: Counts = Counter()
        delimiter, rows = read_rows(chunks, _ERROR, self._delimiter)
        first = next(rows, None)
        if first is None:
            return counts
        is_header = self._take_header(first)
        self._delimiter = delimiter
        place, names = fold(self._header).index(_ERROR), self._names()
        for row in rows if is_header else (first, *rows):
            if len(row) == len(self._header):
                count(counts, find_key(row[place], names))
        return counts

    def _take_header(self, row: list[str]) -> bool:
        """Tell whether *row* is a header. A later one has the columns of the first: else it is a record."""
        if self._header and sorted(fold(row)) != sorted(fold(self._header)):
            return False
        if _ERROR not in fold(row):
            raise ValueError("no column sf__Error")
        self._header = row
        return True

    def _names(self) -> frozenset[str]:
        return field_names(name for name in self._header if not name.lower().startswith(_OURS))
