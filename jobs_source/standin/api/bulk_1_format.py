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

from jobs_source.standin.api.calls import Call
from jobs_source.standin.api.messages import Request, Response, json_response
from jobs_source.standin.org.errors import ApiError
from jobs_source.standin.org.jobs import Job
from jobs_source.standin.org.org import Org

NAMESPACE = "http://www.force.com/2009/06/asyncapi/dataload"
_DEEPER = "\n  "
_STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})\+0000")
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # XML 1.0 has no way to write them


def is_json(text: str) -> bool:
    """Return whether a Content-Type is that of JSON."""
    return text.partition(";")[0].strip().lower() == "application/json"


def wants_json(org: Org, request: Request, job: Job | None) -> bool:
    """Return whether the answer is JSON. What the client accepts does not matter, only what it declares to send."""
    if org.bulk_1_format == "job" and job:
        return job.kind.content_type.endswith("JSON")
    if org.bulk_1_format in ("asked", "job"):
        return is_json(request.headers.get("Content-Type", ""))
    return org.bulk_1_format == "json"


def write_info(call: Call, job: Job, name: str, info: Mapping[str, Any], status: int = 200) -> Response:
    """Answer with a `jobInfo` or `batchInfo`."""
    if wants_json(call.org, call.request, job):
        return json_results(_sorted(call.org, info), status)
    return xml_response(write_root(name, write_children(info, "\n ")), status)


def write_infos(call: Call, job: Job, infos: Iterable[Mapping[str, Any]]) -> Response:
    """Answer with a list of batches."""
    if wants_json(call.org, call.request, job):
        return json_results({"batchInfo": [_sorted(call.org, info) for info in infos]})
    inside = "".join(f"\n <batchInfo>{write_children(info, _DEEPER)}\n </batchInfo>" for info in infos)
    return xml_response(write_root("batchInfoList", inside))


def write_error(org: Org, request: Request, error: ApiError) -> Response:
    """Answer with a refusal."""
    said = {"exceptionCode": error.code, "exceptionMessage": error.message}
    if wants_json(org, request, None):
        return json_results(said, error.status)
    return xml_response(write_root("error", write_children(said, "\n ")), error.status)


def write_root(name: str, inside: str) -> str:
    """Return the XML element around an answer, broken into lines as Salesforce does."""
    return f'<{name}\n   xmlns="{NAMESPACE}">{inside}\n</{name}>'


def write_children(values: Mapping[str, Any], before: str = "") -> str:
    """Return one XML element a value, each with *before*. What is None is left out; a list is several elements."""
    return "".join(
        f"{before}<{name}>{_text(item)}</{name}>"
        for name, value in values.items()
        for item in (value if isinstance(value, list) else [value])
        if item is not None
    )


def xml_response(root: str, status: int = 200) -> Response:
    """Answer with XML."""
    body = f'<?xml version="1.0" encoding="UTF-8"?>{root}'.encode()
    return Response(status, body, {"Content-Type": "application/xml"})


def json_results(value: Any, status: int = 200) -> Response:
    """Answer with JSON, declared as this API does."""
    response = json_response(value, status)
    response.headers["Content-Type"] = "application/json"
    return response


def _sorted(org: Org, info: Mapping[str, Any]) -> dict[str, Any]:
    return {name: info[name] for name in sorted(info) if org.bulk_1_nulls or info[name] is not None}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if value == "NotProcessed":
        return "Not Processed"
    return escape(_NO_XML.sub("?", _STAMP.sub(r"\1Z", str(value))))
