"""A stand-in org for histories with look-ups: what it says of each job, and what it was asked."""

import re
from datetime import datetime
from typing import Any, NamedTuple

from jobs_source.standin import Org
from jobs_source.standin.api.messages import Request, Response
from jobs_source.standin.org.batches import batches_of, describe_classic
from jobs_source.standin.org.clock import to_ms
from jobs_source.standin.org.details import describe
from jobs_source.standin.org.jobs import TERMINAL_STATES, Job
from tests.simulation.history import Change, Row
from tests.simulation.recording_standin import RecordingStandIn

_REFUSAL = [{"errorCode": "INSUFFICIENT_ACCESS", "message": "insufficient access rights"}]
_USED_UP = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]
LOOK_UP_FAULTS: dict[str, dict[str, Any]] = {
    "busy": {"kind": "status"},
    "down": {"kind": "status", "times": None},
    "reset": {"kind": "reset"},
    "cut": {"kind": "cut"},
    "page": {"kind": "html", "status": 200},
    "nothing": {"kind": "empty"},
    "expired": {"kind": "expired_token"},
    "refused": {"kind": "status", "status": 403, "body": _REFUSAL},
    "used up": {"kind": "status", "status": 403, "body": _USED_UP},
}
COLUMNS = {
    "numberRecordsProcessed": "number_records_processed",
    "numberRecordsFailed": "number_records_failed",
    "retries": "retries",
    "numberRetries": "retries",
    "totalProcessingTime": "total_processing_time_ms",
    "apiActiveProcessingTime": "api_active_processing_time_ms",
    "apexProcessingTime": "apex_processing_time_ms",
    "errorMessage": "error_message",
    "externalIdFieldName": "external_id_field_name",
    "assignmentRuleId": "assignment_rule_id",
    "isPkChunkingSupported": "is_pk_chunking_supported",
    "numberBatchesTotal": "number_batches_total",
    "numberBatchesFailed": "number_batches_failed",
    "state": "state",
}


class Asked(NamedTuple):
    """A call of a look-up: for which job, at which path, and whether the org refused to answer such calls."""

    id: str
    path: str
    is_refusal: bool


class LookUpStandIn(RecordingStandIn):
    """
    A stand-in that remembers what it was asked about jobs.

    Attributes:
        asked: The look-ups of a run, oldest first.
        results: By job, what look-ups would have brought since it was finished.
    """

    def __init__(self, org: Org) -> None:
        self.asked: list[Asked] = []
        self.results: dict[str, list[Row]] = {}
        super().__init__(org)

    def note(self) -> None:
        super().note()
        for job in self.org.jobs.values():
            if job.state in TERMINAL_STATES:
                results, now = self.results.setdefault(job.id, []), expected_result(job)
                if now not in results[-1:]:
                    results.append(now)

    def end_batches(self) -> None:
        """Let all batches come to their end. That gives a job a new stamp, or not."""
        for job in self.org.jobs.values():
            if is_running(job):
                stamp_ms = self.org.clock.now_ms() if self.org.batches_stamp_job else job.stamped_ms
                self.org.change_job(job.id, number_batches_in_progress=0, system_modstamp=stamp_ms)
        self.note()

    def _answer(self, request: Request) -> Response:
        response = super()._answer(request)
        if found := re.fullmatch(r"(.*)/(750\w{15})(/batch)?", request.path):
            is_refusal = response.status == 403 and b"LIMIT_EXCEEDED" not in response.body
            self.asked.append(Asked(found[2], found[1], is_refusal))
        return response

    def _change(self, change: Change) -> None:
        if change.what == "end":
            self.end_batches()
        elif change.what == "again":
            self._stamp_again(change)
        else:
            super()._change(change)
            self._close(change)

    def _close(self, change: Change) -> None:
        """A Classic job has another name for its end, and some of its batches may still run then."""
        for job in self.org.jobs.values():
            if job.kind.job_type == "Classic" and job.state == "JobComplete":
                running = {"number_batches_in_progress": 1} if change.pick % 2 else {}
                self.org.change_job(job.id, state="Closed", system_modstamp=job.stamped_ms, **running)

    def _stamp_again(self, change: Change) -> None:
        """Give a finished job another stamp and other figures."""
        now_ms = self.org.clock.now_ms()
        jobs = [
            job
            for job in self.org.jobs.values()
            if job.state in TERMINAL_STATES and job.stamped_ms < now_ms < job.leaves_ms
        ]
        if jobs:
            job = jobs[change.pick % len(jobs)]
            self.org.change_job(job.id, retries=now_ms % 1_000, system_modstamp=to_ms(self.org.clock.now()))


def expected_result(job: Job) -> Row:
    """Work out a result without any code of the source."""
    is_classic = job.kind.job_type == "Classic"
    said = describe_classic(job) if is_classic else describe(job)
    row = dict.fromkeys(COLUMNS.values()) | {COLUMNS[key]: value for key, value in said.items() if key in COLUMNS}
    failed = [batch.message for batch in batches_of(job) if batch.state == "Failed"] if is_classic else []
    stamp = datetime.strptime(said["systemModstamp"], "%Y-%m-%dT%H:%M:%S.%f%z")
    outcome = _outcome(job, row)
    return {
        **row,
        "first_failed_batch_message": failed[0] if failed else None,
        "system_modstamp": stamp,
        "outcome": outcome,
    }


def _outcome(job: Job, row: Row) -> str:
    processed, failed = row["number_records_processed"] or 0, row["number_records_failed"] or 0
    states = [batch.state for batch in batches_of(job)] if job.kind.job_type == "Classic" else []
    if job.state == "Aborted":
        return "aborted"
    if job.state == "Closed" and is_running(job):
        return "unknown"
    has_success = processed > failed or (job.state == "Closed" and failed == 0 and "Completed" in states)
    if job.state == "Failed" and job.kind.job_type == "V2Query":
        return "all_failed"  # it has no rows that fail
    if job.state == "Failed" or "Failed" in states:
        return "some_failed" if has_success else "all_failed"
    return "ok" if failed == 0 else "some_failed" if has_success else "all_failed"


def is_running(job: Job) -> bool:
    """Tell whether batches of a Classic job run."""
    return bool((job.more or {}).get("numberBatchesInProgress"))
