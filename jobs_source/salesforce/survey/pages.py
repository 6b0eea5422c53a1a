"""One page of a listing, as a survey looks at it: with its jobs, and with the link as it came."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import requests

from jobs_source.exceptions import ListingError
from jobs_source.json_text import parse_json
from jobs_source.salesforce.links import next_locator
from jobs_source.salesforce.session import Session
from jobs_source.salesforce.survey.reasons import NotSeenError
from jobs_source.settings import INGEST_ENDPOINT, QUERY_ENDPOINT


class JobPage(NamedTuple):
    """
    One page.

    Attributes:
        endpoint: `jobs/ingest` or `jobs/query`.
        jobs: Its entries; one that is no object counts as empty.
        is_last: What `done` says.
        answer: The whole answer.
        headers: Those of the answer.
        url: Where it came from.
        session: Whose locators it has.
    """

    endpoint: str
    jobs: list[dict[str, Any]]
    is_last: bool
    answer: Mapping[str, Any]
    headers: Mapping[str, str]
    url: str
    session: Session

    @property
    def locator(self) -> str:
        """The locator of the next page. Raises `NotSeenError` if there is none."""
        if self.is_last:
            raise NotSeenError(f"the list of {self.endpoint} has one page")
        try:
            return next_locator(self._link, self.url, self.endpoint)
        except ListingError:
            raise NotSeenError("the link to the next page has no locator, or leads to another host") from None

    @property
    def link_path(self) -> str:
        """The endpoint that the link to the next page names."""
        path = urlsplit(str(self._link)).path
        return next((it for it in (INGEST_ENDPOINT, QUERY_ENDPOINT) if path.rstrip("/").endswith(it)), "another")

    @property
    def link_filters(self) -> set[str]:
        """The names of the parameters in the link to the next page."""
        return set(parse_qs(urlsplit(str(self._link)).query, keep_blank_values=True))

    @property
    def ids(self) -> list[str]:
        return [str(job.get("id")) for job in self.jobs]

    @property
    def _link(self) -> Any:
        return self.answer.get("nextRecordsUrl")


def read_page(response: requests.Response, endpoint: str, session: Session) -> JobPage:
    """Read the answer of a listing. Raises `NotSeenError` if it is no page of jobs."""
    answer = parse_json(response.content)
    if not isinstance(answer, dict) or not isinstance(answer.get("records"), list):
        raise NotSeenError("the answer has no list of records")
    if not isinstance(answer.get("done"), bool):
        raise NotSeenError("the answer does not say whether it is the last page")
    jobs = [entry if isinstance(entry, dict) else {} for entry in answer["records"]]
    return JobPage(endpoint, jobs, answer["done"], answer, response.headers, response.url, session)
