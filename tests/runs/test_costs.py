"""What a run costs, in figures that no machine changes: calls, bytes on the wire, entries in Python, Arrow memory."""

import gc
import shutil
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Optional

import pyarrow as pa
import pytest

from jobs_source import salesforce_jobs
from jobs_source.resources import changes
from jobs_source.rows import job_rows
from jobs_source.rows.job_rows import JobRows
from jobs_source.runner.load import load
from jobs_source.salesforce import listing
from jobs_source.settings import BATCH_JOBS, PAGES_AHEAD
from jobs_source.standin import Clock, StandIn
from jobs_source.standin.api.messages import Request, Response
from tests.conftest import START

JOBS = 6_000
PAGES = 6
CHANGED = 1_000
NEWEST = 20  # jobs within the lag of the newest one
REST_OF_HEAD = len("HTTP/1.1 200 OK\r\nContent-Length: 350000\r\n\r\n")
TYPES = ("V2Ingest", "Classic", "BigObjectIngest")


class CountingStandIn(StandIn):
    """
    A stand-in that measures its answers to listing calls.

    Attributes:
        sizes: The bytes of each, headers too.
    """

    def __init__(self) -> None:
        super().__init__(clock=Clock(START, frozen=True), seed=1)
        self.sizes: list[int] = []

    def _answer(self, request: Request) -> Response:
        response = super()._answer(request)
        if "/jobs/" in request.path:
            headers = sum(len(f"{name}: {value}\r\n") for name, value in response.headers.items())
            self.sizes.append(REST_OF_HEAD + headers + len(response.body))
        return response

    def fill(self, jobs: int = JOBS) -> None:
        """List *jobs* in the order in which they were made, a thousand in half an hour."""
        self.org.shifting = True  # then a job is where its place says
        for age in range(jobs // 1_000, 0, -1):
            self._add_jobs(1_000 if age > 1 else 1_000 - NEWEST, TYPES[age % 3], timedelta(minutes=30 * age))
        self._add_jobs(NEWEST, "V2Ingest", timedelta(minutes=5))
        self.org.clock.advance(seconds=60)
        self._put_in_place()

    def change(self, state: str) -> None:
        """Let an hour pass in which a thousand jobs changed: on all pages (scattered), those made last, or none."""
        ids = list(self.org.jobs)
        self.org.clock.advance(seconds=3_600)
        changed = {"none": [], "scattered": ids[7 :: len(ids) // CHANGED], "clustered": ids[-CHANGED:]}[state]
        for id_ in changed:
            self.org.change_job(id_, state="Failed")
        self.org.clock.advance(seconds=60)
        self._put_in_place()

    def _add_jobs(self, count: int, job_type: str, age: timedelta) -> None:
        created = START - age
        self.org.add_jobs(count, job_type=job_type, created=created, system_modstamp=created)

    def _put_in_place(self) -> None:
        for place, job in enumerate(self.org.jobs.values()):
            job.place = place


@pytest.fixture
def server(log_in: Callable[..., None]) -> Iterator[CountingStandIn]:
    server = CountingStandIn()
    with server:
        log_in(server)
        yield server
        assert server.unexpected == []


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


def load_counted(server: CountingStandIn) -> tuple[int, int]:
    """Load, and return the calls and the bytes that it took."""
    server.sizes.clear()
    load()
    return len(server.sizes), sum(server.sizes)


@pytest.mark.long
def test_a_run_costs_a_call_a_page_and_one_for_the_other_listing(server: CountingStandIn) -> None:
    """One with nothing new; the first one asks for up to seven pages after the last. The login does not count."""
    server.fill()
    first, _ = load_counted(server)
    server.change("none")
    second, _ = load_counted(server)
    assert [first, second] == [PAGES + 1 + PAGES_AHEAD - 1, PAGES + 1]


@pytest.mark.long
@pytest.mark.parametrize(("gzip", "most_bytes_per_job"), [(False, 350), (True, 40)])
def test_a_run_takes_what_is_listed_and_little_more(
    server: CountingStandIn, gzip: bool, most_bytes_per_job: int
) -> None:
    """The answers of both listings, headers too; compressed where the server can."""
    server.fill()
    server.org.compresses = gzip
    listed = sum(len(job.row) + 1 for job in server.org.jobs.values())

    calls, wire_bytes = load_counted(server)

    assert wire_bytes < most_bytes_per_job * JOBS
    assert gzip or wire_bytes < listed + 400 * calls


@pytest.mark.long
@pytest.mark.parametrize(
    ("state", "changed"),
    [
        ("scattered", CHANGED),
        pytest.param("none", 0, marks=pytest.mark.long),
        pytest.param("clustered", CHANGED, marks=pytest.mark.long),
    ],
)
def test_plain_entries_become_rows_where_they_are_new_and_never_python_objects(
    server: CountingStandIn, looked_at: Counter[str], state: str, changed: int
) -> None:
    """All of a first load; later what changed, and what is stamped within the lag of the newest."""
    server.fill()
    load()
    assert looked_at == {"rows": JOBS}

    looked_at.clear()
    server.change(state)
    load()
    assert looked_at.keys() == {"rows"}
    assert changed <= looked_at["rows"] <= changed + 24


def arrow_peak_bytes(server: CountingStandIn, jobs: int) -> int:
    """The most that Arrow held at a time while a whole listing went by."""
    server.org.jobs.clear()
    server.fill(jobs)
    usual, pool = pa.default_memory_pool(), pa.proxy_memory_pool(pa.default_memory_pool())
    pa.set_memory_pool(pool)
    try:
        assert sum(table.num_rows for table in salesforce_jobs().with_resources("jobs")) >= jobs
        return int(pool.max_memory())
    finally:
        pa.set_memory_pool(usual)


@pytest.mark.long
@pytest.mark.parametrize("batch_jobs", [5_000, BATCH_JOBS])
def test_arrow_memory_does_not_grow_with_the_listing(
    batch_jobs: int, server: CountingStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few batches of 25,000 jobs at some 300 bytes each, whether two of them are listed or eight."""
    monkeypatch.setattr(changes, "BATCH_JOBS", batch_jobs)
    small, large = (arrow_peak_bytes(server, batches * batch_jobs) for batches in (2, 8))

    assert small < batch_jobs * 2_400
    assert large < 1.1 * small


def python_peak_bytes(server: CountingStandIn, jobs: int) -> int:
    """The most that Python objects held at a time while a run found a thousand changed jobs on all pages."""
    server.org.jobs.clear()
    server.fill(jobs)
    load()
    server.change("scattered")
    gc.collect()
    tracemalloc.start()
    try:
        load()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        shutil.rmtree("dlt")
        Path("jobs_history.duckdb").unlink()


@pytest.mark.long
def test_python_memory_does_not_grow_with_the_listing(server: CountingStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page is let go when what changed on it has been taken; the twenty that there are more are 7 megabytes."""
    monkeypatch.setattr(listing, "READ_AHEAD_PAGES", 8)  # of as many as usual there may be all, or none, at a peak
    small, large = python_peak_bytes(server, 10_000), python_peak_bytes(server, 30_000)
    assert large < small + 3e6
