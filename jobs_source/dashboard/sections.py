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
    failure_notes,
    freshness,
    gaps,
    headlines,
    moment_text,
    period_text,
    plain_text,
    stuck_notes,
    why_no_change,
)

NO_JOBS: Final = "No jobs in this period."


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
    return Section("Failed jobs", failure_notes(figures), [failure_table(figures)] if figures.failures else [])


def _stuck(figures: Figures) -> Section:
    return Section("Stuck jobs", stuck_notes(figures), [stuck_table(figures)] if figures.stuck else [])
