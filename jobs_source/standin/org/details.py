"""
What Get Job Info adds to the row of a job: counts, durations in milliseconds, errors.
https://developer.salesforce.com/docs/platform/api-asynch/guide/get-job-info.html

The numbers of a job made over the API are counted. A seeded job has no rows: its numbers are drawn from its id, the
same each time.
"""

from random import Random
from typing import Any

from jobs_source.standin.org.draws import make_random
from jobs_source.standin.org.ids import make_id
from jobs_source.standin.org.jobs import DETAIL_KEYS, TERMINAL_STATES, Job
from jobs_source.standin.org.work import Work

BATCH_ERRORS = (
    "InvalidBatch : Field name not found : Region_Code__c",
    "InvalidBatch : The 'upsert' batch must contain the external id field",
    "TooManyErrors:Too many errors",
    "InternalServerError : System.DmlException in a trigger",
)
_QUERY_ERRORS = (
    "INVALID_FIELD: No such column 'Region_Code__c'",
    "QUERY_TIMEOUT: Your query request was running for too long.",
)


def describe(job: Job) -> dict[str, Any]:
    """Return the whole answer for one job."""
    info = job.fields()
    info.update(_count(job, job.work) if job.work else _draw(job))
    info.update((key, value) for key, value in (job.more or {}).items() if key in DETAIL_KEYS)
    return info


def _count(job: Job, work: Work) -> dict[str, Any]:
    if job.kind.job_type == "Classic":
        return _sum(work)
    elapsed_ms = job.stamped_ms - (work.closed_ms or job.stamped_ms) if job.state in TERMINAL_STATES else 0
    times = {"retries": 0, "totalProcessingTime": elapsed_ms}
    if work.select:
        return {"numberRecordsProcessed": work.processed, **times, "isPkChunkingSupported": True}
    info: dict[str, Any] = {"externalIdFieldName": work.external_id} if work.external_id else {}
    if job.state != "Open":
        failed = sum(outcome.error is not None for outcome in work.outcomes)
        info |= {"numberRecordsProcessed": work.processed, "numberRecordsFailed": failed}
    if job.state == "Failed" and work.error:
        info["errorMessage"] = work.error
    times |= {"apiActiveProcessingTime": elapsed_ms, "apexProcessingTime": 0}
    return {**info, **times, "isPkChunkingSupported": False}


def _sum(work: Work) -> dict[str, Any]:
    batches = work.batches
    return {
        **({"externalIdFieldName": work.external_id} if work.external_id else {}),
        "numberRecordsProcessed": sum(batch.processed for batch in batches),
        "numberRecordsFailed": sum(batch.failed for batch in batches),
        "retries": 0,
        "totalProcessingTime": sum(batch.total_ms for batch in batches),
        "apiActiveProcessingTime": sum(batch.active_ms for batch in batches),
        "apexProcessingTime": sum(batch.apex_ms for batch in batches),
    }


def _draw(job: Job) -> dict[str, Any]:
    random = make_random("details", job.id)
    total = int(10 ** random.uniform(0.7, 4.6))
    processed = _processed(job, total, random)
    elapsed_ms = (
        int((job.stamped_ms - job.created_ms) * random.uniform(0.6, 0.98)) if job.state in TERMINAL_STATES else 0
    )
    info: dict[str, Any] = {"retries": int(random.random() < 0.05), "totalProcessingTime": elapsed_ms}
    if job.state == "Failed":
        info["errorMessage"] = random.choice(BATCH_ERRORS if job.kind.job_type != "V2Query" else _QUERY_ERRORS)
    if job.kind.job_type == "V2Query":
        return {"numberRecordsProcessed": processed, **info, "isPkChunkingSupported": True}
    if job.state != "Open":
        failed = int(processed * random.random() ** 4 * 0.3) if random.random() < 0.3 else 0
        info |= {"numberRecordsProcessed": processed, "numberRecordsFailed": failed}
    if job.kind.operation == "upsert":
        info["externalIdFieldName"] = "External_Id__c"
    if job.kind.object in ("Case", "Lead") and random.random() < 0.5:
        info["assignmentRuleId"] = make_id("01Q", random.randrange(62**4))
    info["apiActiveProcessingTime"] = int(elapsed_ms * random.uniform(0.3, 0.9))
    info["apexProcessingTime"] = int(info["apiActiveProcessingTime"] * random.uniform(0, 0.5))
    if job.kind.job_type == "V2Ingest":
        info["isPkChunkingSupported"] = False
    return info


def _processed(job: Job, total: int, random: Random) -> int:
    share = {
        "UploadComplete": 0.0,
        "InProgress": random.random(),
        "Aborted": random.random(),
        "Failed": random.random(),
    }
    return int(total * share.get(job.state, 1.0))
