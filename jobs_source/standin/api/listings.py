"""
Get All Jobs of both listings, as in https://developer.salesforce.com/docs/platform/api-asynch/guide/get-all-jobs.html
and https://developer.salesforce.com/docs/platform/api-asynch/guide/query-get-all-jobs.html

    {"done": false, "nextRecordsUrl": "/services/data/v64.0/jobs/ingest?queryLocator=0r8...AAA-1000", "records": [...]}
"""

from urllib.parse import urlencode

from jobs_source.standin.api.calls import Call, check_parameters
from jobs_source.standin.api.messages import Response, raw_json_response
from jobs_source.standin.org.errors import ApiError
from jobs_source.standin.org.selection import Wanted
from jobs_source.standin.org.walks import Page

_JOB_TYPES = {"ingest": ("BigObjectIngest", "Classic", "V2Ingest"), "query": ("Classic", "V2Query", "V2Ingest")}
_NO_LOCATOR = {"null": b'"nextRecordsUrl":null,', "absent": b"", "empty": b'"nextRecordsUrl":"",'}


def ingest(call: Call) -> Response:
    """Answer `GET jobs/ingest`."""
    check_parameters(call, "isPkChunkingEnabled", "jobType", "queryLocator")
    return _listing(call, "ingest")


def query(call: Call) -> Response:
    """Answer `GET jobs/query`."""
    check_parameters(call, "concurrencyMode", "isPkChunkingEnabled", "jobType", "queryLocator")
    return _listing(call, "query")


def _listing(call: Call, listing: str) -> Response:
    org, request = call.org, call.request
    wanted = Wanted(
        listing,
        _job_type(call, listing),
        _is_pk_chunking_enabled(call),
        None if org.shows_all_users else call.user_id,
    )
    locator = request.query.get("queryLocator")
    if locator is None:
        page = org.walks.begin(request.bearer, wanted)
    else:
        page = org.walks.go_on(request.bearer, wanted, locator)
    records = b",".join([entry.row for entry in page.entries if entry.listed])
    done = b"true" if page.locator is None else b"false"
    return raw_json_response(b'{"done":' + done + b"," + _next(call, listing, page) + b'"records":[' + records + b"]}")


def _next(call: Call, listing: str, page: Page) -> bytes:
    if page.locator is None:
        return _NO_LOCATOR[call.org.last_page_locator]
    path = call.org.query_locator_path if listing == "query" else "jobs/ingest"
    filters = {name: value for name, value in call.request.query.items() if name != "queryLocator"}
    parameters = {**(filters if call.org.locator_keeps_filter else {}), "queryLocator": page.locator}
    return f'"nextRecordsUrl":"/services/data/v{call.version}/{path}?{urlencode(parameters)}",'.encode()


def _job_type(call: Call, listing: str) -> str | None:
    value = call.request.query.get("jobType")
    if value is not None and value not in _JOB_TYPES[listing]:
        raise ApiError(400, "InvalidJob", f"Invalid value for jobType: {value}")
    return value


def _is_pk_chunking_enabled(call: Call) -> bool | None:
    value = call.request.query.get("isPkChunkingEnabled")
    if value not in (None, "true", "false"):
        raise ApiError(400, "InvalidJob", f"Invalid value for isPkChunkingEnabled: {value}")
    return None if value is None else value == "true"
