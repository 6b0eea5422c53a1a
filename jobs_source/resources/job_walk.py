"""What a table of jobs is filled from."""

from collections.abc import Sequence
from dataclasses import dataclass

from jobs_source.salesforce.listing import Listing
from jobs_source.schema import Table


@dataclass(frozen=True)
class JobWalk:
    """
    One table of jobs and how it is filled.

    Attributes:
        table: Which one.
        listings: What to walk for it, side by side; all of one endpoint.
        full_load_every_hours: How often the cursor is not looked at, so that nothing hidden from a walk stays lost.
        has_cursor: False where the walk begins in the middle: everything listed from there is taken.
    """

    table: Table
    listings: Sequence[Listing]
    full_load_every_hours: float
    has_cursor: bool = True

    @property
    def path(self) -> str:
        """Where the listings are: they differ in their filters only."""
        return self.listings[0].path

    @property
    def filters(self) -> list[dict[str, str]]:
        """The query parameters of each listing."""
        return [listing.filters for listing in self.listings]
