"""How long something took, in words."""

from typing import Final, Optional

UNKNOWN: Final = "unknown"
_UNITS: Final = (("days", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def duration_text(seconds: Optional[float]) -> str:
    """
    Write *seconds* in the two largest units that they fill: 0.4 s, 42 s, 2 min 5 s, 1 h 30 min, 3 days 4 h.

    Only what is shorter than ten seconds has a decimal. What nobody knows is `unknown`.
    """
    if seconds is None:
        return UNKNOWN
    if round(seconds, 1) < 10:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    left = round(seconds) if seconds < 3_600 else round(seconds / 60) * 60 if seconds < 86_400 else _in_hours(seconds)
    parts = []
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count:,} {'day' if unit == 'days' and count == 1 else unit}")
    return " ".join(parts)


def _in_hours(seconds: float) -> int:
    return round(seconds / 3_600) * 3_600
