"""
Tables for a person: in a box for the rows of a query, without one for what a command has done.

A terminal gets colours, unless `NO_COLOR` or `TERM=dumb` forbids them: rich looks at both. Elsewhere a table is plain
text, as wide as its rows are.
"""

import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Final, Optional, Union

from rich.box import HEAVY_HEAD, Box
from rich.console import Console
from rich.table import Table
from rich.text import Text

Cell = Union[str, int, float, Text, None]
Row = Mapping[str, Cell]
_ENDLESS: Final = 1_000_000  # characters: wider than any table
_FEWEST: Final = 12  # characters
_HEADER: Final = "cyan"  # not bold, which `NO_COLOR` would leave
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # a terminal would obey them


def boxed(columns: Sequence[str], rows: Sequence[Sequence[str]], are_numbers: Sequence[bool]) -> str:
    """Draw *rows* in a box: whole where the output is no terminal, else folded to its width."""
    return _draw(_side_by_side(HEAVY_HEAD, columns, rows, are_numbers))


def plain(rows: Sequence[Row], folded: str = "") -> str:
    """
    Draw *rows* of the same names in columns, or, if the terminal is too narrow for them, each value in its own line.

    Numbers get commas, and those with a fraction one digit after the point. None is empty. The column *folded* may
    have several lines, if it gets `_FEWEST` characters.
    """
    table, width = _columns(rows), _width()
    if (missing := _widest(table) - width) > 0:
        names = list(rows[0])
        left = _widest(_columns([{folded: row[folded]} for row in rows])) - missing if folded in names else 0
        if left < _FEWEST:
            return "\n".join(_trimmed(_upright(row)) for row in rows)
        table.columns[names.index(folded)].max_width = left
    return _trimmed(table)


def without_unused(rows: Sequence[Row], *unused: str) -> list[Row]:
    """Leave out those of the columns *unused* in which no row has anything; zero is nothing."""
    gone = {name for name in unused if not any(row[name] for row in rows)}
    return [{name: value for name, value in row.items() if name not in gone} for row in rows]


def _columns(rows: Sequence[Row]) -> Table:
    names = list(rows[0])
    are_numbers = [any(isinstance(row[name], (int, float)) for row in rows) for name in names]
    return _side_by_side(None, names, [list(row.values()) for row in rows], are_numbers)


def _widest(table: Table) -> int:
    return _console(_ENDLESS).measure(table).maximum


def _side_by_side(
    box: Optional[Box], names: Sequence[str], rows: Sequence[Sequence[Cell]], are_numbers: Sequence[bool]
) -> Table:
    table = Table(box=box, pad_edge=box is not None, header_style=_HEADER)
    for name, is_number in zip(names, are_numbers, strict=True):
        table.add_column(_text(name), justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(_text, row))
    return table


def _upright(row: Row) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style=_HEADER, overflow="fold")
    table.add_column(overflow="fold")
    for name, value in row.items():
        table.add_row(_text(name), _text(value))
    return table


def _text(value: Cell) -> Text:
    """Write a value; what looks like rich's markup is text like any other."""
    if isinstance(value, Text):
        return value
    if isinstance(value, float):
        return Text(f"{value:,.1f}")
    return Text(f"{value:,}" if isinstance(value, int) else _CONTROL.sub("?", value or ""))


def _draw(table: Table) -> str:
    """Draw the table as text: rich itself would end the process where nobody reads the output to its end."""
    console = _console(_width())
    with console.capture() as drawn:
        console.print(table)
    return drawn.get()


def _trimmed(table: Table) -> str:
    return "".join(f"{line.rstrip(' ')}\n" for line in _draw(table).splitlines())


def _console(width: int) -> Console:
    """Return a console that draws as standard output can; with a height, since rich gives dumb terminals 80 columns."""
    encoding = (sys.stdout.encoding or "ascii").lower()
    is_terminal = sys.stdout.isatty()
    return Console(
        file=_Drawing(encoding),
        width=width,
        height=25,
        force_terminal=is_terminal,
        highlight=False,
        legacy_windows=False,
    )


def _width() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _ENDLESS


class _Drawing(StringIO):
    """A text whose encoding is that of the output: rich draws with plain characters where it lacks others."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding
