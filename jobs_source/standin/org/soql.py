"""The SOQL that the stand-in supports: SELECT fields FROM object [WHERE Id IN (...)] [LIMIT n]."""

import re
from typing import NamedTuple

from jobs_source.standin.org.errors import ApiError

_SELECT = re.compile(
    r"\s*SELECT\s+(?P<fields>\w+(?:\s*,\s*\w+)*)\s+FROM\s+(?P<object>\w+)"
    r"(?:\s+WHERE\s+Id\s+IN\s*\(\s*(?P<ids>'\w+'(?:\s*,\s*'\w+')*)\s*\))?"
    r"(?:\s+LIMIT\s+(?P<limit>\d+))?\s*",
    re.IGNORECASE,
)


class Select(NamedTuple):
    """A parsed query. `ids` and `limit` are None if it has none."""

    fields: list[str]
    object: str
    ids: frozenset[str] | None
    limit: int | None


def parse_select(text: str) -> Select:
    """Parse a query. Raises `ApiError` (MALFORMED_QUERY) on anything but the form above."""
    match = _SELECT.fullmatch(text)
    if match is None:
        raise ApiError(400, "MALFORMED_QUERY", f"unexpected token: '{text[:100]}'")
    ids, limit = match["ids"], match["limit"]
    return Select(
        re.findall(r"\w+", match["fields"]),
        match["object"],
        frozenset(re.findall(r"\w+", ids)) if ids else None,
        int(limit) if limit else None,
    )
