"""Rows of `job_results`: each look-up is a row, with nulls for what was not said, and none is lost."""

import json
from datetime import datetime, timedelta, timezone
from typing import Any, Optional

import pyarrow as pa
import pytest

from jobs_source.rows.result_rows import Result, ResultRows, make_result_rows
from jobs_source.schema import JOB_RESULTS, REJECTED_SCHEMA, RESULT_FIELDS
from tests.odd_values import ORG, UNSTORABLE

JOB = "750Rm00000AbCdEIAV"
LISTED = datetime(2026, 11, 20, 9, 0, 59, tzinfo=timezone.utc)
ANSWERED = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
LISTED_FIELDS = {  # which `jobs` has already
    "id": JOB,
    "operation": "upsert",
    "object": "Account",
    "createdById": "005Rm000001XyZaIAK",
    "createdDate": "2026-11-20T09:00:00.123+0000",
    "systemModstamp": "2026-11-20T09:00:59.000+0000",
    "state": "JobComplete",
    "concurrencyMode": "Parallel",
    "contentType": "CSV",
    "apiVersion": 64.0,
    "jobType": "V2Ingest",
    "lineEnding": "LF",
    "columnDelimiter": "COMMA",
}
DETAILS = {
    "numberRecordsProcessed": 2600,
    "numberRecordsFailed": 3,
    "retries": 1,
    "totalProcessingTime": 5_000,
    "apiActiveProcessingTime": 4_000,
    "apexProcessingTime": 300,
    "errorMessage": "TooManyErrors:Too many errors",
    "externalIdFieldName": "External_Id__c",
    "assignmentRuleId": "01QRm0000004CqzMAE",
    "isPkChunkingSupported": False,
}
INFO: dict[str, Any] = {**LISTED_FIELDS, **DETAILS}
CLASSIC: dict[str, Any] = {
    **{key: value for key, value in LISTED_FIELDS.items() if key not in ("jobType", "lineEnding", "columnDelimiter")},
    "state": "Closed",
    "systemModstamp": "2026-11-20T09:00:59.000Z",
    "numberBatchesQueued": 0,
    "numberBatchesInProgress": 0,
    "numberBatchesCompleted": 2,
    "numberBatchesFailed": 1,
    "numberBatchesTotal": 3,
    "numberRetries": 4,
    "numberRecordsProcessed": 20_000,
    "numberRecordsFailed": 7,
    "totalProcessingTime": 5_000,
    "apiActiveProcessingTime": 4_000,
    "apexProcessingTime": 300,
}
EMPTY: dict[str, Any] = {field.column: None for field in RESULT_FIELDS}
ROW: dict[str, Any] = {
    "org_id": ORG,
    "id": JOB,
    "number_records_processed": 2600,
    "number_records_failed": 3,
    "retries": 1,
    "total_processing_time_ms": 5_000,
    "api_active_processing_time_ms": 4_000,
    "apex_processing_time_ms": 300,
    "error_message": "TooManyErrors:Too many errors",
    "external_id_field_name": "External_Id__c",
    "assignment_rule_id": "01QRm0000004CqzMAE",
    "is_pk_chunking_supported": False,
    "number_batches_total": None,
    "number_batches_failed": None,
    "first_failed_batch_message": None,
    "state": "JobComplete",
    "system_modstamp": LISTED,
    "outcome": "some_failed",
    "looked_up_at": ANSWERED,
}


def make(info: Optional[dict[str, Any]], job_type: str = "V2Ingest", message: Optional[str] = None) -> Result:
    return Result(JOB, job_type, LISTED, info, message, ANSWERED)


def rows(*results: Result) -> ResultRows:
    made = make_result_rows(results, ORG)
    known = len(JOB_RESULTS.content_schema)
    assert pa.schema(list(made.results.schema)[:known]) == JOB_RESULTS.content_schema
    assert {field.type for field in list(made.results.schema)[known:]} <= {pa.string()}
    assert made.rejected.schema == REJECTED_SCHEMA
    made.results.validate(full=True)
    return made


def the_row(result: Result) -> dict[str, Any]:
    """The row of a result without odd values."""
    made = rows(result)
    assert made.rejected.num_rows == 0
    [row] = made.results.to_pylist()
    return dict(row)


