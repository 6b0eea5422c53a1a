"""Tables of the figures, ready to be shown: every cell is a text."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Optional

from jobs_source.dashboard.durations import UNKNOWN, duration_text
from jobs_source.dashboard.figures import Figures
from jobs_source.dashboard.wording import Headline, job_name, minute_text, org_name, plain_text, share_text

_MOST_DAYS: Final = 92  # rows: charts have all days
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_COUNTS: Final = ("jobs", "jobs_failed", "jobs_failed_in_part")
_COUNT_TITLES: Final = ("Jobs", "Failed", "Failed in part", "Failure rate")
_TIMES: Final = {
    "queue_seconds_median": "Median wait",
    "queue_seconds_95": "95 % waited at most",
    "run_seconds_median": "Median run",
    "run_seconds_95": "95 % ran at most",
}


class Cell(NamedTuple):
    """What stands in a table, and where it leads."""

    text: str
    url: Optional[str] = None


class Table(NamedTuple):
    """
    Rows; the first cell of each names it.

    Attributes:
        columns: Their headings: words first, then numbers.
        numbers: How many of them are numbers, which stand at the right.
    """

    title: str
    columns: Sequence[str]
    numbers: int
    rows: Sequence[Sequence[Cell]]


def headline_table(found: Sequence[Headline]) -> Table:
    """Make the table of the headlines."""
    rows = [[Cell(each.label), Cell(each.value), Cell(each.change or "")] for each in found]
    return Table("The period", ("Figure", "Value", "Change"), 0, rows)


def day_table(figures: Figures) -> Table:
    """Make the table of the days, the newest first."""
    rows = [
        [Cell(row["day"].isoformat()), *_counts(row), *(_cell(row[name], duration_text) for name in _TIMES)]
        for row in figures.days[::-1][:_MOST_DAYS]
    ]
    numbers = (*_COUNT_TITLES, *_TIMES.values())
    return Table(f"Days{_newest(figures.days)}", ("Day (UTC)", *numbers), len(numbers), rows)


def object_table(figures: Figures) -> Table:
    """Make the table of the busiest objects."""
    rows = [[Cell(plain_text(row["object"] or "(no object)")), *_counts(row)] for row in figures.objects]
    return Table("Busiest objects", ("Object", *_COUNT_TITLES), len(_COUNT_TITLES), rows)


def user_table(figures: Figures) -> Table:
    """Make the table of the busiest users."""
    rows = [
        [Cell(plain_text(row["user"])), Cell(plain_text(row["created_by_id"] or "")), *_counts(row)]
        for row in figures.users
    ]
    return Table("Busiest users", ("User", "Id", *_COUNT_TITLES), len(_COUNT_TITLES), rows)


def hour_table(figures: Figures) -> Table:
    """Make the table of the hours of the week."""
    jobs = {(row["hour"], row["weekday"]): row["jobs"] for row in figures.hours}
    days = range(1, len(_WEEKDAYS) + 1)
    rows = [[Cell(f"{hour:02}"), *(Cell(f"{jobs.get((hour, day), 0):,}") for day in days)] for hour in range(24)]
    return Table("Jobs by hour and weekday", ("Hour (UTC)", *_WEEKDAYS), len(_WEEKDAYS), rows)


def failure_table(figures: Figures) -> Table:
    """Make the table of the jobs that failed, the newest first, with links to their pages."""
    rows = [
        [
            *_job(figures, row),
            Cell(plain_text(row["created_by"] or UNKNOWN)),
            Cell(minute_text(row["failed_at"])),
            Cell("whole" if row["is_failed"] else "in part"),
            Cell(plain_text(row["reason"] or UNKNOWN)),
            Cell(_records(row)),
        ]
        for row in figures.failures
    ]
    columns = ("Job", "Operation", "Created by", "Ended (UTC)", "Failed", "Reason", "Records failed")
    return Table("Failed jobs, the newest first", columns, 1, rows)


def stuck_table(figures: Figures) -> Table:
    """Make the table of the jobs that are stuck, the oldest first, with links to their pages."""
    rows = [
        [
            *_job(figures, row),
            Cell(plain_text(row["created_by"] or UNKNOWN)),
            Cell(minute_text(row["created_at"])),
            Cell(plain_text(row["state"])),
            Cell(duration_text(row["age_seconds"])),
        ]
        for row in figures.stuck
    ]
    columns = ("Job", "Operation", "Created by", "Created (UTC)", "State", "Age")
    return Table("Stuck jobs, the oldest first", columns, 1, rows)


def call_table(figures: Figures) -> Table:
    """Make the table of the API calls of our runs, the newest day first."""
    names = {org["org_id"]: org_name(org) for org in figures.orgs}
    rows = [
        [
            Cell(row["day"].isoformat()),
            Cell(names.get(row["org_id"], plain_text(row["org_id"]))),
            Cell(f"{row['calls'] or 0:,}"),
            _cell(row["share"], share_text),
        ]
        for row in figures.api_calls[::-1][:_MOST_DAYS]
    ]
    title = f"API calls of our runs{_newest(figures.api_calls)}"
    return Table(title, ("Day (UTC)", "Org", "Calls", "Share of the allowance"), 2, rows)


def _newest(rows: Sequence[Any]) -> str:
    return f", the newest {_MOST_DAYS} of {len(rows):,}" if len(rows) > _MOST_DAYS else ""


def _counts(row: Mapping[str, Any]) -> list[Cell]:
    return [*(Cell(f"{row[name]:,}") for name in _COUNTS), _cell(row["failure_rate"], share_text)]


def _cell(value: Any, write: Callable[[Any], str]) -> Cell:
    return Cell("-" if value is None else write(value))


def _job(figures: Figures, row: Mapping[str, Any]) -> list[Cell]:
    what = f"{row['operation'] or row['kind']} {row['object'] or ''}"
    return [Cell(job_name(figures, row), row["url"]), Cell(plain_text(what))]


def _records(row: Mapping[str, Any]) -> str:
    failed, processed = row["records_failed"], row["records_processed"]
    if failed is None:
        return UNKNOWN
    return f"{failed:,}" if processed is None else f"{failed:,} of {processed:,}"
