"""What runs ask for, what they should then be shown, and which of them have to be full loads."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Optional

from hypothesis import strategies as st

from jobs_source.standin import Org
from tests.expected import expected_rows
from tests.simulation.history import Row

FILTERS: tuple[tuple[Optional[list[str]], Optional[bool]], ...] = (
    (None, None),
    (["V2Ingest"], None),
    (["Classic", "V2Ingest"], None),
    (["BigObjectIngest", "Classic", "V2Ingest"], None),
    (None, False),
)
"""Job types, and whether PK chunking is asked for."""


class Choose(NamedTuple):
    """From now on the runs ask for what `FILTERS` has at this place."""

    filters: int


CHOICES = st.builds(Choose, st.integers(0, len(FILTERS) - 1))


class FullLoads:
    """
    When a walk of one table has to be a full load, as far as the walks that were loaded before it say.

    Where the product's clock was wrong there may be more of them.
    """

    def __init__(self, is_query: bool, every_hours: float = 24) -> None:
        self._is_query, self._every = is_query, timedelta(hours=every_hours)
        self._filters: Optional[int] = None
        self._last: Optional[datetime] = None

    def is_due(self, began: datetime, filters: int) -> bool:
        """Tell whether a walk has to be full because of the time, or because it is another walk than the last one."""
        is_fresh = self._last is not None and timedelta(0) <= began - self._last < self._every
        return not is_fresh or self._is_other(filters)

    def note(self, began: datetime, filters: int, is_full: bool) -> None:
        """Take in a walk that was loaded."""
        self._filters = filters
        self._last = began if is_full else self._last

    def _is_other(self, filters: int) -> bool:
        """The query listing is asked for one type in any case."""
        if self._filters is None:
            return True
        return FILTERS[self._filters][self._is_query :] != FILTERS[filters][self._is_query :]


def listed(org: Org, is_query: bool, filters: int) -> Iterator[Row]:
    """The rows that a quiet walk with *filters* shows of one table."""
    types, chunking = FILTERS[filters]
    asked: Sequence[Optional[str]] = ["V2Query"] if is_query else types or [None]
    for type_ in asked:
        for row in expected_rows(
            org, "query" if is_query else "ingest", job_type=type_, is_pk_chunking_enabled=chunking
        ):
            if (row["job_type"] == "V2Query") == is_query:
                yield row
