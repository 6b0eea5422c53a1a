"""Which jobs the figures are about."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Any, Final, Optional

from jobs_source.exceptions import ConfigError
from jobs_source.times import in_utc

DAYS: Final = 30  # what is shown if nobody chooses
MOST_DAYS: Final = 3_660
_FIRST: Final = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class Filters:
    """
    Jobs that were created from *start* on and before *end* (UTC), and that have what else is given.

    Attributes:
        kind: `ingest` or `query`.
        created_by_id: Id of the user who created the job.
    """

    start: datetime
    end: datetime
    org_id: Optional[str] = None
    kind: Optional[str] = None
    object: Optional[str] = None
    created_by_id: Optional[str] = None

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            object.__setattr__(self, name, in_utc(getattr(self, name)))

    @classmethod
    def last_days(cls, days: int, now: datetime, **chosen: Optional[str]) -> "Filters":
        """
        Choose the last *days* until *now*, today among them: they begin at midnight, UTC.

        Raises:
            ConfigError: If that is no day, or more than ten years.
        """
        if not 1 <= days <= MOST_DAYS:
            raise ConfigError(f"--days {days}: it has to be a number from 1 to {MOST_DAYS:,}.")
        today = datetime.combine(now.astimezone(timezone.utc), time(), timezone.utc)
        return cls(today - timedelta(days=days - 1), now, **chosen)

    @property
    def start_before(self) -> datetime:
        """The start of the period before, which is as long and ends where this one starts; not before the year 1."""
        return self.start - min(self.end - self.start, self.start - _FIRST)

    def days(self) -> Iterator[date]:
        """Go through the days that the period touches."""
        last = max(self.start, self.end - timedelta.resolution).date()
        for number in range((last - self.start.date()).days + 1):
            yield self.start.date() + timedelta(days=number)

    def values(self) -> dict[str, Any]:
        """Give each its name in the queries."""
        return {
            "start_before": self.start_before,
            "start": self.start,
            "end": self.end,
            "org_id": self.org_id,
            "kind": self.kind,
            "object": self.object,
            "created_by_id": self.created_by_id,
        }
