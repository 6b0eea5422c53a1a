"""Turns a failed answer, or a missing one, into the error to raise, with advice."""

import ssl
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from urllib3.exceptions import LocationValueError

from jobs_source.exceptions import (
    AccessError,
    AllowanceError,
    ApiError,
    ConfigError,
    ConnectionFailedError,
    LoginError,
    RequestRefusedError,
    SalesforceJobsError,
    SessionExpiredError,
)
from jobs_source.salesforce.credentials import SalesforceCredentials
from jobs_source.salesforce.foreign_text import quotable
from jobs_source.salesforce.proxies import bundle_variable, proxy_variable
from jobs_source.salesforce.responses import (
    canonical,
    error_code_and_message,
    is_transient_response,
    is_transient_status,
)
from jobs_source.settings import CONFIG_SECTION

# A new token of the same user would be refused too.
_NOT_RENEWABLE: Final = ("not valid for use with the REST API", "not attached to Agent")
_PERMISSIONS: Final = (
    "Give the integration user these permissions: API Enabled, View Setup and Configuration, Manage Data Integrations."
)
_EDITION: Final = "The Bulk API is off for this org: its edition has none, or Salesforce turned it off. Ask Salesforce."
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
_BROKEN_OFF: Final = (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)


def is_transient_error(error: BaseException) -> bool:
    """Tell whether a retry may help after a request without a complete answer."""
    return isinstance(error, (requests.ConnectionError, requests.Timeout, *_BROKEN_OFF)) and not _is_untrusted(error)


def error_from_response(response: requests.Response, credentials: SalesforceCredentials) -> SalesforceJobsError:
    """Turn an unsuccessful answer of the REST API into the error to raise; its text is one short paragraph."""
    status, path = response.status_code, urlsplit(response.url).path
    code, message = error_code_and_message(response)
    said = f"({describe(status, code, message)}) at {path}"
    if 300 <= status < 400:
        return redirect_error(response, credentials, "Salesforce")
    if _is_session_over(status, code, message):
        return _session_error(said, message, credentials)
    if canonical(code) == "REQUESTLIMITEXCEEDED" and "ConcurrentRequests" not in message:
        return AllowanceError(f"The org's API calls for 24 hours are used up {said}. Run again later.")
    if advice := _ADVICE_BY_CODE.get(canonical(code)):
        return AccessError(f"Salesforce denies access {said}. {advice}")
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


def _redirect_target(response: requests.Response) -> str:
    try:
        parts = urlsplit(urljoin(response.url, response.headers.get("Location", "")))
        if parts.hostname and response.headers.get("Location"):
            host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
            return quotable(f"{parts.scheme}://{host}{parts.path.partition(';')[0]}")
    except ValueError:
        pass
    return "another address"


def error_from_exception(error: Exception, url: SplitResult) -> SalesforceJobsError:
    """Turn the exception of a request into the error to raise. It quotes only the innermost reason."""
    where, reason = f"{url.netloc}{url.path}", reason_text(error)
    address = f"{url.scheme}://{url.netloc}"
    if _is_untrusted(error):
        return ConfigError(
            f"The TLS certificate of {url.netloc} is not trusted ({reason}). If your proxy has its own certificate, set"
            f" {bundle_variable()} to the file of that certificate."
        )
    if isinstance(error, requests.exceptions.ProxyError):
        return ConnectionFailedError(
            f"The proxy did not connect to {where} ({reason}). Check {proxy_variable(address)}."
        )
    if isinstance(error, requests.Timeout) or isinstance(_innermost(error), TimeoutError):
        return ConnectionFailedError(
            f"No answer from {where} in time. Run again later. On a slow network raise"
            f" {CONFIG_SECTION}.request_timeout_seconds."
        )
    if isinstance(error, _BROKEN_OFF):
        return ConnectionFailedError(
            f"The answer of {where} came incomplete or damaged at every attempt. Run again later."
        )
    if isinstance(error, (requests.exceptions.InvalidURL, LocationValueError)):
        # Not quoted: it may hold the password of a proxy.
        return ConfigError(
            f"{url.netloc} or {proxy_variable(address)} is not a valid address ({type(error).__name__}). Correct it."
        )
    if isinstance(error, ValueError):
        return ConnectionFailedError(f"The answer of {where} is not valid ({type(error).__name__}). Run again later.")
    if not isinstance(error, requests.RequestException):
        return ConfigError(f"No request to {where} is possible: {str(error).rstrip('.')}. Check {bundle_variable()}.")
    return ConnectionFailedError(f"No connection to {where} ({reason}). Check the address and the network.")


def _is_untrusted(error: BaseException) -> bool:
    """Tell an unusable certificate from a broken TLS connection: requests has one class for both."""
    inner = _innermost(error)
    is_bundle_unfit = isinstance(inner, ssl.SSLError) and getattr(inner, "library", "") in ("PEM", "X509")
    return is_bundle_unfit or isinstance(inner, ssl.SSLCertVerificationError)


def reason_text(error: BaseException) -> str:
    inner = _innermost(error)
    return getattr(inner, "strerror", None) or str(inner).rpartition(">: ")[2] or type(inner).__name__


def _innermost(error: BaseException) -> BaseException:
    """Return the first cause of an error. `__context__` is not followed: it may be an unrelated error."""
    while True:
        inners = (getattr(error, "reason", None), error.__cause__, *error.args)
        inner = next((it for it in inners if isinstance(it, BaseException)), None)
        if inner is None:
            return error
        error = inner
