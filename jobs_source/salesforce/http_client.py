"""
Sends requests with dlt's own HTTP client, which retries and obeys `Retry-After`. One warning tells of each wait.

Redirects are not followed, and ~/.netrc is not read.
"""

import threading
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, NamedTuple, Optional
from urllib.parse import urlsplit

import requests
from dlt.common import logger
from dlt.sources.helpers.requests import Client as DltClient
from requests.auth import AuthBase

from jobs_source.dlt_compat import watch_attempts
from jobs_source.salesforce.connection_errors import error_from_exception, is_transient_error, reason_text
from jobs_source.salesforce.credentials import MakeForm
from jobs_source.salesforce.errors import describe
from jobs_source.salesforce.login_errors import is_transient_login
from jobs_source.salesforce.proxies import read_environment
from jobs_source.salesforce.responses import error_code_and_message, is_transient_response
from jobs_source.salesforce.taken import Take, Taken


class Retries(NamedTuple):
    """dlt's `[runtime]` settings: attempts, seconds of the first pause (then doubled), longest pause in seconds."""

    max_attempts: int = 5
    backoff_factor: float = 1.0
    max_delay_seconds: float = 300.0


class HttpClient:
    """
    Sends requests. Threads may share it.

    Args:
        timeout_seconds: Longest wait for a connection, and for the next part of an answer.
        count: Called with each answer, retries included.
        may_retry: Asked before each retry that may help, whether the request is a login. If it says yes, it is sent.
        tells_wait: Asked before each wait whether a warning tells of it.
    """

    def __init__(
        self,
        timeout_seconds: float,
        retries: Retries,
        count: Callable[..., None],
        may_retry: Callable[[bool], bool],
        tells_wait: Callable[[], bool],
    ) -> None:
        self._max_attempts = retries.max_attempts
        self._count = count
        self._may_retry = may_retry
        self._tells_wait = tells_wait
        self._of_thread = threading.local()  # is_login and attempt of the request that the thread sends
        self._environment = cache(read_environment)
        self._dlt = DltClient(
            request_timeout=timeout_seconds,
            raise_for_status=False,
            status_codes=(),
            exceptions=(),
            retry_condition=self._should_retry,
            request_max_attempts=retries.max_attempts,
            request_backoff_factor=retries.backoff_factor,
            request_max_retry_delay=retries.max_delay_seconds,
            # read_environment reads proxies and certificates once per host. ~/.netrc is never read.
            session_attrs={"hooks": {"response": [count]}, "trust_env": False},
        )

    def get(
        self,
        url: str,
        params: Mapping[str, str],
        auth: AuthBase,
        headers: Optional[Mapping[str, str]] = None,
        take: Optional[Take] = None,
    ) -> requests.Response:
        """
        Return the last answer, good or bad. Raises `SalesforceJobsError` if none came.

        With *take*, what it returns for an answer counts as the answer. It reads the body while that comes; a body that
        breaks off is retried as ever.
        """
        # Hooks of a request replace those of the session.
        streaming = {"stream": True, "hooks": {"response": [self._count, take]}} if take else {}
        return self._send("GET", url, None, params=params, auth=auth, headers=headers, **streaming)

    def log_in(self, url: str, make_form: MakeForm) -> requests.Response:
        """Post the form of a login, made anew for each attempt. Returns and raises as `get` does."""
        return self._send("POST", url, make_form, data=make_form())

    def _send(self, method: str, url: str, make_form: Optional[MakeForm], **arguments: Any) -> requests.Response:
        parts = urlsplit(url)
        self._of_thread.is_login = make_form is not None
        watch_attempts(self._dlt, partial(self._begin_attempt, make_form), self._tell_wait)
        try:
            arguments = {**self._environment(f"{parts.scheme}://{parts.netloc}"), **arguments}
            return self._dlt.request(method, url, allow_redirects=False, **arguments)
        except (OSError, ValueError) as error:  # some errors pass through requests unchanged
            raise error_from_exception(error, parts) from None

    def _begin_attempt(self, make_form: Optional[MakeForm], attempt: Any) -> None:
        self._of_thread.attempt = attempt.attempt_number
        if make_form and attempt.attempt_number > 1:
            attempt.args[0].prepare_body(make_form(), None)

    def _should_retry(self, response: Optional[requests.Response], error: Optional[BaseException]) -> bool:
        is_last = self._of_thread.attempt >= self._max_attempts
        if is_last or not self._may_pass(response, error):
            return False
        return self._may_retry(self._of_thread.is_login)

    def _may_pass(self, response: Optional[requests.Response], error: Optional[BaseException]) -> bool:
        if error is not None:
            return is_transient_error(error)
        if response is None or isinstance(response, Taken):
            return False
        return is_transient_login(response) if self._of_thread.is_login else is_transient_response(response)

    def _tell_wait(self, attempt: Any) -> None:
        if not self._tells_wait():
            return
        where, number = urlsplit(attempt.args[0].url), attempt.attempt_number
        logger.warning(
            f"Try {number} of {self._max_attempts} failed at {where.netloc}{where.path} ({_reason(attempt.outcome)})."
            f" Try {number + 1} follows in {_duration(attempt.next_action.sleep)}."
        )


def _reason(outcome: Any) -> str:
    """Say what came of an attempt: an answer, or an exception."""
    if error := outcome.exception():
        return reason_text(error)
    response = outcome.result()
    return describe(response.status_code, *error_code_and_message(response))


def _duration(seconds: float) -> str:
    return "1 second" if seconds == 1 else f"{round(seconds, 1):g} seconds"
