"""
One authenticated session with one org: renewal, API allowance, errors with advice, one host only.

It calls the REST API: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/
"""

import math
import re
import threading
from collections import Counter
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, NamedTuple, Optional, TypeVar
from urllib.parse import urlsplit

import requests

from jobs_source.exceptions import AllowanceError, LoginError
from jobs_source.ids import is_org_id, long_id
from jobs_source.json_text import parse_json
from jobs_source.salesforce.credentials import MakeForm, SalesforceCredentials
from jobs_source.salesforce.errors import advise_on_session, error_from_response
from jobs_source.salesforce.http_client import HttpClient, Retries
from jobs_source.salesforce.login_errors import is_login_reply, login_error_from_response
from jobs_source.salesforce.responses import is_success
from jobs_source.salesforce.session import Session
from jobs_source.salesforce.taken import Read, Taken, take_body

__all__ = ["Client", "Retries", "Usage"]

T = TypeVar("T")


class Usage(NamedTuple):
    """API calls of the org in the last 24 hours, from the newest `Sforce-Limit-Info` header."""

    used: int
    limit: int

    @property
    def percent(self) -> float:
        return 100 * self.used / self.limit if self.limit else 100.0


class Client:
    """
    Calls the REST API of one org. Threads may share it; nothing is sent before the first call.

    Attributes:
        calls_by_path: Number of answers so far, retries included.
        usage: The API usage of the org in the newest answer.
    """

    def __init__(
        self,
        credentials: SalesforceCredentials,
        *,
        max_api_usage_percent: float,
        timeout_seconds: float,
        retries: Retries,
    ) -> None:
        self.calls_by_path: Counter[str] = Counter()
        self.usage: Optional[Usage] = None
        self._credentials = credentials
        self._max_api_usage_percent = max_api_usage_percent
        self._session: Optional[Session] = None
        self._lock = threading.RLock()
        self._http, self._http_once = (
            HttpClient(timeout_seconds, tries, self._count, may_retry=lambda: self.calls_left != 0)
            for tries in (retries, retries._replace(max_attempts=1))
        )

    @property
    def calls(self) -> int:
        """Answers of the REST API so far, without the login."""
        return sum(self.calls_by_path.values()) - self.calls_by_path["/services/oauth2/token"]

    @property
    def calls_left(self) -> Optional[int]:
        """Calls until max_api_usage_percent of the org's allowance is used; None before the first answer that says."""
        if self.usage is None:
            return None
        return max(0, math.ceil(self.usage.limit * self._max_api_usage_percent / 100) - self.usage.used)

    @property
    def flow(self) -> str:
        """The name of the login flow, as `auth_flow` takes it."""
        return self._credentials.flow

    @property
    def settings_section(self) -> str:
        """The section of the configuration where the settings of this org go: messages name it."""
        return self._credentials.settings_section

    @property
    def _advice(self) -> str:
        return advise_on_session(self._credentials)

    @property
    def session(self) -> Session:
        """The session, opened at the first call. Raises `LoginError` or `ConfigError`."""
        with self._lock:
            if self._session is None:
                session = self._credentials.log_in(self._post)
                self._session = session if session.org_id else self._with_org_id(session)
            return self._session

    def renew(self, refused: Session) -> None:
        """
        Open a new session in place of *refused*, unless another thread has done so already.

        Raises:
            LoginError: If the flow cannot renew, or returns the refused token again.
            AllowanceError: If the API allowance is used up.
        """
        with self._lock:
            if self._session is not refused:
                return
            self._guard()
            if not self._credentials.can_renew:
                raise LoginError(f"Salesforce refused the token, and nothing can renew it. {self._advice}")
            self._session = None
            if self.session.access_token == refused.access_token:
                raise LoginError(
                    f"Salesforce refused the token, and a new login returned the same token. {self._advice}"
                )

    def get(
        self, path: str, params: Mapping[str, str], session: Optional[Session] = None, retry: bool = True
    ) -> requests.Response:
        """
        Send a GET for *path* below the instance URL, and return the successful answer with its body.

        Without *retry* it is sent once.

        Raises:
            SessionExpiredError: If the session is over, which `renew` may fix.
            SalesforceJobsError: A subclass of it, on any other failure.
        """
        session = session or self.session
        self._guard()
        url = f"{session.instance_url}{path}"
        http = self._http if retry else self._http_once
        response = http.get(url, params, session.auth)
        if not is_success(response):
            raise error_from_response(response, self._credentials)
        return response

    def stream(
        self,
        path: str,
        params: Mapping[str, str],
        read: Read[T],
        kinds: Collection[str],
        session: Optional[Session] = None,
    ) -> Taken[T]:
        """
        Send a GET for *path* below the instance URL, and have *read* read the body of a good answer while it comes.

        *kinds* are parts of the content types that are wanted, such as `csv`. If the body breaks off, *read* is called
        again, with the body of the next attempt. Raises as `get` does.
        """
        session = session or self.session
        self._guard()
        url = f"{session.instance_url}{path}"
        answer = self._http.stream(url, params, session.auth, partial(take_body, read, kinds))
        if not isinstance(answer, Taken):
            raise error_from_response(answer, self._credentials)
        return answer

    def _with_org_id(self, session: Session) -> Session:
        info = parse_json(self.get("/services/oauth2/userinfo", {}, session).content)
        org_id = info.get("organization_id", "") if isinstance(info, dict) else ""
        if not is_org_id(str(org_id)):
            raise LoginError(
                "Salesforce's userinfo has no organization_id, so the org is unknown. Check"
                f" {self._credentials.section}.{self._credentials.address_key}."
            )
        return Session(session.access_token, session.instance_url, long_id(org_id))

    def _post(self, url: str, make_form: MakeForm) -> Mapping[str, Any]:
        response = self._http.log_in(url, make_form)
        if not is_login_reply(response):
            raise login_error_from_response(response, self._credentials)
        reply = parse_json(response.content)
        if not isinstance(reply, dict):
            raise LoginError(
                f"The answer of the login at {url} is not a token. Check {self._credentials.section}"
                f".{self._credentials.address_key}."
            )
        return reply

    def _guard(self) -> None:
        if self.usage and self.calls_left == 0:
            raise AllowanceError(
                f"The org has used {self.usage.used} of its {self.usage.limit} API calls for 24 hours"
                f" ({self.usage.percent:.0f} %), and max_api_usage_percent is {self._max_api_usage_percent:g}. The run"
                " stopped. Run again later. Nothing is lost if you do so within seven days."
            )

    def _count(self, response: requests.Response, **_: Any) -> None:
        found = re.search(r"(?<![\w-])api-usage=(\d+)/(\d+)", response.headers.get("Sforce-Limit-Info", ""))
        with self._lock:
            self.calls_by_path[urlsplit(response.url).path] += 1
            if found:  # parallel answers may come in any order, so the highest of a run counts
                self.usage = max(filter(None, [self.usage, Usage(int(found[1]), int(found[2]))]))
