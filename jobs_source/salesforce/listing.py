"""
Walks "Get All Jobs" to its end: https://developer.salesforce.com/docs/platform/api-asynch/guide/get-all-jobs.html

The order is undefined and there is no filter by date, so a walk always takes every page.
"""

from collections.abc import Generator, Iterator, Sequence
from datetime import datetime
from threading import Event
from typing import Any, NamedTuple, Optional
from urllib.parse import SplitResult, parse_qs, urljoin, urlsplit

from jobs_source.exceptions import (
    ApiError,
    ConfigError,
    ListingError,
    LoginError,
    RequestRefusedError,
    SessionExpiredError,
)
from jobs_source.salesforce.client import Client
from jobs_source.salesforce.page import Page, open_envelope
from jobs_source.salesforce.read_ahead import read_ahead
from jobs_source.salesforce.responses import answered_at
from jobs_source.salesforce.session import Session
from jobs_source.settings import OLDEST_QUERY_API_VERSION, QUERY_ENDPOINT


class Listing(NamedTuple):
    """
    What to walk.

    Attributes:
        endpoint: `jobs/ingest` or `jobs/query`.
        api_version: Such as `64.0`.
        filters: Query parameters of every page.
        locator: Where to begin instead of the first page.
    """

    endpoint: str
    api_version: str
    filters: dict[str, str]
    locator: Optional[str] = None

    @property
    def path(self) -> str:
        return f"/services/data/v{self.api_version}/{self.endpoint}"

    def check_api_version(self, section: str) -> None:
        """Raise `ConfigError` if the version cannot list query jobs. Done at the walk: the user may omit them."""
        if self.endpoint == QUERY_ENDPOINT and float(self.api_version) < OLDEST_QUERY_API_VERSION:
            raise ConfigError(
                f"{section}.api_version is {self.api_version}, but Salesforce lists query jobs only from"
                f" {OLDEST_QUERY_API_VERSION} on. Set that or a newer version, or leave query_jobs out."
            )


def walk_side_by_side(client: Client, listings: Sequence[Listing]) -> Generator[Page, None, None]:
    """Yield the pages of all *listings*, each walked in a thread that reads ahead. Raises as `walk` does."""
    abandoned = Event()
    walks = [read_ahead(walk(client, listing), abandoned) for listing in listings]
    try:
        firsts = [next(pages) for pages in walks]
        walk_began = min(page.walk_began for page in firsts)
        yield from (page._replace(walk_began=walk_began) for page in firsts)
        while walks:
            for pages in tuple(walks):
                if (page := next(pages, None)) is None:
                    walks.remove(pages)
                else:
                    yield page._replace(walk_began=walk_began)
    finally:
        abandoned.set()


def walk(client: Client, listing: Listing) -> Iterator[Page]:
    """
    Yield every page of *listing*.

    A locator ends with its session, and Salesforce may refuse it for other reasons. The walk then starts again, once,
    and with a new session if the old one was refused. Pages yielded before stay valid; a merge takes both.

    Raises:
        ListingError: If the listing does not lead to a last page.
        LoginError: If a new session is refused too.
        SalesforceJobsError: If a page cannot be fetched.
    """
    began: list[datetime] = []
    session = client.session
    try:
        yield from _walk_once(client, listing, session, began)
        return
    except SessionExpiredError:
        client.renew(session)
    except ApiError as error:
        is_locator = error.error_code == "INVALID_QUERY_LOCATOR"
        if listing.locator and not began and (is_locator or isinstance(error, RequestRefusedError)):
            raise ConfigError(
                f"Salesforce refuses the configured locator ({error.status} {error.error_code}). Remove"
                f" {client.settings_section}.query_locator: Salesforce forgets a locator after some days."
            ) from None
        if not is_locator:
            raise
    try:
        yield from _walk_once(client, listing, client.session, began)
    except SessionExpiredError as error:
        raise LoginError(f"{error} The run has renewed the session once already.") from None


def _walk_once(client: Client, listing: Listing, session: Session, began: list[datetime]) -> Iterator[Page]:
    """Walk with one session: locators of another would be refused. Append to *began* when each page was answered."""
    locator, seen = listing.locator, {listing.locator}
    while True:
        params = {**listing.filters, **({"queryLocator": locator} if locator else {})}
        response = client.get(listing.path, params, session)
        began.append(answered_at(response))
        envelope = open_envelope(response.content, listing.endpoint)
        yield Page(envelope.records, began[0], began[-1])
        if envelope.done:
            return
        locator = _next_locator(envelope.next_records_url, response.url, listing)
        if locator in seen:
            raise ListingError(
                f"A page of {listing.endpoint} links to a page that was already read ({locator}). Run again."
            )
        seen.add(locator)


def _next_locator(link: Any, page_url: str, listing: Listing) -> str:
    """
    Return the locator in the link to the next page.

    The documented link of jobs/query names jobs/ingest, and no link has the filters, so we keep our own path and
    filters for the next page. A link to another host is not followed.
    """
    if not isinstance(link, str) or not link:
        raise ListingError(f"A page of {listing.endpoint} is not the last, but has no nextRecordsUrl. Run again.")
    try:
        target = urlsplit(urljoin(page_url, link))
        is_elsewhere = _origin(target) != _origin(urlsplit(page_url))
        locators = parse_qs(target.query).get("queryLocator", [])
    except ValueError:
        raise ListingError(f"The link to the next page of {listing.endpoint} is not valid. Run again.") from None
    if is_elsewhere:
        raise ListingError(
            f"A page of {listing.endpoint} links to another host ({target.hostname}). The run does not follow such a"
            " link. Run again."
        )
    if len(locators) != 1:
        found = f"{len(locators)} locators" if locators else "no locator"
        raise ListingError(
            f"A page of {listing.endpoint} is not the last, but its link to the next page has {found}. Run again."
        )
    return locators[0]


def _origin(url: SplitResult) -> tuple[str, Optional[str], Optional[int]]:
    return url.scheme, url.hostname, url.port or {"http": 80, "https": 443}.get(url.scheme)
