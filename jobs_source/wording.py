"""How numbers and times are written, in every command."""

from datetime import datetime, timezone


def counted(number: int, noun: str, plural: str = "") -> str:
    """Put a *number* before its *noun*: 1 job, 1,000 jobs. A *plural* is given where it is not the noun with an s."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def listed(names: list[str]) -> str:
    """Put *names* in one phrase: a, b and c."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def time_text(value: datetime) -> str:
    """Write a time as ISO 8601 in UTC, with milliseconds as Salesforce has them, or microseconds if there are any."""
    aware = value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value
    digits = "microseconds" if value.microsecond % 1_000 else "milliseconds"
    return aware.astimezone(timezone.utc).isoformat(timespec=digits).replace("+00:00", "Z")
