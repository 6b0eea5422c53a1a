"""simple-salesforce uploads bad rows through both Bulk APIs, and reads what became of them."""

import csv
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from simple_salesforce.exceptions import SalesforceMalformedRequest

from jobs_source.standin import StandIn
from tests.real_clients.asked import Asked, say
from tests.real_clients.real_simple_salesforce import log_in_by

ROWS = [
    {"LastName": "Good", "Email": "good@example.com", "External_Id__c": "1"},
    {"LastName": "", "Email": "", "External_Id__c": "2"},
    {"LastName": "Bad, one", "Email": "bob@", "External_Id__c": "3"},
    {"LastName": "Twice", "Email": "", "External_Id__c": "1"},
]
MISSING = "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --"
NO_MAIL = "INVALID_EMAIL_ADDRESS:Email: invalid email address: bob@:Email --"
DOUBLE = "DUPLICATE_VALUE:duplicate value found: External_Id__c duplicates value on record with id: {}:--"


def test_bulk_1(secure: StandIn, record_property: Callable[[str, object], None]) -> None:
    """The old API: JSON batches, one result a record; the job is closed whatever failed."""
    client, asked = log_in_by(secure, "secret"), Asked(secure)
    good, missing, no_mail, double = client.bulk.Contact.insert(ROWS, batch_size=10_000)
    (id,) = (row["id"] for row in secure.org.listed("ingest"))
    counts = asked.take()
    record_property("client", say("simple-salesforce, Bulk 1.0", [counts]))
    assert (good["success"], good["created"], good["id"][:3], good["errors"]) == (True, True, "003", [])
    assert [(row["success"], row["created"], row["id"]) for row in (missing, no_mail, double)] == [
        (False, False, None)
    ] * 3
    assert [error["errors"] for error in (missing, no_mail, double)] == [
        [{"statusCode": code, "message": message, "fields": fields}]
        for code, message, fields in (
            ("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", ["LastName"]),
            ("INVALID_EMAIL_ADDRESS", "Email: invalid email address: bob@", ["Email"]),
            ("DUPLICATE_VALUE", DOUBLE.format(good["id"][:15]).split(":", 1)[1].removesuffix(":--"), []),
        )
    ]
    info = client.bulk.Contact._get_job(id)
    shown = ("state", "numberBatchesCompleted", "numberBatchesTotal", "numberRecordsProcessed", "numberRecordsFailed")
    assert [info[name] for name in shown] == ["Closed", 1, 1, 4, 3]
    assert counts == {
        "POST async/64.0/job": 1,
        "POST async/64.0/job/ID": 1,
        "POST async/64.0/job/ID/batch": 1,
        "GET async/64.0/job/ID/batch/ID": 1,
        "GET async/64.0/job/ID/batch/ID/result": 1,
    }


def test_bulk_1_from_start_to_end(secure: StandIn) -> None:
    """The old API: upsert, update, query and delete, in batches of two."""
    client = log_in_by(secure, "secret")
    contacts = client.bulk.Contact
    made = contacts.upsert(ROWS[:3], external_id_field="External_Id__c", batch_size=2)
    assert [row["success"] for row in made] == [True, False, False]
    changed = contacts.update([{"Id": made[0]["id"], "Email": None}, {"Id": "003000000000000AAA", "Email": "a@b.cd"}])
    assert [row["success"] for row in changed] == [True, False]
    (row,) = contacts.query("SELECT Id, LastName, Email FROM Contact")
    assert (row["Id"], row["LastName"], row["Email"]) == (made[0]["id"], "Good", "")
    assert contacts.delete([{"Id": row["Id"]}])[0]["success"] is True
    assert contacts.query("SELECT Id FROM Contact") == []
    states = Counter((job["operation"], job["state"]) for job in secure.org.listed("ingest"))
    assert states == {(name, "Closed"): 1 + (name == "query") for name in ("upsert", "update", "query", "delete")}


def test_bulk_1_of_a_dead_session(secure: StandIn) -> None:
    """The old API refuses a session that has ended with 400."""
    client: Any = log_in_by(secure, "secret")
    secure.org.expire_tokens()
    with pytest.raises(SalesforceMalformedRequest, match="InvalidSessionId"):
        client.bulk.Contact.insert(ROWS[:1])


def test_bulk_2(secure: StandIn) -> None:
    """The new API: the failed rows as they were uploaded, each with its error."""
    contacts: Any = log_in_by(secure, "secret").bulk2.Contact
    (job,) = contacts.insert(records=ROWS, wait=0)
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (4, 3)
    (good,) = csv.DictReader(contacts.get_successful_records(job["job_id"]).splitlines())
    failed = list(csv.DictReader(contacts.get_failed_records(job["job_id"]).splitlines()))
    assert failed == [
        {"sf__Id": "", "sf__Error": error, **row}
        for error, row in zip((MISSING, NO_MAIL, DOUBLE.format(good["sf__Id"][:15])), ROWS[1:], strict=True)
    ]
