"""`batch_results.py`: the results of a Classic job, batch by batch, over real connections."""

from collections.abc import Iterator
from typing import Any, Optional

import pytest

from jobs_source.exceptions import (
    AccessError,
    ApiError,
    ConnectionFailedError,
    ListingError,
    LoginError,
    SalesforceJobsError,
)
from jobs_source.salesforce.batch_results import read_batch_results
from jobs_source.salesforce.call_budget import NoCallLeftError
from jobs_source.salesforce.client import Client
from jobs_source.standin import StandIn
from tests.clients import Loopback, answer_with, make_client, ready_token
from tests.unit.salesforce.test_failed_results import PASSING, client_of

STARTS = {"CSV": b'"Id",', "ZIP_CSV": b'"Id",', "JSON": b'[{"su', "XML": b"<?xml"}
BATCHES = ["batch", "result", "result"]
PATH = "/services/async/64.0/job/750000000000001AAA/batch"
ONE_BATCH = '{"batchInfo": [{"id": "751000000000001AAA", "state": "Completed", "numberRecordsFailed": %s}]}'
RESULT = b'"Id","Success","Created","Error"\n'
LASTING: dict[str, tuple[int, Any, type[SalesforceJobsError]]] = {
    "off": (403, {"exceptionCode": "FeatureNotEnabled", "exceptionMessage": "Async API not enabled"}, AccessError),
    "off, 400": (400, {"exceptionCode": "FeatureNotEnabled", "exceptionMessage": "Async API not enabled"}, AccessError),
    "other": (400, {"exceptionCode": "InvalidVersion", "exceptionMessage": "no"}, SalesforceJobsError),
    "XML": (400, "<error><exceptionCode>InvalidVersion</exceptionCode></error>", SalesforceJobsError),
    "no list": (200, [1], ListingError),
}


def add_job(standin: StandIn, content_type: str = "CSV") -> str:
    """A Classic job: of three batches of ten records two have failed ones, and a fourth failed as a whole."""
    kind = {"job_type": "Classic", "operation": "insert", "object": "Contact", "state": "Closed"}
    counts = {"number_records_processed": 30, "number_records_failed": 15}
    batches = {"number_batches_completed": 3, "number_batches_failed": 1}
    (id_,) = standin.org.add_jobs(1, content_type=content_type, **kind, **counts, **batches)
    return id_


def read_start(chunks: Iterator[bytes]) -> bytes:
    return b"".join(chunks)[:5]


def read(client: Client, job: str) -> Optional[list[bytes]]:
    return read_batch_results(client, "64.0", job, read_start)


def asked(standin: StandIn) -> list[str]:
    """What came to *standin* after the login: `batch` for the list, `result`, or `token`."""
    return [request.path.rpartition("/")[2] for request in standin.requests[1:]]


def answer(listing: str, result: bytes = answer_with(RESULT)) -> Any:
    """Answer for a job with these batches, each with this result."""
    return lambda seen: answer_with(listing.encode()) if seen.target == PATH else result


@pytest.mark.parametrize("listed_in", ["asked", "xml", "json"])
@pytest.mark.parametrize("content_type", STARTS)
def test_each_batch_with_failed_records_costs_a_call(content_type: str, listed_in: str, standin: StandIn) -> None:
    """And the list of batches one. The session is in its own header only."""
    standin.org.bulk_1_format = listed_in
    client = make_client(standin)
    job = add_job(standin, content_type)
    assert read(client, job) == [STARTS[content_type]] * 2
    assert asked(standin) == BATCHES
    assert client.calls == 3
    for request in standin.requests[1:]:
        assert request.headers["X-SFDC-Session"] == client.session.access_token
        assert request.headers.get("Authorization") is None


@pytest.mark.parametrize(
    ("listing", "calls"),
    [
        (ONE_BATCH % "1", 2),
        (ONE_BATCH % '"1"', 2),
        (ONE_BATCH % "null", 2),
        (ONE_BATCH % "0", 1),
        (ONE_BATCH % '"0"', 1),
        ((ONE_BATCH % "1").replace("Completed", "Not Processed"), 1),
        ((ONE_BATCH % "1").replace("Completed", "NotProcessed"), 1),
        ((ONE_BATCH % "1").replace("Completed", "Failed"), 1),
        ((ONE_BATCH % "1").replace("Completed", "Sorted"), 2),
        ((ONE_BATCH % "1").replace("[", "").replace("]", ""), 2),
        ('{"batchInfo": [{"id": 7}, {}, null, [], "x", {"state": "Completed"}]}', 1),
        ('{"batchInfo": []}', 1),
        ("{}", 1),
        ("<batchInfoList><batchInfo><id>751000000000001AAA</id></batchInfo></batchInfoList>", 2),
    ],
)
def test_only_batches_that_may_have_failed_records_are_asked_for(listing: str, calls: int) -> None:
    """A count may be missing, or text; a list of one may come without brackets."""
    with Loopback(answer(listing)) as server:
        assert read(client_of(server.url), "750000000000001AAA") == [RESULT[:5]] * (calls - 1)
        assert [seen.target for seen in server.seen] == [PATH, f"{PATH}/751000000000001AAA/result"][:calls]


