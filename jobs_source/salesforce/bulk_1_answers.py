"""
Reads answers of the Bulk API 1.0, in JSON or in XML.

    <jobInfo xmlns="http://www.force.com/2009/06/asyncapi/dataload"><id>750...</id>
      <numberBatchesTotal>2</numberBatchesTotal><createdDate>2026-11-20T09:00:00.000Z</createdDate></jobInfo>

    {"id": "750...", "numberBatchesTotal": 2, "createdDate": "2026-11-20T09:00:00.000+0000"}

https://developer.salesforce.com/docs/platform/api-asynch/guide/asynch-api-jobs-get-details.html
"""

import re
from typing import Any, Final
from xml.etree.ElementTree import Element  # the class only: defusedxml reads what comes

from defusedxml import ElementTree

from jobs_source.json_text import parse_json

_NIL: Final = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_UNREADABLE: Final = (SyntaxError, ValueError, LookupError, RecursionError)
_NUMBER: Final = re.compile(r"number[A-Z]\w*|\w+Time|retries")
_FLAG: Final = re.compile(r"is[A-Z]\w*|fastPathEnabled")


def read_answer(body: bytes) -> Any:
    """
    Return the value of *body* as JSON has it: of XML, counts are numbers and times stay text.

    None if it cannot be read, or if it declares entities: these may take all memory, or name files.
    """
    if not body[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        return parse_json(body)
    try:
        value = _value(ElementTree.fromstring(body, forbid_dtd=True))
        return {} if value is None else value
    except _UNREADABLE:
        return None


def _value(element: Element) -> Any:
    key = _key(element)
    if not len(element):
        return None if element.get(_NIL) == "true" else _leaf(key, (element.text or "").strip())
    values: dict[str, Any] = {}
    for child in element:
        name, value = _key(child), _value(child)
        values[name] = [*_as_list(values[name]), value] if name in values else value
    return values


def _key(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _leaf(key: str, text: str) -> Any:
    if not text:
        return None
    if _NUMBER.fullmatch(key) and re.fullmatch(r"\d{1,18}", text, re.ASCII):
        return int(text)
    if _FLAG.fullmatch(key) and text in ("true", "false"):
        return text == "true"
    if key == "apiVersion" and re.fullmatch(r"\d{1,4}\.\d", text, re.ASCII):
        return float(text)
    return text
