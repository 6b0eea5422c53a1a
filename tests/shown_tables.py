"""Reads the tables that commands print for a person."""

import re
from typing import Final

_CELL: Final = re.compile(r"\S+(?: \S+)*")


def shown_table(text: str, first: str) -> list[dict[str, str]]:
    """Return the rows of the table whose first column is *first*, up to an empty line. What is empty is left out."""
    lines = iter(text.splitlines())
    header = next(line for line in lines if re.match(rf" *{re.escape(first)}(  |$)", line))
    names = [(found.span(), found[0]) for found in _CELL.finditer(header)]
    rows = []
    for line in lines:
        if not line:
            break
        cells = [(found.span(), found[0]) for found in _CELL.finditer(line)]
        rows.append({_above(span, names): cell for span, cell in cells})
    return rows


def _above(span: tuple[int, int], names: list[tuple[tuple[int, int], str]]) -> str:
    (name,) = [name for (start, end), name in names if start < span[1] and span[0] < end]
    return name


def runs_shown(text: str) -> list[dict[str, str]]:
    """Return the table with which `load` ends, for one org or several, without the seconds."""
    first = "org" if re.search("^org  ", text, re.MULTILINE) else "jobs listed"
    return [{name: cell for name, cell in row.items() if name != "seconds"} for row in shown_table(text, first)]
