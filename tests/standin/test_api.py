"""The stand-in's REST and Bulk APIs, without sockets: listings, single jobs, limits."""

import json
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from jobs_source.standin.api.handlers import respond
from jobs_source.standin.api.messages import Request
from tests.standin.caller import NOON, Caller


def test_listing(caller: Caller) -> None:
    """A walk over HTTP shows every job once, with the time and the used API calls in the headers."""
    caller.org.add_jobs(25, job_type="V2Ingest")
    caller.org.page_size = 10
    response = caller.ask("GET", "jobs/ingest")
    assert response.headers == {
        "Content-Type": "application/json;charset=UTF-8",
        "Sforce-Limit-Info": "api-usage=1/100000",
        "Date": "Fri, 20 Nov 2026 12:00:00 GMT",
    }
    assert parsedate_to_datetime(response.headers["Date"]) == NOON
    page = json.loads(response.body)
    found = page["records"]
    while not page["done"]:
        assert page["nextRecordsUrl"].startswith("/services/data/v64.0/jobs/ingest?queryLocator=0r8")
        page = caller.get(page["nextRecordsUrl"])
        found += page["records"]
    assert page["nextRecordsUrl"] is None
    assert sorted(found, key=lambda row: row["id"]) == caller.org.listed("ingest")


def test_listing_of_query_jobs(caller: Caller) -> None:
    """The link of jobs/query names jobs/ingest, but its locator works only on jobs/query."""
    ids = caller.org.add_jobs(15, job_type="V2Query")
    caller.org.page_size = 10
    page = caller.get("jobs/query?jobType=V2Query&concurrencyMode=parallel")
    link = page["nextRecordsUrl"]
    assert link.startswith("/services/data/v64.0/jobs/ingest?queryLocator=")
    assert caller.error("GET", link) == (400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    last = caller.get(link.replace("/ingest", "/query") + "&jobType=V2Query")
    assert sorted(row["id"] for row in page["records"] + last["records"]) == sorted(ids)
    caller.org.query_locator_path = "jobs/query"
    assert "/jobs/query?queryLocator=" in caller.get("jobs/query")["nextRecordsUrl"]


def test_link_that_keeps_the_filter(caller: Caller) -> None:
    """The link to the next page can include the filters."""
    caller.org.add_jobs(15, job_type="V2Ingest")
    caller.org.add_jobs(15, job_type="Classic")
    caller.org.page_size, caller.org.locator_keeps_filter = 10, True
    link = caller.get("jobs/ingest?jobType=V2Ingest")["nextRecordsUrl"]
    assert "?jobType=V2Ingest&queryLocator=" in link
    assert len(caller.get(link)["records"]) == 5


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("null", {"done": True, "nextRecordsUrl": None, "records": []}),
        ("absent", {"done": True, "records": []}),
        ("empty", {"done": True, "nextRecordsUrl": "", "records": []}),
    ],
)
def test_last_page(caller: Caller, choice: str, expected: dict[str, Any]) -> None:
    """The last page can show in three ways that it has no link."""
    caller.org.last_page_locator = choice
    assert caller.get("jobs/ingest/") == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("jobs/ingest?jobType=V2Query", (400, "InvalidJob", "Invalid value for jobType: V2Query")),
        ("jobs/query?jobType=BigObjectIngest", (400, "InvalidJob", "Invalid value for jobType: BigObjectIngest")),
        ("jobs/ingest?isPkChunkingEnabled=yes", (400, "InvalidJob", "Invalid value for isPkChunkingEnabled: yes")),
        ("jobs/ingest?jobtype=Classic", (400, "INVALID_PARAMETER", "Unknown query parameter: jobtype")),
        ("jobs/ingest?concurrencyMode=x", (400, "INVALID_PARAMETER", "Unknown query parameter: concurrencyMode")),
        ("jobs/ingest?queryLocator=x", (400, "INVALID_QUERY_LOCATOR", "invalid query locator")),
        ("/services/data/v30.0/jobs/ingest", (410, "GONE", "API version 30.0 is retired")),
        ("/services/data/v40.0/jobs/ingest", (404, "NOT_FOUND", "The requested resource does not exist")),
        ("/services/data/v46.0/jobs/query", (404, "NOT_FOUND", "The requested resource does not exist")),
        ("/services/data/v69.0/jobs/ingest", (404, "NOT_FOUND", "The requested resource does not exist")),
        ("/services/data/v67/jobs/ingest", (404, "NOT_FOUND", "The requested resource does not exist")),
        ("jobs/ingest/750Rm0000000000AAA", (404, "NOT_FOUND", "The requested resource does not exist")),
    ],
)
def test_refused(caller: Caller, url: str, expected: tuple[int, str, str]) -> None:
    """A filter, version or job that does not exist is refused, and does not count as unexpected."""
    assert caller.error("GET", url) == expected
    assert not caller.ask("GET", url).is_unexpected


