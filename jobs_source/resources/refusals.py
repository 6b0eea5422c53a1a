"""Kinds of look-up that an org refuses, such as those of the Bulk API 1.0 if it is off: they rest for a day."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from jobs_source.resources.walk_state import REFUSED, State
from jobs_source.settings import ASK_REFUSED_AGAIN_AFTER_HOURS


def resting_kinds(state: State, org_id: str, now: datetime) -> set[str]:
    """Return the kinds that *org_id* has refused within the last day."""
    kept = state.get(REFUSED, {}).get(org_id, {})
    day = timedelta(hours=ASK_REFUSED_AGAIN_AFTER_HOURS)
    return {kind for kind, at in kept.items() if timedelta(0) <= now - at < day}


def remember(state: State, org_id: str, kinds: Iterable[str], now: datetime) -> None:
    """Remember that *org_id* has refused *kinds* at *now*."""
    for kind in kinds:
        state.setdefault(REFUSED, {}).setdefault(org_id, {})[kind] = now
