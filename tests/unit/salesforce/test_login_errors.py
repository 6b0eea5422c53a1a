"""What a login does that Salesforce does not grant at once: it is tried again, put off, or refused with advice."""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from dlt.common import logger

from jobs_source.exceptions import AllowanceError, ApiError, ConfigError, LoginError, SalesforceJobsError
from jobs_source.salesforce.credentials import (
    ClientCredentials,
    JwtCredentials,
    RefreshTokenCredentials,
    SalesforceCredentials,
    SfCliCredentials,
    TokenCredentials,
)
from jobs_source.salesforce.errors import redirect_error
from jobs_source.standin import StandIn
from tests.clients import INGEST, TOKEN_PATH, make_client, paths

PROD = "sources.jobs_source.prod.credentials"
XML = "<?xml version='1.0'?><OAuth><error>{}</error><error_description>{}</error_description></OAuth>"
HTML = "<!DOCTYPE html><p>down for maintenance"
REDIRECT = "https://acme--new.my.salesforce.com/services/oauth2/token?code=secret"


def oauth(error: str, description: str = "") -> dict[str, str]:
    return {"error": error, "error_description": description}


PASSING: list[tuple[int, Any]] = [
    (400, oauth("invalid_grant", "token request is already being processed")),
    (400, oauth("INVALID_GRANT", "Token Request Is Already Being Processed [client=3MVG9]")),
    (400, oauth("unknown_error", "retry your request")),
    (400, oauth("server_error")),
    (400, oauth("temporarily_unavailable", "the authorization server is busy")),
    (400, oauth("invalid_request", "Service temporarily unavailable")),
    (200, oauth("server_error", "try again later")),
    (200, [{"errorCode": "SERVER_UNAVAILABLE", "message": "busy"}]),
    (403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "ConcurrentRequests Limit exceeded."}]),
    (500, oauth("invalid_client")),
    (429, ""),
    (429, oauth("too_many_requests", "rate limit exceeded")),
    (503, oauth("server_busy", "too many requests")),
    (400, XML.format("invalid_grant", "token request is already being processed")),
    (400, "error=invalid_grant&error_description=token+request+is+already+being+processed"),
    (408, ""),
    (403, HTML),
    (403, ""),
    (503, HTML),
    (200, HTML),
    (200, ""),
    (200, '{"access_token": "00D'),
    (400, '{"error": "inv'),
]
PUT_OFF: list[tuple[int, Any]] = [
    (400, oauth("invalid_grant", "login rate exceeded")),
    (400, oauth("LOGIN_RATE_EXCEEDED")),
    (403, oauth("invalid_grant", "Login Rate Exceeded for this user")),
    (403, [{"errorCode": "LoginRateExceeded", "message": "wait"}]),
    (400, oauth("rate_limit_exceeded", "too many requests")),
    (200, oauth("invalid_grant", "login rate exceeded")),
    (429, oauth("invalid_grant", "login rate exceeded")),
    (400, XML.format("invalid_grant", "login rate exceeded")),
]
REFUSED: list[tuple[int, Any, str]] = [
    (400, oauth("invalid_grant", "audience is invalid [audience=https://acme]"), f"Set {PROD}.login_url to"),
    (400, oauth("invalid_client", "invalid client credentials"), f"Check {PROD}.client_secret."),
    (400, XML.format("invalid_client", "invalid client credentials"), f"Check {PROD}.client_secret."),
    (400, "error=invalid_client", f"Check {PROD}.client_secret."),
    (200, oauth("invalid_client_id", "client identifier invalid"), f"Check {PROD}.client_id."),
    (401, oauth("invalid_grant", "of a release to come"), f"Check {PROD}."),
    (404, HTML, f"There is no login of Salesforce at this address. Check {PROD}.instance_url."),
    (401, HTML, f"There is no login of Salesforce at this address. Check {PROD}.instance_url."),
    (400, "", f"There is no login of Salesforce at this address. Check {PROD}.instance_url."),
]


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(logger, "warning", said.append)
    return said


def prod(standin: StandIn) -> ClientCredentials:
    org = standin.org
    credentials = ClientCredentials(instance_url=standin.url, client_id=org.client_id, client_secret=org.client_secret)
    credentials.section = PROD
    return credentials


def failed_login(standin: StandIn, credentials: SalesforceCredentials) -> SalesforceJobsError:
    with pytest.raises(SalesforceJobsError) as caught:
        _ = make_client(standin, credentials).session
    return caught.value


