"""What a run costs, in figures that no machine changes: calls, bytes on the wire, entries in Python, Arrow memory."""

import gc
import shutil
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

import pyarrow as pa
import pytest

from benchmarks import data
from benchmarks.cases import Case
from benchmarks.race import Server
from jobs_source import salesforce_jobs
from jobs_source.rows import job_rows
from jobs_source.rows.job_rows import JobRows
from jobs_source.runner.load import load

JOBS = 20_000
PAGES = 20


@pytest.fixture
def server(race_server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    for key, value in {"INSTANCE_URL": race_server.url, "CLIENT_ID": "race", "CLIENT_SECRET": "race"}.items():
        monkeypatch.setenv(f"SOURCES__JOBS_SOURCE__CREDENTIALS__{key}", value)
    return race_server


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many entries became rows of Arrow, and how many became Python objects."""
    seen: Counter[str] = Counter()
    parse, make = job_rows.parse_plain, job_rows.make_rows

    def count_rows(lines: Sequence[bytes], *arguments: Any) -> Optional[JobRows]:
        seen["rows"] += len(lines)
        return parse(lines, *arguments)

    def count_objects(entries: Sequence[Any], *arguments: Any) -> JobRows:
        seen["objects"] += len(entries)
        return make(entries, *arguments)

    monkeypatch.setattr(job_rows, "parse_plain", count_rows)
    monkeypatch.setattr(job_rows, "make_rows", count_objects)
    return seen


def load_counted(server: Server, state: str, gzip: bool = False, jobs: int = JOBS) -> tuple[int, int]:
    """Load, and return the calls and the bytes that it took."""
    case = Case("first", jobs, ("ours",), state, gzip=gzip)
    server.control(case, state)
    load()
    counts = server.control(case, state)
    return counts["calls"], counts["bytes"]


def test_a_run_costs_a_call_a_page_and_one_for_the_other_listing(server: Server) -> None:
    """The first one, and one with nothing new; the login is no call that counts."""
    assert [load_counted(server, state)[0] for state in ("first", "none")] == [PAGES + 1, PAGES + 1]


@pytest.mark.parametrize(("gzip", "most_bytes_per_job"), [(False, 350), (True, 40)])
def test_a_run_takes_what_is_listed_and_little_more(server: Server, gzip: bool, most_bytes_per_job: int) -> None:
    """The answers of both listings, headers too; compressed where the server can."""
    listed = sum(len(data.records(JOBS, "first", page, "")) for page in range(PAGES))

    _, wire_bytes = load_counted(server, "first", gzip)

    assert wire_bytes < most_bytes_per_job * JOBS
    assert gzip or wire_bytes < listed + 400 * (PAGES + 1)


@pytest.mark.parametrize(("state", "changed"), [("none", 0), ("scattered", 1_000), ("clustered", 1_000)])
def test_plain_entries_become_rows_where_they_are_new_and_never_python_objects(
    server: Server, looked_at: Counter[str], state: str, changed: int
) -> None:
    """All of a first load; later what changed, and what is stamped within the lag of the newest."""
    load_counted(server, "first")
    assert looked_at == {"rows": JOBS}

    looked_at.clear()
    load_counted(server, state)
    assert looked_at.keys() == {"rows"}
    assert changed <= looked_at["rows"] <= changed + 24


def arrow_peak_bytes(server: Server, jobs: int) -> int:
    """The most that Arrow held at a time while a whole listing went by."""
    server.control(Case("first", jobs, ("ours",)), "first")
    usual, pool = pa.default_memory_pool(), pa.proxy_memory_pool(pa.default_memory_pool())
    pa.set_memory_pool(pool)
    try:
        assert sum(table.num_rows for table in salesforce_jobs().with_resources("jobs")) >= jobs
        return pool.max_memory()
    finally:
        pa.set_memory_pool(usual)


def test_arrow_memory_does_not_grow_with_the_listing(server: Server) -> None:
    """A few batches of 25,000 jobs at some 300 bytes each, whether two of them are listed or eight."""
    small, large = arrow_peak_bytes(server, 50_000), arrow_peak_bytes(server, 200_000)

    assert small < 60e6
    assert large < 1.1 * small


def python_peak_bytes(server: Server, jobs: int) -> int:
    """The most that Python objects held at a time while a run found a thousand changed jobs on all pages."""
    load_counted(server, "first", jobs=jobs)
    gc.collect()
    tracemalloc.start()
    try:
        load_counted(server, "scattered", jobs=jobs)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        shutil.rmtree("dlt")
        Path("jobs_history.duckdb").unlink()


def test_python_memory_does_not_grow_with_the_listing(server: Server) -> None:
    """A page is let go when what changed on it has been taken; the twenty that there are more are 7 megabytes."""
    small, large = python_peak_bytes(server, JOBS // 2), python_peak_bytes(server, 3 * JOBS // 2)
    assert large < small + 3e6