def test_an_id_cannot_lead_elsewhere() -> None:
    listing = '{"batchInfo": [{"id": "../x?y#"}]}'
    with Loopback(answer(listing)) as server:
        read(client_of(server.url), "750000000000001AAA")
        assert [seen.target for seen in server.seen] == [PATH, f"{PATH}/..%2Fx%3Fy%23/result"]


@pytest.mark.parametrize("name", [name for name in PASSING if "HTML" not in name and name != "empty"])
def test_a_fault_that_passes_is_retried(name: str, standin: StandIn) -> None:
    """In the midst of the results."""
    job, client = add_job(standin), make_client(standin)
    details = PASSING[name] if "midst" not in name else {**PASSING[name], "after": 100}
    standin.misbehave(**details, path="result", times=2)
    assert read(client, job) == [STARTS["CSV"]] * 2
    assert asked(standin) == ["batch", "result", "result", "result", "result"]
    assert client.calls == (3 if name == "reset" else 5)


@pytest.mark.parametrize("path", ["batch", "result"])
@pytest.mark.parametrize("status", [200, 503])
def test_a_page_of_a_gateway_is_no_result(status: int, path: str, standin: StandIn) -> None:
    job = add_job(standin)
    standin.misbehave("html", path=path, status=status, times=None)
    with pytest.raises(ApiError, match="HTML page"):
        read(make_client(standin), job)
    assert asked(standin) == {"batch": ["batch"] * 3, "result": ["batch", *["result"] * 3]}[path]


@pytest.mark.parametrize("name", LASTING)
def test_an_error_that_stays_is_not_retried(name: str, standin: StandIn) -> None:
    status, body, error = LASTING[name]
    job = add_job(standin)
    standin.misbehave("status", path="async", status=status, body=body)
    with pytest.raises(error, match=rf"{job}/batch"):
        read(make_client(standin), job)
    assert asked(standin) == ["batch"]


@pytest.mark.parametrize("status", [400, 404])
def test_a_job_that_is_gone_has_no_results(status: int, standin: StandIn) -> None:
    standin.org.bulk_1_gone_status = status
    job = add_job(standin)
    standin.org.delete_job(job)
    assert read(make_client(standin), job) is None
    assert asked(standin) == ["batch"]


@pytest.mark.parametrize("code", ["InvalidJob", "InvalidBatch", "InvalidBatchState"])
def test_a_batch_that_is_gone_is_left_out(code: str, standin: StandIn) -> None:
    """The others are read; so is no batch asked for in every run."""
    job = add_job(standin)
    standin.misbehave("status", path="result", status=400, body={"exceptionCode": code, "exceptionMessage": "gone"})
    assert read(make_client(standin), job) == [STARTS["CSV"]]
    assert asked(standin) == BATCHES


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_session_that_ends_in_the_midst_is_renewed_once(at: int, status: int, standin: StandIn) -> None:
    """What is read already stays valid: only the refused call is sent again."""
    standin.org.bulk_1_session_status = status
    job, client = add_job(standin), make_client(standin)
    standin.misbehave("expired_token", path="async", at=at)
    assert read(client, job) == [STARTS["CSV"]] * 2
    assert asked(standin) == [*BATCHES[:at], "token", *BATCHES[at - 1 :]]


def test_a_token_that_nothing_renews_is_an_error(standin: StandIn) -> None:
    job, credentials = add_job(standin), ready_token(standin)
    standin.org.expire_tokens()
    with pytest.raises(LoginError, match="nothing can renew it"):
        read(make_client(standin, credentials), job)


def test_the_budget_of_a_round_holds(standin: StandIn) -> None:
    job, client = add_job(standin), make_client(standin)
    budget = client.make_budget(2)
    with client.within(budget), pytest.raises(NoCallLeftError):
        read(client, job)
    assert (asked(standin), budget.taken) == (BATCHES[:2], 2)


def test_what_is_no_result_is_an_error_that_quotes_nothing(standin: StandIn) -> None:
    def refuse(chunks: Iterator[bytes]) -> bytes:
        raise ValueError("bob@example.com")

    job = add_job(standin)
    with pytest.raises(ConnectionFailedError, match=r"/result is not valid \(ValueError\)\. Run again later\.$"):
        read_batch_results(make_client(standin), "64.0", job, refuse)
