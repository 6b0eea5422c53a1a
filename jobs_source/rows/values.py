"""Converts one value to the type of its column if that is exact, and refuses it with a reason if it is not."""

import json
import re
from datetime import datetime, timezone
from typing import Any

import pyarrow as pa

from jobs_source.rows.stamp_window import StampWindow
from jobs_source.schema import COUNT, FLAG, TIME

# The times that Arrow reads in bulk: minutes and seconds may be missing, the zone must be there.
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ]([01]\d|2[0-3])(?::(\d\d)(?::(\d\d)(?:\.(\d{1,6})0*)?)?)?"
    r"(?:Z|([+-]\d\d)(?::?([0-5]\d))?)",
    re.ASCII,
)


def coerce_value(key: str, type_: pa.DataType, raw: Any, window: StampWindow) -> str | int | datetime | None:
    """
    Give *raw* the type of the column of field *key*.

    Raises:
        ValueError: If that would change what *raw* says; the text is a reason for `rejected_jobs`.
    """
    if raw is None:
        return None
    if key == "apiVersion":
        return _version(raw)
    if type_ != TIME:
        return _count(raw) if type_ == COUNT else _flag(raw) if type_ == FLAG else _text(raw)
    moment = _time(raw)
    if key == "systemModstamp" and not window.is_possible(moment):
        raise ValueError(f"{moment.isoformat()} cannot be right")
    return moment


def any_text(raw: Any) -> str | None:
    """Render any JSON value as text that every warehouse takes: text as it is, anything else as JSON."""
    if raw is None:
        return None
    if isinstance(raw, str) and _is_storable(raw):
        return raw
    return json.dumps(raw)


def text_or_none(raw: Any) -> str | None:
    """Return text that every warehouse takes, and None for anything else."""
    return raw if isinstance(raw, str) and _is_storable(raw) else None


def _is_storable(text: str) -> bool:
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        return False


def _text(raw: Any) -> str:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return str(raw)
    if not isinstance(raw, str):
        raise ValueError(f"{type(raw).__name__} where text belongs")
    if not _is_storable(raw):
        raise ValueError("NUL or half a surrogate pair in the text")
    return raw


def _count(raw: Any) -> int:
    if isinstance(raw, str) and re.fullmatch(r"-?\d{1,19}", raw, re.ASCII):
        raw = int(raw)
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    if not isinstance(raw, int) or isinstance(raw, bool):
        raise ValueError("not a whole number")
    if not -(2**63) <= raw < 2**63:
        raise ValueError("too big a number")
    return raw


def _flag(raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    if raw not in ("true", "false"):
        raise ValueError("neither true nor false")
    return bool(raw == "true")


def _version(raw: Any) -> str:
    if isinstance(raw, (int, float)) and not isinstance(raw, bool) and raw == round(raw, 1) and 0 <= raw < 10_000:
        return f"{abs(raw):.1f}"
    if isinstance(raw, str) and (match := re.fullmatch(r"v?(\d{1,4})(\.\d)?", raw, re.ASCII)):
        return match[1] + (match[2] or ".0")
    raise ValueError("not an API version")


def _time(raw: Any) -> datetime:
    match = _TIME.fullmatch(raw) if isinstance(raw, str) else None
    if not match:
        raise ValueError("not a time with a zone")
    day, hour, minute, second, fraction, zone_hours, zone_minutes = (part or "00" for part in match.groups())
    zone = f"{zone_hours if match[6] else '+00'}:{zone_minutes}"
    try:
        moment = datetime.fromisoformat(f"{day}T{hour}:{minute}:{second}.{fraction.ljust(6, '0')}{zone}")
        return moment.astimezone(timezone.utc)
    except (ValueError, OverflowError) as error:
        raise ValueError("not a time of the calendar") from error
