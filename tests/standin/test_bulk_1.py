"""The stand-in's Bulk API 1.0, without sockets: its jobs and batches."""

import json
import re
from typing import Any

import pytest

from tests.standin.caller import Caller

XMLNS = 'xmlns="http://www.force.com/2009/06/asyncapi/dataload"'
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
BAD = "INVALID_EMAIL_ADDRESS:Email: invalid email address: a,b & c:Email --"
BODIES = {
    "CSV": ("text/csv", b'LastName,Email\nA,\n"B\nC",x\n'),
    "JSON": ("application/json", b'[{"LastName": "A", "Email": null}, {"LastName": "B\\nC", "Email": "x"}]'),
    "XML": (
        "application/xml",
        f"<sObjects {XMLNS}><sObject><LastName>A</LastName></sObject>"
        "<sObject><LastName>B\nC</LastName><Email>x</Email></sObject></sObjects>".encode(),
    ),
}


def in_one_line(body: bytes) -> str:
    """The XML without the line breaks around its elements."""
    return re.sub(r"\n\s*(?=<)", "", re.sub(r"\n\s+xmlns", " xmlns", body.decode()))


def fill(caller: Caller, id: str, content_type: str, body: bytes) -> str:
    """Add a batch and return its id."""
    response = caller.ask_1("POST", f"job/{id}/batch", body, f"{content_type}; charset=UTF-8")
    assert response.status == 201, response.body
    (made,) = caller.get_1(f"job/{id}/batch")["batchInfo"]
    return str(made["id"])


def set_state(caller: Caller, id: str, state: str) -> Any:
    response = caller.ask_1("POST", f"job/{id}", json.dumps({"state": state}).encode())
    assert response.status == 200, response.body
    return json.loads(response.body)


def test_job_as_json(caller: Caller) -> None:
    """A new job in JSON: numbers, times with an offset, and the names of this API."""
    id = caller.make_1(operation="upsert", externalIdFieldName="Email", contentType="CSV", concurrencyMode="1")
    assert caller.get_1(f"job/{id[:15]}") == {
        "id": id,
        "operation": "upsert",
        "object": "Contact",
        "createdById": caller.org.users[0].id,
        "createdDate": "2026-11-20T12:00:00.000+0000",
        "systemModstamp": "2026-11-20T12:00:00.000+0000",
        "state": "Open",
        "concurrencyMode": "Serial",
        "contentType": "CSV",
        "apiVersion": 64.0,
        "externalIdFieldName": "Email",
        "assignmentRuleId": None,
        "numberBatchesQueued": 0,
        "numberBatchesInProgress": 0,
        "numberBatchesCompleted": 0,
        "numberBatchesFailed": 0,
        "numberBatchesTotal": 0,
        "numberRetries": 0,
        "numberRecordsProcessed": 0,
        "numberRecordsFailed": 0,
        "totalProcessingTime": 0,
        "apiActiveProcessingTime": 0,
        "apexProcessingTime": 0,
    }
    (row,) = caller.get("jobs/ingest?jobType=Classic")["records"]
    assert (row["id"], row["jobType"], row["state"], "lineEnding" in row) == (id, "Classic", "Open", False)


def test_job_as_xml(caller: Caller) -> None:
    """A new job in XML, asked for in XML: everything is text, and times end with Z."""
    body = f"{HEAD}<jobInfo {XMLNS}><operation>insert</operation><object>lead</object></jobInfo>".encode()
    response = caller.ask_1("POST", "job", body, "application/xml; charset=UTF-8")
    id = response.body.decode().partition("<id>")[2][:18]
    assert (response.status, response.headers["Content-Type"]) == (201, "application/xml")
    assert "\n <object>Lead</object>\n " in response.body.decode()
    assert in_one_line(response.body) == (
        f"{HEAD}<jobInfo {XMLNS}><id>{id}</id><operation>insert</operation><object>Lead</object>"
        f"<createdById>{caller.org.users[0].id}</createdById><createdDate>2026-11-20T12:00:00.000Z</createdDate>"
        "<systemModstamp>2026-11-20T12:00:00.000Z</systemModstamp><state>Open</state>"
        "<concurrencyMode>Parallel</concurrencyMode><contentType>XML</contentType>"
        "<numberBatchesQueued>0</numberBatchesQueued><numberBatchesInProgress>0</numberBatchesInProgress>"
        "<numberBatchesCompleted>0</numberBatchesCompleted><numberBatchesFailed>0</numberBatchesFailed>"
        "<numberBatchesTotal>0</numberBatchesTotal><numberRecordsProcessed>0</numberRecordsProcessed>"
        "<numberRetries>0</numberRetries><apiVersion>64.0</apiVersion><numberRecordsFailed>0</numberRecordsFailed>"
        "<totalProcessingTime>0</totalProcessingTime><apiActiveProcessingTime>0</apiActiveProcessingTime>"
        "<apexProcessingTime>0</apexProcessingTime></jobInfo>"
    )


