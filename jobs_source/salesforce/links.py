"""Reads the link from one page of a listing to the next."""

from typing import Any, Optional
from urllib.parse import SplitResult, parse_qs, urljoin, urlsplit

from jobs_source.exceptions import ListingError


def next_locator(link: Any, page_url: str, endpoint: str) -> str:
    """
    Return the locator in the link to the next page.

    The documented link of jobs/query names jobs/ingest, and no link has the filters, so we keep our own path and
    filters for the next page. A link to another host is not followed.
    """
    locators = parse_qs(_follow(link, page_url, endpoint).query).get("queryLocator", [])
    if len(locators) != 1:
        found = f"{len(locators)} locators" if locators else "no locator"
        raise ListingError(
            f"A page of {endpoint} is not the last, but its link to the next page has {found}. Run again."
        )
    return locators[0]


def next_path(link: Any, page_url: str, endpoint: str) -> str:
    """Return the path in the link to the next page, for lists that name no locator. It is on the same host."""
    return _follow(link, page_url, endpoint).path


def _follow(link: Any, page_url: str, endpoint: str) -> SplitResult:
    if not isinstance(link, str) or not link:
        raise ListingError(f"A page of {endpoint} is not the last, but has no nextRecordsUrl. Run again.")
    try:
        target = urlsplit(urljoin(page_url, link))
        is_elsewhere = _origin(target) != _origin(urlsplit(page_url))
    except ValueError:
        raise ListingError(f"The link to the next page of {endpoint} is not valid. Run again.") from None
    if is_elsewhere:
        raise ListingError(
            f"A page of {endpoint} links to another host ({target.hostname}). The run does not follow such a"
            " link. Run again."
        )
    return target


def _origin(url: SplitResult) -> tuple[str, Optional[str], Optional[int]]:
    return url.scheme, url.hostname, url.port or {"http": 80, "https": 443}.get(url.scheme)
