"""Batches of the Bulk API 1.0: add one, read them, and what became of their records."""

from jobs_source.standin.api import bulk_1_results as results
from jobs_source.standin.api.bulk_1_bodies import check_body_type, read_batch
from jobs_source.standin.api.bulk_1_format import write_info, write_infos
from jobs_source.standin.api.bulk_1_jobs import find_job, own_job
from jobs_source.standin.api.calls import Call, check_parameters
from jobs_source.standin.api.messages import Response
from jobs_source.standin.api.queries import check_select
from jobs_source.standin.api.upload_check import find_wrong_column
from jobs_source.standin.org.batches import BATCH_RECORDS, batches_of, describe_batch
from jobs_source.standin.org.errors import ApiError
from jobs_source.standin.org.ids import to_18
from jobs_source.standin.org.jobs import Job
from jobs_source.standin.org.work import Batch


def add(call: Call) -> Response:
    """Answer `POST job/{id}/batch`: takes rows or a query while the job is open. Wrong columns show later."""
    job, work = own_job(call)
    if job.state != "Open":
        raise ApiError(400, "InvalidJobState", f"The job takes no batch: its state is {job.state}")
    check_body_type(job, call.request)
    now_ms = call.org.clock.now_ms()
    batch = Batch(f"751{call.org.new_job_id()[3:]}", now_ms, now_ms)
    _fill(call, job, batch)
    work.batches.append(batch)
    call.org.follow(job)
    return _info(call, job, batch, 201)


def listing(call: Call) -> Response:
    """Answer `GET job/{id}/batch`."""
    check_parameters(call)
    job = find_job(call)
    infos = [describe_batch(job, batch) for batch in batches_of(job)]
    return write_infos(call, job, infos)


def info(call: Call) -> Response:
    """Answer `GET job/{id}/batch/{batchId}`."""
    check_parameters(call)
    return _info(call, *_find(call))


def result(call: Call) -> Response:
    """Answer `GET job/{id}/batch/{batchId}/result`: one line a record, or the ids of what a query found."""
    check_parameters(call)
    job, batch = _done(call)
    if job.kind.operation in ("query", "queryAll"):
        return results.write_result_ids(job, batch)
    return results.write_outcomes(job, batch)


def found(call: Call) -> Response:
    """Answer `GET job/{id}/batch/{batchId}/result/{resultId}`: the records that a query found."""
    check_parameters(call)
    job, batch = _done(call)
    if batch.select is None or call.parts["result"] != results.result_id(batch):
        raise ApiError(400, "InvalidBatch", f"Unable to find result: {call.parts['result']}")
    return results.write_found(job, batch, batch.select)


def _fill(call: Call, job: Job, batch: Batch) -> None:
    if job.kind.operation in ("query", "queryAll"):
        batch.select = check_select(call, call.request.body.decode("utf-8", "replace"))
        return
    batch.columns, batch.rows = read_batch(job, call.request)
    fault = find_wrong_column(job, batch.columns)
    if len(batch.rows) > BATCH_RECORDS:
        fault = f"Records exceed the maximum of {BATCH_RECORDS} in a batch"
    batch.message = f"InvalidBatch : {fault}" if fault else None


def _find(call: Call) -> tuple[Job, Batch]:
    job, id = find_job(call), call.parts["batch"]
    wanted = to_18(id) if len(id) == 15 else id
    batch = next((batch for batch in batches_of(job) if batch.id == wanted), None)
    if batch is None:
        raise ApiError(400, "InvalidBatch", f"Unable to find batch: {id}")
    return job, batch


def _done(call: Call) -> tuple[Job, Batch]:
    job, batch = _find(call)
    if batch.state not in ("Completed", "Failed"):
        raise ApiError(400, "InvalidBatch", "Batch not completed")
    return job, batch


def _info(call: Call, job: Job, batch: Batch, status: int = 200) -> Response:
    return write_info(call, job, "batchInfo", describe_batch(job, batch), status)
