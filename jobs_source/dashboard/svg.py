"""Charts as SVG that stands in a page: no script, no font of its own, no address."""

from collections.abc import Mapping
from typing import Any, Final

import vl_convert
from markupsafe import escape

from jobs_source.dashboard.looks import Chart, themed

_WIDTH: Final = 490
_FIT: Final = {"type": "fit-x", "contains": "padding"}  # axes and labels are within the width
_SILENT: Final = {"aria": False}  # each mark would describe itself: half of the size, and nobody hears it in an image


def write_svg(chart: Chart) -> str:
    """Draw *chart* for a light page, as HTML that needs no escaping; styles of the page may change its colours."""
    specification = themed(chart).properties(width=_WIDTH, autosize=_FIT).to_dict()
    specification["config"] |= _SILENT
    begin, _, drawing = vl_convert.vegalite_to_svg(specification).partition(">")
    size = begin.partition(' width="')[2]  # what is before it are addresses of namespaces, which HTML knows
    return f'<svg role="img" aria-label="{_label(specification)}" class="chart" width="{size}>{drawing}'


def _label(specification: Mapping[str, Any]) -> str:
    return escape(f"{specification['title']}. {specification['description']}")
