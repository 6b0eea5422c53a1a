"""
Walks "Get All Jobs" to its end: https://developer.salesforce.com/docs/platform/api-asynch/guide/get-all-jobs.html

The order is undefined and there is no filter by date, so a walk always takes every page.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from functools import partial
from threading import Event
from typing import NamedTuple, Optional

from jobs_source.exceptions import (
    ApiError,
    ConfigError,
    ListingError,
    RequestRefusedError,
    SessionExpiredError,
)
from jobs_source.salesforce.client import Client
from jobs_source.salesforce.errors import refused_again
from jobs_source.salesforce.guesses import BAD_LOCATOR, Guesses, OutOfStepError
from jobs_source.salesforce.guessing import Guessing
from jobs_source.salesforce.links import next_locator
from jobs_source.salesforce.page import Answer, Page, open_envelope
from jobs_source.salesforce.read_ahead import read_ahead
from jobs_source.salesforce.responses import answered_at
from jobs_source.salesforce.session import Session
from jobs_source.settings import OLDEST_QUERY_API_VERSION, QUERY_ENDPOINT, READ_AHEAD_PAGES


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


def walk_side_by_side(
    client: Client, listings: Sequence[Listing], guessing: Sequence[Guessing] = ()
) -> Generator[Optional[Page], None, None]:
    """
    Yield the pages of all *listings*, each walked in a thread that reads ahead. Raises as `walk` does.

    None comes where no page is there yet.
    """
    abandoned = Event()
    plans = guessing or [Guessing() for _ in listings]
    walks = [
        read_ahead(walk(client, listing, plan), abandoned, READ_AHEAD_PAGES - 1 - plan.pages_ahead)
        for listing, plan in zip(listings, plans, strict=True)
    ]
    try:
        firsts: dict[int, Page] = {}
        while len(firsts) < len(walks):
            for number in set(range(len(walks))) - set(firsts):
                if page := next(walks[number]):
                    firsts[number] = page
            yield None
        walk_began = min(page.walk_began for page in firsts.values())
        while firsts:  # a page is large
            yield firsts.pop(min(firsts))._replace(walk_began=walk_began)
        yield from (page and page._replace(walk_began=walk_began) for page in _take_turns(walks))
    finally:
        abandoned.set()


def _take_turns(walks: list[Iterator[Optional[Page]]]) -> Iterator[Optional[Page]]:
    while walks:
        for pages in tuple(walks):
            try:
                yield next(pages)
            except StopIteration:
                walks.remove(pages)


def walk(client: Client, listing: Listing, guessing: Optional[Guessing] = None) -> Generator[Page, None, None]:
    """
    Yield every page of *listing*, asked for ahead as *guessing* says.

    A locator ends with its session, and Salesforce may refuse it for other reasons. The walk then starts again, once
    for each: with a new session if the old one was refused. It also starts again, once and without guesses, if the
    answers to guesses do not fit. Pages yielded before stay valid; a merge takes both.

    Raises:
        ListingError: If the listing does not lead to a last page.
        LoginError: If a new session is refused too.
        SalesforceJobsError: If a page cannot be fetched.
    """
    guessing = guessing or Guessing()
    began: list[datetime] = []
    has_renewed = has_restarted = False
    while True:
        session = client.session
        try:
            yield from _walk_once(client, listing, session, began, guessing)
            return
        except OutOfStepError:
            continue  # now without guesses
        except SessionExpiredError as error:
            if has_renewed:
                raise refused_again(error) from None
            client.renew(session)
            has_renewed = True
        except ApiError as error:
            _check_configured_locator(client, listing, error, began)
            if error.error_code != BAD_LOCATOR or has_restarted:
                raise
            has_restarted = True


def _check_configured_locator(client: Client, listing: Listing, error: ApiError, began: Sequence[datetime]) -> None:
    is_refused = error.error_code == BAD_LOCATOR or isinstance(error, RequestRefusedError)
    if listing.locator and not began and is_refused:
        raise ConfigError(
            f"Salesforce refuses the configured locator ({error.status} {error.error_code}). Remove"
            f" {client.settings_section}.query_locator: Salesforce forgets a locator after some days."
        ) from None


def _walk_once(
    client: Client, listing: Listing, session: Session, began: list[datetime], guessing: Guessing
) -> Iterator[Page]:
    """Walk with one session: locators of another would be refused. Append to *began* when each page was answered."""
    locator, seen = listing.locator, {listing.locator}
    ask = partial(_ask, client, listing, session)
    with closing(Guesses(guessing, ask, lambda: client.calls_left)) as guesses:
        while True:
            try:
                answer = guesses.fetch(locator)
            except (OutOfStepError, SessionExpiredError):
                yield from (Page(unused.records, began[0], began[-1]) for unused in guesses.unused())
                raise
            began.append(answer.answered_at)
            yield Page(answer.records, began[0], began[-1])
            if answer.following is None:
                return
            locator = answer.following
            if locator in seen:
                raise ListingError(
                    f"A page of {listing.endpoint} links to a page that was already read ({locator}). Run again."
                )
            seen.add(locator)


def _ask(client: Client, listing: Listing, session: Session, locator: Optional[str], retry: bool) -> Answer:
    params = {**listing.filters, **({"queryLocator": locator} if locator else {})}
    response = client.get(listing.path, params, session, retry)
    page = open_envelope(response.content, listing.endpoint)
    following = None if page.done else next_locator(page.next_records_url, response.url, listing.endpoint)
    return Answer(page.records, following, answered_at(response))
