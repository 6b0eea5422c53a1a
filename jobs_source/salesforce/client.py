"""
One authenticated session with one org: renewal, API allowance, errors with advice, one host only.

It calls the REST API: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/
"""

import threading
from collections.abc import Mapping
from typing import Any, Optional

import requests
from requests.auth import AuthBase

from jobs_source.exceptions import LoginError, SalesforceJobsError
from jobs_source.ids import is_org_id, long_id
from jobs_source.json_text import parse_json
from jobs_source.salesforce.credentials import MakeForm, SalesforceCredentials
from jobs_source.salesforce.errors import advise_on_session, error_from_response
from jobs_source.salesforce.http_client import HttpClient, Retries
from jobs_source.salesforce.login_errors import is_login_reply, login_error_from_response
from jobs_source.salesforce.meter import Meter
from jobs_source.salesforce.responses import is_success
from jobs_source.salesforce.session import Session
from jobs_source.salesforce.taken import Take
from jobs_source.salesforce.usage import Usage
from jobs_source.settings import CONFIG_SECTION

__all__ = ["Client", "Retries", "Usage"]


class Client(Meter):
    """
    Calls the REST API of one org. Threads may share it; nothing is sent before the first call.

    What it has called, and what it may call, is that of a `Meter`.
    """

    def __init__(
        self,
        credentials: SalesforceCredentials,
        *,
        max_api_usage_percent: float,
        timeout_seconds: float,
        retries: Retries,
    ) -> None:
        super().__init__(max_api_usage_percent)
        self._credentials = credentials
        self._session: Optional[Session] = None
        self._lock = threading.RLock()
        self._http, self._http_once = (
            HttpClient(timeout_seconds, tries, self._count, self._may_retry, self._tells_wait)
            for tries in (retries, retries._replace(max_attempts=1))
        )

    @property
    def flow(self) -> str:
        """The name of the login flow, as `auth_flow` takes it."""
        return self._credentials.flow

    @property
    def settings_section(self) -> str:
        """The section of the configuration where the settings of this org go: messages name it."""
        return self._credentials.settings_section

    @property
    def org(self) -> Optional[str]:
        """The name of the section of this org; None for the default one."""
        return self.settings_section.removeprefix(CONFIG_SECTION).lstrip(".") or None

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
            NoCallLeftError: If the budget of this thread has no call left.
        """
        with self._lock:
            if self._session is not refused:
                return
            self._guard_login()
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
        response = self.ask(path, params, session, retry)
        if not is_success(response):
            raise self.error_of(response)
        return response

    def ask(
        self,
        path: str,
        params: Mapping[str, str],
        session: Optional[Session] = None,
        retry: bool = True,
        auth: Optional[AuthBase] = None,
        headers: Optional[Mapping[str, str]] = None,
        take: Optional[Take] = None,
    ) -> requests.Response:
        """
        Send a GET as `get` does, and return the last answer, good or bad: `error_of` says what is bad.

        *auth* is another form of the session's token. *take* reads the body while it comes, as `taken.py` says.

        Raises:
            NoCallLeftError: If the budget of this thread has no call left.
            SalesforceJobsError: If there is no answer, or no call may be sent.
        """
        session = session or self.session
        self._guard()
        http = self._http if retry else self._http_once
        return http.get(f"{session.instance_url}{path}", params, auth or session.auth, headers, take)

    def error_of(self, response: requests.Response) -> SalesforceJobsError:
        """Return the error for an answer that is no success."""
        return error_from_response(response, self._credentials)

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
