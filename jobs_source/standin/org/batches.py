"""
A Classic job as the Bulk API 1.0 tells of it, and its batches.
https://developer.salesforce.com/docs/platform/api-asynch/guide/asynch-api-jobs-get-details.html

A job made over the API has the batches that were sent. Those of a seeded job are drawn from its id, so that they add
up to its numbers: `add_jobs(1, job_type="Classic", number_batches_failed=2, state_message="InvalidBatch : ...")`.
"""

import math
from collections import Counter
from random import Random
from typing import Any

from jobs_source.standin.org.clock import stamp
from jobs_source.standin.org.details import BATCH_ERRORS, describe
from jobs_source.standin.org.draws import make_random
from jobs_source.standin.org.ids import make_id
from jobs_source.standin.org.jobs import Job
from jobs_source.standin.org.work import Batch

BATCH_RECORDS = 10_000
_COUNTED = {
    "Queued": "numberBatchesQueued",
    "InProgress": "numberBatchesInProgress",
    "Completed": "numberBatchesCompleted",
    "Failed": "numberBatchesFailed",
}
_ONLY_IN_2 = ("errorMessage", "isPkChunkingSupported", "jobType", "contentUrl", "lineEnding", "columnDelimiter")
_TIMES = {"totalProcessingTime": "total_ms", "apiActiveProcessingTime": "active_ms", "apexProcessingTime": "apex_ms"}


def describe_classic(job: Job) -> dict[str, Any]:
    """Return the job as the Bulk API 1.0 does: batch counts beside the record counts. None stands for no value."""
    info, states = describe(job), Counter(batch.state for batch in batches_of(job))
    version, retries = info.pop("apiVersion"), info.pop("retries", 0)
    numbers = {name: info.pop(name, 0) for name in ("numberRecordsProcessed", "numberRecordsFailed", *_TIMES)}
    return {
        **{name: value for name, value in info.items() if name not in _ONLY_IN_2},
        "externalIdFieldName": info.get("externalIdFieldName"),
        "assignmentRuleId": info.get("assignmentRuleId"),
        **{key: states[state] for state, key in _COUNTED.items()},
        "numberBatchesTotal": states.total(),
        "numberRecordsProcessed": numbers.pop("numberRecordsProcessed"),
        "numberRetries": retries,
        "apiVersion": version,
        **numbers,
    }


def describe_batch(job: Job, batch: Batch) -> dict[str, Any]:
    """Return a batch as the Bulk API 1.0 does."""
    return {
        "id": batch.id,
        "jobId": job.id,
        "state": batch.state,
        "stateMessage": batch.message if batch.state == "Failed" else None,
        "createdDate": stamp(batch.created_ms),
        "systemModstamp": stamp(batch.stamped_ms),
        "numberRecordsProcessed": batch.processed,
        "numberRecordsFailed": batch.failed,
        **{name: getattr(batch, attribute) for name, attribute in _TIMES.items()},
    }


def batches_of(job: Job) -> list[Batch]:
    """Return the batches of a job, oldest first."""
    if job.work and job.kind.job_type == "Classic":
        return job.work.batches
    info, random = describe(job), make_random("batches", job.id)
    states = _draw_states(job, int(info.get("numberRecordsProcessed", 0)), random)
    first = random.randrange(62**6, 62**7)
    batches = [
        Batch(make_id("751", first + number), job.created_ms, job.stamped_ms, state)
        for number, state in enumerate(states)
    ]
    for batch in batches:
        if batch.state == "Failed":
            said = (job.more or {}).get("stateMessage") or info.get("errorMessage")
            batch.message = said or random.choice(BATCH_ERRORS)
    _share_out(batches, info)
    return batches


def _draw_states(job: Job, processed: int, random: Random) -> list[str]:
    """Return a state for each batch, as many as were given for the job, or as its number of records needs."""
    given = job.more or {}
    fails = job.state == "Failed" or (job.state == "Closed" and random.random() < 0.08)
    completed = max(math.ceil(processed / BATCH_RECORDS), int(job.state == "Aborted"))
    drawn = {"Completed": completed, "Failed": int(fails)}
    counts = {state: int(given.get(key, drawn.get(state, 0))) for state, key in _COUNTED.items()}
    # With PK chunking the batch that holds the query is replaced by its chunks.
    undone = int(job.kind.is_pk_chunking_enabled or job.state == "Aborted")
    if "numberBatchesTotal" in given:
        missing = int(given["numberBatchesTotal"]) - sum(counts.values())
        is_free = _COUNTED["Completed"] not in given
        counts["Completed"] = max(0, counts["Completed"] + missing * is_free)
        undone = 0 if is_free else max(0, missing)
    states = [state for state, count in counts.items() for _ in range(count)]
    random.shuffle(states)
    return ["NotProcessed"] * undone + states


def _share_out(batches: list[Batch], info: dict[str, Any]) -> None:
    """Give each batch its part of the job's records and times."""
    for state in ("Completed", "InProgress", "Failed"):
        if holders := [batch for batch in batches if batch.state == state]:
            break
    else:
        return
    for name, attribute in {"numberRecordsProcessed": "processed", **_TIMES}.items():
        each, more = divmod(int(info.get(name, 0)), len(holders))
        for number, batch in enumerate(holders):
            setattr(batch, attribute, each + (number < more))
    failed = int(info.get("numberRecordsFailed", 0))
    for batch in holders:
        batch.failed = min(failed, batch.processed)
        failed -= batch.failed
