"""The report in GitHub's Markdown, for a chat or the summary of a build."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from jobs_source.dashboard.links import safe_link
from jobs_source.dashboard.sections import Report, Section
from jobs_source.dashboard.tables import Cell, Table, headline_table

_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>|~&$#])")
_AT_START: Final = re.compile(r"^(\d{1,9}(?=[.)])|)([-+=.)])")  # of a line: a list, or a heading


def write_markdown(report: Report) -> str:
    """Write *report* as Markdown: headings, sentences and tables."""
    lines = [f"# {_escape(report.title)}", "", _line(report.about), ""]
    lines += _table(headline_table(report.headlines))
    for note in report.notes:
        lines += [_line(note), ""]
    for section in report.sections:
        lines += _section(section)
    return "\n".join([*lines, _line(report.footer), ""])


def _section(section: Section) -> Iterator[str]:
    yield from (f"## {_escape(section.title)}", "")
    if section.sentences:
        yield from (*(f"- {_line(sentence)}" for sentence in section.sentences), "")
    for table in section.tables:
        yield from (f"### {_escape(table.title)}", "")
        yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    words = len(table.columns) - table.numbers
    yield _row([_escape(column) for column in table.columns])
    yield _row(["---"] * words + ["---:"] * table.numbers)
    yield from (_row([_cell(cell) for cell in cells]) for cells in table.rows)
    yield ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    url = safe_link(cell.url)
    return f"[{_escape(cell.text)}]({url})" if url else _escape(cell.text)


def _escape(text: str) -> str:
    """Write *text* so that Markdown shows it as it is: no code, no HTML, no link, and no other cell."""
    return _SPECIAL.sub(r"\\\1", text)


def _line(text: str) -> str:
    return _AT_START.sub(r"\1\\\2", _escape(text))
