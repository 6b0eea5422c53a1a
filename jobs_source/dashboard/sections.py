"""What a report says, in order: the same in HTML and in Markdown."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from jobs_source.dashboard.figures import Figures
from jobs_source.dashboard.tables import (
    Table,
    call_table,
    day_table,
    failure_table,
    hour_table,
    object_table,
    stuck_table,
    user_table,
)
from jobs_source.dashboard.wording import (
    Headline,
    allowance,
    freshness,
    gaps,
    headlines,
    moment_text,
    period_text,
    plain_text,
    why_no_change,
)

NO_JOBS: Final = "No jobs in this period."
_LISTED: Final = 100  # jobs that a query lists at most


class Section(NamedTuple):
    """
    A part of a report.

    Attributes:
        charts: Names of functions of `charts.py`, which show the same as the tables.
    """

    title: str
    sentences: Sequence[str] = ()
    tables: Sequence[Table] = ()
    charts: Sequence[str] = ()


class Report(NamedTuple):
    """
    All of a report.

    Attributes:
        about: Which jobs it is about.
        notes: What is to be known about the headlines.
        footer: Where the figures are from.
    """

    title: str
    about: str
    headlines: Sequence[Headline]
    notes: Sequence[str]
    sections: Sequence[Section]
    footer: str


def write_report(figures: Figures, place: str, made_at: datetime) -> Report:
    """Put *figures* into words and sections. *place*: the dataset and its destination."""
    org = f" of org {plain_text(figures.filters.org_id)}" if figures.filters.org_id else ""
    period = period_text(figures.filters)
    return Report(
        title="Salesforce bulk jobs",
        about=f"Jobs{org} that were created from {period}.",
        headlines=headlines(figures),
        notes=[why] if (why := why_no_change(figures)) else [],
        sections=[*_sections(figures)],
        footer=f"Made at {moment_text(made_at)} from {plain_text(place)}. All times are in UTC.",
    )


def _sections(figures: Figures) -> Iterator[Section]:
    if not figures.totals["jobs"]:
        yield Section("Jobs", [NO_JOBS])
    else:
        charts = ("failures_by_day", "failure_rate_by_day", "times_by_day", "week_heat_map")
        yield Section("Over time", (), [day_table(figures), hour_table(figures)], charts)
        tables = [object_table(figures), user_table(figures)]
        yield Section("Objects and users", (), tables, ("busiest_objects", "busiest_users"))
    yield _failures(figures)
    yield _stuck(figures)
    yield Section("Freshness and gaps", [*freshness(figures), *gaps(figures)])
    calls = [call_table(figures)] if figures.api_calls else []
    yield Section("API allowance", allowance(figures), calls, ("api_share_by_day",))


def _failures(figures: Figures) -> Section:
    if not figures.failures:
        return Section("Failed jobs", ["No job of this period is known to have failed."])
    shown, total = len(figures.failures), figures.totals["jobs_failed"] + figures.totals["jobs_failed_in_part"]
    said = [f"The newest {shown} of {total:,} are listed."] if shown < total else []
    return Section("Failed jobs", said, [failure_table(figures)])


def _stuck(figures: Figures) -> Section:
    if not figures.stuck:
        return Section("Stuck jobs", ["No job waits or runs for too long."])
    shown = len(figures.stuck)
    said = [f"The oldest {shown} are listed; there may be more."] if shown == _LISTED else []
    return Section("Stuck jobs", said, [stuck_table(figures)])
