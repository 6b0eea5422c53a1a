"""`jobs_daily`: rows in, rows out."""

from datetime import date, datetime, timedelta, timezone

import pytest

from tests.kept_rows import DAY, ORG, ask, given, keep, make_views
from tests.warehouses import Warehouse, on_both

HOUR = timedelta(hours=1)
NO_JOB = (None, None, None, 0, 0, 0, 0, 0, 0, None)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)  # type: ignore[arg-type, misc]


@on_both
def test_jobs_count_on_the_days_of_their_beginning_and_their_end(warehouse: Warehouse) -> None:
    """By kind, object and operation. Records and failures count on the day of the end, by UTC."""
    make_views(warehouse)
    at_noon, at_midnight = DAY + 12 * HOUR, DAY + 24 * HOUR
    keep(
        warehouse,
        given("jobs", id="j1", created_date=at_noon, system_modstamp=at_midnight),
        given("jobs", id="j2", created_date=at_noon, system_modstamp=at_midnight - timedelta(microseconds=1)),
        given("jobs", id="j3", created_date=at_noon, system_modstamp=at_noon, state="Failed"),
        given("jobs", id="j4", created_date=at_noon, system_modstamp=at_noon, state="InProgress"),
        given("query_jobs", created_date=at_noon, system_modstamp=at_midnight),
        given("job_results", id="j1", outcome="some_failed", number_records_processed=10, number_records_failed=4),
        given("job_results", id="j2", outcome="all_failed", number_records_processed=7, number_records_failed=7),
        given("job_results", id="q1", outcome="ok", number_records_processed=5),
    )
    assert warehouse.columns("jobs_daily") == [
        "org_id", "date", "kind", "object", "operation", "jobs_created", "jobs_finished", "jobs_failed",
        "jobs_failed_in_part", "records_processed", "records_failed", "failure_rate",
    ]  # fmt: skip
    assert ask(warehouse, "jobs_daily", "*", "date, kind") == [
        (ORG, date(2026, 3, 2), "ingest", "Account", "insert", 4, 2, 2, 0, 7, 7, 1.0),
        (ORG, date(2026, 3, 2), "query", "Account", "query", 1, 0, 0, 0, 0, 0, None),
        (ORG, date(2026, 3, 3), "ingest", "Account", "insert", 0, 1, 0, 1, 10, 4, 0.0),
        (ORG, date(2026, 3, 3), "query", "Account", "query", 0, 1, 0, 0, 5, None, 0.0),
    ]


@on_both
def test_every_day_has_a_row_over_the_end_of_a_year(warehouse: Warehouse) -> None:
    """From the first job to the last job, or the newest walk; each org has its own days."""
    make_views(warehouse)
    other = "00DRm0000scM9PKMA1"
    keep(
        warehouse,
        given("jobs", id="j1", created_date=utc(2023, 12, 30, 23), system_modstamp=utc(2023, 12, 30, 23)),
        given("jobs", id="j2", created_date=utc(2024, 1, 1), system_modstamp=utc(2024, 1, 1), state="Open"),
        given("runs", ended_at=utc(2024, 1, 2, 23, 59)),
        given("runs", run_id="r2", ended_at=utc(2024, 3, 1), listing="job_results"),
        given("jobs", org_id=other, id="j3", created_date=utc(2024, 2, 28), system_modstamp=utc(2024, 3, 1)),
    )
    job = ("ingest", "Account", "insert")
    assert ask(warehouse, "jobs_daily", "*", "org_id, date") == [
        (ORG, date(2023, 12, 30), *job, 1, 1, 0, 0, None, None, 0.0),
        (ORG, date(2023, 12, 31), *NO_JOB),
        (ORG, date(2024, 1, 1), *job, 1, 0, 0, 0, 0, 0, None),
        (ORG, date(2024, 1, 2), *NO_JOB),
        (other, date(2024, 2, 28), *job, 1, 0, 0, 0, 0, 0, None),
        (other, date(2024, 2, 29), *NO_JOB),
        (other, date(2024, 3, 1), *job, 0, 1, 0, 0, None, None, 0.0),
    ]


@on_both
def test_an_org_without_jobs_has_the_days_of_its_walks(warehouse: Warehouse) -> None:
    """And empty tables have no rows."""
    make_views(warehouse)
    assert ask(warehouse, "jobs_daily", "*") == []
    keep(warehouse, given("runs"), given("runs", run_id="r2", ended_at=DAY + 24 * HOUR, listing="jobs/query"))
    assert ask(warehouse, "jobs_daily", "*") == [
        (ORG, date(2026, 3, 2), *NO_JOB),
        (ORG, date(2026, 3, 3), *NO_JOB),
    ]


@on_both
def test_a_closed_job_of_which_nobody_knows_more_is_in_no_rate(warehouse: Warehouse) -> None:
    """It is finished, and neither a failure nor a success; a rate of none is null."""
    make_views(warehouse)
    closed = {"state": "Closed", "job_type": "Classic"}
    keep(
        warehouse,
        given("jobs", id="j1", **closed),
        given("jobs", id="j2", **closed),
        given("jobs", id="j3", **closed, object="Contact"),
        given("jobs", id="j4", state="Failed"),
        given("job_results", id="j2", outcome="ok", number_records_processed=3, number_records_failed=0),
    )
    found = ask(warehouse, "jobs_daily", "object, jobs_finished, jobs_failed, records_processed, failure_rate")
    assert found == [("Account", 3, 1, 3, 0.5), ("Contact", 1, 0, None, None)]


@on_both
def test_a_job_without_object_is_no_day_without_jobs(warehouse: Warehouse) -> None:
    """Its kind tells them apart; and a job with a wrong date makes no million of rows."""
    make_views(warehouse)
    keep(
        warehouse,
        given("jobs", object=None, operation=None),
        given("jobs", id="j2", created_date=utc(1, 1, 1), state="Open"),
        given("jobs", id="j3", created_date=None, system_modstamp=None),
    )
    assert ask(warehouse, "jobs_daily", "kind, object, operation, jobs_created", "date desc limit 1") == [
        ("ingest", None, None, 1)
    ]
    (counted,) = ask(warehouse, "jobs_daily", "count(*), sum(jobs_created), count(kind)", "1")
    assert counted == (10_001, 2, 2)


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Kolkata"])
@pytest.mark.parametrize("warehouse", ["postgres"], indirect=True)
def test_days_are_those_of_utc_whatever_the_zone_of_the_reader(zone: str, warehouse: Warehouse) -> None:
    """Seconds too: over the change to summer time."""
    make_views(warehouse)
    keep(warehouse, given("jobs", created_date=utc(2026, 3, 8, 0, 30), system_modstamp=utc(2026, 3, 8, 23, 30)))
    for view, columns, row in (
        ("jobs_daily", "date, jobs_created, jobs_finished", (date(2026, 3, 8), 1, 1)),
        ("job_history", "total_seconds", (82_800.0,)),
    ):
        asked = f"set timezone = '{zone}'; select {columns} from salesforce_jobs.{view}"
        assert warehouse.execute(asked) == [row]
