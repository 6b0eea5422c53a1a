"""`failed_results.py`: the failed records of a 2.0 job, part by part, whatever happens on the way."""

import csv
import io
from collections.abc import Iterator
from typing import Any, Optional

import pytest
from dlt.common import logger

from jobs_source.exceptions import (
    AccessError,
    AllowanceError,
    ApiError,
    ConfigError,
    ConnectionFailedError,
    ListingError,
    LoginError,
    SalesforceJobsError,
    SessionExpiredError,
)
from jobs_source.salesforce.call_budget import NoCallLeftError
from jobs_source.salesforce.client import Client
from jobs_source.salesforce.credentials import TokenCredentials
from jobs_source.salesforce.failed_results import read_failed_results
from jobs_source.standin import StandIn
from jobs_source.standin.org.result_rows import Table
from tests.clients import THREE_AT_ONCE, Loopback, Seen, answer_with, make_client, paths, ready_token

COLUMNS = ("sf__Id", "sf__Error", "LastName", "Note__c")
ROWS = [["", "TIMEOUT:x:--", f"Name {number}", 'a\nb "c"' + "d" * 40] for number in range(5000)]
NAMES = [row[2] for row in ROWS]
BAD_LOCATOR = [{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}]
PASSING: dict[str, dict[str, Any]] = {
    "429": {"kind": "status", "status": 429, "headers": {"Retry-After": "0"}},
    "500": {"kind": "status", "status": 500},
    "503 HTML": {"kind": "html"},
    "200 HTML": {"kind": "html", "status": 200},
    "empty": {"kind": "empty"},
    "bad gzip": {"kind": "bad_gzip"},
    "reset": {"kind": "reset"},
    "reset at the start": {"kind": "reset", "after": 0},
    "reset in the midst": {"kind": "reset", "after": 500},
    "cut at the start": {"kind": "cut", "after": 0},
    "cut in the midst": {"kind": "cut", "after": 500},
}
LASTING: dict[str, tuple[int, Any, type[SalesforceJobsError]]] = {
    "403": (403, [{"errorCode": "INSUFFICIENT_ACCESS", "message": "no"}], AccessError),
    "no Bulk API": (400, [{"errorCode": "FeatureNotEnabled", "message": "off"}], AccessError),
    "400": (400, [{"errorCode": "INVALIDJOBSTATE", "message": "not done"}], SalesforceJobsError),
    "total": (403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit"}], AllowanceError),
    "404 of a gateway": (404, "<html>nginx</html>", ConfigError),
    "JSON": (200, {"a": 1}, ApiError),
}


@pytest.fixture
def job(standin: StandIn) -> str:
    """A job with 5,000 failed records."""
    standin.org.failed_rows = lambda job: Table(COLUMNS, ROWS)
    (id_,) = standin.org.add_jobs(
        1, job_type="V2Ingest", operation="insert", state="JobComplete", line_ending="LF", column_delimiter="COMMA"
    )
    return id_


def read_names(chunks: Iterator[bytes]) -> list[str]:
    """The names in one part; a wrong one is no CSV of ours."""
    header, *rows = csv.reader(io.StringIO(b"".join(chunks).decode(), newline=""))
    if header != list(COLUMNS):
        raise ValueError("bob@example.com")
    return [row[2] for row in rows]


def client_of(url: str) -> Client:
    credentials = TokenCredentials(instance_url=url, access_token="00D000000000001AAA!secret")
    return Client(credentials, max_api_usage_percent=90, timeout_seconds=5, retries=THREE_AT_ONCE)


def read(client: Client, job: str) -> Optional[list[list[str]]]:
    return read_failed_results(client, "64.0", job, read_names)


def asked(standin: StandIn) -> list[str]:
    """What came to *standin* after the login: the locators, or `login`."""
    return [
        request.query.get("locator", "first") if request.path.endswith("failedResults") else "login"
        for request in standin.requests[1:]
    ]


@pytest.mark.parametrize("compresses", [True, False])
def test_one_part_costs_one_call(standin: StandIn, job: str, compresses: bool) -> None:
    standin.org.compresses = compresses
    client = make_client(standin)
    assert read(client, job) == [NAMES]
    assert paths(standin) == ["oauth2/token", f"{job}/failedResults"]
    assert client.calls == 1
    assert standin.requests[1].headers["Accept"].startswith("text/csv")


def test_parts_follow_the_locator(standin: StandIn, job: str) -> None:
    """One call for each part, until its locator is `null`."""
    standin.org.ingest_result_page_size = 2000
    client = make_client(standin)
    assert read(client, job) == [NAMES[:2000], NAMES[2000:4000], NAMES[4000:]]
    assert asked(standin) == ["first", "MT7D0", "MTFA0"]
    assert client.calls == 3


@pytest.mark.parametrize("last", ["", "Sforce-Locator: null\r\n", "Sforce-Locator:  \r\n"])
@pytest.mark.parametrize("kind", ["Content-Type: text/csv\r\n", "Content-Type: TEXT/CSV;charset=UTF-8\r\n", ""])
def test_no_locator_means_the_end(last: str, kind: str) -> None:
    """It may be absent, empty or `null`; the type of the content may be left out."""
    body = ",".join(COLUMNS).encode() + b"\n"

    def answer(seen: Seen) -> bytes:
        locator = last if "locator=A%2B%2F" in seen.target else "Sforce-Locator: A+/\r\n"
        return answer_with(body, headers=f"{kind}{locator}")

    with Loopback(answer) as server:
        client = client_of(server.url)
        assert read(client, "750000000000001AAA") == [[], []]
        assert len(server.seen) == 2


@pytest.mark.parametrize("at", [1, 2], ids=["first part", "second part"])
@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_passes_is_retried(name: str, at: int, standin: StandIn, job: str) -> None:
    """The part is read again from its beginning, and nothing counts twice. Each answer is a call."""
    standin.org.ingest_result_page_size = 2500
    client = make_client(standin)
    standin.misbehave(**PASSING[name], path="failedResults", at=at, times=2)
    assert read(client, job) == [NAMES[:2500], NAMES[2500:]]
    parts = ["first", "MT9C4"]
    assert asked(standin) == [*parts[:at], parts[at - 1], parts[at - 1], *parts[at:]]
    assert client.calls == (2 if name == "reset" else 4)


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_stays_ends_after_the_attempts(name: str, standin: StandIn, job: str) -> None:
    """There are three attempts, and another run may help."""
    standin.misbehave(**PASSING[name], path="failedResults", times=None)
    with pytest.raises((ApiError, ConnectionFailedError), match=r"Run again later\.$|the network\.$"):
        read(make_client(standin), job)
    assert asked(standin) == ["first"] * 3


@pytest.mark.parametrize("name", LASTING)
def test_an_error_that_stays_is_not_retried(name: str, standin: StandIn, job: str) -> None:
    status, body, error = LASTING[name]
    standin.misbehave("status", path="failedResults", status=status, body=body)
    with pytest.raises(error, match=rf"{job}/failedResults"):
        read(make_client(standin), job)
    assert asked(standin) == ["first"]


@pytest.mark.parametrize("at", [1, 2])
def test_a_job_that_is_gone_has_no_results(at: int, standin: StandIn, job: str) -> None:
    """Before, or in the midst."""
    standin.org.ingest_result_page_size = 2500
    standin.misbehave("call", path="failedResults", at=at, do=lambda: standin.org.delete_job(job))
    assert read(make_client(standin), job) is None
    assert asked(standin) == ["first", "MT9C4"][:at]


def test_a_session_that_ends_in_the_midst_is_renewed_once(standin: StandIn, job: str) -> None:
    """A locator ends with its session, so all parts are read again; those of the first session do not count."""
    standin.org.ingest_result_page_size = 2500
    client = make_client(standin)
    standin.misbehave("expired_token", path="failedResults", at=2)
    assert read(client, job) == [NAMES[:2500], NAMES[2500:]]
    assert asked(standin) == ["first", "MT9C4", "login", "first", "MT9C4"]
    assert client.calls == 4


def test_a_session_that_ends_again_is_an_error(standin: StandIn, job: str) -> None:
    standin.misbehave("expired_token", path="failedResults", times=None)
    with pytest.raises(LoginError, match=r"The run has renewed the session once already\.$") as caught:
        read(make_client(standin), job)
    assert type(caught.value) is LoginError
    assert asked(standin) == ["first", "login", "first"]


def test_a_token_that_nothing_renews_is_an_error(standin: StandIn, job: str) -> None:
    credentials = ready_token(standin)
    standin.org.expire_tokens()
    with pytest.raises(LoginError, match="nothing can renew it") as caught:
        read(make_client(standin, credentials), job)
    assert not isinstance(caught.value, SessionExpiredError)


def test_a_refused_locator_is_survived_once(standin: StandIn, job: str) -> None:
    """All parts are read again. A second refusal is an error."""
    standin.org.ingest_result_page_size = 2500
    standin.misbehave("status", path="failedResults", at=2, status=400, body=BAD_LOCATOR)
    assert read(make_client(standin), job) == [NAMES[:2500], NAMES[2500:]]
    assert asked(standin) == ["first", "MT9C4", "first", "MT9C4"]

    standin.misbehave("status", path="failedResults", times=None, status=400, body=BAD_LOCATOR)
    with pytest.raises(ApiError, match="INVALID_QUERY_LOCATOR"):
        read(make_client(standin), job)


def test_a_locator_that_comes_back_is_an_error(job: str) -> None:
    """Else the run would not end."""
    body = ",".join(COLUMNS).encode() + b"\n"
    with Loopback(lambda seen: answer_with(body, headers="Content-Type: text/csv\r\nSforce-Locator: A\r\n")) as server:
        client = client_of(server.url)
        with pytest.raises(ListingError, match="names a part that was already read"):
            read(client, job)
        assert len(server.seen) == 2


def test_the_allowance_is_asked_before_each_part(standin: StandIn, job: str) -> None:
    """Two calls are left; a retry is one, too."""
    standin.org.ingest_result_page_size = 1000
    standin.org.api_used, standin.org.api_limit = 88, 100
    with pytest.raises(AllowanceError, match="max_api_usage_percent"):
        read(make_client(standin), job)
    assert asked(standin) == ["first", "MT3E8"]

    standin.org.api_used = 89
    standin.misbehave("cut", path="failedResults", after=500)
    with pytest.raises(ConnectionFailedError, match="incomplete or damaged"):
        read(make_client(standin), job)
    assert asked(standin)[2:] == ["login", "first"]


def test_the_budget_of_a_round_holds(standin: StandIn, job: str) -> None:
    """Each attempt and each part takes a call of it."""
    standin.org.ingest_result_page_size = 1000
    client = make_client(standin)
    standin.misbehave("reset", path="failedResults", after=500)
    budget = client.make_budget(3)
    with client.within(budget), pytest.raises(NoCallLeftError):
        read(client, job)
    assert (asked(standin), budget.taken) == (["first", "first", "MT3E8"], 3)


def test_what_is_no_csv_of_ours_is_an_error_that_quotes_nothing(standin: StandIn, job: str) -> None:
    """The reader says so with a ValueError; its text may hold anything."""
    standin.org.failed_rows = lambda job: Table(["Name"], [["Bob"]])
    with pytest.raises(ConnectionFailedError, match=r"/failedResults is not valid \(ValueError\)\. Run again later\.$"):
        read(make_client(standin), job)
    assert asked(standin) == ["first"]


def test_a_reader_may_stop_early(standin: StandIn, job: str) -> None:
    """The rest is not fetched, and the next call has a connection that works."""
    client = make_client(standin)
    starts = read_failed_results(client, "64.0", job, lambda chunks: next(chunks)[:8])
    assert starts == [b'"sf__Id"']
    assert read(client, job) == [NAMES]


BROKEN = {
    "chunks": b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\nBob Smith\r\n",
    "length": b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 99\r\n\r\nBob Smith\r\n",
    "status": b"Bob Smith\r\n\r\n",
    "gzip": answer_with(b"Bob Smith", headers="Content-Type: text/csv\r\nContent-Encoding: gzip\r\n"),
    "error": answer_with(b"Bob Smith", "500 Error", headers="Content-Type: text/csv\r\n"),
    "refusal": answer_with(b"Bob Smith", "400 Bad Request", headers="Content-Type: text/csv\r\n"),
    "page": answer_with(b"<html>Bob Smith", headers="Content-Type: text/html\r\n"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_answer_is_quoted_nowhere(name: str, job: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in the warning before a retry nor in the error: what came may be a value of a customer."""
    warnings: list[str] = []
    monkeypatch.setattr(logger, "warning", warnings.append)
    with Loopback(lambda seen: BROKEN[name]) as server, pytest.raises(SalesforceJobsError) as caught:
        read(client_of(server.url), job)
    assert len(warnings) == (0 if name == "refusal" else 2)
    assert "Bob" not in "\n".join([str(caught.value), *warnings])