def test_a_job_of_bulk_api_2() -> None:
    """Every documented field has its column; what the listings have is not repeated."""
    made = rows(make(INFO))
    assert made.results.to_pylist() == [ROW]
    assert (made.rejected.num_rows, made.unknown) == (0, set())


def test_a_classic_job() -> None:
    """Its retries have another name. Its other batch counts come as they are."""
    made = rows(make(CLASSIC, "Classic", "InvalidBatch : no"))
    assert made.results.to_pylist() == [
        {
            **ROW,
            **dict.fromkeys(("error_message", "external_id_field_name", "assignment_rule_id")),
            "is_pk_chunking_supported": None,
            "number_records_processed": 20_000,
            "number_records_failed": 7,
            "retries": 4,
            "number_batches_total": 3,
            "number_batches_failed": 1,
            "first_failed_batch_message": "InvalidBatch : no",
            "state": "Closed",
            "number_batches_completed": "2",
            "number_batches_in_progress": "0",
            "number_batches_queued": "0",
        }
    ]
    assert (made.rejected.num_rows, made.unknown) == (0, set())


def test_a_job_that_is_gone() -> None:
    """Nothing is known of it but that, and the stamp of the listing."""
    assert the_row(make(None)) == {**ROW, **EMPTY, "state": None, "outcome": "gone"}


def test_no_look_up_is_no_row() -> None:
    """Two empty tables with all their columns."""
    assert rows().results.num_rows == 0


def test_several_results_share_their_columns() -> None:
    """Each row has null for a field that only others have."""
    made = rows(make({**INFO, "newField": "x"}), make(None), make({**INFO, "other": None}))
    assert made.results.column_names[-2:] == ["new_field", "other"]
    assert made.results["new_field"].to_pylist() == ["x", None, None]
    assert made.results["outcome"].to_pylist() == ["some_failed", "gone", "some_failed"]
    assert made.unknown == {"newField", "other"}


@pytest.mark.parametrize(
    ("info", "job_type", "outcome"),
    [
        ({**INFO, "numberRecordsFailed": 0}, "V2Ingest", "ok"),
        ({"id": JOB, "state": "JobComplete"}, "V2Ingest", "unknown"),
        ({"id": JOB, "state": "JobComplete", "numberRecordsProcessed": 5}, "V2Query", "ok"),
        ({"id": JOB, "state": "JobComplete", "numberRecordsProcessed": 5, "operation": "queryAll"}, "V9Query", "ok"),
        ({**INFO, "state": "Aborted"}, "V2Ingest", "aborted"),
        ({**INFO, "state": "InProgress"}, "V2Ingest", "unknown"),
        ({"id": JOB}, "V2Ingest", "unknown"),
        ({**CLASSIC, "numberBatchesInProgress": 1}, "Classic", "unknown"),
        ({**CLASSIC, "numberBatchesQueued": "1"}, "Classic", "unknown"),
        ({**CLASSIC, "numberBatchesTotal": 4}, "Classic", "some_failed"),
        ({**CLASSIC, "numberBatchesFailed": "0", "numberRecordsFailed": "0"}, "Classic", "ok"),
    ],
)
def test_outcome(info: dict[str, Any], job_type: str, outcome: str) -> None:
    """It is told by what the look-up brought. A batch of a PK-chunked query that is Not Processed is no failure."""
    assert the_row(make(info, job_type))["outcome"] == outcome


@pytest.mark.parametrize(
    ("stamp", "kept"),
    [
        ("2026-11-20T09:00:58.000+0000", LISTED),
        ("2026-11-20T09:01:00.500Z", LISTED + timedelta(seconds=1.5)),
        (None, LISTED),
    ],
)
def test_the_stamp_is_the_later_one(stamp: Optional[str], kept: datetime) -> None:
    """If the look-up tells an older one than the listing, the job would be asked for again for ever."""
    assert the_row(make({**INFO, "systemModstamp": stamp}))["system_modstamp"] == kept


