"""
New jobs over the API: the requests that are accepted, and their answers.
https://developer.salesforce.com/docs/platform/api-asynch/guide/create-job.html
"""

from typing import Any

from jobs_source.standin.api.calls import Call
from jobs_source.standin.api.csv_files import DELIMITERS, LINE_ENDINGS
from jobs_source.standin.api.messages import Response, json_response
from jobs_source.standin.api.queries import check_select
from jobs_source.standin.org.errors import ApiError
from jobs_source.standin.org.jobs import Job, Kind
from jobs_source.standin.org.objects import find_object, has_field
from jobs_source.standin.org.work import Work

_INGEST_OPERATIONS = ("insert", "update", "upsert", "delete", "hardDelete")
_INGEST_KEYS = (
    "object",
    "operation",
    "contentType",
    "externalIdFieldName",
    "lineEnding",
    "columnDelimiter",
    "assignmentRuleId",
)
_QUERY_KEYS = ("operation", "query", "contentType", "lineEnding", "columnDelimiter")


def create_ingest(call: Call) -> Response:
    """Answer `POST jobs/ingest`: a job that waits for its upload."""
    asked = call.request.json()
    _check(asked, _INGEST_KEYS, _INGEST_OPERATIONS)
    if not isinstance(asked.get("object"), str) or not asked["object"]:
        raise ApiError(400, "InvalidJob", "object is required")
    object = find_object(asked["object"], call.org.objects)
    if object is None:
        raise ApiError(400, "INVALIDENTITY", f"Unable to find object: {asked['object']}")
    external_id = asked.get("externalIdFieldName")
    if (asked["operation"] == "upsert") != bool(external_id):
        raise ApiError(400, "InvalidJob", "externalIdFieldName is for upsert, which requires it")
    if external_id and not has_field(object, str(external_id)):
        raise ApiError(400, "InvalidJob", f"{external_id} is not an external id of {object}")
    kind = _kind(call, asked, "V2Ingest", object)
    return json_response(_created(call, kind, Work(external_id=external_id), "Open", asked.get("assignmentRuleId")))


def create_query(call: Call) -> Response:
    """Answer `POST jobs/query`: a job that starts by itself."""
    asked = call.request.json()
    _check(asked, _QUERY_KEYS, ("query", "queryAll"))
    select = check_select(call, str(asked.get("query", "")))
    work = Work(select=select, columns=select.fields, closed_ms=call.org.clock.now_ms())
    kind = _kind(call, asked, "V2Query", select.object)
    return json_response(_created(call, kind, work, "UploadComplete"))


def brief(job: Job) -> dict[str, Any]:
    """Return the answer to a change of a job: its row, without the job type, which only Get Job Info has."""
    row = {name: value for name, value in job.fields().items() if name != "jobType"}
    if job.work and job.work.external_id:
        row["externalIdFieldName"] = job.work.external_id
    return row


def _check(asked: dict[str, Any], known: tuple[str, ...], operations: tuple[str, ...]) -> None:
    for name in asked:
        if name not in known:
            raise ApiError(400, "InvalidJob", f"Unknown field: {name}")
    choices = {
        "operation": operations,
        "contentType": ("CSV",),
        "lineEnding": tuple(LINE_ENDINGS),
        "columnDelimiter": tuple(DELIMITERS),
    }
    for name, values in choices.items():
        if asked.get(name, values[0] if name != "operation" else None) not in values:
            raise ApiError(400, "InvalidJob", f"Invalid value for {name}: {asked.get(name)}")


def _kind(call: Call, asked: dict[str, Any], job_type: str, object: str) -> Kind:
    return Kind(
        job_type,
        asked["operation"],
        object,
        float(call.version),
        line_ending=asked.get("lineEnding", "LF"),
        column_delimiter=asked.get("columnDelimiter", "COMMA"),
    )


def _created(call: Call, kind: Kind, work: Work, state: str, assignment_rule_id: Any = None) -> dict[str, Any]:
    org = call.org
    now_ms = org.clock.now_ms()
    job = Job(org.new_job_id(), kind, call.user_id, now_ms, now_ms, state)
    job.work = work
    if assignment_rule_id:
        job.more = {"assignmentRuleId": assignment_rule_id}
    org.follow(job)
    return brief(job)