@pytest.mark.parametrize("choice", ["xml", "json"])
def test_one_format_for_all(caller: Caller, choice: str) -> None:
    """The org can answer in one format whatever is asked for, errors too."""
    id = caller.make_1()
    caller.org.bulk_1_format = choice
    for url in (f"job/{id}", f"job/{id}/batch", "job/750000000000000"):
        for content_type in ("application/json", "application/xml", ""):
            response = caller.ask_1("GET", url, content_type=content_type)
            assert response.headers["Content-Type"] == f"application/{choice}"
            assert response.body.startswith(b"{" if choice == "json" else b"<?xml")


@pytest.mark.parametrize("content_type", ["CSV", "JSON", "XML"])
def test_format_of_the_job(caller: Caller, content_type: str) -> None:
    """The org can answer in JSON about jobs of JSON only, whatever is asked for."""
    id = caller.make_1(contentType=content_type)
    caller.org.bulk_1_format = "job"
    for url in (f"job/{id}", f"job/{id}/batch"):
        for declared in ("application/json", "application/xml", ""):
            answered = caller.ask_1("GET", url, content_type=declared).headers["Content-Type"]
            assert answered == ("application/json" if content_type == "JSON" else "application/xml")


def test_names_without_a_value(caller: Caller) -> None:
    """JSON has names without a value, unless the org leaves them out; XML never has."""
    id = caller.make_1(contentType="CSV")
    fill(caller, id, "text/csv", b"LastName\nA\n")
    for url, nulls in (
        (f"job/{id}", {"externalIdFieldName", "assignmentRuleId"}),
        (f"job/{id}/batch", {"stateMessage"}),
    ):
        caller.org.bulk_1_nulls = True
        info = caller.get_1(url)
        info = info.get("batchInfo", [info])[0]
        assert list(info) == sorted(info)
        assert {name for name, value in info.items() if value is None} == nulls
        assert not any(name in caller.ask_1("GET", url, content_type="").body.decode() for name in nulls)
        caller.org.bulk_1_nulls = False
        assert not any(name in caller.ask_1("GET", url).body.decode() for name in nulls)


@pytest.mark.parametrize("moves", [False, True])
def test_stamp_of_a_closed_job(caller: Caller, moves: bool) -> None:
    """A job keeps the stamp of its close, or gets one when its last batch ends: nobody knows."""
    caller.org.batches_stamp_job = moves
    id = caller.make_1(contentType="CSV")
    fill(caller, id, "text/csv", b"LastName\nA\n")
    set_state(caller, id, "Closed")
    caller.org.clock.advance(seconds=60)
    stamp = "2026-11-20T12:00:03.000+0000" if moves else "2026-11-20T12:00:00.000+0000"
    assert caller.get_1(f"job/{id}")["systemModstamp"] == stamp
    assert caller.get("jobs/ingest")["records"][0]["systemModstamp"] == stamp


