"""A client without HTTP, with a stand-in right behind it: calls are counted, guarded and retried as ever."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any, Optional

import requests
from requests.auth import AuthBase

from jobs_source.exceptions import ConnectionFailedError, SalesforceJobsError
from jobs_source.salesforce.credentials import ClientCredentials
from jobs_source.salesforce.errors import error_from_response
from jobs_source.salesforce.meter import Meter
from jobs_source.salesforce.responses import is_success, is_transient_response
from jobs_source.salesforce.session import Session
from jobs_source.settings import CONFIG_SECTION
from jobs_source.standin.api.messages import Headers, Request, Response
from tests.simulation.recording_standin import RecordingStandIn

_TRIES = 3


class InMemoryClient(Meter):
    """What walks and look-ups need of a client."""

    settings_section = CONFIG_SECTION
    org: Optional[str] = None

    def __init__(self, standin: RecordingStandIn) -> None:
        super().__init__(max_api_usage_percent=90)
        self._standin = standin
        self._credentials = ClientCredentials(instance_url="https://acme.my.salesforce.com")
        self.session = self._log_in()

    def renew(self, refused: Session) -> None:
        self._guard_login()
        if refused is self.session:  # a look-up beside this one may have been first
            self.session = self._log_in()

    def get(
        self, path: str, params: Mapping[str, str], session: Optional[Session] = None, retry: bool = True
    ) -> requests.Response:
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
        take: Any = None,
    ) -> requests.Response:
        session = session or self.session
        self._guard()
        request = requests.Request("GET", session.instance_url + path, headers, auth=auth or session.auth).prepare()
        for tries_left in reversed(range(_TRIES if retry else 1)):
            answer = self._standin._answer(Request("GET", path, dict(params), Headers(request.headers)))
            response = None if answer.broken else self._to_response(answer, request)
            may_pass = response is None or is_transient_response(response)
            if not (tries_left and may_pass and self._may_retry(False)):
                break
        if response is None:
            raise ConnectionFailedError(f"{request.url}: {answer.broken}")
        return response

    def error_of(self, response: requests.Response) -> SalesforceJobsError:
        return error_from_response(response, self._credentials)

    def _to_response(self, answer: Response, request: requests.PreparedRequest) -> requests.Response:
        response = requests.Response()
        response.status_code, response.raw, response.url = answer.status, BytesIO(answer.body), str(request.url)
        response.headers.update(answer.headers)
        response.request = request
        self._count(response)
        return response

    def _log_in(self) -> Session:
        org = self._standin.org
        return Session(org.issue_token(), org.instance_url, org.org_id)
