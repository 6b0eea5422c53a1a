"""Turns the answer of a login that failed into the error to raise, and tells which answers may pass by themselves."""

from enum import Enum
from urllib.parse import urlsplit

import requests

from jobs_source.exceptions import AllowanceError, ApiError, LoginError, SalesforceJobsError
from jobs_source.json_text import parse_json
from jobs_source.salesforce.credentials import SalesforceCredentials
from jobs_source.salesforce.errors import describe, gateway_error, redirect_error
from jobs_source.salesforce.login_words import LOGIN_RATE, TOO_MANY, find_advice, has_words, may_pass
from jobs_source.salesforce.responses import (
    NO_JSON,
    canonical,
    error_code_and_message,
    is_gateway_page,
    is_json,
    is_success,
    is_transient_status,
)


class _Outcome(Enum):
    PASSES = "a retry in some seconds may help"
    WAIT = "a retry helps much later only"
    LASTS = "no retry helps"


def is_login_reply(response: requests.Response) -> bool:
    """Tell whether the answer is whole JSON, and not an error."""
    return is_success(response) and parse_json(response.content) is not None


def is_transient_login(response: requests.Response) -> bool:
    """Tell whether the same login, sent again in some seconds, may work."""
    return not is_login_reply(response) and _judge(response) is _Outcome.PASSES


def login_error_from_response(response: requests.Response, credentials: SalesforceCredentials) -> SalesforceJobsError:
    """Turn an unsuccessful answer of a token endpoint into the error to raise."""
    host, outcome = urlsplit(response.url).netloc, _judge(response)
    code, message = error_code_and_message(response)
    said = describe(response.status_code, code, message)
    if 300 <= response.status_code < 400:
        return redirect_error(response, credentials, f"The login at {host}")
    if outcome is _Outcome.WAIT and canonical(code) == "REQUESTLIMITEXCEEDED":
        return AllowanceError(
            f"The login at {host} says that the org's API calls for 24 hours are used up ({said}). Run again later."
        )
    if outcome is _Outcome.WAIT:
        return ApiError(
            f"The login at {host} does not work now ({said}): there were too many logins. Wait some minutes, then run"
            " again. If it repeats, give this program a user of its own.",
            response.status_code,
            code,
        )
    if response.status_code == 403 and outcome is _Outcome.PASSES and is_gateway_page(response):
        return gateway_error(response)
    if outcome is _Outcome.PASSES:
        return ApiError(f"The login at {host} does not work now ({said}). Run again later.", response.status_code)
    return LoginError(f"Salesforce refused the login at {host} ({said}). {_advise(response, credentials)}")


def _judge(response: requests.Response) -> _Outcome:
    code, message = error_code_and_message(response)
    text = f"{code} {message}"
    if canonical(code) == "REQUESTLIMITEXCEEDED":
        return _Outcome.PASSES if "ConcurrentRequests" in message else _Outcome.WAIT
    is_passing = is_transient_status(response.status_code)
    if has_words(text, LOGIN_RATE if is_passing else TOO_MANY):
        return _Outcome.WAIT
    is_cut = is_json(response) and parse_json(response.content) is None
    if is_passing or is_gateway_page(response) or is_cut:
        return _Outcome.PASSES
    return _Outcome.PASSES if may_pass(text) else _Outcome.LASTS


def _advise(response: requests.Response, credentials: SalesforceCredentials) -> str:
    text = " ".join(error_code_and_message(response))
    if advice := find_advice(text):
        return advice.format(section=credentials.section)
    if text.endswith(NO_JSON) or response.status_code in (404, 405, 410):
        return (
            f"There is no login of Salesforce at this address. Check {credentials.section}.{credentials.address_key}."
        )
    return f"Check {credentials.section}."
