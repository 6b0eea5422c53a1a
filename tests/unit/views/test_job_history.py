"""`job_history`: rows in, rows out."""

from datetime import datetime, timedelta
from typing import Any, Optional

import pytest

from tests.kept_rows import DAY, ORG, ask, given, keep, make_views
from tests.warehouses import Warehouse, on_both

HOUR = timedelta(hours=1)
COLUMNS = [
    "org_id", "id", "kind", "job_type", "operation", "object", "state", "outcome", "created_by_id", "created_by",
    "api_version", "created_at", "last_change_at", "is_finished", "is_failed", "is_failed_in_part",
    "records_processed", "records_failed", "queue_seconds", "run_seconds", "total_seconds", "error_message",
    "is_retiring_api_version",
]  # fmt: skip


@on_both
def test_a_job_has_all_that_is_known_of_it(warehouse: Warehouse) -> None:
    """From the list, its result, its states and its user; the columns are those of the contract, in their order."""
    make_views(warehouse)
    keep(
        warehouse,
        given("jobs", system_modstamp=DAY + HOUR),
        given("job_states", state="UploadComplete", system_modstamp=DAY + timedelta(seconds=2.5)),
        given("job_states", state="InProgress", system_modstamp=DAY + timedelta(seconds=12.625)),
        given("job_states", state="JobComplete", system_modstamp=DAY + HOUR),
        given("job_results", outcome="some_failed", number_records_processed=10, number_records_failed=3),
        given("users"),
    )
    assert warehouse.columns("job_history") == COLUMNS
    assert ask(warehouse, "job_history", "*") == [
        (
            ORG, "j1", "ingest", "V2Ingest", "insert", "Account", "JobComplete", "some_failed", "u1", "Ann", "64.0",
            DAY, DAY + HOUR, True, False, True, 10, 3, 10.125, 3587.375, 3600.0, None, False,
        )
    ]  # fmt: skip


@on_both
def test_a_job_of_which_nothing_else_is_known_has_a_row_too(warehouse: Warehouse) -> None:
    """Without result, states and user; of either kind, and with nothing in its columns."""
    make_views(warehouse)
    nothing = dict.fromkeys(("operation", "object", "created_by_id", "created_date", "system_modstamp", "state"))
    keep(
        warehouse,
        given("jobs", **nothing, api_version=None, job_type=None),
        given("query_jobs"),
    )
    assert ask(warehouse, "job_history", "*", "kind") == [
        (
            ORG, "j1", "ingest", None, None, None, None, None, None, None, None, None, None, False, False, False,
            None, None, None, None, None, None, False,
        ),
        (
            ORG, "q1", "query", "V2Query", "query", "Account", "JobComplete", "unknown", "u1", None, "64.0", DAY,
            DAY + timedelta(minutes=1), True, False, False, None, None, None, None, 60.0, None, False,
        ),
    ]  # fmt: skip


OUTCOMES: list[tuple[str, Optional[dict[str, Any]], tuple[Any, ...]]] = [
    ("Open", None, (None, False, False, False)),
    ("JobComplete", None, ("unknown", True, False, None)),
    ("JobComplete", {"outcome": "ok", "number_records_failed": 0}, ("ok", True, False, False)),
    ("JobComplete", {"outcome": "some_failed", "number_records_failed": 2}, ("some_failed", True, False, True)),
    ("JobComplete", {"outcome": "all_failed", "number_records_failed": 2}, ("all_failed", True, True, False)),
    ("JobComplete", {"outcome": "gone"}, ("gone", True, False, None)),
    ("Failed", None, ("unknown", True, True, False)),
    ("Failed", {"outcome": "some_failed", "number_records_failed": 2}, ("some_failed", True, True, False)),
    ("Aborted", None, ("aborted", True, False, None)),
    ("Aborted", {"outcome": "aborted", "number_records_failed": 2}, ("aborted", True, False, True)),
    ("Closed", None, ("unknown", True, None, None)),
    ("Closed", {"outcome": "gone"}, ("gone", True, None, None)),
    ("Closed", {"outcome": "unknown"}, ("unknown", True, None, None)),
    ("Closed", {"outcome": "unknown", "number_records_failed": 2}, ("unknown", True, False, True)),
    ("Closed", {"outcome": "ok", "number_records_failed": 0}, ("ok", True, False, False)),
    ("Closed", {"outcome": "some_failed", "number_records_failed": 0}, ("some_failed", True, False, True)),
    ("Closed", {"outcome": "all_failed"}, ("all_failed", True, True, False)),
]


