"""
The Bulk API 2.0 for single jobs that exist: upload, close, abort, delete, read, and fetch results.
https://developer.salesforce.com/docs/platform/api-asynch/guide/bulk-api-2-0-ingest.html
"""

from jobs_source.standin.api import results
from jobs_source.standin.api.calls import Call, check_parameters, check_user
from jobs_source.standin.api.creation import brief
from jobs_source.standin.api.csv_files import read_csv
from jobs_source.standin.api.messages import Response, json_response
from jobs_source.standin.api.upload_check import find_fault
from jobs_source.standin.org.details import describe
from jobs_source.standin.org.errors import ApiError, not_found
from jobs_source.standin.org.jobs import TERMINAL_STATES, Job
from jobs_source.standin.org.result_rows import ingest_rows
from jobs_source.standin.org.work import Work

_DELETABLE = ("UploadComplete", "JobComplete", "Aborted", "Failed")


def upload(call: Call) -> Response:
    """Answer `PUT jobs/ingest/{id}/batches`: takes the rows, once, while the job is open."""
    job, work = _own_job(call)
    if job.state != "Open" or work.is_uploaded:
        raise _invalid_state(job, "takes no upload")
    work.columns, work.rows = read_csv(job, call.request.body)
    work.error = find_fault(job, call.request.body, work.columns)
    work.is_uploaded = True
    return Response(201)


def change_state(call: Call) -> Response:
    """Answer `PATCH jobs/{kind}/{id}`: closes the upload, or aborts."""
    job, work = _own_job(call)
    state = call.request.json().get("state")
    if state == "UploadComplete" and job.state == "Open" and work.is_uploaded:
        work.closed_ms = call.org.clock.now_ms()
    elif state != "Aborted" or job.state in TERMINAL_STATES:
        raise _invalid_state(job, f"cannot become {state}")
    job.state, job.stamped_ms = str(state), call.org.clock.now_ms()
    call.org.follow(job)
    return json_response(brief(job))


def delete(call: Call) -> Response:
    """Answer `DELETE jobs/{kind}/{id}`."""
    job = _job(call)
    if job.state not in _DELETABLE:
        raise _invalid_state(job, "cannot be deleted")
    call.org.delete_job(job.id)
    return Response(204)


def info(call: Call) -> Response:
    """Answer `GET jobs/{kind}/{id}`: Get Job Info."""
    check_parameters(call)
    return json_response(describe(_job(call)))


def ingest_results(call: Call) -> Response:
    """Answer `GET jobs/ingest/{id}/successfulResults`, `failedResults` and `unprocessedRecords`, as CSV."""
    job = _job(call)
    if job.kind.job_type == "Classic" or job.state not in TERMINAL_STATES:
        raise _invalid_state(job, "has no results")
    kind, org = call.parts["part"].lower(), call.org
    cut = _cut(call, org.ingest_result_page_size) if org.ingest_result_page_size else _whole(call)
    given = org.failed_rows(job) if org.failed_rows and kind == "failedresults" else None
    return _csv(results.ingest(job, given or ingest_rows(job, kind), cut))


def query_results(call: Call) -> Response:
    """Answer `GET jobs/query/{id}/results`, as CSV, with the locator of the next part or `null`."""
    job = _job(call)
    if job.state != "JobComplete":
        raise _invalid_state(job, "has no results")
    return _csv(results.query(job, _cut(call, call.org.result_page_size)))


def _job(call: Call) -> Job:
    job = call.org.job(call.parts["id"])
    is_query = job.kind.job_type == "V2Query"
    if is_query != (call.parts["kind"] == "query") or (
        job.kind.job_type == "Classic" and not call.org.answers_for_classic
    ):
        raise not_found()
    check_user(call, job)
    return job


def _own_job(call: Call) -> tuple[Job, Work]:
    """Return a job of the Bulk API 2.0 and its work. An open seeded job takes an upload like any other."""
    job = _job(call)
    if job.kind.job_type in ("Classic", "BigObjectIngest"):
        raise ApiError(400, "InvalidJob", f"The job is of type {job.kind.job_type}")
    if job.work is None and job.state == "Open":
        job.work = Work()
    return job, job.work or Work()


def _whole(call: Call) -> results.Cut:
    check_parameters(call)
    return results.Cut(None, None)


def _cut(call: Call, page_size: int) -> results.Cut:
    check_parameters(call, "locator", "maxRecords")
    text = call.request.query.get("maxRecords", str(page_size))
    if not text.isdecimal() or int(text) < 1:
        raise ApiError(400, "InvalidJob", f"Invalid value for maxRecords: {text}")
    return results.Cut(call.request.query.get("locator"), int(text))


def _csv(part: results.Part) -> Response:
    headers = {"Content-Type": "text/csv; charset=UTF-8"}
    if part.locator is not None:
        headers["Sforce-Locator"] = part.locator
    if part.records is None:
        return Response(200, headers=headers, pieces=part.pieces)
    headers["Sforce-NumberOfRecords"] = str(part.records)
    return Response(200, b"".join(part.pieces), headers)


def _invalid_state(job: Job, problem: str) -> ApiError:
    return ApiError(400, "InvalidJobState", f"The job {problem}: its state is {job.state}")
