"""Results of batches of the Bulk API 1.0, in three formats."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from jobs_source.rows.batch_results import read_batch
from jobs_source.rows.error_counts import Counts
from jobs_source.standin import StandIn
from tests.standin.caller import Caller

FIELDS = frozenset({"LastName", "Email"})
SECRET = "bob@example.com: Bob Smith"
COUNTS: Counts = Counter(
    {("REQUIRED_FIELD_MISSING", "LastName Email"): 2, ("DUPLICATE_VALUE", ""): 1, ("", "Email"): 1, ("", ""): 1}
)
CSV = f'''"Id","Success","Created","Error"
"001","true","true",""
"","false","false","REQUIRED_FIELD_MISSING:missing: {SECRET}:LastName Email --"
"","false","false","REQUIRED_FIELD_MISSING:{SECRET}
more, of it:LastName Email Smith --"
"","False","false","DUPLICATE_VALUE:{SECRET}:--"
"","FALSE","false","{SECRET}: Email --"
"","false","false",""
"","false"
'''
ERRORS = [
    [{"statusCode": "REQUIRED_FIELD_MISSING", "message": SECRET, "fields": ["LastName", "Email"]}],
    [
        {"statusCode": "REQUIRED_FIELD_MISSING", "message": SECRET, "fields": ["LastName", "Smith", "Email"]},
        {"statusCode": "TIMEOUT", "message": SECRET, "fields": []},
    ],
    [{"statusCode": "DUPLICATE_VALUE", "message": SECRET, "fields": []}],
    [{"statusCode": SECRET, "message": SECRET, "fields": ["Email", SECRET]}],
    [],
]
SUCCESS = {"success": True, "created": True, "id": "001", "errors": []}
JSON = [SUCCESS, *({"success": False, "created": False, "id": None, "errors": errors} for errors in ERRORS)]
ODD_JSON: list[Any] = [1, None, "x", [], {}, {"success": None}, {"success": "true"}, {"success": 0}]


def as_xml(prefix: str = "") -> str:
    """The results as XML; with a *prefix*, each name has it."""
    name = f"{prefix}:" if prefix else ""
    results = ["<success>true</success><created>true</created>"]
    for errors in ERRORS:
        parts = [
            f"<errors>{''.join(f'<fields>{field}</fields>' for field in error['fields'])}<message>{SECRET}</message>"
            f"<statusCode>{error['statusCode']}</statusCode></errors>"
            for error in errors
        ]
        results.append(f"{''.join(parts)}<success> false </success><created>false</created>")
    text = "".join(f"<result>{result}</result>" for result in results)
    text = text.replace("</", "\0").replace("<", f"<{name}").replace("\0", f"</{name}")
    space = f'xmlns{":" if prefix else ""}{prefix}="http://www.force.com/2009/06/asyncapi/dataload"'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{name}results {space}>{text}</{name}results>'


def read(body: str, size: int = 11) -> Counts:
    return read_batch(FIELDS, pieces(body.encode(), size))


def pieces(body: bytes, size: int) -> Iterator[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))


@pytest.mark.parametrize("mark", ["", "\ufeff", " \r\n\t" * 10], ids=["plain", "byte order mark", "blanks"])
@pytest.mark.parametrize("body", [CSV, json.dumps(JSON), as_xml(), as_xml("b")], ids=["CSV", "JSON", "XML", "prefix"])
def test_every_format_gives_the_same_counts(body: str, mark: str) -> None:
    """Only failed records count, each once, by its first error; no message and no value is kept."""
    if body.startswith("<?xml") and mark.isspace():
        body = body.partition("\n")[2]  # a declaration after blanks is no XML
    assert read(mark + body) == COUNTS


@pytest.mark.parametrize("body", ["[]", "<results/>", '"Id","Success","Created","Error"\n'], ids=["JSON", "XML", "CSV"])
def test_a_batch_without_records_has_no_counts(body: str) -> None:
    assert read(body) == Counter()


def test_odd_results_are_no_failures() -> None:
    """In JSON, and errors of odd shapes have neither code nor fields."""
    odd_errors: list[Any] = [None, 1, "x", {}, [1], [None], [{"statusCode": 1, "fields": 7}], [{"fields": None}]]
    failed = [{"success": False, "errors": errors} for errors in odd_errors]
    assert read(json.dumps([*ODD_JSON, *failed])) == Counter({("", ""): 8})


def test_one_error_and_one_field_may_come_without_brackets() -> None:
    error = {"statusCode": "TIMEOUT", "fields": "Email"}
    assert read(json.dumps([{"success": "false", "errors": error}])) == Counter({("TIMEOUT", "Email"): 1})


BAD_MAIL = 'x,"y" & <z>'
UPLOADS = {
    "CSV": ("text/csv", 'LastName,Email\nA,\n"",\nB,"x,""y"" & <z>"\nC,z\n'),
    "JSON": (
        "application/json",
        json.dumps([{"LastName": "A"}, {}, {"LastName": "B", "Email": BAD_MAIL}, {"LastName": "C", "Email": "z"}]),
    ),
    "XML": (
        "application/xml",
        '<sObjects xmlns="http://www.force.com/2009/06/asyncapi/dataload"><sObject><LastName>A</LastName></sObject>'
        "<sObject><LastName/></sObject><sObject><LastName>B</LastName><Email>x,y &amp; &lt;z></Email></sObject>"
        "<sObject><LastName>C</LastName><Email>z</Email></sObject></sObjects>",
    ),
}


@pytest.mark.parametrize("content_type", UPLOADS)
def test_bad_rows_of_a_stand_in_are_counted(content_type: str, standin: StandIn) -> None:
    """As its own batches say why they failed, in the format of the job."""
    caller = Caller(standin.org)
    job = caller.make_1(contentType=content_type)
    sent, body = UPLOADS[content_type]
    assert caller.ask_1("POST", f"job/{job}/batch", body.encode(), sent).status == 201
    standin.org.clock.advance(seconds=60)
    (batch,) = caller.get_1(f"job/{job}/batch")["batchInfo"]
    results = caller.ask_1("GET", f"job/{job}/batch/{batch['id']}/result").body
    assert read_batch(FIELDS, pieces(results, 11)) == Counter(
        {("REQUIRED_FIELD_MISSING", "LastName"): 1, ("INVALID_EMAIL_ADDRESS", "Email"): 2}
    )


BOMB = '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><results><result><success>&c;</success></result></results>'
REFUSED = {
    "empty": "",
    "page": "<html><body>Sorry</body></html>",
    "error": "<error><exceptionCode>InvalidBatch</exceptionCode></error>",
    "entities": BOMB,
    "outside": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><results>&b;</results>',
    "half XML": as_xml()[:-20],
    "odd encoding": '<?xml version="1.0" encoding="klingon"?><results/>',
    "half JSON": json.dumps(JSON)[:-5],
    "JSON error": '{"exceptionCode": "InvalidBatch"}',
    "text": "Service unavailable",
    "other columns": '"Name"\n"Bob"\n',
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_are_no_results_is_refused(name: str) -> None:
    """Entities too. The error quotes nothing of it."""
    with pytest.raises(ValueError, match=r"^(no list of results|no columns Success and Error|not XML)"):
        read(REFUSED[name])
