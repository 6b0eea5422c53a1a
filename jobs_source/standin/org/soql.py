"""
The SOQL that the stand-in supports:

    SELECT fields FROM object [WHERE field = 'text' AND field IN ('text', ...)] [ORDER BY field [DESC]] [LIMIT n]
"""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from jobs_source.standin.org.errors import ApiError

_TEXT = r"'(?:[^'\\]|\\.)*'"
_CONDITION = rf"[\w.]+\s*(?:=\s*{_TEXT}|IN\s*\(\s*{_TEXT}(?:\s*,\s*{_TEXT})*\s*\))"
_SELECT = re.compile(
    r"\s*SELECT\s+(?P<fields>[\w.]+(?:\s*,\s*[\w.]+)*)\s+FROM\s+(?P<object>\w+)"
    rf"(?:\s+WHERE\s+(?P<where>{_CONDITION}(?:\s+AND\s+{_CONDITION})*))?"
    r"(?:\s+ORDER\s+BY\s+(?P<order>[\w.]+)(?P<down>\s+DESC)?(?:\s+ASC)?)?"
    r"(?:\s+LIMIT\s+(?P<limit>\d+))?\s*",
    re.IGNORECASE,
)


class Condition(NamedTuple):
    """A field, and the values that it may have."""

    field: str
    values: frozenset[str]

    def holds(self, record: dict[str, Any]) -> bool:
        """Return whether it holds for a record. An id may be given with 15 characters."""
        value = str(value_of(record, self.field) or "")
        return value in self.values or (self.field.lower() == "id" and value[:15] in self.values)


class Select(NamedTuple):
    """A parsed query. `order` and `limit` are None if it has none."""

    fields: list[str]
    object: str
    conditions: tuple[Condition, ...] = ()
    order: str | None = None
    is_descending: bool = False
    limit: int | None = None

    @property
    def all_fields(self) -> list[str]:
        """Every field that the query names."""
        named = [condition.field for condition in self.conditions]
        return [*self.fields, *named, *([self.order] if self.order else [])]

    def apply(self, records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the matching *records*, whole, in the order that was asked for."""
        found = [record for record in records if all(condition.holds(record) for condition in self.conditions)]
        if self.order:
            name = self.order
            found.sort(key=lambda record: str(value_of(record, name) or ""), reverse=self.is_descending)
        return found[: self.limit]


def value_of(record: dict[str, Any], name: str) -> Any:
    """
    Return a field of a record, or of a related record (`Profile.Name`), whatever the case of its name.

    A field that the record lacks is None.
    """
    if name in record:
        return record[name]
    lower = name.lower()
    found = next((value for key, value in record.items() if key.lower() == lower), None)
    head, dot, tail = name.partition(".")
    if found is None and dot and isinstance(related := value_of(record, head), dict):
        return value_of(related, tail)
    return found


def parse_select(text: str) -> Select:
    """Parse a query. Raises `ApiError` (MALFORMED_QUERY) on anything but the form above."""
    match = _SELECT.fullmatch(text)
    if match is None:
        raise ApiError(400, "MALFORMED_QUERY", f"unexpected token: '{text[:100]}'")
    return Select(
        re.findall(r"[\w.]+", match["fields"]),
        match["object"],
        tuple(_condition(text) for text in re.findall(_CONDITION, match["where"] or "", re.IGNORECASE)),
        match["order"],
        bool(match["down"]),
        int(match["limit"]) if match["limit"] else None,
    )


def _condition(text: str) -> Condition:
    field = re.match(r"[\w.]+", text)
    values = (re.sub(r"\\(.)", r"\1", value[1:-1]) for value in re.findall(_TEXT, text))
    return Condition(field[0] if field else "", frozenset(values))
