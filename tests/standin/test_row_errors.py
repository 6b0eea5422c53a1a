"""Rows that Salesforce refuses one by one, and what it says of each."""

import pytest

from jobs_source.standin.org.record_errors import RecordError, split_error
from tests.standin.caller import Caller

LONG = "x" * 81


@pytest.mark.parametrize(
    ("object", "csv", "error"),
    [
        (
            "Contact",
            'FirstName,LastName\nA,""\n',
            "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --",
        ),
        (
            "Lead",
            "Email\na@b.cd\n",
            "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName, Company]:LastName Company --",
        ),
        ("Account", "Phone\n1\n", "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --"),
        ("Contact", "LastName,Email\nA,a@b\n", "INVALID_EMAIL_ADDRESS:Email: invalid email address: a@b:Email --"),
        (
            "Contact",
            f"LastName\n{LONG}\n",
            f"STRING_TOO_LONG:LastName: data value too large: {LONG} (max length=80):LastName --",
        ),
        (
            "Account",
            "Name,NumberOfEmployees\nA,many\n",
            "INVALID_TYPE_ON_FIELD_IN_RECORD:NumberOfEmployees: value not of required type: many:NumberOfEmployees --",
        ),
        ("Contact", "LastName,Email\nA,a@b.cd\n", None),
        ("Invoice__c", "Name\nA\n", None),
    ],
)
def test_bad_rows(caller: Caller, object: str, csv: str, error: str | None) -> None:
    """A row that lacks what its object needs, or has a value that does not fit, fails by itself."""
    caller.org.in_progress_after_seconds = caller.org.complete_after_seconds = 0
    failed = caller.results(caller.upload(csv, object=object, operation="insert"), "failedResults")[1:]
    assert [line.split('"')[3] for line in failed] == ([error] if error else [])


def test_duplicates(caller: Caller) -> None:
    """A second record with the same external id is refused when it is inserted, not when it is upserted."""
    caller.org.in_progress_after_seconds = caller.org.complete_after_seconds = 0
    rows = {"object": "Account", "operation": "insert"}
    first = caller.results(caller.upload("Name,External_Id__c\nA,X-1\nB,\nC,\n", **rows), "successfulResults")
    known = first[1].split('"')[1]
    said = f"DUPLICATE_VALUE:duplicate value found: External_Id__c duplicates value on record with id: {known[:15]}:--"
    again = caller.upload("Name,External_Id__c\nA,X-1\n", **rows)
    assert caller.results(again, "failedResults")[1:] == [f'"","{said}","A","X-1"']
    rows = {"object": "Account", "operation": "upsert", "externalIdFieldName": "External_Id__c"}
    upserted = caller.upload("Name,External_Id__c\nZ,X-1\n", **rows)
    assert caller.results(upserted, "successfulResults")[1:] == [f'"{known}","false","Z","X-1"']


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("CODE:a message:Name Email --", ("CODE", "a message", ["Name", "Email"])),
        ("CODE:a: message:--", ("CODE", "a: message", [])),
        ("CODE:a: message", ("CODE", "a: message", [])),
        ("CODE:message", ("CODE", "message", [])),
        ("CODE", ("CODE", "", [])),
    ],
)
def test_parts_of_an_error(text: str, parts: tuple[str, str, list[str]]) -> None:
    """JSON and XML have the parts of the text that CSV has."""
    assert split_error(text) == RecordError(*parts)
