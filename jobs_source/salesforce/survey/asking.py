"""Asks an org what a survey needs: each request once, every call counted, and at most `MOST_CALLS` of them."""

import re
from collections.abc import Callable, Mapping
from typing import Final, Generic, NamedTuple, Optional, TypeVar

import requests

from jobs_source.exceptions import AllowanceError, LoginError, SalesforceJobsError
from jobs_source.json_text import parse_json
from jobs_source.salesforce.client import Client
from jobs_source.salesforce.responses import is_success
from jobs_source.salesforce.session import Session
from jobs_source.salesforce.survey.pages import JobPage, read_page
from jobs_source.salesforce.survey.reasons import ODD_ANSWER, ODD_SHAPE, NotSeenError, RefusedError, ServerError
from jobs_source.salesforce.survey.words import is_of_the_api, refusal_text

MOST_CALLS: Final = 15  # the login's included
_USED_UP: Final = f"all {MOST_CALLS} calls of the survey are used"
_AS_JSON: Final = {"Accept": "application/json", "Content-Type": "application/json"}
_NO_ANSWERS: Final = (401, 403, 408, 429)  # they say nothing about what was asked

T = TypeVar("T")


class Once(Generic[T]):
    """What came of asking: a value, or the reason why there is none. It may be looked at often."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._error: Optional[NotSeenError] = None
        try:
            self._value = ask()
        except NotSeenError as error:
            self._error = error
        except ODD_ANSWER:
            self._error = NotSeenError(ODD_SHAPE)

    def get(self) -> T:
        """Return the value. Raises `NotSeenError` if there is none."""
        if self._error is not None:
            raise self._error.with_traceback(None)
        return self._value


class Reply(NamedTuple):
    """An answer of the API, and its status and error code if it is a refusal."""

    response: requests.Response
    refusal: str


class Asker:
    """
    Asks one org. Its methods raise `NotSeenError` if there is no answer.

    Args:
        client: One that does not retry.
        api_version: Such as `64.0`.
    """

    def __init__(self, client: Client, api_version: str) -> None:
        self.api_version = api_version
        self._client = client
        self._calls = self._login_calls = 0
        self._is_over = ""  # why nothing can be asked any more
        self._is_accepted = False  # whether the org has taken the session once
        self._has_renewed = False

    @property
    def calls(self) -> int:
        """Calls so far, the login's included."""
        return self._calls

    @property
    def session(self) -> Session:
        """The session. Raises `SalesforceJobsError` if there is none."""
        return self._client.session

    def begin(self, endpoint: str) -> Once[JobPage]:
        """
        Log in, and ask for the first page of a listing: a token does not show whether it is still valid.

        Raises:
            SalesforceJobsError: If the login fails, or the org refuses the session and a new one does not help.
        """
        _ = self.session
        self._calls = self._login_calls = sum(self._client.calls_by_path.values())
        first = Once(lambda: self.page(endpoint))
        is_new_session = self._has_renewed and not self._is_accepted and not self._is_over
        return Once(lambda: self.page(endpoint)) if is_new_session else first

    def page(self, endpoint: str, filters: Optional[Mapping[str, str]] = None) -> JobPage:
        """Return the first page of a listing."""
        return self._page(endpoint, filters or {})

    def next_page(self, before: JobPage, locator: str, filters: Optional[Mapping[str, str]] = None) -> JobPage:
        """Return the page of *locator*, in the listing and with the session of the page *before*."""
        return self._page(before.endpoint, {**(filters or {}), "queryLocator": locator}, before.session)

    def ask(
        self,
        path: str,
        params: Optional[Mapping[str, str]] = None,
        session: Optional[Session] = None,
        is_bulk_1: bool = False,
    ) -> Reply:
        """
        Send a GET, to the Bulk API 1.0 with both headers that may ask for JSON. A refusal is an answer.

        Raises:
            ServerError: If the server failed at it (status 500).
            NotSeenError: If no answer of the API came, or none about what was asked.
        """
        current = self._take_call(session)
        try:
            response = self._send(path, params or {}, current, is_bulk_1)
        except AllowanceError:
            self._calls -= 1  # it was not sent
            self._is_over = "max_api_usage_percent is reached"
            raise NotSeenError(self._is_over) from None
        except SalesforceJobsError:
            raise NotSeenError("no complete answer came") from None
        error = None if is_success(response) else self._client.error_of(response)
        if isinstance(error, AllowanceError):
            self._is_over = f"the org's API calls for 24 hours are used up ({refusal_text(response)})"
        if isinstance(error, LoginError):
            if not (self._has_renewed and is_bulk_1):  # a header that is refused says nothing about the session
                self._renew(current, error)
            raise NotSeenError(refusal_text(response))
        self._is_accepted = True
        return _read(response)

    def newest_version(self) -> str:
        """Return the newest API version that the org has."""
        versions = parse_json(self.ask("/services/data/").response.content)
        numbers = [str(entry["version"]) for entry in versions]
        return max((it for it in numbers if re.fullmatch(r"[1-9]\d{1,2}\.0", it, re.ASCII)), key=float)

    def _take_call(self, session: Optional[Session]) -> Session:
        if self._is_over:
            raise NotSeenError(self._is_over)
        if self._calls >= MOST_CALLS:
            raise NotSeenError(_USED_UP)
        if session not in (None, self.session):
            raise NotSeenError("the session of the page before has ended")
        self._calls += 1
        return self.session

    def _send(self, path: str, params: Mapping[str, str], session: Session, is_bulk_1: bool) -> requests.Response:
        auth, headers = (session.bulk_1_auth, _AS_JSON) if is_bulk_1 else (None, None)
        return self._client.ask(path, params, session, retry=False, auth=auth, headers=headers)

    def _page(self, endpoint: str, params: Mapping[str, str], session: Optional[Session] = None) -> JobPage:
        reply = self.ask(f"/services/data/v{self.api_version}/{endpoint}", params, session)
        if reply.refusal:
            raise RefusedError(reply.refusal)
        return read_page(reply.response, endpoint, self.session)

    def _renew(self, refused: Session, error: LoginError) -> None:
        """Open a new session, once. Raises *error*, or that of the login, if the org has never taken a session."""
        if self._has_renewed or self._calls + self._login_calls > MOST_CALLS:
            self._is_over = "the session has ended" if self._has_renewed else _USED_UP
            failure: SalesforceJobsError = error
        else:
            self._has_renewed = True
            self._calls += self._login_calls
            try:
                return self._client.renew(refused)
            except SalesforceJobsError as new:
                self._is_over, failure = "the session has ended, and a new login failed", new
        if not self._is_accepted:
            raise failure
        return None


def _read(response: requests.Response) -> Reply:
    status = response.status_code
    refusal = refusal_text(response)
    if not is_of_the_api(response):
        raise NotSeenError(f"{status}, not an answer of the API")
    if status == 500:
        raise ServerError(refusal)
    if refusal and (status in _NO_ANSWERS or not 400 <= status < 500):
        raise NotSeenError(refusal)
    return Reply(response, refusal)
