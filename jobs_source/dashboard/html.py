"""The report as one HTML file that needs nothing else: for a browser, a mail, or paper."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple, Optional

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from jobs_source.dashboard import charts
from jobs_source.dashboard.figures import Figures
from jobs_source.dashboard.links import safe_link
from jobs_source.dashboard.sections import Report, Section
from jobs_source.dashboard.svg import write_svg

_SHOWN_ROWS: Final = 20  # of jobs: the rest unfolds
_TEMPLATES: Final = Path(__file__).parent / "templates"


class _Picture(NamedTuple):
    """A chart; or, where it would be empty, why it is."""

    name: str
    svg: Optional[str]
    why_empty: Optional[str]


def write_html(report: Report, figures: Figures) -> str:
    """Write *report* as HTML, with charts of its *figures*."""
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=FileSystemLoader(_TEMPLATES),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["safe_link"] = safe_link
    return environment.get_template("report.html.jinja").render(
        report=report,
        shown_rows=_SHOWN_ROWS,
        sections=[(section, [*_draw(section, figures)]) for section in report.sections],
    )


def _draw(section: Section, figures: Figures) -> Iterator[_Picture]:
    for name in section.charts:
        draw: charts.Draw = getattr(charts, name)
        why = charts.why_empty(draw, figures)
        yield _Picture(name, None if why else write_svg(draw(figures)), why)
