"""
Reads the results of a batch of the Bulk API 1.0, in CSV, JSON or XML. They have no uploaded columns.

    "Id","Success","Created","Error"
    "","false","false","REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --"

    [{"success": false, "errors": [{"statusCode": "REQUIRED_FIELD_MISSING", "fields": ["LastName"]}]}]

    <results><result><success>false</success><errors><statusCode>...</statusCode><fields>...</fields></errors></result>
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Set
from itertools import chain
from typing import Any, Final

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from jobs_source.json_text import parse_json
from jobs_source.rows.csv_rows import fold, read_rows
from jobs_source.rows.error_counts import Counts, count
from jobs_source.rows.error_words import NO_KEY, Key, find_key, keep_code, keep_fields

_BLANK: Final = b"\xef\xbb\xbf \t\r\n"


def read_batch(field_names: Set[str], chunks: Iterator[bytes]) -> Counts:
    """
    Count the failed records of one batch, which comes in pieces. *field_names* are those of the job's object.

    Only CSV is read in flat memory; a batch has at most 10,000 records.

    Raises:
        ValueError: If it is none of the three formats.
    """
    head = next((chunk for chunk in chunks if chunk.strip(_BLANK)), b"")
    start, chunks = head.strip(_BLANK)[:1], chain([head], chunks)
    if start in (b"[", b"{"):
        keys = _read_json(b"".join(chunks), field_names)
    elif start == b"<":
        keys = _read_xml(b"".join(chunks), field_names)
    else:
        keys = _read_csv(chunks, field_names)
    counts: Counts = Counter()
    for key in keys:
        count(counts, key)
    return counts


def _read_csv(chunks: Iterator[bytes], names: Set[str]) -> Iterator[Key]:
    _, rows = read_rows(chunks, "error")
    header = fold(next(rows, []))
    if not {"success", "error"} <= set(header):
        raise ValueError("no columns Success and Error")
    success, error = header.index("success"), header.index("error")
    for row in rows:
        if len(row) == len(header) and _has_failed(row[success]):
            yield find_key(row[error], names)


def _read_json(body: bytes, names: Set[str]) -> Iterator[Key]:
    results = parse_json(body)
    if not isinstance(results, list):
        raise ValueError("no list of results")
    for result in results:
        if isinstance(result, dict) and _has_failed(result.get("success")):
            yield _find_key(result.get("errors"), names)


def _find_key(errors: Any, names: Set[str]) -> Key:
    """Take the first error of a record: each record counts once."""
    first = errors[0] if isinstance(errors, list) and errors else errors
    if not isinstance(first, dict):
        return NO_KEY
    fields = first.get("fields")
    return keep_code(first.get("statusCode")), keep_fields(fields if isinstance(fields, list) else [fields], names)


def _read_xml(body: bytes, names: Set[str]) -> Iterator[Key]:
    try:
        root = ElementTree.fromstring(body)
    except (ElementTree.ParseError, DefusedXmlException, LookupError):  # the last of an unknown encoding
        raise ValueError("not XML that may be read") from None
    if _name(root) != "results":
        raise ValueError("no list of results")
    for result in root:
        if _has_failed(next(_texts(result, "success"), "")):
            errors = next((part for part in result if _name(part) == "errors"), ())
            yield keep_code(next(_texts(errors, "statusCode"), "")), keep_fields(_texts(errors, "fields"), names)


def _has_failed(success: Any) -> bool:
    return success is False or str(success).strip().lower() == "false"


def _texts(element: Iterable[Any], name: str) -> Iterator[str]:
    return ((part.text or "").strip() for part in element if _name(part) == name)


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]