@pytest.mark.parametrize("format", BODIES)
def test_batch_from_start_to_end(caller: Caller, format: str) -> None:
    """A batch is worked off by the clock while its job is open or closed, and says what became of each record."""
    caller.org.fail_rows = lambda row: BAD if row.get("Email") == "x" else None
    id = caller.make_1(contentType=format)
    batch = fill(caller, id, *BODIES[format])
    url = f"job/{id}/batch/{batch}"
    assert caller.error_1("GET", f"{url}/result") == (400, "InvalidBatch", "Batch not completed")
    closed = set_state(caller, id, "Closed")
    assert (closed["state"], closed["numberBatchesQueued"], closed["numberBatchesTotal"]) == ("Closed", 1, 1)
    caller.org.clock.advance(seconds=1.5)
    running = caller.get_1(f"job/{id}")
    assert (running["state"], running["numberBatchesInProgress"]) == ("Closed", 1)
    caller.org.clock.advance(seconds=60)
    assert caller.get_1(url) == {
        "id": batch,
        "jobId": id,
        "state": "Completed",
        "stateMessage": None,
        "createdDate": "2026-11-20T12:00:00.000+0000",
        "systemModstamp": "2026-11-20T12:00:03.000+0000",
        "numberRecordsProcessed": 2,
        "numberRecordsFailed": 1,
        "totalProcessingTime": 2000,
        "apiActiveProcessingTime": 2000,
        "apexProcessingTime": 0,
    }
    info = caller.get_1(f"job/{id}")
    assert {name: info[name] for name in ("state", "systemModstamp", "numberBatchesCompleted")} == {
        "state": "Closed",
        "systemModstamp": "2026-11-20T12:00:00.000+0000",
        "numberBatchesCompleted": 1,
    }
    assert (info["numberRecordsProcessed"], info["numberRecordsFailed"], info["totalProcessingTime"]) == (2, 1, 2000)
    in_2 = caller.get(f"jobs/ingest/{id}")
    assert (in_2["numberRecordsProcessed"], in_2["numberRecordsFailed"], in_2["retries"]) == (2, 1, 0)
    response = caller.ask_1("GET", f"{url}/result")
    text = in_one_line(response.body) if format == "XML" else response.body.decode()
    new = text[text.index("003") :][:18]
    assert text == RESULTS[format].replace("NEW", new)
    assert response.headers["Content-Type"] == BODIES[format][0]


RESULTS = {
    "CSV": f'"Id","Success","Created","Error"\n"NEW","true","true",""\n"","false","false","{BAD}"\n',
    "JSON": '[{"success":true,"created":true,"id":"NEW","errors":[]},{"success":false,"created":false,"id":null,'
    '"errors":[{"fields":["Email"],"message":"Email: invalid email address: a,b & c",'
    '"statusCode":"INVALID_EMAIL_ADDRESS"}]}]',
    "XML": f"{HEAD}<results {XMLNS}><result><id>NEW</id><success>true</success><created>true</created></result>"
    "<result><errors><fields>Email</fields><message>Email: invalid email address: a,b &amp; c</message>"
    "<statusCode>INVALID_EMAIL_ADDRESS</statusCode></errors><success>false</success><created>false</created></result>"
    "</results>",
}


@pytest.mark.parametrize(
    ("format", "body"),
    [
        ("JSON", b'[{"attributes": {"type": "Contact"}, "LastName": "A", "Vip__c": true, "Account": {"Name": "B"}}]'),
        (
            "XML",
            b"<sObjects><sObject><LastName>A</LastName><Vip__c>true</Vip__c><Account><sObject><Name>B</Name></sObject>"
            b"</Account></sObject></sObjects>",
        ),
    ],
)
def test_related_record(caller: Caller, format: str, body: bytes) -> None:
    """A field of a related record is told by the names of both, as the column of a CSV is."""
    id = caller.make_1(contentType=format)
    fill(caller, id, BODIES[format][0], body)
    caller.org.clock.advance(seconds=60)
    (row,) = caller.get("query?q=SELECT+LastName,+Vip__c,+Account.Name+FROM+Contact")["records"]
    assert (row["LastName"], row["Vip__c"], row["Account"]["Name"]) == ("A", "true", "B")


def test_assignment_rule(caller: Caller) -> None:
    """A job says by which rule it assigns, if it was told to."""
    id = caller.make_1(object="Lead", assignmentRuleId="01Q000000000001AAA")
    assert caller.get_1(f"job/{id}")["assignmentRuleId"] == "01Q000000000001AAA"


def test_seeded_open_job_can_be_filled(caller: Caller) -> None:
    """A seeded job that is open takes batches like any other; what was drawn for it is gone then."""
    (id,) = caller.org.add_jobs(
        1, job_type="Classic", operation="upsert", object="Contact", content_type="CSV", state="Open"
    )
    fill(caller, id, "text/csv", b"LastName,External_Id__c\nA,1\n")
    set_state(caller, id, "Closed")
    caller.org.clock.advance(seconds=60)
    info = caller.get_1(f"job/{id}")
    assert (info["numberBatchesTotal"], info["numberRecordsProcessed"], info["numberRecordsFailed"]) == (1, 1, 0)


