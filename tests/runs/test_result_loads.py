"""The load of results, after that of the jobs: whatever stops it, the jobs stay, and the next run brings the rest."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from jobs_source.commands.parser import main
from jobs_source.standin import Clock, StandIn
from tests.conftest import START, with_our_code
from tests.expected import expected_results, expected_rows
from tests.look_ups import add_finished, asked
from tests.shown_tables import runs_shown
from tests.warehouses import DATASET, PASSWORD, Warehouse, on_duckdb

LogIn = Callable[..., None]
long = pytest.mark.long
LEFT = ("jobs_history.duckdb", ".jobs_history.duckdb.lock")
WEAK_ROLE = "weak"
ROUNDS = "select calls, jobs_written from runs where listing = 'job_results' order by started_at"
KILLS = [
    (step, number, delay_ms)
    for step, most in (("results extract", 60), ("results normalize", 70), ("results load", 160))
    for number in range(1, most, most // 12)
    for delay_ms in (0, 4)
]


@pytest.fixture
def weak_role(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """On Postgres, loads are those of a role that owns what it has made, and nothing else."""
    if warehouse.destination == "postgres":
        name, host = warehouse.address["dbname"], warehouse.address["host"]
        warehouse.execute(
            f"create role {WEAK_ROLE} login password '{PASSWORD}'; grant create on database {name} to {WEAK_ROLE}"
        )
        login = f"{WEAK_ROLE}:{quote(PASSWORD, safe='')}"
        monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", f"postgresql://{login}@localhost/{name}?host={host}")
    yield
    if warehouse.destination == "postgres":
        warehouse.execute(f"drop owned by {WEAK_ROLE} cascade; drop role {WEAK_ROLE}")


def refuse_results(warehouse: Warehouse) -> None:
    """Have the table of results refuse every load."""
    if warehouse.destination == "duckdb":
        warehouse.execute(f"create unique index one on {DATASET}.job_results (outcome)")
        return
    warehouse.execute(f"alter table {DATASET}.job_results owner to postgres")
    warehouse.execute(f"grant select on {DATASET}.job_results to {WEAK_ROLE}")


@pytest.mark.usefixtures("weak_role")
def test_a_destination_that_refuses_the_results_has_the_jobs(
    results_org: StandIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says so and ends with 2; the calls of the round count all the same, since they were made."""
    load, to = ["load", "--destination", warehouse.destination], results_org.org
    add_finished(results_org, 2)
    assert main([*load, "--no-results"]) == 0
    refuse_results(warehouse)
    add_finished(results_org, 3)
    capsys.readouterr()

    assert main(load) == 2

    shown = capsys.readouterr()
    assert shown.err.splitlines()[-1].startswith(
        "The jobs are loaded, but not what became of them. The destination refused the load: "
    )
    assert "; 9 of 100,000 API calls used in 24 hours (0%)\n" in shown.out
    figures = {"jobs listed": "6", "new": "3", "changed": "0", "looked up": "0", "still due": "5", "calls": "7"}
    assert runs_shown(shown.out) == [{**figures, "result": "setup is wrong"}]
    assert warehouse.rows("jobs") == expected_rows(to, "ingest")
    assert (warehouse.query(ROUNDS), warehouse.rows("job_results")) == ([(5, 5)], [])


@pytest.mark.parametrize("warehouse", [pytest.param("postgres", marks=long)], indirect=True)  # DuckDB has no rights
@pytest.mark.usefixtures("weak_role")
def test_a_destination_that_tells_nothing_of_the_results_has_the_jobs(
    results_org: StandIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is due is asked of it: without the right to read the table of results, nothing is looked up."""
    load = ["load", "--destination", warehouse.destination]
    assert main(load) == 0
    warehouse.execute(f"revoke select on {DATASET}.job_results from {WEAK_ROLE}")
    add_finished(results_org, 3)
    capsys.readouterr()

    assert [main(load), main([*load, "--no-results"])] == [2, 0]

    assert "The jobs are loaded, but not what became of them. The destination refused" in capsys.readouterr().err
    assert warehouse.rows("jobs") == expected_rows(results_org.org, "ingest")
    assert asked(results_org) == []


@long
def test_each_org_has_results_of_its_own(
    results_org: StandIn, log_in: LogIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that fails stops no other; their rows share the tables, and nobody asks for another's."""
    add_finished(results_org, 3)
    load = ["load", "--all-orgs", "--destination", warehouse.destination]
    with StandIn(clock=Clock(START, frozen=True), seed=5) as other:
        log_in(other, "b")
        add_finished(other, 2)
        failing = other.misbehave("status", path="750", times=None, status=500)
        assert main(load) == 1
        assert (len(asked(results_org)), len(asked(other))) == (3, 10)
        assert "b: The jobs are loaded" in capsys.readouterr().err
        failing.answer = lambda request, proceed: proceed()  # type: ignore[method-assign]
        other.requests.clear()

        assert main(load) == 0

        assert (len(asked(results_org)), len(asked(other))) == (3, 2)
        expected = [row for each in (results_org, other) for row in expected_results(each.org, each.org.clock.now())]
        assert warehouse.rows("job_results") == sorted(expected, key=lambda row: (row["org_id"], row["id"]))


@long
@on_duckdb
@pytest.mark.parametrize(("step", "number", "delay_ms"), KILLS)
def test_a_kill_after_the_jobs_are_loaded_costs_results_at_most(
    step: str, number: int, delay_ms: int, results_org: StandIn, warehouse: Warehouse
) -> None:
    """The jobs stay, no row of a result is wrong, and the next run asks only for those that are lacking."""
    add_finished(results_org, 2)
    add_finished(results_org, 1, job_type="Classic", number_batches_failed=1)
    command = [sys.executable, "-m", "tests.runs.self_killing_run", step, str(number), str(delay_ms), "load"]
    done = subprocess.run(command, env=with_our_code(), capture_output=True, text=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert warehouse.rows("jobs") == expected_rows(results_org.org, "ingest")
    expected = expected_results(results_org.org, results_org.org.clock.now())
    loaded = warehouse.rows("job_results")
    assert loaded in ([], expected)

    results_org.requests.clear()
    assert main(["load"]) == 0

    assert warehouse.rows("job_results") == expected
    assert len(asked(results_org)) == (0 if loaded else 4)
    assert len(warehouse.query(ROUNDS)) == 1
    assert {path.name for path in Path().iterdir()} == {".dlt", "dlt", *LEFT}


@long
@on_duckdb
@pytest.mark.parametrize("at", [1, 3, 12, 20])
def test_a_kill_at_a_look_up_costs_results_at_most(at: int, results_org: StandIn, warehouse: Warehouse) -> None:
    """The same, from outside, at any of the calls."""
    add_finished(results_org, 20)
    process = subprocess.Popen([sys.executable, "-m", "pipelines", "load"], env=with_our_code(), stderr=subprocess.PIPE)
    results_org.misbehave("call", path="750", at=at, do=process.kill)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert warehouse.rows("jobs") == expected_rows(results_org.org, "ingest")
    assert warehouse.rows("job_results") == []

    assert main(["load"]) == 0

    assert warehouse.rows("job_results") == expected_results(results_org.org, results_org.org.clock.now())
