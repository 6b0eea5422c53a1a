"""Answers of the Bulk API 1.0: XML says what JSON says, and what cannot be read is None."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs_source.salesforce.bulk_1_answers import read_answer

INFO = {
    "id": "750Rm00000AbCdEIAV",
    "createdDate": "2026-11-20T09:00:00.000Z",
    "state": "Closed",
    "numberBatchesTotal": 3,
    "numberRetries": 0,
    "totalProcessingTime": 5_000,
    "apiVersion": 64.0,
    "fastPathEnabled": False,
    "isPkChunkingSupported": True,
    "externalIdFieldName": "Key & Name <1>__c",
}
NAMESPACE = (
    ' xmlns="http://www.force.com/2009/06/asyncapi/dataload" xmlns:x="http://www.w3.org/2001/XMLSchema-instance"'
)
XML = f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- as it comes --><jobInfo{NAMESPACE}>
 <id>750Rm00000AbCdEIAV</id>
 <createdDate>2026-11-20T09:00:00.000Z</createdDate>
 <state> Closed </state>
 <numberBatchesTotal>3</numberBatchesTotal>
 <numberRetries>0</numberRetries>
 <totalProcessingTime>5000</totalProcessingTime>
 <apiVersion>64.0</apiVersion>
 <fastPathEnabled>false</fastPathEnabled>
 <isPkChunkingSupported>true</isPkChunkingSupported>
 <externalIdFieldName>Key &amp; Name &lt;1&gt;__c</externalIdFieldName>
</jobInfo>
"""


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"\n \t"])
def test_xml_says_what_json_says(start: bytes) -> None:
    """Counts and times of work are numbers, flags are flags, moments stay text. A byte order mark means nothing."""
    xml = XML if start != b"\n \t" else XML.partition("\n")[2]
    assert read_answer(start + xml.encode()) == read_answer(start + json.dumps(INFO).encode()) == INFO


def test_other_encodings_of_xml() -> None:
    """The declaration says which."""
    body = '<?xml version="1.0" encoding="ISO-8859-1"?><jobInfo><object>Größe__c</object></jobInfo>'
    assert read_answer(body.encode("latin-1")) == {"object": "Größe__c"}


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<object/>", {"object": None}),
        ("<object></object>", {"object": None}),
        (f'<object{NAMESPACE} x:nil="true"/>', {"object": None}),
        ("<numberRetries>many</numberRetries>", {"numberRetries": "many"}),
        ("<numberRetries>-1</numberRetries>", {"numberRetries": "-1"}),
        ("<numberRetries>1234567890123456789</numberRetries>", {"numberRetries": "1234567890123456789"}),
        ("<isNew>maybe</isNew>", {"isNew": "maybe"}),
        ("<stateMessage>17</stateMessage>", {"stateMessage": "17"}),
        ("<new><part>1</part></new>", {"new": {"part": "1"}}),
        ("<new>1</new><new>2</new><new>3</new>", {"new": ["1", "2", "3"]}),
    ],
)
def test_odd_elements(inside: str, expected: Any) -> None:
    """Nothing is lost and nothing is guessed: what is no number stays text."""
    assert read_answer(f"<jobInfo>{inside}</jobInfo>".encode()) == expected


def test_a_list_of_batches() -> None:
    """One batch is an object, several are a list."""
    one = "<batchInfo><id>751</id><state>Failed</state><stateMessage>no</stateMessage></batchInfo>"
    batch = {"id": "751", "state": "Failed", "stateMessage": "no"}
    assert read_answer(f"<batchInfoList>{one}</batchInfoList>".encode()) == {"batchInfo": batch}
    assert read_answer(f"<batchInfoList>{one}{one}</batchInfoList>".encode()) == {"batchInfo": [batch, batch]}
    assert read_answer(b"<batchInfoList/>") == {}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"<",
        b"<jobInfo>",
        b"<jobInfo></jobInfo",
        b"<jobInfo>\xff</jobInfo>",
        b"<jobInfo>\0</jobInfo>",
        b'<?xml version="1.0" encoding="nonsense"?><jobInfo><id>1</id></jobInfo>',
        b'<?xml version="1.0" encoding="utf-7"?><jobInfo><id>1</id></jobInfo>',
        b'<!DOCTYPE jobInfo SYSTEM "http://127.0.0.1/x.dtd"><jobInfo><id>1</id></jobInfo>',
        b'<!DOCTYPE jobInfo [<!ENTITY a SYSTEM "file:///etc/passwd">]><jobInfo><id>&a;</id></jobInfo>',
        b'<!DOCTYPE jobInfo [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><jobInfo><id>&b;</id></jobInfo>',
        b"<jobInfo>" + b"<a>" * 50_000 + b"</a>" * 50_000 + b"</jobInfo>",
    ],
)
def test_what_cannot_be_read(body: bytes) -> None:
    """Broken, or with a declaration of entities, which may take all memory or name files."""
    assert read_answer(body) is None


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"<jobInfo>{text}</jobInfo>".encode()))
def test_any_bytes(body: bytes) -> None:
    """Nothing is raised, whatever comes."""
    read_answer(body)
    read_answer(b"<" + body)