@pytest.mark.parametrize(
    ("key", "raw", "column", "value"),
    [
        ("numberRecordsProcessed", "17", "number_records_processed", 17),
        ("numberRecordsProcessed", 17.0, "number_records_processed", 17),
        ("numberRecordsProcessed", 2**63 - 1, "number_records_processed", 2**63 - 1),
        ("retries", "0", "retries", 0),
        ("apexProcessingTime", "9007199254740993", "apex_processing_time_ms", 9007199254740993),
        ("isPkChunkingSupported", "true", "is_pk_chunking_supported", True),
        ("isPkChunkingSupported", True, "is_pk_chunking_supported", True),
        ("errorMessage", "", "error_message", ""),
        ("errorMessage", "Ünknown 😀\n", "error_message", "Ünknown 😀\n"),
        ("externalIdFieldName", None, "external_id_field_name", None),
    ],
)
def test_a_value_that_fits_exactly(key: str, raw: Any, column: str, value: Any) -> None:
    """Numbers as text are numbers; nothing is rounded."""
    row = the_row(make({**INFO, key: raw}))
    assert (row[column], type(row[column])) == (value, type(value))


@pytest.mark.parametrize(
    ("key", "raw", "column", "reason"),
    [
        ("numberRecordsProcessed", 1.5, "number_records_processed", "not a whole number"),
        ("numberRecordsProcessed", True, "number_records_processed", "not a whole number"),
        ("numberRecordsProcessed", "many", "number_records_processed", "not a whole number"),
        ("numberRecordsProcessed", [], "number_records_processed", "not a whole number"),
        ("numberRecordsProcessed", "9" * 5_000, "number_records_processed", "not a whole number"),
        ("totalProcessingTime", 2**63, "total_processing_time_ms", "too big a number"),
        ("totalProcessingTime", "9223372036854775808", "total_processing_time_ms", "too big a number"),
        ("isPkChunkingSupported", 1, "is_pk_chunking_supported", "neither true nor false"),
        ("isPkChunkingSupported", ["true"], "is_pk_chunking_supported", "neither true nor false"),
        ("errorMessage", {"x": 1}, "error_message", "dict where text belongs"),
        ("errorMessage", "a\0b", "error_message", UNSTORABLE),
        ("assignmentRuleId", "\ud800", "assignment_rule_id", UNSTORABLE),
        ("state", ["JobComplete"], "state", "list where text belongs"),
    ],
)
def test_a_value_of_the_wrong_kind(key: str, raw: Any, column: str, reason: str) -> None:
    """It is null in its column, and all that was answered is kept with the reason."""
    made = rows(make({**INFO, key: raw}))
    assert made.results.to_pylist()[0][column] is None
    [rejected] = made.rejected.to_pylist()
    assert (rejected["org_id"], rejected["listing"], rejected["reason"]) == (ORG, "job_results", f"{key}: {reason}")
    assert json.loads(rejected["entry"]) == {**INFO, key: raw}


@pytest.mark.parametrize("stamp", ["yesterday", "0001-01-01T00:00:00.000Z", "2027-11-20T09:00:59.000Z", 7])
def test_an_impossible_stamp(stamp: Any) -> None:
    """The stamp of the listing takes its place."""
    made = rows(make({**INFO, "systemModstamp": stamp}))
    assert made.results["system_modstamp"].to_pylist() == [LISTED]
    assert made.rejected["reason"].to_pylist()[0].startswith("systemModstamp: ")


def test_an_odd_batch_message() -> None:
    """What no warehouse takes is kept as JSON."""
    made = rows(make(CLASSIC, "Classic", "a\0b"))
    assert made.results["first_failed_batch_message"].to_pylist() == [None]
    [rejected] = made.rejected.to_pylist()
    assert rejected["reason"] == f"stateMessage: {UNSTORABLE}"
    assert json.loads(rejected["entry"]) == {**CLASSIC, "stateMessage": "a\0b"}


@pytest.mark.parametrize("key", ["outcome", "lookedUpAt", "totalProcessingTimeMs", "firstFailedBatchMessage", "orgId"])
def test_a_new_field_may_have_the_name_of_a_column_of_ours(key: str) -> None:
    """It gets another name, so that both are kept."""
    made = rows(make({**INFO, key: {"a": [1]}}))
    assert made.results.column_names[-1].startswith("x_")
    assert made.results.to_pylist() == [{**ROW, made.results.column_names[-1]: '{"a": [1]}'}]


def test_both_names_of_the_retries() -> None:
    """The usual one counts."""
    assert the_row(make({**INFO, "numberRetries": 9}))["retries"] == 1
