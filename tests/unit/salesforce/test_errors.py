"""Each refusal becomes the error that says what happened, where, and what to do about it."""

import json
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

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
from jobs_source.salesforce.connection_errors import error_from_exception, is_transient_error
from jobs_source.salesforce.credentials import ClientCredentials
from jobs_source.salesforce.errors import error_from_response
from jobs_source.salesforce.login_errors import login_error_from_response
from jobs_source.salesforce.responses import is_transient_response

URL = "https://acme.my.salesforce.com/services/data/v64.0/jobs/ingest"
WHO = ClientCredentials()
HTML = "<!DOCTYPE html><p>down for maintenance, secret=hunter2</p>"


def answer(status: int, body: Any, url: str = URL, **headers: str) -> requests.Response:
    response = requests.Response()
    response.status_code, response.url = status, url
    response.raw = BytesIO(body.encode() if isinstance(body, str) else json.dumps(body).encode())
    response.headers.update(headers)
    return response


def refusal(code: str, message: str = "why") -> list[dict[str, str]]:
    return [{"errorCode": code, "message": message}]


@pytest.mark.parametrize(
    ("status", "body", "error", "exit_code", "text"),
    [
        (
            401,
            refusal("INVALID_SESSION_ID", "Session expired or invalid"),
            SessionExpiredError,
            2,
            "Salesforce refused the token (401 INVALID_SESSION_ID: Session expired or invalid) at"
            " /services/data/v64.0/jobs/ingest. Check sources.jobs_source.credentials, and the session settings of its"
            " user and app.",
        ),
        (
            403,
            refusal("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
            AllowanceError,
            3,
            "The org's API calls for 24 hours are used up (403 REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded.)"
            " at /services/data/v64.0/jobs/ingest. Run again later.",
        ),
        (
            403,
            refusal("API_CURRENTLY_DISABLED"),
            AccessError,
            2,
            "Salesforce denies access (403 API_CURRENTLY_DISABLED: why) at /services/data/v64.0/jobs/ingest. The API is"
            " off for this user. Give the integration user these permissions: API Enabled, View Setup and"
            " Configuration, Manage Data Integrations.",
        ),
        (
            503,
            HTML,
            ApiError,
            1,
            "Salesforce answered with an error (503: an HTML page instead of JSON) at"
            " /services/data/v64.0/jobs/ingest. Run again later.",
        ),
        (
            502,
            "",
            ApiError,
            1,
            "Salesforce answered with an error (502: an empty body instead of JSON) at"
            " /services/data/v64.0/jobs/ingest. Run again later.",
        ),
        (
            403,
            "go away, please",
            ApiError,
            1,
            "A gateway, proxy or firewall answered in place of Salesforce (403: text instead of JSON) at"
            " acme.my.salesforce.com/services/data/v64.0/jobs/ingest. Run again later. If it happens again, check this"
            " address, or ask your network team to allow acme.my.salesforce.com.",
        ),
        (
            404,
            refusal("NOT_FOUND"),
            ConfigError,
            2,
            "Salesforce does not have this address (404 NOT_FOUND: why) at /services/data/v64.0/jobs/ingest. Check that"
            " sources.jobs_source.api_version is a version that the org has (`salesforce-jobs check` lists them), and"
            " that sources.jobs_source.credentials leads to the org's My Domain.",
        ),
    ],
)
def test_what_the_user_reads(
    status: int, body: Any, error: type[SalesforceJobsError], exit_code: int, text: str
) -> None:
    """The sentence has the status, Salesforce's code and words, the endpoint and what to do. HTML is not quoted."""
    found = error_from_response(answer(status, body), WHO)

    assert (type(found), found.exit_code, str(found)) == (error, exit_code, text)


@pytest.mark.parametrize("code", ["FEATURENOTENABLED", "FeatureNotEnabled", "InvalidUser", "insufficient_access"])
def test_access_codes_come_in_any_case(code: str) -> None:
    """The Bulk API writes the codes in another case than the REST API."""
    assert type(error_from_response(answer(400, refusal(code)), WHO)) is AccessError


def test_an_error_keeps_its_status_and_code() -> None:
    """The error has the status and the code as attributes."""
    found = error_from_response(answer(400, refusal("INVALID_QUERY_LOCATOR")), WHO)

    assert isinstance(found, ApiError)
    assert (found.status, found.error_code) == (400, "INVALID_QUERY_LOCATOR")


def test_long_words_are_cut_short() -> None:
    """An error stays one paragraph, even if the answer is long."""
    assert len(str(error_from_response(answer(500, refusal("C" * 5_000, "m" * 5_000)), WHO))) < 600


@pytest.mark.parametrize(
    ("location", "named"),
    [
        ("https://acme--new.my.salesforce.com/x?sid=00D!secret", "https://acme--new.my.salesforce.com/x (302) at"),
        ("/x;jsessionid=secret", "https://acme.my.salesforce.com/x (302) at"),
        ("//acme.example:8443", "https://acme.example:8443 (302) at"),
        ("", "another address (302) at"),
        ("https://[::1", "another address (302) at"),
    ],
)
def test_a_redirect_names_where_to(location: str, named: str) -> None:
    """The error names the host that the user has to configure."""
    found = error_from_response(answer(302, "", Location=location), WHO)

    assert type(found) is ConfigError
    assert f"redirects to {named}" in str(found)


@pytest.mark.parametrize(
    ("error", "description", "advice"),
    [
        ("invalid_client", "invalid client credentials", "Check sources.jobs_source.credentials.client_secret."),
        ("invalid_client_id", "client identifier invalid", "Check sources.jobs_source.credentials.client_id."),
        ("invalid_grant", "audience is invalid", "Set sources.jobs_source.credentials.login_url to"),
        ("invalid_grant", "audience is invalid [audience=https://acme.example]", "credentials.login_url to"),
        ("INVALID_GRANT", "Audience Is Invalid", "credentials.login_url to"),
        ("invalid_grant", "expired authorization code", "Check the clock of this machine."),
        ("invalid_grant", "request not supported on this domain", "credentials.instance_url to the org's My Domain"),
        ("invalid_grant", "expired access/refresh token", "Authorize the app again"),
        ("invalid_grant", "user hasn't approved this consumer [app=Jobs]", "allow the app for this user"),
        ("OAUTH_APP_BLOCKED", "this app is blocked by admin", "Let an admin unblock it."),
        ("invalid_app_access", "user is not admin approved to access this app", "allow the app for this user"),
        ("OAUTH_APP_ACCESS_DENIED", "user is not admin approved", "allow the app for this user"),
        ("invalid_client", "app must be installed into org", "install the app"),
        ("invalid_client", "this app is not installed in the org", "install the app"),
        ("OAUTH_EC_APP_NOT_FOUND", "External client app is not installed", "install the app"),
        ("OAUTH_APPROVAL_ERROR_GENERIC", "An unexpected error has occurred. Please try again.", "install the app"),
        ("invalid_grant", "app not approved", "allow the app for this user"),
        ("invalid_grant", "External client app: policy forbids it", "External Client App Manager"),
        ("invalid_grant", "ip restricted", "from the address of this machine"),
        ("invalid_grant", "IP restricted or invalid login hours", "or at this hour"),
        ("invalid_grant", "user is locked out", "unlock the user"),
        ("USER_LOCKED", "", "unlock the user"),
        ("invalid_grant", "org is locked", "The org is closed, locked or suspended"),
        ("ORG_LOCKED", "", "The org is closed, locked or suspended"),
        ("invalid_grant", "invalid assertion", "has the certificate of this key"),
        ("invalid_grant", "no client credentials user enabled", "choose the run-as user"),
        ("unsupported_grant_type", "grant type not supported", "switch this login flow on"),
        ("invalid_scope", "the requested scope is invalid", "OAuth scope api"),
        ("inactive_user", "user is frozen", "frozen or inactive"),
        ("something_new", "of a release to come", "Check sources.jobs_source.credentials."),
    ],
)
def test_a_refused_login_says_what_to_check(error: str, description: str, advice: str) -> None:
    """The error has OAuth's own words, and what to check."""
    found = login_error_from_response(answer(400, {"error": error, "error_description": description}), WHO)

    assert (type(found), found.exit_code) == (LoginError, 2)
    words = f"400 {error}: {description}" if description else f"400 {error}"
    assert str(found).startswith(f"Salesforce refused the login at acme.my.salesforce.com ({words}). ")
    assert advice in str(found)
    assert "Run again" not in str(found)


@pytest.mark.parametrize(
    ("status", "body"),
    [(503, HTML), (200, HTML), (429, ""), (400, {"error": "rate_limit_exceeded", "error_description": "too many"})],
)
def test_a_login_that_does_not_work_now_is_worth_another_run(status: int, body: Any) -> None:
    """Maintenance and too many logins are temporary: exit code 1, and no credential has to change."""
    found = login_error_from_response(answer(status, body), WHO)

    assert (type(found), found.exit_code) == (ApiError, 1)
    assert str(found).startswith("The login at acme.my.salesforce.com does not work now")
    assert "hunter2" not in str(found)


def test_a_login_that_names_the_allowance() -> None:
    """No credential has to change, so it is not a LoginError."""
    found = login_error_from_response(
        answer(403, refusal("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")), WHO
    )

    assert (type(found), found.exit_code) == (AllowanceError, 3)
    assert str(found) == (
        "The login at acme.my.salesforce.com says that the org's API calls for 24 hours are used up (403"
        " REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded.). Run again later."
    )


@pytest.mark.parametrize(
    ("status", "body", "passes"),
    [
        (200, {"done": True}, False),
        (200, [], False),
        (200, "  \n{}", False),
        (200, "", True),
        (200, HTML, True),
        (400, "", False),
        (401, HTML, False),
        (403, refusal("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), False),
        (403, refusal("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests Limit exceeded."), True),
        (403, HTML, True),
        (403, "", True),
        (403, "Bad_OAuth_Token", False),
        (400, refusal("INVALIDJOB"), False),
        (400, refusal("UNABLE_TO_LOCK_ROW"), True),
        (200, refusal("SERVER_UNAVAILABLE"), True),
        (200, refusal("INVALID_SESSION_ID"), False),
        (200, '\ufeff{"done": true}', False),
        (408, "", True),
        (404, "", False),
        (429, "", True),
        (500, "", True),
        (599, "", True),
    ],
)
def test_what_may_pass_in_a_moment(status: int, body: Any, passes: bool) -> None:
    """Overload and outages are temporary; refusals are not."""
    assert is_transient_response(answer(status, body)) is passes


@pytest.mark.parametrize(
    ("error", "passes", "text"),
    [
        (
            requests.ReadTimeout(),
            True,
            "No answer from acme/x in time. Run again later. On a slow network raise"
            " sources.jobs_source.request_timeout_seconds.",
        ),
        (
            requests.exceptions.ChunkedEncodingError(),
            True,
            "The answer of acme/x came incomplete or damaged at every attempt. Run again later.",
        ),
        (
            requests.ConnectionError(ConnectionRefusedError(111, "Connection refused")),
            True,
            "No connection to acme/x (Connection refused). Check the address and the network.",
        ),
        (
            UnicodeDecodeError("utf-8", b"\xff", 0, 1, "secret"),
            False,
            "The answer of acme/x is not valid (UnicodeDecodeError). Run again later.",
        ),
    ],
)
def test_no_whole_answer(error: Exception, passes: bool, text: str) -> None:
    """The sentence has the innermost reason, and does not quote an invalid answer."""
    found = error_from_exception(error, urlsplit("https://acme/x"))

    assert (type(found), str(found)) == (ConnectionFailedError, text)
    assert is_transient_error(error) is passes
