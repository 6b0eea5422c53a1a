"""The org's own time. All stamps, expiries and deletions use it."""

import threading
import time
from datetime import datetime, timedelta, timezone
from functools import lru_cache

DAY_MS = 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Clock:
    """
    A clock that tests can set, stop and move. Threads may share it.

    Args:
        start: The first time that it shows, with a time zone. The real time if left out.
        frozen: Whether it moves only by `advance`.
    """

    def __init__(self, start: datetime | None = None, frozen: bool = False) -> None:
        if start is not None and start.tzinfo is None:
            raise ValueError("The clock's start needs a time zone.")
        self._start = (start or datetime.now(timezone.utc)).astimezone(timezone.utc)
        self._began = time.monotonic()
        self._frozen = frozen
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the time in UTC."""
        with self._lock:
            elapsed = 0.0 if self._frozen else time.monotonic() - self._began
            return self._start + timedelta(seconds=elapsed)

    def now_ms(self) -> int:
        """Return the milliseconds since 1970."""
        return to_ms(self.now())

    def advance(self, *, seconds: float = 0, days: float = 0) -> None:
        """Move the time forward, or back with negative numbers."""
        with self._lock:
            self._start += timedelta(seconds=seconds, days=days)


def to_ms(moment: datetime) -> int:
    """Return the milliseconds since 1970 of a time with a time zone, exactly."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def stamp(ms: int) -> str:
    """Write a time as the API does, `2026-11-23T21:08:15.250+0000`: no colon in the offset."""
    days, rest = divmod(ms, DAY_MS)
    minutes, rest = divmod(rest, 60_000)
    return f"{_date(days)}T{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}+0000"


@lru_cache(maxsize=1000)
def _date(days: int) -> str:
    return (_EPOCH + timedelta(days=days)).date().isoformat()
