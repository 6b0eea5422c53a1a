"""Tables of the version before `run_id` load on, and our commands and a pipeline of the user's own take turns."""

import gzip
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from jobs_source.commands.parser import main
from jobs_source.runner.load import load
from jobs_source.standin import StandIn
from tests.conftest import MOST_RESULTS, ROOT, START
from tests.expected import expected_results, expected_rows
from tests.warehouses import DATASET, Warehouse

LogIn = Callable[..., None]
DATA = Path(__file__).parent / "data"
OWN_PIPELINE = """
import dlt
from jobs_source import salesforce_jobs

pipeline = dlt.pipeline("salesforce_jobs", destination="{destination}", dataset_name="salesforce_jobs")
pipeline.run(salesforce_jobs().with_resources("jobs"))
"""


def make_org(standin: StandIn) -> None:
    """The jobs that the data in `tests/runs/data` was loaded from, by two runs an hour apart."""
    for hours in range(12):
        standin.org.add_jobs(1, created=START - timedelta(hours=5 + hours), state="InProgress")
    standin.org.add_raw_entry({"operation": "insert"})
    standin.org.clock.advance(seconds=2 * 3_600)


def put_back(warehouse: Warehouse) -> None:
    """Have the tables as commit f220812 left them in a DuckDB file and in Postgres."""
    if warehouse.destination == "duckdb":
        Path(warehouse.address).write_bytes(gzip.decompress((DATA / "before_run_id.duckdb.gz").read_bytes()))
    else:
        warehouse.execute(gzip.decompress((DATA / "before_run_id.sql.gz").read_bytes()).decode())


def test_tables_of_the_version_before_load_on(
    standin: StandIn, log_in: LogIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """No warning of columns that are new in this version, nothing lost, and no second full run."""
    make_org(standin)
    put_back(warehouse)
    log_in(standin)
    assert main(["check", "--destination", warehouse.destination]) == 0
    old = set(warehouse.columns("jobs"))
    standin.org.add_jobs(2, job_type="V2Ingest", created=standin.org.clock.now())
    standin.org.clock.advance(seconds=3_600)

    first = load(destination=warehouse.destination)
    standin.org.clock.advance(seconds=3_600)
    second = load(destination=warehouse.destination)

    assert (first.jobs_new, first.jobs_changed, first.warnings) == (2, 0, [])
    assert (second.jobs_new, second.is_full, second.warnings) == (0, False, [])
    assert warehouse.rows("jobs") == expected_rows(standin.org, "ingest")
    assert warehouse.rows("query_jobs") == expected_rows(standin.org, "query", job_type="V2Query")
    assert set(warehouse.columns("jobs")) == old | {"run_id"}
    assert warehouse.query("select count(*) from jobs where run_id not in (select run_id from runs)") == [(0,)]
    assert len(warehouse.rows("runs")) == 8
    assert main(["check", "--destination", warehouse.destination]) == 0


@pytest.mark.long
def test_results_come_with_the_first_load_after_an_upgrade(
    standin: StandIn,
    log_in: LogIn,
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of the jobs that the version before has loaded too; `status` and `purge` work before it and after it."""
    monkeypatch.delenv(MOST_RESULTS)
    make_org(standin)
    put_back(warehouse)
    log_in(standin)
    to = ["--destination", warehouse.destination]
    purge = ["purge", "--org-id", standin.org.org_id, "--yes", *to]
    assert main(["status", *to]) == 0
    for job in standin.org.listed("ingest")[::2]:
        standin.org.change_job(job["id"], state="Failed", system_modstamp=standin.org.clock.now() - timedelta(hours=3))
    standin.org.clock.advance(seconds=3_600)
    assert main(["load", "--full", "--no-results", *to]) == 0

    assert main(["load", *to]) == 0

    assert warehouse.rows("job_results") == expected_results(standin.org, standin.org.clock.now())
    assert warehouse.query("select count(*) from job_results") == [(6,)]
    assert "not a column of this program" not in capsys.readouterr().err
    assert [main(["status", *to]), main(purge)] == [0, 0]
    assert [warehouse.query(f"select count(*) from {table}") for table in ("jobs", "job_results", "runs")] == [
        [(0,)]
    ] * 3


def run_own_pipeline(folder: Path, warehouse: Warehouse, adds_load_ids: bool) -> None:
    """In a folder without our configuration, as a script of the user's own."""
    folder.mkdir(exist_ok=True)
    (folder / "own.py").write_text(OWN_PIPELINE.format(destination=warehouse.destination))
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DLT_DATA_DIR": str(folder / "dlt"),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_LOAD_ID": str(adds_load_ids).lower(),
    }
    if warehouse.destination == "duckdb":
        environment["DESTINATION__DUCKDB__CREDENTIALS"] = str(warehouse.address)
    done = subprocess.run([sys.executable, "own.py"], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("warehouse", "adds_load_ids", "is_own_first"),
    [
        *(
            pytest.param(*case, marks=pytest.mark.long)
            for case in (
                ("postgres", True, False),
                ("duckdb", True, True),
                ("duckdb", False, True),
                ("duckdb", True, False),
                ("postgres", False, False),
                ("postgres", True, True),
            )
        ),
    ],
    indirect=["warehouse"],
)
def test_the_commands_and_a_pipeline_of_the_users_own_take_turns(
    is_own_first: bool, adds_load_ids: bool, standin: StandIn, log_in: LogIn, warehouse: Warehouse, tmp_path: Path
) -> None:
    """In the same tables and under the same pipeline name, with dlt's load ids and without."""
    log_in(standin)
    for number in range(4):
        standin.org.add_jobs(2, job_type="V2Ingest", created=standin.org.clock.now())
        standin.org.clock.advance(seconds=3_600)
        if number % 2 == is_own_first:
            load(destination=warehouse.destination)
        else:
            run_own_pipeline(tmp_path / "own", warehouse, adds_load_ids)

        assert warehouse.rows("jobs") == expected_rows(standin.org, "ingest")
        assert ("_dlt_load_id" in warehouse.columns("jobs")) <= adds_load_ids
    assert warehouse.query(f"select count(*) from {DATASET}.jobs where run_id is null") == [(0,)]