@on_both
def test_what_became_of_a_job_is_what_its_state_and_its_result_say(warehouse: Warehouse) -> None:
    """Failed, failed in part, or nobody knows: Closed alone is never a success."""
    make_views(warehouse)
    rows = []
    for number, (state, result, _) in enumerate(OUTCOMES):
        id_ = f"j{number:02}"
        rows.append(given("jobs", id=id_, state=state, job_type="Classic" if state == "Closed" else "V2Ingest"))
        rows += [given("job_results", id=id_, **result)] if result else []
    keep(warehouse, *rows)
    found = ask(warehouse, "job_history", "id, outcome, is_finished, is_failed, is_failed_in_part")
    assert found == [(f"j{number:02}", *said) for number, (_, _, said) in enumerate(OUTCOMES)]


def at(seconds: float) -> datetime:
    return DAY + timedelta(seconds=seconds)


TIMES: list[tuple[str, dict[str, Any], dict[str, float], Optional[int], tuple[Any, ...]]] = [
    # kind, values of the job, states seen, milliseconds of processing, (queue, run, total)
    ("jobs", {}, {"UploadComplete": 5, "InProgress": 15}, 30_000, (10.0, 45.0, 60.0)),
    ("jobs", {}, {"UploadComplete": 5}, 30_000, (25.0, 30.0, 60.0)),
    ("jobs", {}, {"InProgress": 15}, 30_000, (15.0, 45.0, 60.0)),
    ("jobs", {}, {}, 30_000, (30.0, 30.0, 60.0)),
    ("jobs", {}, {}, 90_000, (None, 90.0, 60.0)),
    ("jobs", {}, {}, None, (None, None, 60.0)),
    ("jobs", {"state": "InProgress"}, {"UploadComplete": 5, "InProgress": 15}, None, (10.0, None, None)),
    ("jobs", {"state": "Closed"}, {}, 30_000, (None, 30.0, None)),
    ("jobs", {"system_modstamp": DAY - HOUR}, {"InProgress": 15}, None, (15.0, None, None)),
    ("query_jobs", {}, {"InProgress": 15}, None, (15.0, 45.0, 60.0)),
    ("query_jobs", {}, {}, 20_000, (40.0, 20.0, 60.0)),
]


@on_both
def test_times_are_seen_or_told_and_never_a_guess(warehouse: Warehouse) -> None:
    """Between states that were seen; else by the processing time of the result; else null, as where that is odd."""
    make_views(warehouse)
    rows = []
    for number, (table, values, states, processing, _) in enumerate(TIMES):
        id_ = f"j{number:02}"
        rows.append(given(table, id=id_, **values))
        rows += [given("job_states", job_id=id_, state=state, system_modstamp=at(s)) for state, s in states.items()]
        rows += [given("job_results", id=id_, total_processing_time_ms=processing)] if processing else []
    keep(warehouse, *rows)
    found = ask(warehouse, "job_history", "id, queue_seconds, run_seconds, total_seconds")
    assert found == [(f"j{number:02}", *said) for number, (*_, said) in enumerate(TIMES)]


@on_both
def test_versions_that_salesforce_retires_are_named(warehouse: Warehouse) -> None:
    """Those up to 40.0 are retired or announced to be; what is no version is none of them."""
    make_views(warehouse)
    versions = ["7.0", "30.0", "31.0", "40.0", "41.0", "64.0", "100.0", "400.0", "odd", "", None]
    keep(warehouse, *(given("jobs", id=f"j{n:02}", api_version=version) for n, version in enumerate(versions)))
    found = [is_old for _, is_old in ask(warehouse, "job_history", "id, is_retiring_api_version")]
    assert found == [True] * 4 + [False] * 7


@on_both
def test_a_failure_of_a_batch_is_the_message_of_a_classic_job(warehouse: Warehouse) -> None:
    """If the job has none of its own."""
    make_views(warehouse)
    keep(
        warehouse,
        given("jobs"),
        given("jobs", id="j2"),
        given("job_results", error_message="bad job", first_failed_batch_message="bad batch"),
        given("job_results", id="j2", first_failed_batch_message="bad batch"),
    )
    assert ask(warehouse, "job_history", "id, error_message") == [("j1", "bad job"), ("j2", "bad batch")]


@pytest.mark.parametrize("other", ["00DRm0000scM9PKMA1"])
def test_orgs_do_not_share_results_states_or_users(other: str, warehouse: Warehouse) -> None:
    """The same ids in two orgs, as in a copy of an org, are two jobs."""
    make_views(warehouse)
    keep(
        warehouse,
        given("jobs"),
        given("jobs", org_id=other),
        given("job_results", org_id=other, outcome="all_failed"),
        given("users", org_id=other, name="Bob"),
    )
    assert ask(warehouse, "job_history", "org_id, id, outcome, created_by") == [
        (ORG, "j1", "unknown", None),
        (other, "j1", "all_failed", "Bob"),
    ]
