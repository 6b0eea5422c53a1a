"""Seeded Classic jobs: what the Bulk API 1.0 tells of them adds up, and agrees with Get Job Info."""

from typing import Any

import pytest

from tests.standin.caller import Caller

COUNTED = {
    "Queued": "numberBatchesQueued",
    "InProgress": "numberBatchesInProgress",
    "Completed": "numberBatchesCompleted",
    "Failed": "numberBatchesFailed",
}
SUMMED = (
    "numberRecordsProcessed",
    "numberRecordsFailed",
    "totalProcessingTime",
    "apiActiveProcessingTime",
    "apexProcessingTime",
)


def states(caller: Caller, id: str) -> dict[str, int]:
    """How many batches of a job are in which state."""
    found = [batch["state"] for batch in caller.get_1(f"job/{id}/batch")["batchInfo"]]
    return {state: found.count(state) for state in found}


@pytest.mark.parametrize("state", ["Open", "Closed", "Aborted", "Failed"])
def test_numbers_agree(caller: Caller, state: str) -> None:
    """Job, batches, results and Get Job Info have the same numbers, each time."""
    ids = caller.org.add_jobs(40, job_type="Classic", operation="insert", content_type="CSV", state=state)
    assert {id[:3] for id in ids} == {"750"}
    for id in ids:
        info = caller.get_1(f"job/{id}")
        batches: list[dict[str, Any]] = caller.get_1(f"job/{id}/batch")["batchInfo"]
        assert batches == caller.get_1(f"job/{id}/batch")["batchInfo"]
        assert info["numberBatchesTotal"] == len(batches)
        counts = states(caller, id)
        assert {key: info[key] for key in COUNTED.values()} == {key: counts.get(s, 0) for s, key in COUNTED.items()}
        assert {key: sum(batch[key] for batch in batches) for key in SUMMED} == {key: info[key] for key in SUMMED}
        in_2 = caller.get(f"jobs/ingest/{id}")
        assert [in_2.get(key, 0) for key in SUMMED] == [info[key] for key in SUMMED]
        assert in_2["retries"] == info["numberRetries"]


def test_results_agree(caller: Caller) -> None:
    """A batch has one line a record, and as many failed ones as it says."""
    more = {"number_records_processed": 25_000, "number_records_failed": 9_000}
    (id,) = caller.org.add_jobs(
        1, job_type="Classic", operation="insert", content_type="CSV", state="Closed", number_batches_failed=1, **more
    )
    assert states(caller, id) == {"Completed": 3, "Failed": 1}
    for batch in caller.get_1(f"job/{id}/batch")["batchInfo"]:
        header, *lines = caller.ask_1("GET", f"job/{id}/batch/{batch['id']}/result").body.decode().splitlines()
        assert header == '"Id","Success","Created","Error"'
        failed = [line for line in lines if line.startswith('"","false","false","')]
        assert (len(lines), len(failed)) == (batch["numberRecordsProcessed"], batch["numberRecordsFailed"])
        assert all(line.endswith((' --"', ':--"')) for line in failed)


def test_set_by_a_test(caller: Caller) -> None:
    """A test can say how many batches are in which state, and why they failed; listings do not show it."""
    said = "InvalidBatch : Field name not found : Id"
    (id,) = caller.org.add_jobs(
        1, job_type="Classic", operation="insert", state="Closed", number_batches_queued=1, number_batches_failed=2,
        number_batches_total=5, state_message=said, retries=3, number_records_processed=7,
    )  # fmt: skip
    assert states(caller, id) == {"Queued": 1, "Failed": 2, "Completed": 2}
    batches = caller.get_1(f"job/{id}/batch")["batchInfo"]
    assert {batch["stateMessage"] for batch in batches if batch["state"] == "Failed"} == {said}
    assert {batch["stateMessage"] for batch in batches if batch["state"] != "Failed"} == {None}
    info = caller.get_1(f"job/{id}")
    assert (info["state"], info["numberRetries"], info["numberRecordsProcessed"]) == ("Closed", 3, 7)
    (row,) = caller.get("jobs/ingest")["records"]
    assert not {name for name in row if "Batch" in name or "essage" in name}
    caller.org.change_job(id, number_batches_queued=0, number_batches_completed=1)
    assert states(caller, id) == {"NotProcessed": 2, "Failed": 2, "Completed": 1}


def test_chunks(caller: Caller) -> None:
    """With PK chunking, the first batch is not processed, and that is no failure."""
    (id,) = caller.org.add_jobs(
        1, job_type="Classic", operation="query", state="Closed", is_pk_chunking_enabled=True,
        number_batches_failed=0, number_records_processed=15_000,
    )  # fmt: skip
    assert states(caller, id) == {"NotProcessed": 1, "Completed": 2}
    assert caller.get_1(f"job/{id}/batch")["batchInfo"][0]["state"] == "NotProcessed"


def test_upsert(caller: Caller) -> None:
    """An upsert says by which field."""
    (id,) = caller.org.add_jobs(1, job_type="Classic", operation="upsert", state="Closed")
    assert caller.get_1(f"job/{id}")["externalIdFieldName"] == "External_Id__c"
