"""Periods are in UTC, and end before their end."""

from datetime import date, datetime, timedelta, timezone

import pytest

from jobs_source.dashboard.filters import Filters
from jobs_source.exceptions import ConfigError

NOW = datetime(2026, 1, 2, 10, 30, tzinfo=timezone.utc)


def test_the_last_days_begin_at_midnight_and_end_now() -> None:
    """In UTC, wherever the machine is; the period before is as long and ends where they begin."""
    here = NOW.astimezone(timezone(timedelta(hours=-11)))
    filters = Filters.last_days(3, here, kind="query")
    assert filters == Filters(datetime(2025, 12, 31, tzinfo=timezone.utc), NOW, kind="query")
    assert filters.start_before == datetime(2025, 12, 28, 13, 30, tzinfo=timezone.utc)
    assert list(filters.days()) == [date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 2)]


@pytest.mark.parametrize(
    ("end", "days"),
    [
        (datetime(2026, 1, 1), 1),
        (datetime(2026, 1, 1, 0, 0, 0, 1), 2),
        (datetime(2025, 12, 31), 1),
    ],
)
def test_a_day_that_begins_where_the_period_ends_is_not_in_it(end: datetime, days: int) -> None:
    """The first day always is. A time without a zone is in UTC."""
    assert len(list(Filters(datetime(2025, 12, 31), end).days())) == days


def test_a_period_since_ever_has_no_time_before_the_year_one() -> None:
    """The period before it is cut off there."""
    filters = Filters(datetime(900, 1, 1), NOW)
    assert filters.start_before == datetime(1, 1, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize("days", [0, -1, 3_661])
def test_a_number_of_days_that_makes_no_period_is_refused(days: int) -> None:
    """With what it may be."""
    with pytest.raises(ConfigError, match=rf"^--days {days}: it has to be a number from 1 to 3,660\.$"):
        Filters.last_days(days, NOW)
