"""Jobs of the Bulk API 1.0: make one, close or abort it, read it."""

from jobs_source.standin.api.bulk_1_bodies import BODY_TYPES, read_info
from jobs_source.standin.api.bulk_1_format import write_info
from jobs_source.standin.api.calls import Call, check_parameters, check_user
from jobs_source.standin.api.messages import Response
from jobs_source.standin.org.batch_progress import stop_batches
from jobs_source.standin.org.batches import describe_classic
from jobs_source.standin.org.errors import ApiError
from jobs_source.standin.org.jobs import Job, Kind
from jobs_source.standin.org.objects import find_object, has_field
from jobs_source.standin.org.work import Work

_OPERATIONS = ("insert", "update", "upsert", "delete", "hardDelete", "query", "queryAll")
_MODES = {"Parallel": "Parallel", "Serial": "Serial", "0": "Parallel", "1": "Serial"}
_KNOWN = ("operation", "object", "contentType", "concurrencyMode", "externalIdFieldName", "assignmentRuleId")


def create(call: Call) -> Response:
    """Answer `POST job`: a job that waits for batches."""
    asked, org = read_info(call.request), call.org
    kind = _check(call, asked)
    now_ms = org.clock.now_ms()
    job = Job(org.new_job_id(), kind, call.user_id, now_ms, now_ms, "Open")
    job.work = Work(external_id=asked.get("externalIdFieldName"))
    if asked.get("assignmentRuleId"):
        job.more = {"assignmentRuleId": asked["assignmentRuleId"]}
    org.follow(job)
    return _info(call, job, 201)


def info(call: Call) -> Response:
    """Answer `GET job/{id}`."""
    check_parameters(call)
    return _info(call, find_job(call))


def change_state(call: Call) -> Response:
    """Answer `POST job/{id}`: no more batches, or no more work. Batches that wait or run go on after a `Closed`."""
    job, work = own_job(call)
    state, org = read_info(call.request).get("state"), call.org
    if state not in ("Closed", "Aborted"):
        raise ApiError(400, "InvalidJob", f"Invalid value for state: {state}")
    if job.state == "Aborted" or (state == "Closed" and job.state != "Open"):
        raise ApiError(400, "InvalidJobState", f"A job that is {job.state} cannot become {state}")
    job.state, job.stamped_ms = state, org.clock.now_ms()
    if state == "Aborted":
        stop_batches(work, job.stamped_ms)
    org.follow(job)
    return _info(call, job)


def find_job(call: Call) -> Job:
    """Return the job of the address. Raises `ApiError` (InvalidJob)."""
    org = call.org
    try:
        job = org.job(call.parts["id"])
    except ApiError:
        job = None
    if job is None or not (job.kind.job_type == "Classic" or org.bulk_1_answers_for_v2):
        raise ApiError(org.bulk_1_gone_status, "InvalidJob", f"Unable to find job: {call.parts['id']}")
    check_user(call, job)
    return job


def own_job(call: Call) -> tuple[Job, Work]:
    """Return a job of this API and its work. A seeded job is filled like any other. Raises `ApiError`."""
    job = find_job(call)
    if job.kind.job_type != "Classic":
        raise ApiError(400, "InvalidJob", f"The job is of type {job.kind.job_type}")
    if job.work is None and job.state == "Open":
        job.work = Work(external_id="External_Id__c" if job.kind.operation == "upsert" else None)
    return job, job.work or Work()


def _info(call: Call, job: Job, status: int = 200) -> Response:
    return write_info(call, job, "jobInfo", describe_classic(job), status)


def _check(call: Call, asked: dict[str, str]) -> Kind:
    for name in asked:
        if name not in _KNOWN:
            raise ApiError(400, "InvalidJob", f"Unknown field: {name}")
    operation, mode = asked.get("operation", ""), _MODES.get(asked.get("concurrencyMode", "Parallel"))
    content_type = asked.get("contentType", "XML")
    if operation not in _OPERATIONS or mode is None or content_type not in BODY_TYPES:
        raise ApiError(400, "InvalidJob", "operation, concurrencyMode or contentType has no known value")
    object = find_object(asked.get("object", ""), call.org.objects)
    if object is None:
        raise ApiError(400, "InvalidJob", f"Unable to find object: {asked.get('object')}")
    external_id = asked.get("externalIdFieldName")
    if (operation == "upsert") != bool(external_id) or (external_id and not has_field(object, external_id)):
        raise ApiError(400, "InvalidJob", "externalIdFieldName is a field of the object, for upsert only")
    return Kind("Classic", operation, object, float(call.version), content_type, mode, None, None)
