"""Misbehaviour of every address that says what became of a job, by its path and the number of the request."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import requests

from jobs_source.standin import Clock, StandIn
from tests.standin.caller import NOON

REFUSED = {"status": 403, "body": {"exceptionCode": "FeatureNotEnabled", "exceptionMessage": "no"}}
BUSY = {"status": 429, "body": "", "headers": {"Retry-After": "1"}}


class Look(NamedTuple):
    """An address, and a text in its path."""

    url: str
    path: str


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn(clock=Clock(NOON, frozen=True)) as standin:
        yield standin
        assert standin.unexpected == []


ADDRESSES = {
    "ingest": "data/v64.0/jobs/ingest/{v2}",
    "query": "data/v64.0/jobs/query/{query}",
    "failed": "data/v64.0/jobs/ingest/{v2}/failedResults",
    "classic": "async/64.0/job/{classic}",
    "batches": "async/64.0/job/{classic}/batch",
    "batch": "async/64.0/job/{classic}/batch/{batch}",
    "result": "async/64.0/job/{classic}/batch/{batch}/result",
    "users": "data/v64.0/query?q=SELECT Id, Name, Username, Profile.Name FROM User",
    "describe": "data/v64.0/sobjects/Account/describe",
}


@pytest.fixture
def looks(standin: StandIn) -> dict[str, Look]:
    """Every address of one org's jobs."""
    org, counts = standin.org, {"number_records_processed": 30, "number_records_failed": 20}
    (v2,) = org.add_jobs(1, job_type="V2Ingest", state="JobComplete", **counts)
    (query,) = org.add_jobs(1, job_type="V2Query", state="JobComplete")
    (classic,) = org.add_jobs(1, job_type="Classic", operation="insert", content_type="CSV", state="Closed", **counts)
    token = org.issue_token()
    batches = f"{standin.url}/services/async/64.0/job/{classic}/batch"
    headers = {"X-SFDC-Session": token, "Content-Type": "application/json"}
    batch = requests.get(batches, headers=headers, timeout=10).json()["batchInfo"][0]["id"]
    ids = {"v2": v2, "query": query, "classic": classic, "batch": batch}
    paths = {name: text.format(**ids) for name, text in ADDRESSES.items()}
    return {name: Look(f"{standin.url}/services/{path}", path.partition("?")[0]) for name, path in paths.items()}


def ask(standin: StandIn, look: Look, token: str) -> int | str:
    """The status of the answer, or the error of the client."""
    headers = {"Authorization": f"Bearer {token}", "X-SFDC-Session": token, "Content-Type": "application/json"}
    try:
        return requests.get(look.url, headers=headers, timeout=10).status_code
    except requests.RequestException as error:
        return type(error).__name__


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize(
    ("kind", "details", "expected"),
    [
        ("status", BUSY, 429),
        ("status", REFUSED, 403),
        ("html", {}, 503),
        ("reset", {}, "ConnectionError"),
        ("cut", {}, "ChunkedEncodingError"),
        ("cut", {"after": 10}, "ChunkedEncodingError"),
        ("bad_gzip", {}, "ContentDecodingError"),
        ("replace_body", {"transform": lambda body: body[:5]}, 200),
    ],
)
def test_second_request(
    standin: StandIn, looks: dict[str, Look], name: str, kind: str, details: dict[str, Any], expected: int | str
) -> None:
    """A fault strikes the request it is ordered for, and no other address."""
    others = [look for other, look in looks.items() if looks[name].path not in look.path]
    fault = standin.misbehave(kind, at=2, path=looks[name].path, **details)
    token = standin.org.issue_token()
    assert {ask(standin, look, token) for look in others} <= {200}
    assert [ask(standin, looks[name], token) for _ in range(3)] == [200, expected, 200]
    assert fault.fired == 1


@pytest.mark.parametrize("name", ADDRESSES)
def test_session_that_ends(standin: StandIn, looks: dict[str, Look], name: str) -> None:
    """A session can end in the midst: the Bulk API 1.0 says so with 400, the others with 401."""
    standin.misbehave("expired_token", at=2, path=looks[name].path)
    token = standin.org.issue_token()
    ended = 400 if "/async/" in looks[name].url else 401
    assert [ask(standin, looks[name], token) for _ in range(3)] == [200, ended, ended]
    assert ask(standin, looks[name], standin.org.issue_token()) == 200
