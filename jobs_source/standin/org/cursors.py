"""Results of queries over REST that are longer than one answer. A cursor ends with the session that made it."""

from typing import Any, NamedTuple

from jobs_source.standin.org.errors import ApiError, session_expired
from jobs_source.standin.org.ids import make_id

_MAX_CURSORS = 200  # older ones are forgotten, since each holds its records


class Found(NamedTuple):
    """Part of a result: its records, how many there are in all, and the locator of the next part."""

    records: list[dict[str, Any]]
    total: int
    locator: str | None


class Cursors:
    """The open results of one org."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, list[dict[str, Any]]]] = {}
        self._number = 62**4

    def begin(self, token: str, records: list[dict[str, Any]], size: int) -> Found:
        """Return the first part of *records*, of at most *size*."""
        if len(records) <= size:
            return Found(records, len(records), None)
        self._number += 1
        id = make_id("0r8", self._number)
        self._kept[id] = (token, records)
        if len(self._kept) > _MAX_CURSORS:
            del self._kept[next(iter(self._kept))]
        return _cut(id, records, 0, size)

    def go_on(self, token: str, locator: str, size: int) -> Found:
        """Return the part that *locator* leads to. Raises `ApiError` if it is none, or of another session."""
        id, _, offset = locator.rpartition("-")
        maker, records = self._kept.get(id, ("", []))
        if not offset.isdecimal() or not 0 < int(offset) < len(records):
            raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        if maker != token:
            raise session_expired()
        return _cut(id, records, int(offset), size)


def _cut(id: str, records: list[dict[str, Any]], start: int, size: int) -> Found:
    stop = start + size
    locator = f"{id}-{stop}" if stop < len(records) else None
    return Found(records[start:stop], len(records), locator)
