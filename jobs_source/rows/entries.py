"""
The entries of one page, parsed only as far as needed.

Plain entries never become dicts. After the first run, two fields of each entry are read, and what is new goes to Arrow
as JSON. Only pages with odd entries are parsed completely.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Optional, Union

import msgspec

from jobs_source.exceptions import ListingError
from jobs_source.json_text import parse_json

Json = Union[bytes, msgspec.Raw]


class JobStamp(msgspec.Struct, rename="camel", gc=False):
    """The fields that tell whether the rest of an entry has to be read."""

    system_modstamp: Optional[Annotated[datetime, msgspec.Meta(tz=True)]] = None
    job_type: Optional[str] = None


_ENTRIES = msgspec.json.Decoder(list[Any])
_STAMPS = msgspec.json.Decoder(list[JobStamp])
_LINES = msgspec.json.Decoder(list[msgspec.Raw])


def split_entries(records: Json, endpoint: str) -> list[msgspec.Raw]:
    """Split the list *records* into entries. Each stays JSON, not parsed and not checked."""
    try:
        return _LINES.decode(records)
    except (ValueError, RecursionError):
        return [msgspec.Raw(json.dumps(entry).encode()) for entry in _read(records, endpoint)]


def parse_entries(lines: Sequence[Json], endpoint: str) -> list[Any]:
    """
    Parse entries of *endpoint*, each in JSON. Their values are not checked.

    Raises:
        ListingError: If one of them is not JSON.
    """
    return _read(b"[" + b",".join(lines) + b"]", endpoint)


def read_stamps(records: Json) -> Optional[list[JobStamp]]:
    """Read two fields of each entry; None if one of them has a wrong type, or an entry is not an object."""
    try:
        return _STAMPS.decode(records)
    except (ValueError, RecursionError):
        return None


def _read(records: Json, endpoint: str) -> list[Any]:
    try:
        return _ENTRIES.decode(records)
    except (ValueError, RecursionError):
        entries = parse_json(bytes(records))
    if entries is None:
        raise ListingError(f"A page of {endpoint} is broken JSON ({len(bytes(records))} bytes). Run again.")
    return list(entries)
