"""
The error of one record, as results tell it: `CODE:message:field1 field2 --`, where there may be no field.

    REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --
"""

from typing import NamedTuple


class RecordError(NamedTuple):
    """Its parts, as JSON and XML have them."""

    code: str
    message: str
    fields: list[str]


def split_error(text: str) -> RecordError:
    """Take an error apart. A text without an end of the right form has no fields."""
    code, _, rest = text.partition(":")
    message, colon, end = rest.rpartition(":")
    if not colon or not end.endswith("--"):
        return RecordError(code, rest, [])
    return RecordError(code, message, end.removesuffix("--").split())
