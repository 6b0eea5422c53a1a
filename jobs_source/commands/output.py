"""Rows as a table, as CSV or as JSON."""

import csv
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from io import TextIOWrapper
from itertools import islice
from typing import Any, Final

import msgspec

from jobs_source.commands.tables import boxed
from jobs_source.exceptions import SalesforceJobsError
from jobs_source.wording import counted, time_text

Chunks = Iterator[Sequence[Sequence[Any]]]
TABLE_ROWS: Final = 1_000  # a table needs all of its rows before the first can be printed
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1  # integers that msgspec writes
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number", enc_hook=str)


def print_table(columns: Sequence[str], chunks: Chunks) -> None:
    """Print a table: whole where the output is no terminal, else folded to its width. Says if there are more rows."""
    rows = list(islice((row for chunk in chunks for row in chunk), TABLE_ROWS + 1))
    are_numbers = [any(type(row[at]) in (int, float, Decimal) for row in rows) for at in range(len(columns))]
    shown = [[_as_text(value) for value in row] for row in rows[:TABLE_ROWS]]
    sys.stdout.write(boxed(columns, shown, are_numbers) + f"{counted(len(shown), 'row')}\n")
    sys.stdout.flush()
    if len(rows) > TABLE_ROWS:
        print(f"There are more than {TABLE_ROWS:,} rows: --format csv prints all of them.", file=sys.stderr)


def print_csv(columns: Sequence[str], chunks: Chunks) -> None:
    """Print CSV with a header, a chunk at a time; what is null is empty."""
    _speak_utf8()
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for chunk in chunks:
        writer.writerows([_as_text(value) for value in row] for row in chunk)
        sys.stdout.flush()
    sys.stdout.flush()


def print_json(columns: Sequence[str], chunks: Chunks) -> None:
    """
    Print one array, with an object a line, a chunk at a time. Of columns with the same name each gets a number.

    Where the query fails half-way, the array ends with the rows before: it is JSON all the same.
    """
    _speak_utf8()
    names, before = _unique(columns), "["
    try:
        for chunk in chunks:
            for row in chunk:
                values = {name: _exact(value) for name, value in zip(names, row, strict=True)}
                sys.stdout.write(before + _ENCODER.encode(values).decode())
                before = ",\n"
            sys.stdout.flush()
    except SalesforceJobsError:
        _end_array(before)
        raise
    _end_array(before)


def _end_array(before: str) -> None:
    sys.stdout.write("[]\n" if before == "[" else "]\n")
    sys.stdout.flush()


def _speak_utf8() -> None:
    """Data is written whole: in the encoding of the terminal some characters may be missing."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, float):
        return repr(value)
    return _ENCODER.encode(_exact(value)).decode().strip('"')


def _exact(value: Any) -> Any:
    """Give msgspec a value that it writes whole: times in UTC, integers of any size; JSON has no NaN or infinity."""
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, int) and not _SMALLEST <= value <= _LARGEST:
        return Decimal(value)
    if isinstance(value, Decimal) and not value.is_finite():
        return None
    if isinstance(value, (list, tuple)):
        return [_exact(each) for each in value]
    if isinstance(value, dict):
        return {str(key): _exact(each) for key, each in value.items()}
    return value


def _unique(columns: Sequence[str]) -> list[str]:
    names: list[str] = []
    for column in columns:
        name, number = column, 1
        while name in names:
            number += 1
            name = f"{column}_{number}"
        names.append(name)
    return names
