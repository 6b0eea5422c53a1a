"""Where the rows of a table of jobs come from."""

from collections.abc import Sequence
from dataclasses import dataclass

from jobs_source.salesforce.listing import Listing
from jobs_source.schema import Table


@dataclass(frozen=True)
class JobWalk:
    """
    One table of jobs and how it is filled.

    Attributes:
        table: The table.
        listings: What to walk for it, in parallel; all of one endpoint.
        full_load_every_hours: How often a walk ignores the cursor, so that a job that one walk missed is not lost.
        pages_ahead: Most pages of a listing that are asked for at a time.
        has_cursor: False if the walk starts in the middle of the list: it takes everything from there on.
    """

    table: Table
    listings: Sequence[Listing]
    full_load_every_hours: float
    pages_ahead: int = 1
    has_cursor: bool = True

    @property
    def path(self) -> str:
        """The path of all listings; they differ only in their filters."""
        return self.listings[0].path

    @property
    def filters(self) -> list[dict[str, str]]:
        """The query parameters of each listing."""
        return [listing.filters for listing in self.listings]
