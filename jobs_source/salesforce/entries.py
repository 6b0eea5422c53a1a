"""Looks at the entries of a page without reading them: how many there are, and which job is the first."""

from typing import Any, Final, Optional

import msgspec


class _Entry(msgspec.Struct):
    id: Any = None


_ENTRIES: Final = msgspec.json.Decoder(list[msgspec.Raw])
_FIRST: Final = msgspec.json.Decoder(_Entry)


def split(records: msgspec.Raw) -> list[msgspec.Raw]:
    """Split a page into its entries. One that is too odd for that counts as empty."""
    try:
        return _ENTRIES.decode(records)
    except (ValueError, RecursionError):
        return []


def first_id(entries: list[msgspec.Raw]) -> Optional[str]:
    """Return the id of the first of *entries*; None if it has none."""
    try:
        found = _FIRST.decode(entries[0]).id
    except (ValueError, RecursionError, IndexError):
        return None
    return found if isinstance(found, str) else None
