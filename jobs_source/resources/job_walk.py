"""What a table of jobs is filled from."""

from collections.abc import Sequence
from dataclasses import dataclass

from jobs_source.exceptions import ConfigError
from jobs_source.salesforce.listing import Listing
from jobs_source.settings import INGEST_JOB_TYPES, OLDEST_QUERY_API_VERSION, QUERY_JOB_TYPE


@dataclass(frozen=True)
class JobTable:
    """
    One table of jobs and how it is filled.

    Attributes:
        name: The table, and the resource.
        listings: What to walk for it, side by side; all of one endpoint.
        is_query: Whether it holds query jobs. A row belongs to the table of its job type, whichever listing shows it.
        full_load_every_hours: How often the cursor is not looked at, so that nothing hidden from a walk stays lost.
        has_cursor: False where the walk begins in the middle: everything listed from there is taken.
    """

    name: str
    listings: Sequence[Listing]
    is_query: bool
    full_load_every_hours: float
    has_cursor: bool = True

    @property
    def endpoint(self) -> str:
        return self.listings[0].endpoint

    @property
    def foreign_job_types(self) -> Sequence[str]:
        """Job types of the other table. One that nobody knows yet stays where it is listed."""
        return INGEST_JOB_TYPES if self.is_query else (QUERY_JOB_TYPE,)

    def check_api_version(self) -> None:
        """Raises `ConfigError` where the API version cannot list query jobs. Not at building: it may be left out."""
        if self.is_query and float(self.listings[0].api_version) < OLDEST_QUERY_API_VERSION:
            raise ConfigError(
                f"sources.jobs_source.api_version is {self.listings[0].api_version}, and query jobs are listed from"
                " 47.0 on; raise it, or leave query_jobs out."
            )

    @property
    def filters(self) -> list[dict[str, str]]:
        return [listing.filters for listing in self.listings]
