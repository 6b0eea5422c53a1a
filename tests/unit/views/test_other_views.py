"""`job_failures`, `unfinished_jobs` and `run_health`: rows in, rows out."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.kept_rows import DAY, ORG, ask, given, keep, make_views
from tests.warehouses import Warehouse, on_both

OTHER = "00DRm0000scM9PKMA1"
MINUTE = timedelta(minutes=1)


@on_both
def test_a_failure_has_its_reason_and_the_code_of_most_records(warehouse: Warehouse) -> None:
    """Whole failures and those in part; a code counts over all its fields, and of two alike the first by name."""
    make_views(warehouse)
    keep(
        warehouse,
        given("jobs", id="ok"),
        given("jobs", id="open", state="Open"),
        given("jobs", id="closed", state="Closed"),
        given("jobs", id="j1", state="Failed"),
        given("jobs", id="j2"),
        given("jobs", id="j3"),
        given("query_jobs", state="Failed"),
        given("users"),
        given("job_results", id="ok", number_records_failed=0),
        given("job_results", id="j1", outcome="all_failed", error_message="no such field"),
        given("job_results", id="j2", outcome="some_failed", number_records_processed=9, number_records_failed=6),
        given("job_results", id="j3", outcome="some_failed", number_records_processed=9, number_records_failed=2),
        given("job_errors", job_id="j2", error_code="A", fields="x", records=2),
        given("job_errors", job_id="j2", error_code="A", fields="y", records=2),
        given("job_errors", job_id="j2", error_code="B", fields="x", records=3),
        given("job_errors", job_id="j3", error_code="D", records=1),
        given("job_errors", job_id="j3", error_code="C", records=1),
        given("job_errors", job_id="j1", error_code="", records=1),
    )
    end = DAY + MINUTE
    assert warehouse.columns("job_failures") == [
        "org_id", "id", "kind", "object", "operation", "created_by", "failed_at", "outcome", "records_processed",
        "records_failed", "error_message", "top_error_code",
    ]  # fmt: skip
    assert ask(warehouse, "job_failures", "*") == [
        (ORG, "j1", "ingest", "Account", "insert", "Ann", end, "all_failed", None, None, "no such field", None),
        (ORG, "j2", "ingest", "Account", "insert", "Ann", end, "some_failed", 9, 6, None, "A"),
        (ORG, "j3", "ingest", "Account", "insert", "Ann", end, "some_failed", 9, 2, None, "C"),
        (ORG, "q1", "query", "Account", "query", "Ann", end, "unknown", None, None, None, None),
    ]


def ago(minutes: float) -> datetime:
    return datetime.now(timezone.utc) - timedelta(minutes=minutes)


def finished(n: int, minutes: float, name: str, **values: Any) -> list[tuple[str, dict[str, Any]]]:
    """*n* jobs that took so long."""
    took = {"created_date": DAY, "system_modstamp": DAY + timedelta(minutes=minutes)}
    return [given("jobs", id=f"{name}{number}", **took, **values) for number in range(n)]


@on_both
def test_unfinished_jobs_have_their_age(warehouse: Warehouse) -> None:
    """Of both kinds, and in a state that nobody knows or that is missing."""
    make_views(warehouse)
    made = ago(90)
    times = {"created_date": made, "system_modstamp": made + MINUTE}
    keep(
        warehouse,
        given("jobs", id="j1", **times, state="InProgress"),
        given("jobs", id="j2", **times, state=None),
        given("jobs", id="j3", **times, state="Dreaming"),
        given("jobs", id="j4", state="Open", created_date=None),
        given("query_jobs", **times, state="UploadComplete"),
        *(given("jobs", id=f"x{state}", state=state) for state in ("JobComplete", "Aborted", "Failed", "Closed")),
        given("users"),
    )
    assert warehouse.columns("unfinished_jobs") == [
        "org_id", "id", "kind", "object", "operation", "state", "created_by", "created_at", "last_change_at",
        "age_seconds", "is_stuck",
    ]  # fmt: skip
    found = ask(warehouse, "unfinished_jobs", "id, kind, state, created_by, created_at, last_change_at")
    assert found == [
        ("j1", "ingest", "InProgress", "Ann", made, made + MINUTE),
        ("j2", "ingest", None, "Ann", made, made + MINUTE),
        ("j3", "ingest", "Dreaming", "Ann", made, made + MINUTE),
        ("j4", "ingest", "Open", "Ann", None, DAY + MINUTE),
        ("q1", "query", "UploadComplete", "Ann", made, made + MINUTE),
    ]
    ages = [age for (age,) in ask(warehouse, "unfinished_jobs", "age_seconds", "id")]
    assert [age if age is None else 5_400 <= age < 5_500 for age in ages] == [True, True, True, None, True]


@on_both
def test_a_job_is_stuck_after_twenty_times_the_median_of_its_peers(warehouse: Warehouse) -> None:
    """Peers are of its org, kind, object and operation; if these are not ten, of its org and kind."""
    make_views(warehouse)
    waiting = {"state": "InProgress", "system_modstamp": ago(0)}
    keep(
        warehouse,
        *finished(6, 5, "slow"),
        *finished(5, 1, "fast"),  # the median of the eleven is 5 minutes
        *finished(9, 1, "few", object="Contact"),  # too few; the median of all ingest jobs is 1 minute
        *finished(3, 1, "closed", object="Case", state="Closed"),  # nobody knows when they ended
        *finished(3, 1_000, "other", org_id=OTHER),
        given("jobs", id="j1", **waiting, created_date=ago(101)),
        given("jobs", id="j2", **waiting, created_date=ago(99)),
        given("jobs", id="j3", **waiting, created_date=ago(59), object="Contact"),
        given("jobs", id="j4", **waiting, created_date=ago(61), object="Contact"),
        given("jobs", id="j5", **waiting, created_date=ago(61), object=None, operation=None),
        given("query_jobs", id="q1", **waiting, created_date=ago(9_999)),
        given("jobs", id="j6", **waiting, org_id=OTHER, created_date=ago(19_999)),
        given("jobs", id="j7", **waiting, org_id=OTHER, created_date=ago(20_001)),
    )
    assert dict(ask(warehouse, "unfinished_jobs", "id, is_stuck")) == {
        "j1": True, "j2": False, "j3": False, "j4": True, "j5": True, "q1": False, "j6": False, "j7": True,
    }  # fmt: skip


@on_both
def test_the_health_of_an_org_is_that_of_its_walks(warehouse: Warehouse) -> None:
    """Look-ups make nothing fresh, but they cost; the newest gap is told; each org has one row."""
    make_views(warehouse)
    walk = {"started_at": ago(120), "ended_at": ago(119)}
    gap = {"possible_gap": True, "started_at": ago(3_000), "ended_at": ago(2_999), "previous_started_at": ago(20_000)}
    keep(
        warehouse,
        given("runs", run_id="r1", **walk, org="prod", calls=5, api_limit=100),
        given("runs", run_id="r2", **walk, org="prod", listing="jobs/query", calls=2, api_limit=None),
        given("runs", run_id="r3", started_at=ago(60), ended_at=ago(50), listing="job_results", calls=40, api_limit=90),
        given("runs", run_id="r4", **gap, calls=1_000, api_limit=70),
        given("runs", run_id="r5", **{**gap, "started_at": ago(9_000)}, calls=1_000),
        given("runs", run_id="r6", org_id=OTHER, started_at=DAY, ended_at=DAY),
        given("jobs", id="j1", state="Failed", system_modstamp=ago(60)),
        given("jobs", id="j2", state="Failed", system_modstamp=ago(1_500)),
        given("jobs", id="j3", system_modstamp=ago(60)),
        given("query_jobs", id="q1", state="InProgress"),
        given("job_results", id="j3", outcome="all_failed"),
        given("jobs", id="j4", org_id="lost", state="Open"),
    )
    columns = warehouse.columns("run_health")
    assert columns == [
        "org_id", "org", "newest_run_at", "hours_since_newest_run", "last_gap_from", "last_gap_to", "jobs_unfinished",
        "jobs_failed_last_day", "api_calls_last_day", "api_limit",
    ]  # fmt: skip
    found = [dict(zip(columns, row, strict=True)) for row in ask(warehouse, "run_health", "*")]
    hours = [row.pop("hours_since_newest_run") for row in found]
    assert found == [
        {
            "org_id": ORG, "org": "prod", "newest_run_at": walk["started_at"],
            "last_gap_from": gap["previous_started_at"], "last_gap_to": gap["started_at"],
            "jobs_unfinished": 1, "jobs_failed_last_day": 2, "api_calls_last_day": 47, "api_limit": 90,
        },
        {
            "org_id": OTHER, "org": None, "newest_run_at": DAY, "last_gap_from": None, "last_gap_to": None,
            "jobs_unfinished": 0, "jobs_failed_last_day": 0, "api_calls_last_day": 0, "api_limit": 100_000,
        },
        {
            "org_id": "lost", "org": None, "newest_run_at": None, "last_gap_from": None, "last_gap_to": None,
            "jobs_unfinished": 1, "jobs_failed_last_day": 0, "api_calls_last_day": 0, "api_limit": None,
        },
    ]  # fmt: skip
    assert hours[0] == pytest.approx(2, abs=0.05)
    assert hours[2] is None


@on_both
def test_empty_tables_give_empty_views(warehouse: Warehouse) -> None:
    """No row, and no error."""
    assert make_views(warehouse) == []
    views = ("job_history", "jobs_daily", "job_failures", "unfinished_jobs", "run_health")
    assert {view: ask(warehouse, view, "count(*)", "1") for view in views} == {view: [(0,)] for view in views}
