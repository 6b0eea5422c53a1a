"""Records with values of every kind, which fail: uploaded through both Bulk APIs, with the values in their errors."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, Optional
from xml.etree import ElementTree as Xml

from jobs_source.standin import StandIn
from tests.real_clients.real_simple_salesforce import log_in_by
from tests.standin.caller import Caller

MARK: Final = re.compile(rb"(?i)wq\d\d")
"""Is in every value that is looked for, and in nothing else."""

VALUES: Final = {
    "mail": "wq01.bob@example.com",
    "part of a mail": "wq02@",
    "name": "Bob Wq03smith",
    "name before a colon": "Call: Bob Wq04smith --",
    "id": "001Rm0000WQ05AbIAK",
    "lines": "wq06 one\r\nwq06 two\n\nLastName",
    "delimiters": "wq07a,b;c|d^e`f\tg",
    "quotes": 'wq08"quo""ted\', "',
    "code": "WQ09_CODE",
    "code and colons": "WQ10_CODE:wq10 is wrong:LastName Wq10 --",
    "fields": "Email LastName Wq11 --",
    "parts of columns": "LastNameWq12 Wq12.Email Wq12__c Last",
    "phone": "+49 30 wq13",
    "letters": "Ünal Wq14 😀",
    "JSON and XML": '{"wq15": "</wq15>&amp;"}',
    "script": "=wq16() --",
    "percent": "wq17%s%(x)s{0}\\n",
}
GOOD: Final = {"LastName": "Wq90good", "FirstName": "f", "Email": "wq91@example.com", "External_Id__c": "wq92"}
ROWS: Final = [
    GOOD,
    *({"LastName": "", "FirstName": "f", "Email": "", "External_Id__c": value} for value in VALUES.values()),
    *({"LastName": "Wq93", "FirstName": value, "Email": "wq94@", "External_Id__c": ""} for value in VALUES.values()),
    {"LastName": "Wq95" * 21, "FirstName": "f", "Email": "", "External_Id__c": "3"},
    {**GOOD, "LastName": "Wq96twice"},
]
OF_ROWS: Final = [
    ("DUPLICATE_VALUE", "", 1),
    ("INVALID_EMAIL_ADDRESS", "Email", len(VALUES)),
    ("REQUIRED_FIELD_MISSING", "LastName", len(VALUES)),
    ("STRING_TOO_LONG", "LastName", 1),
]
"""What `job_errors` holds of `ROWS`: code, fields and records."""

QUOTING: Final = {
    "FIELD_CUSTOM_VALIDATION_EXCEPTION:{}:Email --": ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Email"),
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY:Trigger: {}: ORA-1:--": ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", ""),
    "UNKNOWN_EXCEPTION:{}:FirstName LastName --": ("UNKNOWN_EXCEPTION", "FirstName LastName"),
    "wq20 says {}:x:Wq20 --": ("", ""),
    "wq21": ("", ""),
}
"""Errors that quote a value, and what is kept of them: code and fields."""


def of_quoting(records: int) -> list[tuple[str, str, int]]:
    """What `job_errors` holds where each of `QUOTING` was the error of so many *records*."""
    kept = sorted(set(QUOTING.values()))
    return [(*key, records * list(QUOTING.values()).count(key)) for key in kept]


def at_once(standin: StandIn) -> None:
    """Have jobs done as soon as they are uploaded."""
    standin.org.in_progress_after_seconds = standin.org.complete_after_seconds = 0


def upload_2(standin: StandIn, rows: Optional[Sequence[dict[str, str]]] = None, **options: Any) -> str:
    """Have simple-salesforce insert *rows*, or `ROWS`, by the Bulk API 2.0; return the id of the job."""
    rows = rows or _with_new_ids(standin)
    (job,) = log_in_by(standin, "secret").bulk2.Contact.insert(records=list(rows), wait=0, **options)
    return str(job["job_id"])


def upload_1(standin: StandIn, rows: Optional[Sequence[dict[str, str]]] = None, batch_size: int = 10_000) -> str:
    """Have simple-salesforce insert *rows*, or `ROWS`, by the Bulk API 1.0, as JSON; return the id of the job."""
    rows, known = rows or _with_new_ids(standin), set(standin.org.jobs)
    log_in_by(standin, "secret").bulk.Contact.insert(list(rows), batch_size=batch_size)
    (job,) = set(standin.org.jobs) - known
    return job


def _with_new_ids(standin: StandIn) -> list[dict[str, str]]:
    """Return `ROWS`, with an external id of this upload in place of that of the good row, so that it is good again."""
    known, new = GOOD["External_Id__c"], f"{GOOD['External_Id__c']} {len(standin.org.jobs)}"
    return [{**row, "External_Id__c": new} if row["External_Id__c"] == known else row for row in ROWS]


def upload_quoting(standin: StandIn) -> list[str]:
    """Fail rows with `QUOTING` around each value, as CSV of the Bulk API 2.0, as JSON and as XML of the old one."""
    rows = [{"LastName": "Wq97", "FirstName": value, "Email": text} for text in QUOTING for value in VALUES.values()]
    standin.org.fail_rows = lambda row: row["Email"].replace("{}", row["FirstName"])
    jobs = [upload_2(standin, rows), upload_1(standin, rows, 20), _upload_xml(standin, rows)]
    standin.org.fail_rows = None
    return jobs


def _upload_xml(standin: StandIn, rows: Iterable[dict[str, str]]) -> str:
    caller, root = Caller(standin.org), Xml.Element("sObjects")
    for row in rows:
        record = Xml.SubElement(root, "sObject")
        for name, value in row.items():
            Xml.SubElement(record, name).text = value
    job = caller.make_1(contentType="XML")
    added = caller.ask_1("POST", f"job/{job}/batch", Xml.tostring(root), "application/xml")
    assert added.status == 201, added.body
    assert caller.ask_1("POST", f"job/{job}", json.dumps({"state": "Closed"}).encode()).status == 200
    return job
