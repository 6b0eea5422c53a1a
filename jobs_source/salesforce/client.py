"""
One authenticated session with one org: retries, renewal, API allowance, worded errors, same host only.

It speaks to the REST API (https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/) through dlt's
own HTTP client, which retries and honours `Retry-After`.
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
from jobs_source.salesforce.responses import is_json, is_transient_response
from jobs_source.salesforce.session import Session


class Usage(NamedTuple):
    """API calls of the org in the rolling 24 hours, as `Sforce-Limit-Info` had it last."""

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
        calls_by_path: Answers so far, retries included.
        usage: What the newest answer said of the org's allowance.
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
        self._environment = cache(_read_environment)
        self._http = HttpClient(
            request_timeout=timeout_seconds,
            raise_for_status=False,
            status_codes=(),
            exceptions=(),
            retry_condition=self._should_retry,
            request_max_attempts=retries.max_attempts,
            request_backoff_factor=retries.backoff_factor,
            request_max_retry_delay=retries.max_delay_seconds,
            # The environment is read once per host, in _environment, and ~/.netrc never.
            session_attrs={"hooks": {"response": [self._count]}, "trust_env": False},
        )

    @property
    def calls(self) -> int:
        """Answers of the REST API so far. The login is not one."""
        return sum(self.calls_by_path.values()) - self.calls_by_path["/services/oauth2/token"]

    @property
    def calls_left(self) -> Optional[int]:
        """Calls until max_api_usage_percent of the org's allowance is used; None while Salesforce has not said."""
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
            LoginError: If the flow has nothing to renew with, or got the refused token again.
            AllowanceError: If nothing more may be asked.
        """
        with self._lock:
            if self._session is not refused:
                return
            self._guard()
            if not self._credentials.can_renew:
                raise LoginError("The access token was refused and nothing renews it; put a new one in access_token.")
            self._session = None
            if self.session.access_token == refused.access_token:
                raise LoginError("Salesforce refused the token, and the login gave the same one again; log in anew.")

    def get(self, path: str, params: Mapping[str, str], session: Optional[Session] = None) -> requests.Response:
        """
        GET *path* below the instance URL and return the successful answer, its body read.

        Raises:
            SessionExpiredError: On a 401 that `renew` may cure.
            SalesforceJobsError: The class of it that says what else went wrong.
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
            raise LoginError("Salesforce's userinfo names no organization_id, so rows could not be told apart by org.")
        return Session(session.access_token, session.instance_url, long_id(org_id))

    def _post(self, url: str, form: dict[str, str]) -> Mapping[str, Any]:
        response = self._send("POST", url, data=form)
        if response.status_code != 200 or not is_json(response):
            raise login_error_from_response(response)
        reply = parse_json(response.content)
        if not isinstance(reply, dict):
            raise LoginError(f"The login at {url} answered with something that is not a token; check the address.")
        return reply

    def _send(self, method: str, url: str, **arguments: Any) -> requests.Response:
        parts = urlsplit(url)
        try:
            arguments |= self._environment(f"{parts.scheme}://{parts.netloc}")
            return self._http.request(method, url, allow_redirects=False, **arguments)
        except (OSError, ValueError) as error:  # requests lets some through that are not its own
            raise error_from_exception(error, parts) from None

    def _guard(self) -> None:
        if self.usage and self.calls_left == 0:
            raise AllowanceError(
                f"{self.usage.used} of the org's {self.usage.limit} API calls of 24 hours are used"
                f" ({self.usage.percent:.0f} %), and max_api_usage_percent is {self._max_api_usage_percent:g}; nothing"
                " more was asked. Run again later; nothing is lost as long as that is within seven days."
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
            if found and self.calls_left != 0:  # answers side by side may come out of turn: tripped stays tripped
                self.usage = Usage(int(found[1]), int(found[2]))


def _read_environment(base_url: str) -> dict[str, Any]:
    """Return what the environment says of proxies and certificates; looking it up costs a fifth of a call."""
    return dict(requests.Session().merge_environment_settings(base_url, {}, False, None, None))
