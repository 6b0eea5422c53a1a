"""What the dashboard shows, out of marimo's own elements. Figures and words come from elsewhere."""

from collections.abc import Callable, Iterable
from html import escape
from typing import Any, Final, Union

import marimo as mo

from jobs_source.dashboard import wording
from jobs_source.dashboard.charts import Draw, why_empty
from jobs_source.dashboard.database import Rows
from jobs_source.dashboard.durations import duration_text
from jobs_source.dashboard.figures import Figures
from jobs_source.dashboard.links import safe_link
from jobs_source.dashboard.looks import Chart, themed

_PERIODS: Final = {"7 days": 7, "30 days": 30, "90 days": 90, "1 year": 366, "10 years": 3_660}
_ALL: Final = "all"
_ROWS: Final = 10
_WIDTHS: Final = {
    "Failed at (UTC)": 135,
    "Created at (UTC)": 135,
    "Job": 160,
    "Object": 130,
    "Operation": 90,
    "User": 140,
    "Reason": 280,
    "Failed": 120,
    "State": 120,
    "Age": 110,
}  # in pixels: those of a table fit a laptop, a phone scrolls
_NARROWEST: Final = "300px"  # of what stands side by side, where there is room for both
_LINK: Final = "text-decoration: underline"
_EMBEDDED: Final = {"embedOptions": {"renderer": "svg", "actions": False}}


def filters(choices: Union[Rows, str], org: str) -> tuple[Any, ...]:
    """
    Make the filters: period, org, kind, object, user. Without *choices* there is nothing to choose but a period.

    *org*, a section or an id, is chosen at first.
    """
    rows = [] if isinstance(choices, str) else choices
    orgs = {wording.org_name(row): row["org_id"] for row in rows}
    first = (wording.org_name(row) for row in rows if org in (row["org"], row["org_id"], row["org_id"][:15]))
    return (
        mo.ui.dropdown(_PERIODS, "30 days", label="Period", allow_select_none=False),
        _dropdown("Org", orgs, next(first, None)),
        _dropdown("Kind", {row["kind"]: row["kind"] for row in rows}),
        _dropdown("Object", {row["object"]: row["object"] for row in rows if row["object"]}),
        _dropdown("User", _users(rows)),
    )


def _dropdown(label: str, options: dict[str, str], value: Any = None) -> Any:
    """Offer *options* (what is shown: what it stands for), and all of them at once."""
    named = {name: options[name] for name in sorted(options, key=str.lower) if name != _ALL}
    shown = {_ALL: None, **({f"{_ALL} (by this name)": options[_ALL]} if _ALL in options else {}), **named}
    return mo.ui.dropdown(shown, value or _ALL, label=label, allow_select_none=False)


def _users(rows: Rows) -> dict[str, str]:
    """Show users by their names, with the id where two have one name."""
    ids: dict[str, set[str]] = {}
    for row in rows:
        if row["created_by_id"]:
            ids.setdefault(row["created_by"] or row["created_by_id"], set()).add(row["created_by_id"])
    return {name if len(own) == 1 else f"{name} ({id_})": id_ for name, own in ids.items() for id_ in sorted(own)}


def read_again() -> tuple[Any, Any]:
    """Make what has the figures read again: a button, and a clock that nobody sees."""
    return mo.ui.button(label="Read again"), mo.ui.refresh(default_interval="5m")


def controls(*elements: Any, clock: Any) -> mo.Html:
    """The heading, and below it all *elements* in lines that break where the page is narrow."""
    hidden = clock.style({"display": "none"})
    return mo.vstack(
        [mo.md("# Bulk jobs of Salesforce"), mo.hstack([*elements, hidden], justify="start", align="end", wrap=True)]
    )


def side_by_side(*charts: mo.Html) -> mo.Html:
    """The *charts* beside each other, or below each other where the page is narrow."""
    return mo.hstack(charts, widths="equal", wrap=True)


def trouble(reason: Union[Figures, str]) -> mo.Html:
    """Say why there is nothing to show."""
    return mo.callout(_sentences(str(reason)), kind="danger")


