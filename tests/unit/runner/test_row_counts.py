"""What a run says is new or changed is what differs in the table, and it does not read the whole history for that."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from jobs_source.runner import row_counts
from jobs_source.runner.load import load
from jobs_source.standin import StandIn
from tests.odd_values import PLAIN, without
from tests.warehouses import Warehouse

LogIn = Callable[..., None]


@pytest.fixture
def rows_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows were read of each table that was looked at."""
    read: list[int] = []
    hash_all = row_counts._hash

    def count(chunks: Iterator[pa.Table]) -> Iterator[pa.Array]:
        versions = list(hash_all(chunks))
        read.append(sum(map(len, versions)))
        yield from versions

    monkeypatch.setattr(row_counts, "_hash", count)
    return read


def versions(warehouse: Warehouse) -> dict[str, Any]:
    return {row["id"]: row["system_modstamp"] for row in warehouse.rows("jobs", "id", "system_modstamp")}


@pytest.mark.long
def test_new_and_changed_are_what_differs_in_the_table(standin: StandIn, log_in: LogIn, warehouse: Warehouse) -> None:
    """
    Of a full load and of one that is none: a job that had long been the same, one without a stamp, one that is new
    with a stamp older than all others.
    """
    org, clock = standin.org, standin.org.clock
    ids = org.add_jobs(40, job_type="V2Ingest", created=clock.now() - timedelta(days=5), state="InProgress")
    org.add_raw_entry({**without("systemModstamp"), "id": "750 never"})
    log_in(standin)
    load(destination=warehouse.destination)

    for full, changed in ((True, 1), (False, 3), (True, 0), (True, 7)):
        clock.advance(seconds=7_200)
        for id_ in ids[:changed]:
            org.change_job(id_, state=f"state {clock.now()}")
        stamp = (clock.now() - timedelta(days=6) if full else clock.now()).isoformat(timespec="milliseconds")
        org.add_raw_entry({**PLAIN, "id": f"750 {stamp}", "systemModstamp": stamp})
        clock.advance(seconds=5)
        before = versions(warehouse)

        summary = load(destination=warehouse.destination, full=full)

        after = versions(warehouse)
        differing = {id_ for id_ in before if before[id_] != after[id_]}
        assert summary.is_full is full
        assert (summary.jobs_new, summary.jobs_changed) == (len(after) - len(before), len(differing)) == (1, changed)


def test_a_full_load_reads_no_more_of_the_history_than_the_listing_reaches_back(
    standin: StandIn, log_in: LogIn, warehouse: Warehouse, rows_read: list[int]
) -> None:
    """Forty jobs are no longer listed; with years of them, a daily full load would read millions of rows, twice."""
    org, clock = standin.org, standin.org.clock
    gone = org.add_jobs(40, job_type="V2Ingest", created=clock.now() - timedelta(days=1))
    clock.advance(seconds=60)
    log_in(standin)
    load(destination=warehouse.destination)
    for id_ in gone:
        org.delete_job(id_)
    clock.advance(days=6)
    org.add_jobs(3, job_type="V2Ingest", created=clock.now() - timedelta(days=2))
    clock.advance(seconds=60)
    rows_read.clear()

    summary = load(destination=warehouse.destination, full=True)

    assert (summary.is_full, summary.jobs_new, summary.jobs_changed) == (True, 3, 0)
    assert rows_read == [0, 3]
    assert len(warehouse.rows("jobs")) == 43