@pytest.mark.parametrize("url", ["/", "/services/data/v64.0/sobjects", "/services/async/64.0", "jobs/ingest/x/y"])
def test_unexpected(caller: Caller, url: str) -> None:
    """A request that the stand-in does not know is a 404 and counts as unexpected."""
    response = caller.ask("GET", url)
    assert (response.status, response.is_unexpected) == (404, True)


def test_own_jobs_only(caller: Caller) -> None:
    """An org can hide other users' jobs in the listing."""
    org = caller.org
    org.add_jobs(50)
    org.shows_all_users = False
    (own,) = org.add_jobs(1, job_type="V2Ingest", created_by_id=org.users[0].id, object="Mine__c")
    found = caller.get("jobs/ingest")["records"]
    assert {row["createdById"] for row in found} == {org.users[0].id}
    assert own in {row["id"] for row in found}


def test_versions(caller: Caller) -> None:
    """The list of versions needs no login and costs no call."""
    response = respond(caller.org, Request("GET", "/services/data/"))
    versions = json.loads(response.body)
    assert versions[-2:] == [
        {"label": "Summer '26", "url": "/services/data/v67.0", "version": "67.0"},
        {"label": "Winter '27", "url": "/services/data/v68.0", "version": "68.0"},
    ]
    assert "Sforce-Limit-Info" not in response.headers
    assert caller.org.api_used == 0


