"""
What clients send to the Bulk API 1.0: a new job or state, and batches as CSV, JSON or XML.

    <sObjects xmlns="http://www.force.com/2009/06/asyncapi/dataload"><sObject><Name>A</Name></sObject></sObjects>
    [{"Name": "A"}]
"""

import json
from typing import Any, NamedTuple
from xml.etree import ElementTree

from jobs_source.standin.api.bulk_1_format import is_json
from jobs_source.standin.api.csv_files import read_csv
from jobs_source.standin.api.messages import Request
from jobs_source.standin.org.errors import ApiError
from jobs_source.standin.org.jobs import Job

BODY_TYPES = {"CSV": ("text/csv",), "JSON": ("application/json",), "XML": ("application/xml", "text/xml")}


class Upload(NamedTuple):
    """The columns and rows of a batch."""

    columns: list[str]
    rows: list[dict[str, str]]


def read_info(request: Request) -> dict[str, str]:
    """Return a `jobInfo` by name. Raises `ApiError` (InvalidXML, InvalidBatch)."""
    if not is_json(request.headers.get("Content-Type", "")):
        return {_name(child): child.text or "" for child in _parse_xml(request.body)}
    value = _parse_json(request.body)
    if not isinstance(value, dict):
        raise ApiError(400, "InvalidBatch", "The body is not a JSON object")
    return {name: str(item) for name, item in value.items() if item is not None}


def read_batch(job: Job, request: Request) -> Upload:
    """Return the rows of a batch, in the format of its job. Raises `ApiError`."""
    if job.kind.content_type == "CSV":
        return Upload(*read_csv(job, request.body))
    if job.kind.content_type == "JSON":
        value = _parse_json(request.body)
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise ApiError(400, "InvalidBatch", "The batch is not a JSON array of records")
        rows = [_flatten(row) for row in value]
    else:
        rows = [_children(record) for record in _parse_xml(request.body)]
    return Upload(list(dict.fromkeys(name for row in rows for name in row)), rows)


def check_body_type(job: Job, request: Request) -> None:
    """Raise `ApiError` if a batch is not declared as what its job says."""
    declared = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if declared not in BODY_TYPES.get(job.kind.content_type, ()):
        raise ApiError(400, "InvalidBatch", f"The job takes {job.kind.content_type}, but the batch is {declared!r}")


def _flatten(row: dict[str, Any]) -> dict[str, str]:
    """Name the fields of a related record `Owner.Email`, as the columns of a CSV."""
    flat: dict[str, str] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{key}": _plain(inner) for key, inner in value.items()}
        elif name != "attributes":
            flat[name] = _plain(value)
    return flat


def _plain(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _children(record: ElementTree.Element) -> dict[str, str]:
    flat: dict[str, str] = {}
    for child in record:
        if len(child):
            flat |= {f"{_name(child)}.{_name(inner)}": inner.text or "" for inner in child.iter() if not len(inner)}
        else:
            flat[_name(child)] = child.text or ""
    return flat


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _parse_xml(body: bytes) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(body)  # noqa: S314 - from a client of this machine
    except ElementTree.ParseError as error:
        raise ApiError(400, "InvalidXML", f"The body is not XML: {error}") from None


def _parse_json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        raise ApiError(400, "InvalidBatch", "The body is not JSON") from None
