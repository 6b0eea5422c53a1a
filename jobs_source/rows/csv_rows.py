"""Reads CSV that comes in pieces of bytes, row by row, in flat memory."""

import csv
import io
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Any, Final, Optional

_DELIMITERS: Final = (",", "\t", "|", ";", "^", "`")  # those that Salesforce knows
_LONGEST: Final = 2**23  # characters of one line or one value; Salesforce takes at most 400,000 in a record
_BUFFER_BYTES: Final = 65_536


class _Pieces(io.RawIOBase):
    """Pieces of bytes as one file. Python 3.10 cannot read CSV with NUL characters, so they become blanks."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk.replace(b"\0", b" "))
        taken = min(len(buffer), len(self._rest))
        buffer[:taken], self._rest = self._rest[:taken], self._rest[taken:]
        return taken


def read_rows(chunks: Iterator[bytes], column: str, delimiter: str = ",") -> tuple[str, Iterator[list[str]]]:
    """
    Return the delimiter, and the rows as far as they can be read, the header first. Empty lines are left out.

    The delimiter is the one that makes *column* a column of the header, in capitals or not; else it is *delimiter*.
    """
    lines = _read_lines(chunks)
    first = next((line for line in lines if line.strip()), "")
    found = _find_delimiter(first, column) or delimiter
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST))
    return found, _read(csv.reader(chain([first], lines), delimiter=found))


def _read_lines(chunks: Iterator[bytes]) -> Iterator[str]:
    text = io.TextIOWrapper(io.BufferedReader(_Pieces(chunks), _BUFFER_BYTES), "utf-8-sig", "replace", newline="")
    return iter(partial(text.readline, _LONGEST), "")


def _read(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from filter(None, rows)
    except csv.Error:  # too long a value, for example: where the next row begins is not known any more
        return


def _find_delimiter(header: str, column: str) -> Optional[str]:
    fitting = {delimiter: names for delimiter in _DELIMITERS if column in (names := _names(header, delimiter))}
    return max(fitting, key=lambda delimiter: len(fitting[delimiter]), default=None)


def _names(header: str, delimiter: str) -> list[str]:
    return fold(next(_read(csv.reader([header], delimiter=delimiter)), []))


def fold(names: list[str]) -> list[str]:
    """Return names of columns without blanks around them, in small letters."""
    return [name.strip().lower() for name in names]
