"""Every figure equals one that plain Python counts, whatever the history and the filters."""

import math
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs_source.dashboard.database import Database
from jobs_source.dashboard.figures import Figures, read_figures
from jobs_source.dashboard.filters import Filters
from jobs_source.schema import TABLES
from jobs_source.times import in_utc
from tests.kept_rows import connection_to, keep_through, make_views
from tests.kept_rows import given as row
from tests.unit.dashboard.plain_figures import Rows, plain_figures
from tests.warehouses import DATASET, Warehouse

DAY = datetime(2026, 1, 1, tzinfo=timezone.utc)  # around the turn of a year, which has a week of its own
COLUMNS = frozenset((table.name, column.name) for table in TABLES.values() for column in table.columns)
EXAMPLES = settings().max_examples * 3 // 10  # each plans six long queries
ORGS = st.sampled_from(["00DRm0000scM9PKMA0", "00DRm0000scM9PKMA1"])
ALL_ORGS = st.sampled_from(["00DRm0000scM9PKMA0", "00DRm0000scM9PKMA1", "00DRm0000scM9PKMA2"])
IDS = st.sampled_from([f"750{letter}" for letter in "AaBCDEFG"])
USERS = st.sampled_from(["005a", "%s", "it's", "$start"])
NAMES = st.sampled_from([None, "", "Ann", "Bob"])
OBJECTS = st.sampled_from([None, "", "Account", "%(end)s", "'", "$start"])
SECONDS = st.sampled_from([0, 1, 86_399, 86_400, 172_800]) | st.integers(-100_000, 500_000)
TIMES = SECONDS.map(lambda seconds: DAY + timedelta(seconds=seconds))
STATES = st.sampled_from([None, "InProgress", "JobComplete", "Aborted", "Failed", "Closed"])
SEEN = st.sampled_from(["Open", "UploadComplete", "InProgress"])
COUNTS = st.none() | st.integers(0, 3)
TEXTS = st.sampled_from([None, "", "a"])
JOBS = {
    "org_id": ORGS, "id": IDS, "created_by_id": st.none() | USERS, "state": STATES, "object": OBJECTS,
    "operation": st.sampled_from([None, "insert", "query"]), "created_date": st.none() | TIMES,
    "system_modstamp": st.none() | TIMES,
}  # fmt: skip
VALUES: Mapping[str, tuple[dict[str, Any], tuple[str, ...], int]] = {
    "jobs": (JOBS, ("org_id", "id"), 16),
    "query_jobs": (JOBS, ("org_id", "id"), 5),
    "job_states": (
        {"org_id": ORGS, "job_id": IDS, "state": SEEN, "system_modstamp": st.none() | TIMES},
        ("org_id", "job_id", "state"),
        8,
    ),
    "job_results": (
        {
            "org_id": ORGS, "id": IDS, "number_records_processed": COUNTS, "number_records_failed": COUNTS,
            "outcome": st.sampled_from(["ok", "some_failed", "all_failed", "aborted", "gone", "unknown"]),
            "total_processing_time_ms": COUNTS, "error_message": TEXTS, "first_failed_batch_message": TEXTS,
        },
        ("org_id", "id"),
        8,
    ),
    "job_errors": (
        {
            "org_id": ORGS, "job_id": IDS, "error_code": st.sampled_from(["A", "B", ""]),
            "fields": st.sampled_from(["x", "y"]), "records": COUNTS,
        },
        ("org_id", "job_id", "error_code", "fields"),
        5,
    ),
    "users": ({"org_id": ORGS, "id": USERS, "name": NAMES}, ("org_id", "id"), 5),
    "runs": (
        {
            "run_id": st.integers(0, 9).map(lambda number: f"r{number}"), "org_id": ALL_ORGS, "started_at": TIMES,
            "listing": st.sampled_from(["jobs/ingest", "jobs/query", "job_results"]), "ended_at": TIMES,
            "previous_started_at": st.none() | TIMES, "possible_gap": st.sampled_from([None, False, True]),
            "calls": COUNTS, "api_used": COUNTS, "api_limit": COUNTS,
            "instance_url": st.sampled_from([None, "", "https://a", "https://b/"]),
        },
        ("run_id",),
        6,
    ),
}  # fmt: skip


@st.composite
def datasets(draw: st.DrawFn) -> list[tuple[str, dict[str, Any]]]:
    """Rows of all tables, merged on their keys as a load leaves them."""
    rows: list[tuple[str, dict[str, Any]]] = []
    for table, (values, key, most) in VALUES.items():
        drawn = draw(st.lists(st.fixed_dictionaries(values), max_size=most))
        kept = {tuple(each[name] for name in key): each for each in drawn}
        rows += [row(table, **each) for each in kept.values()]
    return rows


@st.composite
def all_filters(draw: st.DrawFn) -> Filters:
    start, end = sorted((draw(TIMES), draw(TIMES)))
    chosen = {"org_id": ALL_ORGS, "kind": st.sampled_from(["ingest", "query"]), "object": OBJECTS}
    picked = {name: draw(st.none() | st.none() | values) for name, values in chosen.items()}
    return Filters(start, end, **picked, created_by_id=draw(st.none() | st.none() | USERS))


@pytest.fixture
def filled(warehouse: Warehouse) -> Iterator[Any]:
    """One connection for all examples."""
    make_views(warehouse)
    with connection_to(warehouse) as cursor:
        cursor.execute("set timezone = 'UTC'")
        yield cursor


def check(cursor: Any, rows: list[tuple[str, dict[str, Any]]], filters: Filters, dialect: str) -> None:
    """Have these rows only, and compare each figure."""

    def ask(view: str) -> Rows:
        cursor.execute(f"select * from {DATASET}.{view}")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, map(in_utc, values), strict=True)) for values in cursor.fetchall()]

    def ask_one(text: str, values: Mapping[str, Any]) -> Any:
        cursor.execute(text, dict(values) or None)
        return nullcontext(cursor)

    keep_through(cursor, rows, "?" if dialect == "duckdb" else "%s")
    found = read_figures(Database(ask_one, dialect, (DATASET,), COLUMNS), filters)
    expected = plain_figures(ask, filters)
    for name in Figures._fields:
        assert is_same(getattr(found, name), expected[name]), (name, getattr(found, name), expected[name])


def is_same(one: Any, other: Any) -> bool:
    """Numbers may differ in the last digits: each database adds in another order."""
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(is_same(value, other[name]) for name, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    if one is None or other is None or not isinstance(one, float):
        return bool(one == other)
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=EXAMPLES)
@given(rows=datasets(), filters=all_filters())
def test_each_figure_is_what_plain_python_counts(
    rows: list[tuple[str, dict[str, Any]]], filters: Filters, filled: Any
) -> None:
    """For orgs without jobs, orgs without runs, texts that a database could take for its own, and no rows at all."""
    filled.execute("begin")  # DuckDB writes to the disk for each statement otherwise, and now is one moment
    try:
        check(filled, rows, filters, "duckdb")
    finally:
        filled.execute("rollback")


@pytest.mark.parametrize("warehouse", ["postgres"], indirect=True)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(rows=datasets(), filters=all_filters())
def test_each_figure_is_what_plain_python_counts_in_postgres(
    rows: list[tuple[str, dict[str, Any]]], filters: Filters, filled: Any
) -> None:
    """A few of them."""
    check(filled, rows, filters, "postgres")
