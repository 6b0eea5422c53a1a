"""
One authenticated session with one org: retries, renewal, API allowance, errors with advice, one host only.

It calls the REST API (https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/) with dlt's own HTTP
client, which retries and obeys `Retry-After`.
"""

import math
import re
import threading
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple, Optional
from urllib.parse import urlsplit

import requests
from dlt.sources.helpers.requests import Client as HttpClient

from jobs_source.exceptions import AllowanceError, LoginError
from jobs_source.ids import is_org_id, long_id
from jobs_source.json_text import parse_json
from jobs_source.salesforce.credentials import SalesforceCredentials
from jobs_source.salesforce.errors import (
    error_from_exception,
    error_from_response,
    is_transient_error,
    login_error_from_response,
)
from jobs_source.salesforce.proxies import read_environment
from jobs_source.salesforce.responses import is_json, is_transient_response
from jobs_source.salesforce.session import Session


class Usage(NamedTuple):
    """API calls of the org in the last 24 hours, from the newest `Sforce-Limit-Info` header."""

    used: int
    limit: int

    @property
    def percent(self) -> float:
        return 100 * self.used / self.limit if self.limit else 100.0


class Retries(NamedTuple):
    """dlt's `[runtime]` settings: attempts, seconds of the first pause (then doubled), longest pause in seconds."""

    max_attempts: int = 5
    backoff_factor: float = 1.0
    max_delay_seconds: float = 300.0


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
        self._environment = cache(read_environment)
        self._http = HttpClient(
            request_timeout=timeout_seconds,
            raise_for_status=False,
            status_codes=(),
            exceptions=(),
            retry_condition=self._should_retry,
            request_max_attempts=retries.max_attempts,
            request_backoff_factor=retries.backoff_factor,
            request_max_retry_delay=retries.max_delay_seconds,
            # read_environment reads proxies and certificates once per host. ~/.netrc is never read.
            session_attrs={"hooks": {"response": [self._count]}, "trust_env": False},
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
                raise LoginError("Salesforce refused the token, and nothing can renew it. Set a new access_token.")
            self._session = None
            if self.session.access_token == refused.access_token:
                raise LoginError("Salesforce refused the token, and a new login returned the same token. Log in again.")

    def get(self, path: str, params: Mapping[str, str], session: Optional[Session] = None) -> requests.Response:
        """
        Send a GET for *path* below the instance URL, and return the successful answer with its body.

        Raises:
            SessionExpiredError: On a 401 that `renew` may fix.
            SalesforceJobsError: A subclass of it, on any other failure.
        """
        session = session or self.session
        self._guard()
        url = f"{session.instance_url}{path}"
        response = self._send("GET", url, params=params, auth=session.auth)
        if response.status_code != 200 or not is_json(response):
            raise error_from_response(response)
        return response

    def _with_org_id(self, session: Session) -> Session:
        info = parse_json(self.get("/services/oauth2/userinfo", {}, session).content)
        org_id = info.get("organization_id", "") if isinstance(info, dict) else ""
        if not is_org_id(str(org_id)):
            raise LoginError("Salesforce's userinfo has no organization_id, so the org is unknown. Check instance_url.")
        return Session(session.access_token, session.instance_url, long_id(org_id))

    def _post(self, url: str, form: dict[str, str]) -> Mapping[str, Any]:
        response = self._send("POST", url, data=form)
        if response.status_code != 200 or not is_json(response):
            raise login_error_from_response(response)
        reply = parse_json(response.content)
        if not isinstance(reply, dict):
            raise LoginError(f"The answer of the login at {url} is not a token; check the address.")
        return reply

    def _send(self, method: str, url: str, **arguments: Any) -> requests.Response:
        parts = urlsplit(url)
        try:
            arguments |= self._environment(f"{parts.scheme}://{parts.netloc}")
            return self._http.request(method, url, allow_redirects=False, **arguments)
        except (OSError, ValueError) as error:  # some errors pass through requests unchanged
            raise error_from_exception(error, parts) from None

    def _guard(self) -> None:
        if self.usage and self.calls_left == 0:
            raise AllowanceError(
                f"The org has used {self.usage.used} of its {self.usage.limit} API calls for 24 hours"
                f" ({self.usage.percent:.0f} %), and max_api_usage_percent is {self._max_api_usage_percent:g}. The run"
                " stopped. Run again later. Nothing is lost if you do so within seven days."
            )

    def _should_retry(self, response: Optional[requests.Response], error: Optional[BaseException]) -> bool:
        if self.calls_left == 0:
            return False
        if error is not None:
            return is_transient_error(error)
        return response is not None and is_transient_response(response)

    def _count(self, response: requests.Response, **_: Any) -> None:
        found = re.search(r"(?<![\w-])api-usage=(\d+)/(\d+)", response.headers.get("Sforce-Limit-Info", ""))
        with self._lock:
            self.calls_by_path[urlsplit(response.url).path] += 1
            if found and self.calls_left != 0:  # parallel answers may come in any order: once at 0, it stays at 0
                self.usage = Usage(int(found[1]), int(found[2]))
