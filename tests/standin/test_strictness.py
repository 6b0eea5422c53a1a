"""Where Salesforce is strict, the stand-in is: objects, line ends and columns of uploads."""

import json

import pytest

from tests.standin.caller import Caller

LINE_END = "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is "


def ended(caller: Caller, csv: str, **fields: str) -> tuple[str, str | None]:
    """The last state of a job, and its error."""
    id = caller.upload(csv, **{"object": "Account", "operation": "insert", **fields})
    caller.org.clock.advance(seconds=1.5)
    assert caller.get(f"jobs/ingest/{id}")["state"] == "InProgress"
    caller.org.clock.advance(seconds=60)
    info = caller.get(f"jobs/ingest/{id}")
    if info["state"] == "Failed":
        assert (info["numberRecordsProcessed"], info["numberRecordsFailed"]) == (0, 0)
        assert caller.results(id, "successfulResults")[1:] == caller.results(id, "failedResults")[1:] == []
        assert len(caller.results(id, "unprocessedRecords")) == len(csv.splitlines())
    return info["state"], info.get("errorMessage")


@pytest.mark.parametrize(
    ("line_ending", "csv", "is_right"),
    [
        ("LF", "Name\nA\nB\n", True),
        ("LF", "Name\r\nA\r\nB\r\n", False),
        ("LF", "Name\nA\r\n", False),
        ("LF", 'Name\n"A ""x""\r\nB"\n', True),
        ("CRLF", "Name\r\nA\r\nB\r\n", True),
        ("CRLF", "Name\r\nA", True),
        ("CRLF", "Name\nA\nB\n", False),
        ("CRLF", 'Name\r\n"A\nB"\r\n', True),
    ],
)
def test_line_ends(caller: Caller, line_ending: str, csv: str, is_right: bool) -> None:
    """A job fails if lines end otherwise than it says. Inside of quotes anything may stand."""
    state = ended(caller, csv, lineEnding=line_ending)
    assert state == (("JobComplete", None) if is_right else ("Failed", LINE_END + line_ending))


@pytest.mark.parametrize(
    ("fields", "csv", "error"),
    [
        ({}, "Name,Shoe,Hat\nA,1,2\n", "Field name not found : Shoe"),
        ({}, "NAME,Any__c,Owner.Email\nA,1,b@c.de\n", None),
        ({"object": "Invoice__c"}, "Name,Industry\nA,B\n", "Field name not found : Industry"),
        ({"operation": "update"}, "Name\nA\n", "Field name not found : Id"),
        ({"operation": "update"}, "id,Name\n,A\n", None),
        ({"operation": "delete"}, "Id,Name\n,A\n", "The 'delete' batch must contain only ids"),
        ({"operation": "hardDelete"}, "Name\nA\n", "The 'hardDelete' batch must contain only ids"),
        ({"operation": "delete"}, "ID\n001\n", None),
        ({"operation": "upsert", "externalIdFieldName": "No__c"}, "Name\nA\n", "Field name not found : No__c"),
        ({"operation": "upsert", "externalIdFieldName": "No__c"}, "Name,No__c\nA,1\n", None),
    ],
)
def test_columns(caller: Caller, fields: dict[str, str], csv: str, error: str | None) -> None:
    """A job fails as a whole if a column is none of its object, or one that it needs is missing."""
    expected = ("Failed", f"InvalidBatch : {error}") if error else ("JobComplete", None)
    assert ended(caller, csv, **fields) == expected


@pytest.mark.parametrize("object", ["Shoe", "Shoe__c"])
def test_unknown_object(caller: Caller, object: str) -> None:
    """A job for an object that the org does not have is refused; a test can add one."""
    body = json.dumps({"object": object, "operation": "insert"}).encode()
    assert caller.error("POST", "jobs/ingest", body) == (400, "INVALIDENTITY", f"Unable to find object: {object}")
    assert caller.org.listed("ingest") == []
    caller.org.objects.add(object)
    assert caller.send("POST", "jobs/ingest", object=object.lower(), operation="insert")["object"] == object
    assert ended(caller, "Name,Size__c\nA,1\n", object=object) == ("JobComplete", None)


def test_case_of_names(caller: Caller) -> None:
    """Objects and fields have no case: the upload, the external id and the query may each spell them differently."""
    caller.org.in_progress_after_seconds = caller.org.complete_after_seconds = 0
    upsert = {"object": "invoice__c", "operation": "upsert", "externalIdFieldName": "NO__C"}
    first = caller.results(caller.upload("no__c,NAME\n1,A\n", **upsert), "successfulResults")
    id = first[1].split('"')[1]
    again = caller.upload(f"iD,name\n{id},B\n", object="INVOICE__C", operation="update")
    assert caller.results(again, "failedResults")[1:] == []
    again = caller.upload("No__C,other__c\n1,C\n", **upsert)
    assert caller.results(again, "successfulResults")[1:] == [f'"{id}","false","1","C"']
    query = "SELECT ID, No__c, Name, Other__c FROM Invoice__C WHERE nO__c = '1'"
    job = caller.send("POST", "jobs/query", operation="query", query=query)
    lines = caller.ask("GET", f"jobs/query/{job['id']}/results").body.decode().splitlines()
    assert lines[1] == f'"{id}","1","B","C"'
