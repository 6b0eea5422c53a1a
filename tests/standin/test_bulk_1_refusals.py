"""Whom the stand-in's Bulk API 1.0 refuses, and what."""

import json
from datetime import timedelta

import pytest

from jobs_source.standin.api.handlers import respond
from jobs_source.standin.api.messages import Headers, Request
from tests.standin.caller import NOON, Caller

XMLNS = 'xmlns="http://www.force.com/2009/06/asyncapi/dataload"'
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
NO_SHOE = "Unable to find object: Shoe"
NO_JSON = "The job takes CSV, but the batch is 'application/json'"


@pytest.mark.parametrize("headers", [{}, {"X-SFDC-Session": "00Dx!gone"}, {"Authorization": "Bearer {}"}])
@pytest.mark.parametrize("status", [400, 401])
def test_session(caller: Caller, headers: dict[str, str], status: int) -> None:
    """Only a living session in X-SFDC-Session counts, not one in Authorization."""
    caller.org.bulk_1_session_status = status
    id = caller.make_1()
    sent = {name: value.format(caller.token) for name, value in headers.items()}
    response = respond(caller.org, Request("GET", f"/services/async/64.0/job/{id}", {}, Headers(sent)))
    said = "Invalid session id" if "X-SFDC-Session" in headers else "Unable to find session id"
    assert (response.status, response.body.decode()) == (
        status,
        f"{HEAD}<error\n   {XMLNS}>\n <exceptionCode>InvalidSessionId</exceptionCode>\n"
        f" <exceptionMessage>{said}</exceptionMessage>\n</error>",
    )


@pytest.mark.parametrize("status", [400, 404])
def test_job_that_is_gone(caller: Caller, status: int) -> None:
    """A job that is deleted, too old or of another API is unknown."""
    org = caller.org
    org.bulk_1_gone_status = status
    (deleted,) = org.add_jobs(1, job_type="Classic")
    (old,) = org.add_jobs(1, job_type="Classic", state="Closed", system_modstamp=NOON - timedelta(days=7))
    (other,) = org.add_jobs(1, job_type="V2Ingest", state="JobComplete")
    org.delete_job(deleted)
    for id in (deleted, old, other):
        for url in (f"job/{id}", f"job/{id}/batch", f"job/{id}/batch/{id}/result"):
            assert caller.error_1("GET", url) == (status, "InvalidJob", f"Unable to find job: {id}")
    org.bulk_1_answers_for_v2 = True
    assert caller.get_1(f"job/{other}")["state"] == "JobComplete"


@pytest.mark.parametrize("status", [400, 403])
def test_jobs_of_others(caller: Caller, status: int) -> None:
    """The org can keep the fate of a job from users that did not make it, in both APIs. They still see it listed."""
    org = caller.org
    (other,) = org.add_jobs(1, job_type="Classic", state="Closed", created_by_id=org.users[2].id)
    own = caller.make_1()
    said = (status, "InvalidUser", "The job was created by another user")
    org.others_jobs_refused = status
    assert caller.error_1("GET", f"job/{other}") == caller.error("GET", f"jobs/ingest/{other}") == said
    assert caller.get_1(f"job/{own}")["id"] == own
    assert {row["id"] for row in caller.get("jobs/ingest")["records"]} == {own, other}


@pytest.mark.parametrize("status", [400, 403])
def test_switched_off(caller: Caller, status: int) -> None:
    """The org can refuse this API as a whole."""
    id = caller.make_1()
    caller.org.bulk_1_off = status
    assert caller.error_1("GET", f"job/{id}") == (status, "FeatureNotEnabled", "Async API not enabled")
    assert caller.get(f"jobs/ingest/{id}")["state"] == "Open"


def test_calls_count(caller: Caller) -> None:
    """Every call counts, and answers say so unless the org leaves that out. Then there are none left."""
    org = caller.org
    id = caller.make_1()
    org.api_used, org.api_limit = 98, 100
    assert caller.ask_1("GET", f"job/{id}").headers["Sforce-Limit-Info"] == "api-usage=99/100"
    org.bulk_1_says_limits = False
    assert "Sforce-Limit-Info" not in caller.ask_1("GET", f"job/{id}").headers
    assert caller.error_1("GET", f"job/{id}") == (403, "ExceededQuota", "TotalRequests Limit exceeded.")
    assert org.api_used == 100


