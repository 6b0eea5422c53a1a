"""How far a listing is guessed at, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Optional


@dataclass
class Guessing:
    """
    How a listing is guessed at, and what came of it.

    Attributes:
        pages_ahead: Most pages that are asked for at a time. 1: one page after the other.
        last_pages: Pages of the last good walk of this listing: no page after them is guessed at.
        not_before: Until then, by Salesforce's clock, nothing is guessed.
        pages: Pages that were read in turn.
        calls_wasted: Calls whose answers were not used.
        has_given_up: Whether the rest of this run is read one page after the other.
        is_refuted: Whether that counts against the org: it answers in another way than guessing needs.
    """

    pages_ahead: int = 1
    last_pages: Optional[int] = None
    not_before: Optional[datetime] = None
    pages: int = 0
    calls_wasted: int = 0
    has_given_up: bool = False
    is_refuted: bool = False

    def may_guess(self, now: datetime) -> bool:
        """Tell whether pages may be asked for before they are named."""
        return self.pages_ahead > 1 and not self.has_given_up and (self.not_before is None or now >= self.not_before)
