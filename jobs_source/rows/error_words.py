"""
Takes the code and the names of fields out of the error of a failed record, and nothing else.

    REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --

The message between them may quote values of customers, such as a name, a mail address or what a rule of theirs says.
"""

import re
from collections.abc import Iterable, Set
from typing import Any, Final

Key = tuple[str, str]  # error code, and fields with blanks between

NO_KEY: Final[Key] = ("", "")
_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,99}")
_FIELD: Final = re.compile(r"[A-Za-z]\w*([.:]\w+)*", re.ASCII)  # of the record, or of one that it refers to


def find_key(error: str, names: Set[str]) -> Key:
    """Return the code before the first colon of *error*, and those words after the last one that are *names*."""
    code, colon, rest = error.partition(":")
    if not colon:
        return NO_KEY
    words = rest.rpartition(":")[2].replace(",", " ").split()
    return keep_code(code), keep_fields(words, names)


def keep_code(text: Any) -> str:
    """Return *text* if it looks like an error code, else empty text."""
    code = text.strip() if isinstance(text, str) else ""
    return code if _CODE.fullmatch(code) else ""


def keep_fields(words: Iterable[Any], names: Set[str]) -> str:
    """Return those *words* that are *names*, once each, with blanks between."""
    return " ".join(dict.fromkeys(word for word in words if isinstance(word, str) and word in names))


def field_names(columns: Iterable[str]) -> frozenset[str]:
    """Return those *columns* that can be names of fields, so that no value is one by chance."""
    return frozenset(column for column in columns if _FIELD.fullmatch(column))
