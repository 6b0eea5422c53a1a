"""`purge` reaches what look-ups have filled: their tables, staging datasets and states."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jobs_source.commands.parser import main
from jobs_source.runner.load import load
from jobs_source.standin import Clock, StandIn
from tests.conftest import MOST_RESULTS, START
from tests.unit.commands.test_purge import Rows, everything, traces, without
from tests.warehouses import DATASET, Warehouse, on_both

LogIn = Callable[..., None]
STATES = "_dlt_pipeline_state"
LOOKED_UP = ("job_errors", "job_results", "job_states", "users")
STAGING = [f"{DATASET}_staging{of}{org}" for of in ("", "_job_results") for org in ("", "_prod")]


@pytest.fixture
def other(log_in: LogIn) -> Iterator[StandIn]:
    """Another org, with a section of its own."""
    with StandIn(clock=Clock(START, frozen=True), seed=2) as running:
        log_in(running, "prod")
        yield running


@pytest.fixture(autouse=True)
def filled(
    standin: StandIn, other: StandIn, log_in: LogIn, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two orgs, each with two users, that refuse look-ups of Classic jobs; broken-off loads have left rows."""
    monkeypatch.delenv(MOST_RESULTS)
    for key in ("JOB_ERRORS", "USERS"):
        monkeypatch.setenv(f"SOURCES__JOBS_SOURCE__INCLUDE_{key}", "true")
    log_in(standin)
    for running in (standin, other):
        running.org.bulk_1_off = 403
        for user in running.org.users[:2]:
            kind = {"created_by_id": user.id, "created": START, "number_records_failed": 3, "operation": "insert"}
            running.org.add_jobs(2, job_type="V2Ingest", state="JobComplete", **kind)
            running.org.add_jobs(1, job_type="Classic", state="Closed", **kind)
        running.org.clock.advance(seconds=3_600)
    load(destination=warehouse.destination)
    load("prod", destination=warehouse.destination)
    for dataset in STAGING:
        tables = f"select table_name from information_schema.tables where table_schema = '{dataset}'"
        own = [table for (table,) in warehouse.query(tables) if not table.startswith("_dlt")]
        warehouse.execute(";".join(f"insert into {dataset}.{name} select * from {DATASET}.{name}" for name in own))


def purge(warehouse: Warehouse, *arguments: str) -> int:
    return main(["purge", "--destination", warehouse.destination, "--yes", *arguments])


def without_states(rows: Rows) -> Rows:
    return {table: found for table, found in rows.items() if not table.endswith(STATES)}


def refused_at(rows: Rows, org_id: str) -> bool:
    """Tell whether a state says that an org has refused a kind of look-up."""
    texts = [str(value) for row in rows[f"{DATASET}.{STATES}"] for value in row]
    return any('"refused_at"' in text and org_id in text for text in texts)


@pytest.mark.long
def test_an_org_leaves_no_trace(standin: StandIn, other: StandIn, warehouse: Warehouse) -> None:
    """All that is the other org's stays. The next load looks up everything anew, also what the org had refused."""
    org_id, before = standin.org.org_id, everything(warehouse)
    found = traces(before, org_id)
    assert {f"{DATASET}.{name}" for name in (*LOOKED_UP, STATES)} <= set(found)
    assert {f"{dataset}.{name}" for dataset in STAGING[2:] for name in ("job_errors", "job_results", "users")} <= set(
        found
    )
    assert {f"{dataset}.job_states" for dataset in STAGING[:2]} <= set(found)
    assert refused_at(before, org_id)

    assert purge(warehouse, "--org-id", org_id) == 0

    after = everything(warehouse)
    assert traces(after, org_id[:15]) == []
    assert without_states(after) == without(without_states(before), org_id)
    assert refused_at(after, other.org.org_id)
    assert load("prod", destination=warehouse.destination).results_looked_up == 0
    standin.org.bulk_1_off = None
    assert load(destination=warehouse.destination).results_looked_up == 6


@pytest.mark.long
@on_both
def test_a_user_leaves_no_trace(standin: StandIn, other: StandIn, warehouse: Warehouse, tmp_path: Path) -> None:
    """Nor do states, results and errors of the user's jobs, whoever else they are about; other users' rows stay."""
    user = standin.org.users[0]
    jobs = {job.id for job in standin.org.jobs.values() if job.created_by_id == user.id}
    before = everything(warehouse)

    assert purge(warehouse, "--user-id", user.id[:15]) == 0

    after = everything(warehouse)
    expected = without_states(before)
    for words in (user.id[:15], *jobs):
        expected = without(expected, words)
    assert without_states(after) == expected
    assert [word for word in (user.username, *jobs) if traces(after, word)] == []
    ours = [f"{DATASET}.{name}" for name in (*LOOKED_UP, "jobs")]
    assert all(len(before[table]) > len(after[table]) > 0 for table in ours)
    texts = [path.read_bytes() for path in tmp_path.glob("*.duckdb")]
    assert not any(word.encode() in text for text in texts for word in (user.id[:15], user.username))
