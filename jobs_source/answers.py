"""Words for what Salesforce answers when it is not what was asked for: the class of error, and what to do about it."""

import json
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import requests

from jobs_source.exceptions import (
    AccessError,
    AllowanceError,
    ApiError,
    ConfigError,
    ConnectionFailed,
    LoginError,
    SalesforceJobsError,
    SessionExpired,
)

_CREDENTIALS: Final = "sources.jobs_source.credentials"
# A new token of the same user meets the same wall.
_NOT_RENEWABLE: Final = ("not valid for use with the REST API", "not attached to Agent")
_ACCESS_CODES: Final = {
    "API_DISABLED_FOR_ORG": "the REST API is off for this org or user",
    "API_CURRENTLY_DISABLED": "the API is off for this user",
    "FEATURENOTENABLED": "the Bulk API is off for this org or user",
    "FEATURE_NOT_ENABLED": "the Bulk API is off for this org or user",
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
    "expired access/refresh token": "authorize the app again and put the new token in place",
    "no client credentials user enabled": "choose the run-as user in the app's client-credentials policy",
}


def is_json(response: requests.Response) -> bool:
    return response.content.lstrip()[:1] in (b"{", b"[")


def is_transient(response: requests.Response) -> bool:
    """Tell whether the same request may do better in a moment."""
    if response.status_code == 429 or response.status_code >= 500:
        return True
    if response.status_code == 200:
        return not is_json(response)  # a maintenance page, or nothing at all
    return response.status_code == 403 and b"ConcurrentRequests" in response.content


def error_of(response: requests.Response) -> SalesforceJobsError:
    """Turn an unsuccessful answer of the REST API into the error to raise; its text is one short paragraph."""
    status, path = response.status_code, urlsplit(response.url).path
    code, message = _reason(response)
    said = f"({status}{' ' + code if code else ''}{': ' + message if message else ''}) at {path}"
    if status == 401:
        if any(text in message for text in _NOT_RENEWABLE):
            return LoginError(
                f"Salesforce refused the session {said}. A new token would meet the same: check the app's scopes (api),"
                " its IP policy and the user's session settings."
            )
        return SessionExpired(f"Salesforce refused the token {said}; check {_CREDENTIALS}.")
    if code == "REQUEST_LIMIT_EXCEEDED" and "ConcurrentRequests" not in message:
        return AllowanceError(f"The org's API calls of 24 hours are used up {said}. Run again later.")
    if advice := _ACCESS_CODES.get(code.upper()):
        return AccessError(
            f"Salesforce denies access {said}: {advice}. Give the integration user API Enabled, View Setup and"
            " Configuration and Manage Data Integrations."
        )
    if status == 404 or status == 410 or code == "URL_NOT_RESET":
        return ConfigError(
            f"Salesforce has no such address {said}. Check that sources.jobs_source.api_version is one that the org"
            " has (`python -m pipelines check` lists them), and that the credentials name the org's My Domain."
        )
    if 300 <= status < 400:
        host = urlsplit(response.headers.get("Location", "")).hostname
        return ConfigError(
            f"Salesforce redirects to {host or 'another address'} {said}. The token goes to the org's own host only:"
            f" set {_CREDENTIALS}.instance_url to the My Domain of today."
        )
    return ApiError(f"Salesforce answered with an error {said}. Run again later.", status, code)


def login_error_of(response: requests.Response) -> SalesforceJobsError:
    """Turn an unsuccessful answer of a token endpoint into the error to raise."""
    host = urlsplit(response.url).netloc
    code, message = _reason(response)
    if is_transient(response):
        said = f"{response.status_code} {message}"
        return ApiError(f"The login at {host} is out of order ({said}). Run again later.", response.status_code)
    advice = next((text for key, text in _OAUTH_ADVICE.items() if key in (code, message)), f"check {_CREDENTIALS}")
    return LoginError(f"Salesforce refused the login at {host} ({response.status_code} {code}: {message}); {advice}.")


def connection_error_of(error: requests.RequestException, url: SplitResult) -> SalesforceJobsError:
    """Turn a failure to get a whole answer into the error to raise. Only the innermost reason is quoted."""
    where = f"{url.netloc}{url.path}"
    if isinstance(error, requests.exceptions.SSLError):
        return ConfigError(
            f"The TLS certificate of {url.netloc} is not trusted ({_innermost(error)}). Behind a proxy with a"
            " certificate of its own, name that in REQUESTS_CA_BUNDLE."
        )
    if isinstance(error, requests.exceptions.ProxyError):
        return ConnectionFailed(f"The proxy did not let {where} through ({_innermost(error)}); check HTTPS_PROXY.")
    if isinstance(error, requests.Timeout):
        return ConnectionFailed(f"No answer from {where} in time (request_timeout_seconds). Run again later.")
    if isinstance(error, (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)):
        return ConnectionFailed(f"The answer of {where} was cut or damaged on the way, each time. Run again later.")
    return ConnectionFailed(f"No connection to {where} ({_innermost(error)}). Check the address and the network.")


def _reason(response: requests.Response) -> tuple[str, str]:
    """Return Salesforce's own code and message; a page that is not JSON is named as such and not quoted."""
    try:
        body: Any = json.loads(response.content)
    except ValueError:
        kind = "an HTML page" if b"<" in response.content[:200] else "no JSON" if response.content else "an empty body"
        return "", f"{kind} instead of JSON"
    first = body[0] if isinstance(body, list) and body else body
    if not isinstance(first, dict):
        return "", ""
    code, message = first.get("errorCode", first.get("error")), first.get("message", first.get("error_description"))
    return str(code or "")[:100], str(message or "")[:300]


def _innermost(error: BaseException) -> str:
    while True:
        inner = getattr(error, "reason", None) or error.__cause__ or error.__context__ or next(iter(error.args), None)
        if not isinstance(inner, BaseException):
            return getattr(error, "strerror", None) or str(error).rpartition(">: ")[2] or type(error).__name__
        error = inner