def test_allowance(caller: Caller) -> None:
    """Every call counts, until there are none left."""
    caller.org.api_used, caller.org.api_limit = 98, 100
    assert caller.get("limits")["DailyApiRequests"] == {"Max": 100, "Remaining": 1}
    assert caller.ask("GET", "jobs/ingest").headers["Sforce-Limit-Info"] == "api-usage=100/100"
    assert caller.error("GET", "jobs/ingest") == (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    assert caller.ask("GET", "limits").headers["Sforce-Limit-Info"] == "api-usage=100/100"


def test_limits_forbidden(caller: Caller) -> None:
    """Without the permission to view the setup, the limits are forbidden."""
    caller.org.can_view_setup = False
    assert caller.error("GET", "limits")[:2] == (403, "FORBIDDEN")


def test_ingest_job_from_start_to_end(caller: Caller) -> None:
    """A job changes its state by the clock. Only a change of state changes its stamp; counts come later."""
    made = caller.send("POST", "jobs/ingest", object="Account", operation="insert", lineEnding="CRLF")
    id = made["id"]
    stamp = "2026-11-20T12:00:00.000+0000"
    assert made == {
        "id": id,
        "operation": "insert",
        "object": "Account",
        "createdById": caller.org.users[0].id,
        "createdDate": stamp,
        "systemModstamp": stamp,
        "state": "Open",
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": 64.0,
        "contentUrl": f"services/data/v64.0/jobs/ingest/{id}/batches",
        "lineEnding": "CRLF",
        "columnDelimiter": "COMMA",
    }
    assert "numberRecordsProcessed" not in caller.get(f"jobs/ingest/{id}")
    assert caller.ask("PUT", f"/{made['contentUrl']}", b'Name\r\nA\r\n"B\r\nC"\r\n').status == 201
    caller.org.clock.advance(seconds=1)
    assert caller.send("PATCH", f"jobs/ingest/{id}", state="UploadComplete")["state"] == "UploadComplete"
    seen = []
    for seconds in (0.5, 0.5, 1, 0.9, 0.1, 60):
        caller.org.clock.advance(seconds=seconds)
        info = caller.get(f"jobs/ingest/{id}")
        seen.append((info["state"], info["systemModstamp"][17:23], info["numberRecordsProcessed"]))
        assert caller.get("jobs/ingest")["records"][0]["state"] == info["state"]
    assert seen == [
        ("UploadComplete", "01.000", 0),
        ("InProgress", "02.000", 0),
        ("InProgress", "02.000", 1),
        ("InProgress", "02.000", 1),
        ("JobComplete", "04.000", 2),
        ("JobComplete", "04.000", 2),
    ]
    assert (info["numberRecordsFailed"], info["totalProcessingTime"]) == (0, 3000)


def test_results_of_an_ingest_job(caller: Caller) -> None:
    """Rows that fail and rows that do not are told apart, with the columns that were uploaded."""
    caller.org.fail_rows = lambda row: "DUPLICATE_VALUE:duplicate value found" if row["Name"] == "B" else None
    id = caller.upload("Name|City__c\nA|Köln\nB|Bonn\n", object="Account", operation="insert", columnDelimiter="PIPE")
    assert caller.error("GET", f"jobs/ingest/{id}/failedResults")[:2] == (400, "InvalidJobState")
    caller.org.clock.advance(seconds=3)
    info = caller.get(f"jobs/ingest/{id}")
    assert (info["state"], info["numberRecordsProcessed"], info["numberRecordsFailed"]) == ("JobComplete", 2, 1)
    good = caller.results(id, "successfulResults/")
    assert good[0] == '"sf__Id"|"sf__Created"|"Name"|"City__c"'
    assert good[1].startswith('"001')
    assert good[1].endswith('"|"true"|"A"|"Köln"')
    assert caller.results(id, "failedResults") == [
        '"sf__Id"|"sf__Error"|"Name"|"City__c"',
        '""|"DUPLICATE_VALUE:duplicate value found"|"B"|"Bonn"',
    ]
    assert caller.results(id, "unprocessedrecords") == ['"Name"|"City__c"']


def test_upsert_update_delete(caller: Caller) -> None:
    """Records are made, changed and deleted by id or external id, and a query job reads what is left."""
    org = caller.org
    org.in_progress_after_seconds = org.complete_after_seconds = 0
    upsert = {"object": "Invoice__c", "operation": "upsert", "externalIdFieldName": "No__c"}
    caller.upload("No__c,Sum__c\n1,10\n2,20\n", **upsert)
    job = caller.upload("No__c,Sum__c\n2,22\n3,30\n,40\n", **upsert)
    assert caller.get(f"jobs/ingest/{job}")["externalIdFieldName"] == "No__c"
    lines = caller.results(job, "successfulResults")
    assert [line.partition(",")[2] for line in lines[1:]] == ['"false","2","22"', '"true","3","30"']
    assert caller.results(job, "failedResults")[1:] == ['"","MISSING_ARGUMENT:No__c not specified:--","","40"']
    gone = lines[1].split('"')[1]
    caller.upload(f"Id\n{gone}\n", object="Invoice__c", operation="delete")
    job = caller.upload(f"Id,Sum__c\n{gone},1\n,2\n", object="Invoice__c", operation="update")
    assert caller.results(job, "failedResults")[1:] == [
        f'"{gone}","ENTITY_IS_DELETED:entity is deleted:--","{gone}","1"',
        '"","MISSING_ARGUMENT:Id not specified in an update call:--","","2"',
    ]
    query = caller.send("POST", "jobs/query", operation="query", query="SELECT No__c, Sum__c FROM Invoice__c")["id"]
    response = caller.ask("GET", f"jobs/query/{query}/results")
    assert response.body.decode() == '"No__c","Sum__c"\n"1","10"\n"3","30"\n'
    assert (response.headers["Sforce-Locator"], response.headers["Sforce-NumberOfRecords"]) == ("null", "2")


def test_parts_of_results(caller: Caller) -> None:
    """Results come in parts, each with the locator of the next, the last with null; of ingest jobs by a switch."""
    caller.org.ingest_result_page_size = 3
    (query,) = caller.org.add_jobs(1, job_type="V2Query", state="JobComplete", number_records_processed=5)
    (ingest,) = caller.org.add_jobs(
        1, job_type="V2Ingest", state="JobComplete", number_records_processed=9, number_records_failed=5
    )
    for url in (f"jobs/query/{query}/results", f"jobs/ingest/{ingest}/failedResults"):
        counts, locator = [], ""
        while locator != "null":
            response = caller.ask("GET", f"{url}?maxRecords=2{locator and '&locator=' + locator}")
            counts.append(int(response.headers["Sforce-NumberOfRecords"]))
            assert len(response.body.splitlines()) == counts[-1] + 1
            locator = response.headers["Sforce-Locator"]
        assert counts == [2, 2, 1]
        for wrong in ("x", "MT0", "MT5", "MTx"):
            assert caller.error("GET", f"{url}?locator={wrong}")[:2] == (400, "INVALID_QUERY_LOCATOR")
        assert caller.error("GET", f"{url}?maxRecords=0")[:2] == (400, "InvalidJob")
    assert caller.ask("GET", f"jobs/ingest/{ingest}/failedResults").headers["Sforce-Locator"] == "MT3"
    caller.org.ingest_result_page_size = None
    whole = caller.ask("GET", f"jobs/ingest/{ingest}/failedResults")
    assert (whole.headers["Sforce-NumberOfRecords"], "Sforce-Locator" in whole.headers) == ("5", False)
    assert caller.error("GET", f"jobs/ingest/{ingest}/failedResults?locator=MT3")[1] == "INVALID_PARAMETER"


@pytest.mark.parametrize(
    "fields",
    [
        {"operation": "insert"},
        {"operation": "query", "object": "Account"},
        {"object": "Account"},
        {"operation": "insert", "object": "Account", "contentType": "XML"},
        {"operation": "insert", "object": "Account", "lineEnding": "CR"},
        {"operation": "insert", "object": "Account", "columnDelimiter": ","},
        {"operation": "upsert", "object": "Account"},
        {"operation": "insert", "object": "Account", "colour": "red"},
    ],
)
def test_refused_ingest_job(caller: Caller, fields: dict[str, str]) -> None:
    """A job that Salesforce would refuse is refused."""
    assert caller.error("POST", "jobs/ingest", json.dumps(fields).encode())[:2] == (400, "InvalidJob")
    assert caller.org.listed("ingest") == []


def test_refused_bodies(caller: Caller) -> None:
    """A body in a wrong form is refused."""
    assert caller.error("POST", "jobs/ingest", b"[]")[:2] == (400, "JSON_PARSER_ERROR")
    body = b'{"operation": "query", "query": "DELETE"}'
    assert caller.error("POST", "jobs/query", body)[:2] == (400, "MALFORMED_QUERY")
    id = caller.send("POST", "jobs/ingest", object="Account", operation="insert")["id"]
    for csv in (b"", b"Name\n\xff\n"):
        assert caller.error("PUT", f"jobs/ingest/{id}/batches", csv)[:2] == (400, "InvalidBatch")


def test_wrong_transitions(caller: Caller) -> None:
    """A job refuses what does not fit its state: closing it empty, a second upload, deleting it while it is open."""
    id = caller.send("POST", "jobs/ingest", object="Account", operation="insert")["id"]
    job, refused = f"jobs/ingest/{id}", (400, "InvalidJobState")
    assert caller.error("PATCH", job, b'{"state": "UploadComplete"}')[:2] == refused
    assert caller.error("PATCH", job, b'{"state": "JobComplete"}')[:2] == refused
    assert caller.error("DELETE", job)[:2] == refused
    assert caller.ask("PUT", f"{job}/batches", b"Name\nA\n").status == 201
    assert caller.error("PUT", f"{job}/batches", b"Name\nA\n")[:2] == refused
    assert caller.send("PATCH", job, state="Aborted")["state"] == "Aborted"
    assert caller.error("PATCH", job, b'{"state": "UploadComplete"}')[:2] == refused
    assert caller.results(id, "unprocessedRecords") == ['"Name"', '"A"']
    assert caller.ask("DELETE", job).status == 204
    assert caller.error("GET", job)[:2] == (404, "NOT_FOUND")


def test_abort_of_a_query_job(caller: Caller) -> None:
    """A query job in progress can be aborted, and then has no result."""
    id = caller.send("POST", "jobs/query", operation="queryAll", query="SELECT Id FROM Account LIMIT 3")["id"]
    caller.org.clock.advance(seconds=1.5)
    assert caller.get(f"jobs/query/{id}")["state"] == "InProgress"
    assert caller.send("PATCH", f"jobs/query/{id}", state="Aborted")["state"] == "Aborted"
    caller.org.clock.advance(seconds=60)
    assert caller.get(f"jobs/query/{id}")["state"] == "Aborted"
    assert caller.error("GET", f"jobs/query/{id}/results")[:2] == (400, "InvalidJobState")


def test_seeded_open_job_can_be_filled(caller: Caller) -> None:
    """A seeded job that is open takes an upload like any other."""
    (id,) = caller.org.add_jobs(1, job_type="V2Ingest", operation="insert", state="Open", column_delimiter="COMMA")
    assert caller.ask("PUT", f"jobs/ingest/{id}/batches", b"Name\nA\n").status == 201
    caller.send("PATCH", f"jobs/ingest/{id}", state="UploadComplete")
    caller.org.clock.advance(seconds=3)
    assert caller.get(f"jobs/ingest/{id}")["numberRecordsProcessed"] == 1


def test_seeded_failed_results(caller: Caller) -> None:
    """A seeded job has as many failed rows as it counts."""
    made = NOON - timedelta(hours=1)
    (id,) = caller.org.add_jobs(
        1, job_type="V2Ingest", state="JobComplete", created=made, number_records_failed=4, number_records_processed=10
    )
    failed, good = caller.results(id, "failedResults"), caller.results(id, "successfulResults")
    assert (len(failed), len(good)) == (5, 7)
    assert failed == caller.results(id, "failedResults")


def test_classic_jobs(caller: Caller) -> None:
    """Get Job Info of a Classic job can be switched off. This API does not give its results or abort it."""
    (id,) = caller.org.add_jobs(1, job_type="Classic", operation="insert", state="Closed")
    assert caller.get(f"jobs/ingest/{id}")["jobType"] == "Classic"
    assert caller.error("GET", f"jobs/ingest/{id}/failedResults")[:2] == (400, "InvalidJobState")
    assert caller.error("PATCH", f"jobs/ingest/{id}", b'{"state": "Aborted"}')[:2] == (400, "InvalidJob")
    assert caller.error("GET", f"jobs/query/{id}")[:2] == (404, "NOT_FOUND")
    caller.org.answers_for_classic = False
    assert caller.error("GET", f"jobs/ingest/{id}")[:2] == (404, "NOT_FOUND")
