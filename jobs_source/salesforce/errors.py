"""Turns a failed answer into the error to raise, with advice."""

from typing import Final
from urllib.parse import urljoin, urlsplit

import requests

from jobs_source.exceptions import (
    AccessError,
    AllowanceError,
    ApiError,
    ConfigError,
    LoginError,
    RequestRefusedError,
    SalesforceJobsError,
    SessionExpiredError,
)
from jobs_source.salesforce.credentials import SalesforceCredentials
from jobs_source.salesforce.foreign_text import quotable
from jobs_source.salesforce.responses import (
    canonical,
    error_code_and_message,
    is_transient_response,
    is_transient_status,
)

# A new token of the same user would be refused too.
_NOT_RENEWABLE: Final = ("not valid for use with the REST API", "not attached to Agent")
_PERMISSIONS: Final = (
    "Give the integration user these permissions: API Enabled, View Setup and Configuration, Manage Data Integrations."
)
_EDITION: Final = "The Bulk API is off for this org: its edition has none, or Salesforce turned it off. Ask Salesforce."
_USED_UP: Final = ("REQUESTLIMITEXCEEDED", "EXCEEDEDQUOTA")  # the second one is that of the Bulk API
ACCESS_ADVICE: Final = {
    "API_DISABLED_FOR_ORG": "The REST API is off for this org or user. Check that the org's edition has the API."
    f" {_PERMISSIONS}",
    "API_CURRENTLY_DISABLED": f"The API is off for this user. {_PERMISSIONS}",
    "FEATURE_NOT_ENABLED": _EDITION,
    "FORBIDDEN": f"The user lacks a permission. {_PERMISSIONS}",
    "INSUFFICIENT_ACCESS": f"The user lacks a permission. {_PERMISSIONS}",
    "INVALID_USER": f"The user may not see these jobs. {_PERMISSIONS}",
}
_ADVICE_BY_CODE: Final = {canonical(code): advice for code, advice in ACCESS_ADVICE.items()}


def error_from_response(response: requests.Response, credentials: SalesforceCredentials) -> SalesforceJobsError:
    """Turn an unsuccessful answer of the REST API into the error to raise; its text is one short paragraph."""
    status, path = response.status_code, urlsplit(response.url).path
    code, message = error_code_and_message(response)
    said = f"({describe(status, code, message)}) at {path}"
    if 300 <= status < 400:
        return redirect_error(response, credentials, "Salesforce")
    if _is_session_over(status, code, message):
        return _session_error(said, message, credentials)
    if canonical(code) in _USED_UP and "ConcurrentRequests" not in message:
        return AllowanceError(f"The org's API calls for 24 hours are used up {said}. Run again later.")
    if advice := _ADVICE_BY_CODE.get(canonical(code)):
        return AccessError(f"Salesforce denies access {said}. {advice}", code)
    if status in (404, 410) or code == "URL_NOT_RESET":
        return ConfigError(
            f"Salesforce does not have this address {said}. Check that {credentials.settings_section}.api_version is a"
            f" version that the org has (`salesforce-jobs check` lists them), and that {credentials.section} leads to"
            " the org's My Domain."
        )
    if status >= 400 and not code and not is_transient_status(status):
        return gateway_error(response)
    if status < 400 or is_transient_response(response) or code == "INVALID_QUERY_LOCATOR":
        return ApiError(f"Salesforce answered with an error {said}. Run again later.", status, code)
    return RequestRefusedError(
        f"Salesforce refused the request {said}. Another run would get the same answer. Run `salesforce-jobs check`. If"
        " that finds nothing wrong, report this message.",
        status,
        code,
    )


def describe(status: int, code: str, message: str) -> str:
    """Put an answer into a few words, for the brackets in a message."""
    return f"{status}{' ' + code if code else ''}{': ' + message if message else ''}"


def gateway_error(response: requests.Response) -> ApiError:
    """Return the error for a page that does not come from Salesforce itself. It may pass, or stay for ever."""
    url, said = urlsplit(response.url), describe(response.status_code, *error_code_and_message(response))
    return ApiError(
        f"A gateway, proxy or firewall answered in place of Salesforce ({said}) at {url.netloc}{url.path}. Run again"
        f" later. If it happens again, check this address, or ask your network team to allow {url.hostname}.",
        response.status_code,
    )


def redirect_error(response: requests.Response, credentials: SalesforceCredentials, who: str) -> ConfigError:
    """Return the error for a redirect, which is not followed. It names the target without its query."""
    target, path = _redirect_target(response), urlsplit(response.url).path
    setting = f"set {credentials.section}.{credentials.address_key} to the org's current My Domain"
    if credentials.flow == "sf_cli":
        setting = "log in again at that address with `sf org login web --instance-url`"
    return ConfigError(
        f"{who} redirects to {target} ({response.status_code}) at {path}. The run sends secrets only to the address"
        f" that is set. If the new address is one of Salesforce, {setting}. If not, a proxy redirects: ask your"
        " network team."
    )


def advise_on_session(credentials: SalesforceCredentials) -> str:
    """Say how to get a session in place of one that Salesforce does not accept any more."""
    if credentials.flow == "token":
        return f"Set a new access_token in {credentials.section}."
    if credentials.flow == "sf_cli":
        return "Log in again with `sf org login web`."
    return f"Check {credentials.section}, and the session settings of its user and app."


def _is_session_over(status: int, code: str, message: str) -> bool:
    said = f"{code} {message}".lower()
    is_said = any(words in said for words in ("session expired", "session has expired", "bad_oauth_token"))
    return status == 401 or canonical(code) == "INVALIDSESSIONID" or is_said


def _session_error(said: str, message: str, credentials: SalesforceCredentials) -> LoginError:
    if any(text in message for text in _NOT_RENEWABLE):
        return LoginError(
            f"Salesforce refused the session {said}. A new token will not help. Check the app's scopes (api), its"
            f" IP policy and the user's session settings. The login is that of {credentials.section}."
        )
    return SessionExpiredError(f"Salesforce refused the token {said}. {advise_on_session(credentials)}")


def refused_again(error: SessionExpiredError) -> LoginError:
    """Return the error for a session that is over as soon as it is new."""
    return LoginError(f"{error} The run has renewed the session once already.")


def _redirect_target(response: requests.Response) -> str:
    try:
        parts = urlsplit(urljoin(response.url, response.headers.get("Location", "")))
        if parts.hostname and response.headers.get("Location"):
            host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
            return quotable(f"{parts.scheme}://{host}{parts.path.partition(';')[0]}")
    except ValueError:
        pass
    return "another address"