def headlines(figures: Figures) -> mo.Html:
    """The figures of the period, with their change against the period before."""
    stats = [
        mo.stat(line.value, label=line.label, caption=line.change, bordered=True) for line in wording.headlines(figures)
    ]
    why = wording.why_no_change(figures)
    return mo.vstack([mo.hstack(stats, wrap=True, justify="start"), *([_sentences(why)] if why else [])])


def chart(heading: str, draw: Draw, figures: Figures) -> mo.Html:
    """A chart under its heading, as wide as its place; where there is nothing to draw, a sentence says why."""
    empty = why_empty(draw, figures)
    shown = _sentences(empty) if empty else mo.as_html(_fitted(draw(figures)))
    return mo.vstack([mo.md(f"## {heading}"), shown]).style({"min-width": _NARROWEST})


def _fitted(chart: Chart) -> Chart:
    """Have *chart* take the width and the colours of the page; what its menu offers would go to another site."""
    fitted: Chart = themed(chart, "page").properties(title="", width="container", usermeta=_EMBEDDED)
    return fitted


def failures(figures: Figures) -> mo.Html:
    """The newest jobs that failed."""
    rows = [
        {
            "Failed at (UTC)": wording.minute_text(row["failed_at"]),
            **_job(figures, row),
            "Reason": _text(row["reason"]),
            "Failed": _failed(row),
        }
        for row in figures.failures
    ]
    return _table("Failed jobs", rows, wording.failure_notes(figures))


def stuck(figures: Figures) -> mo.Html:
    """Jobs that wait or run for too long."""
    rows = [
        {
            "Created at (UTC)": wording.minute_text(row["created_at"]),
            **_job(figures, row),
            "State": _text(row["state"]),
            "Age": duration_text(row["age_seconds"]),
        }
        for row in figures.stuck
    ]
    return _table("Stuck jobs", rows, wording.stuck_notes(figures))


def health(figures: Figures) -> mo.Html:
    """How fresh the data is, what may be missing, and what it costs."""
    parts: Iterable[Callable[[Figures], list[str]]] = (wording.freshness, wording.gaps, wording.allowance)
    return mo.vstack([mo.md("## Freshness, gaps and cost"), *(_sentences(*say(figures)) for say in parts)])


def _sentences(*texts: str) -> mo.Html:
    """Texts of which nothing is taken for Markdown or HTML, each in a paragraph."""
    return mo.Html("".join(f"<p>{escape(text)}</p>" for text in texts))


def _table(heading: str, rows: Rows, notes: list[str]) -> mo.Html:
    shown = (
        mo.ui.table(
            rows,
            selection=None,
            page_size=_ROWS,
            show_column_summaries=False,
            show_data_types=False,
            show_search=False,
            show_download=False,
            wrapped_columns=[*rows[0]],
            column_widths={column: _WIDTHS[column] for column in rows[0]},
        )
        if rows
        else None
    )
    return mo.vstack([mo.md(f"## {heading}"), *([_sentences(*notes)] if notes else []), *([shown] if rows else [])])


def _job(figures: Figures, row: dict[str, Any]) -> dict[str, mo.Html]:
    return {
        "Job": _link(figures, row),
        "Object": _text(row["object"]),
        "Operation": _text(row["operation"]),
        "User": _text(row["created_by"]),
    }


def _failed(row: dict[str, Any]) -> str:
    if row["is_failed"]:
        return "whole job"
    failed, processed = row["records_failed"], row["records_processed"]
    return "in part" if failed is None else f"{failed:,} of {processed or failed:,}"


def _text(value: Any) -> mo.Html:
    """A text of the data: marimo makes links and pictures of addresses in what is no HTML."""
    return mo.Html(f"<span>{escape(wording.plain_text(value or ''))}</span>")


def _link(figures: Figures, row: dict[str, Any]) -> mo.Html:
    url, name = safe_link(row["url"]), wording.job_name(figures, row)
    if not url:
        return _text(name)
    address, shown = escape(url), escape(name)
    return mo.Html(f'<a href="{address}" target="_blank" rel="noopener" style="{_LINK}">{shown}</a>')