def test_seeded_closed_job(caller: Caller) -> None:
    """A seeded job that is closed takes no batch, and one of another API none at all."""
    (closed,) = caller.org.add_jobs(1, job_type="Classic", state="Closed")
    (other,) = caller.org.add_jobs(1, job_type="V2Ingest", state="Open")
    caller.org.bulk_1_answers_for_v2 = True
    assert caller.error_1("POST", f"job/{closed}/batch", b"")[1] == "InvalidJobState"
    assert caller.error_1("POST", f"job/{other}/batch", b"")[1] == "InvalidJob"


def test_batch_that_fails(caller: Caller) -> None:
    """A wrong column lets the whole batch fail, with a message; its job is closed all the same."""
    id = caller.make_1(contentType="CSV")
    batch = fill(caller, id, "text/csv", b"LastName,Shoe\nA,1\n")
    set_state(caller, id, "Closed")
    caller.org.clock.advance(seconds=60)
    info = caller.get_1(f"job/{id}/batch/{batch}")
    assert (info["state"], info["stateMessage"]) == ("Failed", "InvalidBatch : Field name not found : Shoe")
    info = caller.get_1(f"job/{id}")
    counts = ("state", "numberBatchesFailed", "numberBatchesTotal", "numberRecordsProcessed", "numberRecordsFailed")
    assert [info[name] for name in counts] == ["Closed", 1, 1, 0, 0]
    assert caller.ask_1("GET", f"job/{id}/batch/{batch}/result").body == b'"Id","Success","Created","Error"\n'


def test_too_many_records(caller: Caller) -> None:
    """A batch takes 10,000 records."""
    id = caller.make_1(contentType="CSV")
    batch = fill(caller, id, "text/csv", b"LastName\n" + b"A\n" * 10_001)
    caller.org.clock.advance(seconds=60)
    info = caller.get_1(f"job/{id}/batch/{batch}")
    said = "InvalidBatch : Records exceed the maximum of 10000 in a batch"
    assert (info["state"], info["stateMessage"]) == ("Failed", said)


def test_abort(caller: Caller) -> None:
    """A batch that waits when its job is aborted is never processed; XML spells that with a blank."""
    id = caller.make_1(contentType="CSV")
    fill(caller, id, "text/csv", b"LastName\nA\n")
    assert set_state(caller, id, "Aborted")["state"] == "Aborted"
    caller.org.clock.advance(seconds=60)
    (batch,) = caller.get_1(f"job/{id}/batch")["batchInfo"]
    assert (batch["state"], batch["numberRecordsProcessed"]) == ("NotProcessed", 0)
    response = caller.ask_1("GET", f"job/{id}/batch", content_type="")
    assert in_one_line(response.body).startswith(f"{HEAD}<batchInfoList {XMLNS}><batchInfo><id>751")
    assert b"<state>Not Processed</state>" in response.body
    assert caller.get("jobs/ingest")["records"][0]["state"] == "Aborted"


@pytest.mark.parametrize("format", ["CSV", "JSON", "XML"])
def test_query(caller: Caller, format: str) -> None:
    """A batch of a query has the query, and its result the ids of what was found."""
    id = caller.make_1(object="User", operation="query", contentType=format)
    query = b"SELECT Name, IsActive FROM User WHERE Name = 'Data Loader'"
    batch = fill(caller, id, BODIES[format][0], query)
    caller.org.clock.advance(seconds=60)
    found = f"752{batch[3:]}"
    url = f"job/{id}/batch/{batch}/result"
    ids, rows = (caller.ask_1("GET", f"{url}{part}").body for part in ("", f"/{found}"))
    as_xml = f"{HEAD}<result-list {XMLNS}><result>{found}</result></result-list>"
    assert in_one_line(ids) == (f'["{found}"]' if format == "JSON" else as_xml)
    assert (rows.decode() if format == "CSV" else in_one_line(rows)) == FOUND[format]
    assert caller.get_1(f"job/{id}")["numberRecordsProcessed"] == 1
    assert caller.error_1("GET", f"{url}/{batch}")[:2] == (400, "InvalidBatch")


FOUND = {
    "CSV": '"Name","IsActive"\n"Data Loader","true"\n',
    "JSON": '[{"attributes":{"type":"User"},"Name":"Data Loader","IsActive":true}]',
    "XML": f"{HEAD}<queryResult {XMLNS}><records><type>User</type><Name>Data Loader</Name>"
    "<IsActive>true</IsActive></records></queryResult>",
}
