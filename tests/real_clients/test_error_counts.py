"""Bad rows that simple-salesforce uploads through both APIs: why they failed is counted, and no value is kept."""

from functools import partial
from typing import Any

import pyarrow as pa
import pytest
from simple_salesforce.bulk2 import ColumnDelimiter, LineEnding

from jobs_source.rows.batch_results import read_batch
from jobs_source.rows.error_counts import make_error_rows
from jobs_source.rows.failed_csv import FailedCsv
from jobs_source.salesforce.batch_results import read_batch_results
from jobs_source.salesforce.failed_results import read_failed_results
from jobs_source.salesforce.object_fields import ObjectFields
from jobs_source.standin import StandIn
from tests.clients import make_client
from tests.real_clients.real_simple_salesforce import log_in_by

VALUES = [
    "bob@", "Bob: Smith --", "SECRET_CODE:Bob:LastName --", "Name", "a,b;c|d^e`f\tg", 'qu"o"te', "two\nlines",
    "+49 30 1234567", "001Rm000003AbCdIAK", "Ünal", "x" * 100, "SMITH", "Email LastName --",
]  # fmt: skip
ROWS = [
    {"LastName": "Good", "FirstName": "g", "Email": "good@example.com", "External_Id__c": "known"},
    *({"LastName": "", "FirstName": "f", "Email": "", "External_Id__c": f"1{value}"} for value in VALUES),
    *({"LastName": "Bad", "FirstName": "f", "Email": value, "External_Id__c": f"2{value}"} for value in VALUES),
    {"LastName": "y" * 81, "FirstName": "f", "Email": "", "External_Id__c": "3"},
    {"LastName": "Twice", "FirstName": "f", "Email": "", "External_Id__c": "known"},
]
EXPECTED = [
    ("DUPLICATE_VALUE", "", 1),
    ("INVALID_EMAIL_ADDRESS", "Email", len(VALUES)),
    ("REQUIRED_FIELD_MISSING", "LastName", len(VALUES)),
    ("STRING_TOO_LONG", "LastName", 1),
]
FAILED = 2 * len(VALUES) + 2


def as_expected(table: pa.Table, job: str, org_id: str) -> bool:
    return [tuple(row.values()) for row in table.to_pylist()] == [(org_id, job, *row) for row in EXPECTED]


def holds_a_value(table: pa.Table) -> list[str]:
    """Look for what was uploaded in all that is kept, byte by byte."""
    kept = b"\n".join(bytes(buffer) for column in table.columns for buffer in column.chunk(0).buffers() if buffer)
    return [value for value in [*VALUES, "known", "Twice", "y" * 81] if value.encode() in kept and value != "Name"]


@pytest.mark.parametrize("ending", list(LineEnding))
@pytest.mark.parametrize("delimiter", list(ColumnDelimiter))
def test_bulk_2(secure: StandIn, delimiter: ColumnDelimiter, ending: LineEnding) -> None:
    """In every format, in parts of ten records: one call a part."""
    contacts: Any = log_in_by(secure, "secret").bulk2.Contact
    (job,) = contacts.insert(records=ROWS, column_delimiter=delimiter, line_ending=ending, wait=0)
    assert job["numberRecordsFailed"] == FAILED
    secure.org.ingest_result_page_size = 10
    client = make_client(secure)
    parts = read_failed_results(client, "64.0", job["job_id"], FailedCsv().read)
    assert client.calls == 3
    table = make_error_rows(parts, secure.org.org_id, job["job_id"], FAILED)
    assert as_expected(table, job["job_id"], secure.org.org_id)
    assert holds_a_value(table) == []


def test_bulk_1(secure: StandIn) -> None:
    """In batches of ten records, as JSON: one call for the list, one for each batch, one for the object's fields."""
    contacts: Any = log_in_by(secure, "secret").bulk.Contact
    contacts.insert(ROWS, batch_size=10)
    (job,) = (row["id"] for row in secure.org.listed("ingest"))
    client = make_client(secure)
    names = ObjectFields(client, "64.0").names("Contact")
    parts = read_batch_results(client, "64.0", job, partial(read_batch, names))
    assert client.calls == 5
    table = make_error_rows(parts, secure.org.org_id, job, FAILED)
    assert as_expected(table, job, secure.org.org_id)
    assert holds_a_value(table) == []
