"""What the tables should hold, worked out from the stand-in's own answers without any code of the source."""

from datetime import datetime, timezone
from typing import Any

from jobs_source.standin import Org
from jobs_source.standin.org.batches import batches_of, describe_classic

COLUMNS = {
    "id": "id",
    "operation": "operation",
    "object": "object",
    "createdById": "created_by_id",
    "createdDate": "created_date",
    "systemModstamp": "system_modstamp",
    "state": "state",
    "concurrencyMode": "concurrency_mode",
    "contentType": "content_type",
    "apiVersion": "api_version",
    "contentUrl": "content_url",
    "jobType": "job_type",
    "lineEnding": "line_ending",
    "columnDelimiter": "column_delimiter",
}


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(timezone.utc)


def expected_row(org_id: str, listed: dict[str, Any]) -> dict[str, Any]:
    """The row of one listed job."""
    row: dict[str, Any] = {column: listed.get(key) for key, column in COLUMNS.items()}
    for column in ("created_date", "system_modstamp"):
        row[column] = _time(row[column])
    return {"org_id": org_id, **row, "api_version": str(listed["apiVersion"]) if "apiVersion" in listed else None}


def expected_rows(org: Org, listing: str, **filters: Any) -> list[dict[str, Any]]:
    """The rows of every job that a quiet walk of *listing* shows, by id."""
    rows = [expected_row(org.org_id, listed) for listed in org.listed(listing, **filters)]
    return sorted(rows, key=lambda row: row["id"])


NUMBERS = {
    "numberRecordsProcessed": "number_records_processed",
    "numberRecordsFailed": "number_records_failed",
    "retries": "retries",
    "totalProcessingTime": "total_processing_time_ms",
    "apiActiveProcessingTime": "api_active_processing_time_ms",
    "apexProcessingTime": "apex_processing_time_ms",
    "errorMessage": "error_message",
    "externalIdFieldName": "external_id_field_name",
    "assignmentRuleId": "assignment_rule_id",
    "isPkChunkingSupported": "is_pk_chunking_supported",
    "numberBatchesTotal": "number_batches_total",
    "numberBatchesFailed": "number_batches_failed",
}
BATCHES = {
    "numberBatchesCompleted": "number_batches_completed",
    "numberBatchesInProgress": "number_batches_in_progress",
    "numberBatchesQueued": "number_batches_queued",
}


def expected_result(org: Org, id_: str, looked_up_at: datetime, has_batches: bool = True) -> dict[str, Any]:
    """The result of one finished job that the org still has; *has_batches* where a Classic job has brought columns."""
    job = org.job(id_)
    info = describe_classic(job) if job.kind.job_type == "Classic" else org.job_info(id_)
    info.setdefault("retries", info.get("numberRetries"))
    row = {"org_id": org.org_id, "id": id_, **{column: info.get(key) for key, column in NUMBERS.items()}}
    failed = [batch.message for batch in batches_of(job) if batch.state == "Failed" and "numberBatchesTotal" in info]
    row |= {"first_failed_batch_message": next(iter(failed), None), "state": info["state"]}
    row |= {"system_modstamp": _time(info["systemModstamp"]), "outcome": expected_outcome(info)}
    batches = {column: str(info[key]) if key in info else None for key, column in BATCHES.items() if has_batches}
    return {**row, "looked_up_at": looked_up_at, **batches}


def expected_outcome(info: dict[str, Any]) -> str:
    """What became of the job of a whole answer. A query has no count of failed records: it fails as a whole."""
    processed, failed = info["numberRecordsProcessed"], info.get("numberRecordsFailed", 0)
    if info["state"] == "Aborted":
        return "aborted"
    if info["state"] == "Failed" and info.get("jobType") == "V2Query":
        return "all_failed"
    if info.get("numberBatchesQueued") or info.get("numberBatchesInProgress"):
        return "unknown"
    has_failed = info["state"] == "Failed" or info.get("numberBatchesFailed") or failed
    has_worked = processed > failed or (info["state"] == "Closed" and not failed and info["numberBatchesCompleted"])
    return "ok" if not has_failed else "some_failed" if has_worked else "all_failed"


def finished(org: Org) -> list[str]:
    """The ids of all jobs that a quiet walk shows and that are over, by id."""
    listed = [*org.listed("ingest"), *org.listed("query", job_type="V2Query")]
    return sorted({job["id"] for job in listed if job["state"] in ("JobComplete", "Failed", "Aborted", "Closed")})


def expected_results(org: Org, looked_up_at: datetime) -> list[dict[str, Any]]:
    """The results of all finished jobs that the org has, by id."""
    ids = finished(org)
    has_batches = any(org.job(id_).kind.job_type == "Classic" for id_ in ids)
    return [expected_result(org, id_, looked_up_at, has_batches) for id_ in ids]
