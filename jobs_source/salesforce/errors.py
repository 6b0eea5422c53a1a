"""Turns a failed answer, or a missing one, into the error to raise, with advice."""

import ssl
from typing import Final
from urllib.parse import SplitResult, urlsplit

import requests
from urllib3.exceptions import LocationValueError

from jobs_source.exceptions import (
    AccessError,
    AllowanceError,
    ApiError,
    ConfigError,
    ConnectionFailedError,
    LoginError,
    SalesforceJobsError,
    SessionExpiredError,
)
from jobs_source.salesforce.responses import error_code_and_message, is_transient_response
from jobs_source.settings import CONFIG_SECTION, CREDENTIALS_SECTION

# A new token of the same user would be refused too.
_NOT_RENEWABLE: Final = ("not valid for use with the REST API", "not attached to Agent")
_ACCESS_CODES: Final = {
    "API_DISABLED_FOR_ORG": "the REST API is off for this org or user",
    "API_CURRENTLY_DISABLED": "the API is off for this user",
    "FEATURENOTENABLED": "the Bulk API is off for this org or user",
    "FEATURE_NOT_ENABLED": "the Bulk API is off for this org or user",
    "FORBIDDEN": "the user lacks a permission",
    "INSUFFICIENT_ACCESS": "the user lacks a permission",
    "INVALIDUSER": "the user may not see these jobs",
}
_OAUTH_ADVICE: Final = {
    "invalid_client": "check client_secret",
    "invalid_client_id": "check client_id",
    "inactive_user": "the app's user is frozen or inactive",
    "inactive_org": "the org is closed or suspended",
    "user hasn't approved this consumer": "let an admin pre-authorize the app for the user",
    "audience is invalid": "set login_url to https://login.salesforce.com, for a sandbox to https://test.salesforce.com",
    "expired authorization code": "check the machine's clock",
    "request not supported on this domain": "set instance_url to the org's My Domain, https://NAME.my.salesforce.com",
    "expired access/refresh token": "authorize the app again and configure the new refresh token",
    "no client credentials user enabled": "choose the run-as user in the app's client-credentials policy",
}
_BROKEN_OFF: Final = (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)


def is_transient_error(error: BaseException) -> bool:
    """Tell whether a retry may help after a request without a complete answer."""
    return isinstance(error, (requests.ConnectionError, requests.Timeout, *_BROKEN_OFF)) and not _is_untrusted(error)


def error_from_response(response: requests.Response) -> SalesforceJobsError:
    """Turn an unsuccessful answer of the REST API into the error to raise; its text is one short paragraph."""
    status, path = response.status_code, urlsplit(response.url).path
    code, message = error_code_and_message(response)
    said = f"({_quote(status, code, message)}) at {path}"
    if status == 401 or message == "Bad_OAuth_Token":  # userinfo answers the latter, with 403
        if any(text in message for text in _NOT_RENEWABLE):
            return LoginError(
                f"Salesforce refused the session {said}. A new token will not help. Check the app's scopes (api), its"
                " IP policy and the user's session settings."
            )
        return SessionExpiredError(f"Salesforce refused the token {said}; check {CREDENTIALS_SECTION}.")
    if code == "REQUEST_LIMIT_EXCEEDED" and "ConcurrentRequests" not in message:
        return AllowanceError(f"The org's API calls for 24 hours are used up {said}. Run again later.")
    if advice := _ACCESS_CODES.get(code.upper()):
        return AccessError(
            f"Salesforce denies access {said}: {advice}. Give the integration user these permissions: API Enabled, View"
            " Setup and Configuration, Manage Data Integrations."
        )
    if status == 404 or status == 410 or code == "URL_NOT_RESET":
        return ConfigError(
            f"Salesforce does not have this address {said}. Check that {CONFIG_SECTION}.api_version is a version that"
            " the org has (`salesforce-jobs check` lists them), and that the credentials name the org's My Domain."
        )
    if 300 <= status < 400:
        host = urlsplit(response.headers.get("Location", "")).hostname
        return ConfigError(
            f"Salesforce redirects to {host or 'another address'} {said}. The run sends the token only to the org's own"
            f" host. Set {CREDENTIALS_SECTION}.instance_url to the org's current My Domain."
        )
    return ApiError(f"Salesforce answered with an error {said}. Run again later.", status, code)


def login_error_from_response(response: requests.Response) -> SalesforceJobsError:
    """Turn an unsuccessful answer of a token endpoint into the error to raise."""
    host = urlsplit(response.url).netloc
    code, message = error_code_and_message(response)
    said = _quote(response.status_code, code, message)
    if is_transient_response(response) or code == "rate_limit_exceeded":
        return ApiError(f"The login at {host} does not work now ({said}). Run again later.", response.status_code)
    if code == "REQUEST_LIMIT_EXCEEDED":
        return AllowanceError(
            f"The login at {host} says that the org's API calls for 24 hours are used up ({said}). Run again later."
        )
    known = (text for key, text in _OAUTH_ADVICE.items() if key in (code, message))
    advice = next(known, f"check {CREDENTIALS_SECTION}")
    return LoginError(f"Salesforce refused the login at {host} ({said}); {advice}.")


def error_from_exception(error: Exception, url: SplitResult) -> SalesforceJobsError:
    """Turn the exception of a request into the error to raise. It quotes only the innermost reason."""
    where, reason = f"{url.netloc}{url.path}", _reason_text(error)
    if _is_untrusted(error):
        return ConfigError(
            f"The TLS certificate of {url.netloc} is not trusted ({reason}). If your proxy has its own certificate, set"
            " REQUESTS_CA_BUNDLE to the file of that certificate."
        )
    if isinstance(error, requests.exceptions.ProxyError):
        return ConnectionFailedError(f"The proxy did not connect to {where} ({reason}); check HTTPS_PROXY.")
    if isinstance(error, requests.Timeout) or isinstance(_innermost(error), TimeoutError):
        return ConnectionFailedError(f"No answer from {where} in time (request_timeout_seconds). Run again later.")
    if isinstance(error, _BROKEN_OFF):
        return ConnectionFailedError(
            f"The answer of {where} came incomplete or damaged at every attempt. Run again later."
        )
    if isinstance(error, (requests.exceptions.InvalidURL, LocationValueError)):
        # Not quoted: it may hold the password of a proxy.
        return ConfigError(f"{url.netloc} or HTTPS_PROXY is not a valid address ({type(error).__name__}). Correct it.")
    if isinstance(error, ValueError):
        return ConnectionFailedError(f"The answer of {where} is not valid ({type(error).__name__}). Run again later.")
    if not isinstance(error, requests.RequestException):
        return ConfigError(f"No request to {where} is possible: {str(error).rstrip('.')}. Check REQUESTS_CA_BUNDLE.")
    return ConnectionFailedError(f"No connection to {where} ({reason}). Check the address and the network.")


def _quote(status: int, code: str, message: str) -> str:
    return f"{status}{' ' + code if code else ''}{': ' + message if message else ''}"


def _is_untrusted(error: BaseException) -> bool:
    """Tell an unusable certificate from a broken TLS connection: requests has one class for both."""
    inner = _innermost(error)
    is_bundle_unfit = isinstance(inner, ssl.SSLError) and getattr(inner, "library", "") in ("PEM", "X509")
    return is_bundle_unfit or isinstance(inner, ssl.SSLCertVerificationError)


def _reason_text(error: BaseException) -> str:
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