@pytest.mark.parametrize(("status", "body"), PASSING)
def test_a_login_that_may_pass_is_tried_again(status: int, body: Any, standin: StandIn) -> None:
    """The third of three tries works as if nothing had happened."""
    standin.misbehave("status", path=TOKEN_PATH, times=2, status=status, body=body)

    assert make_client(standin, prod(standin)).session.org_id == standin.org.org_id
    assert paths(standin) == 3 * ["oauth2/token"]


@pytest.mark.parametrize(("status", "body"), PASSING)
def test_a_login_that_does_not_pass_ends_with_1(status: int, body: Any, standin: StandIn) -> None:
    """It does so after the tries of the run, and no credential is doubted."""
    standin.misbehave("status", path=TOKEN_PATH, times=None, status=status, body=body)

    error = failed_login(standin, prod(standin))
    assert (type(error), error.exit_code, len(standin.requests)) == (ApiError, 1, 3)
    assert str(error).endswith(("Run again later.", "ask your network team to allow 127.0.0.1."))
    assert "credentials" not in str(error)


@pytest.mark.parametrize(("status", "body"), PUT_OFF)
def test_too_many_logins_are_not_made_more(status: int, body: Any, standin: StandIn) -> None:
    """There is one try, and the error says to wait: exit code 1."""
    standin.misbehave("status", path=TOKEN_PATH, times=None, status=status, body=body)

    error = failed_login(standin, prod(standin))
    assert (type(error), error.exit_code, len(standin.requests)) == (ApiError, 1, 1)
    assert str(error).endswith(
        "there were too many logins. Wait some minutes, then run again. If it repeats, give this program a user of its"
        " own."
    )


@pytest.mark.parametrize(("status", "body", "advice"), REFUSED)
def test_a_refused_login_is_not_tried_again(status: int, body: Any, advice: str, standin: StandIn) -> None:
    """The advice names the keys of this org's own section: exit code 2."""
    standin.misbehave("status", path=TOKEN_PATH, times=None, status=status, body=body)

    error = failed_login(standin, prod(standin))
    assert (type(error), error.exit_code, len(standin.requests)) == (LoginError, 2, 1)
    assert advice in str(error)
    assert "Run again" not in str(error)


def test_the_allowance_is_no_refused_login(standin: StandIn) -> None:
    """The daily calls are used up: exit code 3, one try."""
    body = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]
    standin.misbehave("status", path=TOKEN_PATH, times=None, status=403, body=body)

    error = failed_login(standin, prod(standin))
    assert (type(error), error.exit_code, len(standin.requests)) == (AllowanceError, 3, 1)


@pytest.mark.parametrize(
    ("credentials", "advice"),
    [
        (ClientCredentials(), "set sources.jobs_source.credentials.instance_url to the org's current My Domain"),
        (TokenCredentials(), "set sources.jobs_source.credentials.instance_url to the org's current My Domain"),
        (JwtCredentials(), "set sources.jobs_source.credentials.login_url to the org's current My Domain"),
        (RefreshTokenCredentials(), "set sources.jobs_source.credentials.login_url to the org's current My Domain"),
        (SfCliCredentials(), "log in again at that address with `sf org login web --instance-url`"),
    ],
)
def test_a_redirect_names_the_setting_of_the_flow(credentials: SalesforceCredentials, advice: str) -> None:
    """And the target, without its query."""
    response = requests.Response()
    response.status_code, response.url = 302, f"https://acme.my.salesforce.com{INGEST.path}"
    response.headers["Location"] = REDIRECT

    error = redirect_error(response, credentials, "Salesforce")
    assert str(error) == (
        "Salesforce redirects to https://acme--new.my.salesforce.com/services/oauth2/token (302) at"
        " /services/data/v64.0/jobs/ingest. The run sends secrets only to the address that is set. If the new address"
        f" is one of Salesforce, {advice}. If not, a proxy redirects: ask your network team."
    )


def test_a_redirected_login_is_not_called_refused(standin: StandIn) -> None:
    """Exit code 2, one request, and the target is named."""
    standin.misbehave("redirect", path=TOKEN_PATH, times=None, location=REDIRECT)

    error = failed_login(standin, prod(standin))
    assert (type(error), error.exit_code, len(standin.requests)) == (ConfigError, 2, 1)
    assert "refused" not in str(error)
    assert f"redirects to https://acme--new.my.salesforce.com{TOKEN_PATH} (302)" in str(error)
    assert f"set {PROD}.instance_url to" in str(error)


