"""
How the Bulk API 1.0 writes its answers: as XML, or as JSON with the same names.

    <jobInfo xmlns="http://www.force.com/2009/06/asyncapi/dataload"><id>750...</id>...</jobInfo>
    {"id": "750...", ...}

In XML everything is text, times end with `Z`, and the batch state `NotProcessed` has a blank.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from jobs_source.standin.api.messages import Request, Response, json_response
from jobs_source.standin.org.errors import ApiError
from jobs_source.standin.org.org import Org

NAMESPACE = "http://www.force.com/2009/06/asyncapi/dataload"
_STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})\+0000")
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # XML 1.0 has no way to write them


def is_json(text: str) -> bool:
    """Return whether a Content-Type is that of JSON."""
    return text.partition(";")[0].strip().lower() == "application/json"


def wants_json(org: Org, request: Request) -> bool:
    """Return whether the answer is JSON. What the client accepts does not matter, only what it declares to send."""
    if org.bulk_1_format != "asked":
        return org.bulk_1_format == "json"
    return is_json(request.headers.get("Content-Type", ""))


def write_info(as_json: bool, name: str, info: Mapping[str, Any], status: int = 200) -> Response:
    """Answer with a `jobInfo` or `batchInfo`."""
    if as_json:
        return _json(info, status)
    return xml_response(write_element(name, info, is_root=True), status)


def write_infos(as_json: bool, infos: Iterable[Mapping[str, Any]]) -> Response:
    """Answer with a list of batches."""
    if as_json:
        return _json({"batchInfo": list(infos)})
    inside = "".join(write_element("batchInfo", info) for info in infos)
    return xml_response(f'<batchInfoList xmlns="{NAMESPACE}">{inside}</batchInfoList>')


def write_error(as_json: bool, error: ApiError) -> Response:
    """Answer with a refusal."""
    return write_info(as_json, "error", {"exceptionCode": error.code, "exceptionMessage": error.message}, error.status)


def write_element(name: str, values: Mapping[str, Any], is_root: bool = False) -> str:
    """Return an XML element with children of these names."""
    namespace = f' xmlns="{NAMESPACE}"' if is_root else ""
    return f"<{name}{namespace}>{write_children(values)}</{name}>"


def write_children(values: Mapping[str, Any]) -> str:
    """Return one XML element a value. What is None is left out; a list is several elements."""
    return "".join(
        f"<{name}>{_text(item)}</{name}>"
        for name, value in values.items()
        for item in (value if isinstance(value, list) else [value])
        if item is not None
    )


def xml_response(root: str, status: int = 200) -> Response:
    """Answer with XML."""
    body = f'<?xml version="1.0" encoding="UTF-8"?>{root}'.encode()
    return Response(status, body, {"Content-Type": "application/xml"})


def json_results(value: Any) -> Response:
    """Answer with JSON, declared as this API does."""
    return _json(value)


def _json(value: Any, status: int = 200) -> Response:
    response = json_response(value, status)
    response.headers["Content-Type"] = "application/json"
    return response


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if value == "NotProcessed":
        return "Not Processed"
    return escape(_NO_XML.sub("?", _STAMP.sub(r"\1Z", str(value))))
