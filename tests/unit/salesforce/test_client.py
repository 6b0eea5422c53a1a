"""`client.py` against the stand-in: counts, retries, renewals and refusals."""

import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from threading import Barrier
from types import SimpleNamespace
from typing import Any

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
from jobs_source.salesforce.client import Retries, Usage
from jobs_source.standin import StandIn
from tests.clients import INGEST, TOKEN_PATH, make_client, paths, ready_token

CONCURRENT = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "ConcurrentRequests Limit exceeded."}]
TOTAL = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]
LIMIT_REACHED = {"Sforce-Limit-Info": "api-usage=50/100"}
API_OFF = [{"errorCode": "API_DISABLED_FOR_ORG", "message": "The REST API is not enabled for this Organization."}]
PASSING: dict[str, tuple[str, dict[str, Any], type[SalesforceJobsError]]] = {
    "429": ("status", {"status": 429}, ApiError),
    "500": ("status", {"status": 500}, ApiError),
    "502": ("status", {"status": 502, "body": ""}, ApiError),
    "503 HTML": ("html", {}, ApiError),
    "200 HTML": ("html", {"status": 200}, ApiError),
    "empty": ("empty", {}, ApiError),
    "concurrent": ("status", {"status": 403, "body": CONCURRENT}, ApiError),
    "cut": ("cut", {}, ConnectionFailedError),
    "bad gzip": ("bad_gzip", {}, ConnectionFailedError),
    "reset": ("reset", {}, ConnectionFailedError),
}
LASTING: dict[str, tuple[int, Any, type[SalesforceJobsError], str]] = {
    "401": (
        401,
        [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired"}],
        SessionExpiredError,
        "refused the",
    ),
    "400": (400, [{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid"}], ApiError, "Run again later"),
    "total": (403, TOTAL, AllowanceError, "used up .*TotalRequests"),
    "API off": (403, API_OFF, AccessError, "The REST API is off for this org or user"),
    "forbidden": (403, [{"errorCode": "FORBIDDEN", "message": "no View Setup"}], AccessError, "lacks a permission"),
    "no Bulk API": (400, [{"errorCode": "FeatureNotEnabled", "message": "off"}], AccessError, "Bulk API is off"),
    "wrong host": (400, [{"errorCode": "URL_NOT_RESET", "message": "not reset"}], ConfigError, "My Domain"),
    "404": (404, [{"errorCode": "NOT_FOUND", "message": "no such"}], ConfigError, "api_version"),
    "410": (410, [{"errorCode": "GONE", "message": "retired"}], ConfigError, "api_version"),
}


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were slept between retries, without sleeping."""
    slept: list[float] = []
    monkeypatch.setattr("tenacity.nap.time", SimpleNamespace(sleep=slept.append))
    return slept


def test_nothing_is_sent_before_the_first_call(standin: StandIn) -> None:
    """Building a client does no I/O, and its first call logs in once."""
    client = make_client(standin)
    assert standin.requests == []

    client.get(INGEST.path, {})
    client.get(INGEST.path, {})

    assert paths(standin) == ["oauth2/token", "jobs/ingest", "jobs/ingest"]
    assert (client.calls, client.usage) == (2, Usage(2, 100_000))


def test_a_token_that_hides_the_org_costs_one_question(standin: StandIn) -> None:
    """If neither the reply nor the token has the org's id, the client asks userinfo, once."""
    standin.org.omit_identity = standin.org.opaque_tokens = True
    client = make_client(standin)

    client.get(INGEST.path, {})

    assert client.session.org_id == standin.org.org_id
    assert paths(standin) == ["oauth2/token", "oauth2/userinfo", "jobs/ingest"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"organization_id": "00D',
        b"[]",
        b'{"organization_id": null}',
        b'{"organization_id": "x"}',
        '{"organization_id": "00Dééééééééééééééé"}'.encode(),
    ],
)
def test_userinfo_without_an_org_ends_the_run(body: bytes, standin: StandIn) -> None:
    """The org would be unknown, so broken JSON and a missing id are login errors."""
    standin.org.omit_identity = standin.org.opaque_tokens = True
    standin.misbehave("status", path="userinfo", status=200, body=body)

    with pytest.raises(
        LoginError,
        match=r"^Salesforce's userinfo has no organization_id, so the org is unknown\."
        r" Check sources\.jobs_source\.credentials\.instance_url\.$",
    ):
        make_client(standin).get(INGEST.path, {})


def test_a_dead_opaque_token_is_a_login_error(standin: StandIn) -> None:
    """Userinfo refuses with 403 and plain text; running again would not help."""
    standin.org.opaque_tokens = True
    credentials = ready_token(standin)
    standin.org.expire_tokens()

    with pytest.raises(SessionExpiredError, match=r"refused the token \(403: Bad_OAuth_Token\)") as caught:
        make_client(standin, credentials).get(INGEST.path, {})
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_passes_is_retried(name: str, standin: StandIn) -> None:
    """After two faults, the third of three attempts succeeds as if nothing had happened."""
    kind, details, _ = PASSING[name]
    client = make_client(standin)
    standin.misbehave(kind, path="jobs/ingest", times=2, **details)

    assert client.get(INGEST.path, {}).json() == {"done": True, "nextRecordsUrl": None, "records": []}
    assert paths(standin) == ["oauth2/token"] + 3 * ["jobs/ingest"]
    assert client.calls == (1 if kind == "reset" else 3)


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_stays_ends_after_the_attempts(name: str, standin: StandIn) -> None:
    """The client sends `request_max_attempts` requests, and the error has exit code 1: trying again may help."""
    kind, details, error = PASSING[name]
    standin.misbehave(kind, path="jobs/ingest", times=None, **details)

    with pytest.raises(error) as caught:
        make_client(standin).get(INGEST.path, {})
    assert type(caught.value) is error
    assert caught.value.exit_code == 1
    assert str(caught.value).endswith(("Run again later.", "Check the address and the network."))
    assert paths(standin) == ["oauth2/token"] + 3 * ["jobs/ingest"]


@pytest.mark.parametrize("name", LASTING)
def test_a_refusal_is_not_retried(name: str, standin: StandIn) -> None:
    """One request, and an error of the right class with Salesforce's own words."""
    status, body, error, words = LASTING[name]
    standin.misbehave("status", path="jobs/ingest", times=None, status=status, body=body)

    with pytest.raises(error, match=words) as caught:
        make_client(standin).get(INGEST.path, {})
    assert type(caught.value) is error
    assert f"({status} {body[0]['errorCode']}: {body[0]['message'].rstrip('.')}" in str(caught.value)
    assert paths(standin) == ["oauth2/token", "jobs/ingest"]


def test_pauses_double_up_to_the_longest(standin: StandIn, pauses: list[float]) -> None:
    """The pauses are 1, 2, 4 seconds and so on, as `[runtime]` says, up to its longest."""
    standin.misbehave("html", path="jobs/ingest", times=None)

    with pytest.raises(ApiError):
        make_client(standin, retries=Retries(6, 1.0, 5.0)).get(INGEST.path, {})
    assert pauses == [1, 2, 4, 5, 5]


@pytest.mark.parametrize("seconds", [7, 900])
def test_retry_after_in_seconds_is_honoured(seconds: int, standin: StandIn, pauses: list[float]) -> None:
    """The pause is as long as the header says, up to the longest allowed."""
    standin.misbehave("status", path="jobs/ingest", status=429, headers={"Retry-After": str(seconds)})

    make_client(standin, retries=Retries(5, 1.0, 300.0)).get(INGEST.path, {})
    assert pauses == [min(seconds, 300)]


def test_retry_after_as_a_date_is_honoured(standin: StandIn, pauses: list[float]) -> None:
    """The pause lasts until then."""
    then = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=90), usegmt=True)
    standin.misbehave("status", path="jobs/ingest", status=503, headers={"Retry-After": then})

    make_client(standin, retries=Retries(5, 1.0, 300.0)).get(INGEST.path, {})
    assert len(pauses) == 1
    assert 60 < pauses[0] <= 90


def test_an_answer_without_a_date_does_not_bring_in_our_clock(standin: StandIn) -> None:
    """The time is Salesforce's, whatever a proxy answers in between; only while nobody has told it, it is ours."""
    client, before = make_client(standin, ready_token(standin)), datetime.now(timezone.utc) - timedelta(seconds=1)
    standin.misbehave("drop_header", name="Date")
    client.get(INGEST.path, {})
    assert before <= client.now <= datetime.now(timezone.utc)

    client.get(INGEST.path, {})
    standin.misbehave("drop_header", name="Date")
    client.get(INGEST.path, {})
    assert client.now == standin.org.clock.now()


@pytest.mark.parametrize("text", ["soon", "-3", "Sat, 01 Jan 2000 00:00:00 GMT"])
def test_a_retry_after_that_asks_for_nothing_costs_the_usual_pause(
    text: str, standin: StandIn, pauses: list[float]
) -> None:
    """A header with words or a past date is ignored."""
    standin.misbehave("status", path="jobs/ingest", status=429, headers={"Retry-After": text})

    assert make_client(standin, retries=Retries(5, 1.0, 300.0)).get(INGEST.path, {}).status_code == 200
    assert pauses == [1]


@pytest.mark.parametrize(
    ("header", "usage"),
    [
        ("api-usage=10018/100000", Usage(10_018, 100_000)),
        ("api-usage=18/100000; api-bursts=1/750", Usage(18, 100_000)),
        ("api-usage=25/5000; per-app-api-usage=17/250(appName=sample)", Usage(25, 5_000)),
        ("per-app-api-usage=17/250(appName=sample); api-usage=25/5000", Usage(25, 5_000)),
        ("per-app-api-usage=17/250(appName=sample)", None),
        ("", None),
    ],
)
def test_usage_is_that_of_the_org(header: str, usage: Usage | None, standin: StandIn) -> None:
    """The usage is found among other values, in any order. A header without it changes nothing."""
    client = make_client(standin)
    body = {"done": True, "records": []}
    standin.misbehave("status", path="jobs/ingest", status=200, body=body, headers={"Sforce-Limit-Info": header})

    client.get(INGEST.path, {})
    assert client.usage == usage


def test_no_call_after_the_limit(standin: StandIn) -> None:
    """If 50 percent are allowed, no call follows the answer that reports 50 of 100."""
    standin.org.api_limit, standin.org.api_used = 100, 48
    client = make_client(standin, max_api_usage_percent=50)
    client.get(INGEST.path, {})
    client.get(INGEST.path, {})

    with pytest.raises(AllowanceError) as caught:
        client.get(INGEST.path, {})
    assert str(caught.value) == (
        "The org has used 50 of its 100 API calls for 24 hours (50 %), and max_api_usage_percent is 50. The run"
        " stopped. Run again later. Nothing is lost if you do so within seven days."
    )
    assert paths(standin) == ["oauth2/token", "jobs/ingest", "jobs/ingest"]


def test_calls_left_are_those_until_the_percentage(standin: StandIn) -> None:
    """The call that reaches the limit is still made. An org may be over it, which only the first answer tells."""
    standin.org.api_limit, standin.org.api_used = 101, 48
    client = make_client(standin, max_api_usage_percent=50)
    left = [client.calls_left]
    for _ in range(3):
        client.get(INGEST.path, {})
        left.append(client.calls_left)
    client.usage = Usage(60, 101)
    assert [*left, client.calls_left] == [None, 2, 1, 0, 0]


def test_a_guard_that_has_tripped_stays_so(standin: StandIn) -> None:
    """Parallel walks may receive a lower count after a higher one."""
    client = make_client(standin, max_api_usage_percent=50)
    client.session  # noqa: B018
    for used in ("49", "50", "49"):
        response = requests.Response()
        response.url, response.headers["Sforce-Limit-Info"] = standin.url, f"api-usage={used}/100"
        client._count(response)

    assert client.calls_left == 0
    with pytest.raises(AllowanceError):
        client.get(INGEST.path, {})


@pytest.mark.parametrize(
    ("kind", "details"),
    [
        ("status", {"status": 503, "headers": LIMIT_REACHED}),
        ("status", {"status": 200, "body": "<p>", "headers": LIMIT_REACHED}),
        ("cut", {}),
        ("bad_gzip", {}),
    ],
)
def test_no_retry_after_the_limit(kind: str, details: dict[str, Any], standin: StandIn) -> None:
    """If an answer reports that the limit is reached, there is no retry, even if it is an error or cut."""
    standin.org.api_limit, standin.org.api_used = 100, 49
    standin.misbehave(kind, path="jobs/ingest", times=None, **details)

    with pytest.raises((ApiError, ConnectionFailedError)):
        make_client(standin, max_api_usage_percent=50).get(INGEST.path, {})
    assert paths(standin) == ["oauth2/token", "jobs/ingest"]


def test_a_renewal_replaces_the_refused_session_once(standin: StandIn) -> None:
    """If several threads were refused, one renews and the others use the new session."""
    client, barrier = make_client(standin), Barrier(4)
    refused = client.session

    def renew() -> str:
        barrier.wait(timeout=5)
        client.renew(refused)
        return client.session.access_token

    with ThreadPoolExecutor(4) as threads:
        tokens = {future.result() for future in [threads.submit(renew) for _ in range(4)]}
    assert paths(standin) == ["oauth2/token", "oauth2/token"]
    assert tokens == {client.session.access_token}
    assert refused.access_token not in tokens


def test_no_renewal_after_the_limit(standin: StandIn) -> None:
    """Without calls left there is no login either: it may count, and no call could follow it."""
    standin.org.api_limit, standin.org.api_used = 100, 49
    client = make_client(standin, max_api_usage_percent=50)
    client.get(INGEST.path, {})

    with pytest.raises(AllowanceError):
        client.renew(client.session)
    assert paths(standin) == ["oauth2/token", "jobs/ingest"]


def test_a_ready_token_cannot_be_renewed(standin: StandIn) -> None:
    """The error says what to do, and no request is sent."""
    client = make_client(standin, ready_token(standin))

    with pytest.raises(
        LoginError,
        match=r"^Salesforce refused the token, and nothing can renew it\."
        r" Set a new access_token in sources\.jobs_source\.credentials\.$",
    ):
        client.renew(client.session)
    assert standin.requests == []


def test_the_same_token_again_is_no_renewal(standin: StandIn) -> None:
    """If the login returns the refused token again, the renewal fails: it would repeat for ever."""
    standin.misbehave("replace_json", path=TOKEN_PATH, times=None, transform=lambda it: {**it, "access_token": "same"})
    client = make_client(standin)

    with pytest.raises(
        LoginError,
        match=r"^Salesforce refused the token, and a new login returned the same token\."
        r" Check sources\.jobs_source\.credentials, and the session settings of its user and app\.$",
    ):
        client.renew(client.session)


@pytest.mark.parametrize("kind", ["status", "html", "cut", "bad_gzip", "reset", "empty"])
@pytest.mark.parametrize("path", [TOKEN_PATH, "jobs/ingest"])
def test_no_error_holds_a_secret(kind: str, path: str, standin: StandIn) -> None:
    """Neither the message nor the whole traceback has the token, the client id or the client secret in it."""
    client = make_client(standin)
    standin.misbehave(kind, path=path, times=None)

    with pytest.raises(SalesforceJobsError) as caught:
        client.get(INGEST.path, {})
    text = "".join(traceback.format_exception(caught.value)) + repr(client.__dict__)
    token = standin.requests[-1].headers.get("Authorization", "Bearer none yet").removeprefix("Bearer ")
    assert [secret for secret in (token, standin.org.client_secret) if secret in text] == []