def test_each_try_signs_anew(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """An assertion lives three minutes, and the pauses between tries may take longer: the retry has its own."""
    began = time.time()
    clock = iter([began, began + 3600])
    monkeypatch.setattr("jobs_source.salesforce.credentials.time", SimpleNamespace(time=lambda: next(clock)))
    standin.org.jwt_clock = lambda: began + 3600
    standin.misbehave("status", path=TOKEN_PATH, status=503)

    org = standin.org
    credentials = JwtCredentials(
        client_id=org.client_id, username=org.username, private_key=org.private_key_pem, login_url=standin.url
    )
    assert make_client(standin, credentials).session.org_id == org.org_id
    assert [request.status for request in standin.requests] == [503, 200]


def test_each_try_reads_the_refresh_token_anew(standin: StandIn, tmp_path: Path) -> None:
    """If whoever held up the login has put a new token into the file, the old one is not sent again."""
    standin.org.rotate_refresh_tokens = True
    path, first = tmp_path / "token", standin.org.refresh_token
    path.write_text("used-up")
    body = oauth("invalid_grant", "token request is already being processed")
    standin.misbehave("status", path=TOKEN_PATH, status=400, body=body)
    standin.misbehave("call", path=TOKEN_PATH, do=lambda: path.write_text(first))

    assert make_client(standin, refresh_token(standin, path)).session.org_id == standin.org.org_id
    assert [request.status for request in standin.requests] == [400, 200]
    assert path.read_text() == standin.org.refresh_token != first


def test_an_answer_with_a_byte_order_mark_loses_no_refresh_token(standin: StandIn, tmp_path: Path) -> None:
    """It is the answer: another try would send a token that has been used."""
    standin.org.rotate_refresh_tokens = True
    reply = {"access_token": f"{standin.org.org_id}!x", "instance_url": standin.url, "refresh_token": "the new one"}
    text = "\ufeff" + str(reply).replace("'", '"')
    standin.misbehave("status", path=TOKEN_PATH, status=200, body=text)

    assert make_client(standin, refresh_token(standin, tmp_path / "token")).session.org_id == standin.org.org_id
    assert ((tmp_path / "token").read_text(), len(standin.requests)) == ("the new one", 1)


def refresh_token(standin: StandIn, path: Path) -> RefreshTokenCredentials:
    return RefreshTokenCredentials(
        client_id=standin.org.client_id,
        login_url=standin.url,
        refresh_token=standin.org.refresh_token,
        refresh_token_file=str(path),
    )


@pytest.mark.parametrize("times", [2, None])
def test_a_secret_that_salesforce_repeats_is_not_shown(
    times: int | None, standin: StandIn, warnings: list[str]
) -> None:
    """Neither a warning nor the error has it, as it is or in the form of an address."""
    secret = standin.org.client_secret = "s3cr+t/with odd=characters"
    body = oauth("server_error", f"form: client_secret={secret} s3cr%2Bt%2Fwith+odd%3Dcharacters")
    standin.misbehave("status", path=TOKEN_PATH, times=times, status=400, body=body)
    said = "" if times else str(failed_login(standin, prod(standin)))
    if times:
        _ = make_client(standin, prod(standin)).session

    assert len(warnings) == 2
    assert [word for word in ("s3cr+t", "s3cr%2B", "characters") if word in said + "".join(warnings)] == []
    assert all("400 server_error: form: [hidden]" in text for text in [*warnings, *([said] if said else [])])


def test_each_wait_is_told(standin: StandIn, warnings: list[str]) -> None:
    """One warning a wait: which try, where, why, and how long."""
    standin.misbehave("status", path=TOKEN_PATH, times=1, status=503, body=HTML)
    standin.misbehave("reset", path=TOKEN_PATH, at=2, times=1)

    _ = make_client(standin, prod(standin)).session
    where = f"{standin.url.removeprefix('http://')}{TOKEN_PATH}"
    assert [text.partition(" (")[0] for text in warnings] == [
        f"Try {number} of 3 failed at {where}" for number in (1, 2)
    ]
    assert warnings[0] == (
        f"Try 1 of 3 failed at {where} (503: an HTML page instead of JSON). Try 2 follows in 0 seconds."
    )
    assert warnings[1].endswith("). Try 3 follows in 0 seconds.")
