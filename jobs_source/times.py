"""Times are in UTC everywhere."""

from datetime import datetime, timezone
from typing import Any


def in_utc(value: Any) -> Any:
    """Give a time the zone UTC; one without a zone is in UTC already, as some destinations keep it."""
    if not isinstance(value, datetime):
        return value
    return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value.astimezone(timezone.utc)
