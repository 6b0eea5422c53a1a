"""`job_history` has as many rows as both tables of jobs, whatever the other tables have or lack."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kept_rows import DAY, connection_to, keep_through, make_views
from tests.kept_rows import given as row
from tests.warehouses import DATASET, Warehouse

ORGS = st.sampled_from(["00DRm0000scM9PKMA0", "00DRm0000scM9PKMA1"])
IDS = st.sampled_from(["750A", "750a", "750B", ""])
TIMES = st.none() | st.integers(-100, 100_000).map(lambda minutes: DAY + timedelta(minutes=minutes))
COUNTS = st.none() | st.integers(-1, 3)
STATES = st.sampled_from([None, "Open", "UploadComplete", "InProgress", "JobComplete", "Aborted", "Failed", "Closed"])
OUTCOMES = st.sampled_from(["ok", "some_failed", "all_failed", "aborted", "gone", "unknown"])
TEXTS = st.sampled_from([None, "", "a"])
JOBS = st.fixed_dictionaries(
    {
        "org_id": ORGS, "id": IDS, "created_by_id": TEXTS, "state": STATES, "object": TEXTS, "operation": TEXTS,
        "created_date": TIMES, "system_modstamp": TIMES, "api_version": st.sampled_from([None, "", "40.0", "x"]),
    }
)  # fmt: skip
TABLES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "jobs": (JOBS, ("org_id", "id")),
    "query_jobs": (JOBS, ("org_id", "id")),
    "job_states": (
        st.fixed_dictionaries(
            {"org_id": ORGS, "job_id": IDS, "state": STATES.map(lambda state: state or "Odd"), "system_modstamp": TIMES}
        ),
        ("org_id", "job_id", "state"),
    ),
    "job_results": (
        st.fixed_dictionaries(
            {
                "org_id": ORGS, "id": IDS, "outcome": OUTCOMES, "number_records_processed": COUNTS,
                "number_records_failed": COUNTS, "total_processing_time_ms": COUNTS,
            }
        ),
        ("org_id", "id"),
    ),
    "job_errors": (
        st.fixed_dictionaries(
            {
                "org_id": ORGS, "job_id": IDS, "error_code": st.sampled_from(["A", "B", ""]),
                "fields": st.sampled_from(["x", "y"]), "records": COUNTS,
            }
        ),
        ("org_id", "job_id", "error_code", "fields"),
    ),
    "users": (st.fixed_dictionaries({"org_id": ORGS, "id": TEXTS.map(lambda text: text or ""), "name": TEXTS}),
              ("org_id", "id")),
}  # fmt: skip


@st.composite
def datasets(draw: st.DrawFn) -> list[tuple[str, dict[str, Any]]]:
    """Rows of any tables, merged on their keys as a load leaves them."""
    rows: list[tuple[str, dict[str, Any]]] = []
    for table, (values, key) in TABLES.items():
        kept = {tuple(each[name] for name in key): each for each in draw(st.lists(values, max_size=6))}
        rows += [row(table, **each) for each in kept.values()]
    return rows


@pytest.fixture
def filled(warehouse: Warehouse) -> Iterator[Any]:
    """One connection for all examples."""
    make_views(warehouse)
    with connection_to(warehouse) as cursor:
        yield cursor


def check(cursor: Any, rows: list[tuple[str, dict[str, Any]]], sign: str) -> None:
    """Have these rows only, and look at each view."""

    def ask(query: str) -> list[tuple[Any, ...]]:
        cursor.execute(query)
        return list(cursor.fetchall())

    keep_through(cursor, rows, sign)
    kinds = {"jobs": "ingest", "query_jobs": "query"}
    jobs = sorted((each["org_id"], each["id"], kinds[table]) for table, each in rows if table in kinds)
    found = ask(f"select org_id, id, kind, is_finished, is_failed, is_failed_in_part from {DATASET}.job_history")
    assert sorted(each[:3] for each in found) == jobs
    failed = sorted(each[:3] for each in found if each[4] or each[5])
    assert sorted(ask(f"select org_id, id, kind from {DATASET}.job_failures")) == failed
    unfinished = sorted(each[:3] for each in found if not each[3])
    assert sorted(ask(f"select org_id, id, kind from {DATASET}.unfinished_jobs")) == unfinished
    days = ask(f"select org_id, date, kind, object, operation, jobs_created from {DATASET}.jobs_daily")
    assert sum(each[5] for each in days) == sum(1 for name, each in rows if name in kinds and each["created_date"])
    assert len({each[:5] for each in days}) == len(days)
    health = ask(f"select org_id, jobs_unfinished from {DATASET}.run_health")
    assert sorted(health) == sorted((org, sum(each[0] == org for each in unfinished)) for org in {o for o, *_ in jobs})


@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_row_is_lost_or_doubled(data: st.DataObject, filled: Any) -> None:
    """Nor in the other views, whose keys are unique."""
    filled.execute("begin")  # DuckDB writes to the disk for each statement otherwise
    try:
        check(filled, data.draw(datasets()), "?")
    finally:
        filled.execute("rollback")


@pytest.mark.parametrize("warehouse", ["postgres"], indirect=True)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(data=st.data())
def test_no_row_is_lost_or_doubled_in_postgres(data: st.DataObject, filled: Any) -> None:
    """A few of them."""
    check(filled, data.draw(datasets()), "%s")