@pytest.mark.parametrize(
    ("method", "url", "body", "said"),
    [
        ("POST", "job", b"{", (400, "InvalidBatch", "The body is not JSON")),
        ("POST", "job", b"[]", (400, "InvalidBatch", "The body is not a JSON object")),
        ("POST", "job", b'{"object": "Lead", "shoe": 1}', (400, "InvalidJob", "Unknown field: shoe")),
        ("POST", "job", b'{"object": "Shoe", "operation": "insert"}', (400, "InvalidJob", NO_SHOE)),
        ("POST", "job/{id}", b'{"state": "Done"}', (400, "InvalidJob", "Invalid value for state: Done")),
        ("POST", "job/{id}/batch", b"x", (400, "InvalidBatch", NO_JSON)),
        ("GET", "job/{id}/batch/{id}", b"", (400, "InvalidBatch", "Unable to find batch: {id}")),
    ],
)  # fmt: skip
def test_refused(caller: Caller, method: str, url: str, body: bytes, said: tuple[int, str, str]) -> None:
    """What does not fit is refused, and makes nothing."""
    id = caller.make_1(contentType="CSV")
    assert caller.error_1(method, url.format(id=id), body) == (*said[:2], said[2].format(id=id))
    assert [row["state"] for row in caller.org.listed("ingest")] == ["Open"]


@pytest.mark.parametrize(
    ("format", "content_type", "body", "code"),
    [
        ("JSON", "application/json", b'{"LastName": "A"}', "InvalidBatch"),
        ("JSON", "application/json", b"[1]", "InvalidBatch"),
        ("XML", "application/xml", b"<sObjects>", "InvalidXML"),
        ("XML", "text/xml", b"", "InvalidXML"),
        ("CSV", "text/csv", b"", "InvalidBatch"),
    ],
)
def test_refused_batch(caller: Caller, format: str, content_type: str, body: bytes, code: str) -> None:
    """A batch that is not what it is declared as is refused."""
    id = caller.make_1(contentType=format)
    response = caller.ask_1("POST", f"job/{id}/batch", body, content_type)
    assert (response.status, f'{code}"' in response.body.decode() or f"{code}<" in response.body.decode()) == (
        400,
        True,
    )
    assert caller.get_1(f"job/{id}/batch") == {"batchInfo": []}


@pytest.mark.parametrize(
    "fields",
    [
        {"operation": "merge"},
        {"contentType": "ZIP_CSV"},
        {"concurrencyMode": "2"},
        {"operation": "upsert"},
        {"externalIdFieldName": "Email"},
        {"operation": "upsert", "externalIdFieldName": "Shoe"},
    ],
)
def test_refused_job(caller: Caller, fields: dict[str, str]) -> None:
    """A job with a value that does not fit is refused."""
    body = json.dumps({"object": "Contact", "operation": "insert", **fields}).encode()
    assert caller.error_1("POST", "job", body)[:2] == (400, "InvalidJob")
    assert caller.org.listed("ingest") == []


def test_wrong_states(caller: Caller) -> None:
    """A closed job takes no batch and is not closed again; an aborted one stays so."""
    id = caller.make_1(contentType="CSV")
    assert caller.ask_1("POST", f"job/{id}", b'{"state": "Closed"}').status == 200
    assert caller.error_1("POST", f"job/{id}/batch", b"")[1] == "InvalidJobState"
    assert caller.error_1("POST", f"job/{id}", b'{"state": "Closed"}')[1] == "InvalidJobState"
    assert caller.ask_1("POST", f"job/{id}", b'{"state": "Aborted"}').status == 200
    assert caller.error_1("POST", f"job/{id}", b'{"state": "Aborted"}')[1] == "InvalidJobState"


@pytest.mark.parametrize("version", ["30.0", "69.0", "64", "x"])
def test_versions(caller: Caller, version: str) -> None:
    """A version that is retired, yet to come or misspelt is refused."""
    headers = Headers({"X-SFDC-Session": caller.token, "Content-Type": "application/json"})
    response = respond(caller.org, Request("GET", f"/services/async/{version}/job/{'7' * 18}", {}, headers))
    assert (response.status, json.loads(response.body)["exceptionCode"]) == (400, "InvalidVersion")


def test_unknown_address(caller: Caller) -> None:
    """An address that this API does not have counts as unexpected."""
    response = caller.ask_1("GET", "jobs")
    assert (response.status, response.is_unexpected) == (404, True)
