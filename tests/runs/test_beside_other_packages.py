"""What needs packages that ours does not: data frames, ibis and Dagster; each in an environment of its own."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs_source.standin import StandIn
from tests.conftest import with_our_code
from tests.environments import extend_environment, install_beside
from tests.expected import expected_rows
from tests.warehouses import Warehouse

LogIn = Callable[..., None]
TABLES = Warehouse("duckdb", Path("own.duckdb"))
pytestmark = pytest.mark.long
PIPELINE = """
import dlt
from jobs_source import salesforce_jobs

pipeline = dlt.pipeline("own", destination=dlt.destinations.duckdb("own.duckdb"), dataset_name="salesforce_jobs")
"""
READ = """
pipeline.run(salesforce_jobs())
jobs = pipeline.dataset().jobs.select("id")
print(*sorted({read}))
"""
ASSETS = """
from dagster import AssetExecutionContext, materialize
from dagster_dlt import DagsterDltResource, dlt_assets

@dlt_assets(dlt_source=salesforce_jobs(), dlt_pipeline=pipeline)
def bulk_jobs(context: AssetExecutionContext, dlt: DagsterDltResource):
    yield from dlt.run(context=context)

print(*sorted(key.to_user_string() for key in bulk_jobs.keys))
materialize([bulk_jobs], resources={"dlt": DagsterDltResource()})
"""


def run(python: Path, program: str, **environment: str) -> str:
    command = [str(python), "-W", "ignore", "-c", PIPELINE + program]
    done = subprocess.run(command, env=with_our_code() | environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3_000:]
    return done.stdout.strip()


@pytest.fixture
def org(standin: StandIn, log_in: LogIn) -> StandIn:
    standin.org.add_jobs(60)
    standin.org.clock.advance(seconds=5)
    log_in(standin)
    return standin


def ids(standin: StandIn) -> str:
    return " ".join(row["id"] for row in expected_rows(standin.org, "ingest"))


def test_tables_come_back_as_data_frames_and_through_ibis(org: StandIn, tmp_path: Path) -> None:
    """pandas and ibis are the user's own to install."""
    python = extend_environment(tmp_path / "environment", "ibis-framework", "pandas", "pyarrow-hotfix", "rich")
    table = 'pipeline.dataset().ibis().table("jobs", database="salesforce_jobs")'
    for read in ("jobs.df()['id']", f"{table}.to_pyarrow()['id'].to_pylist()", "jobs.to_ibis().execute()['id']"):
        assert run(python, READ.format(read=read)) == ids(org), read


@pytest.mark.parametrize("duckdb", ["1.5.6", "2.0.0", "2.0.1"])
def test_a_table_comes_back_as_arrow(duckdb: str, org: StandIn, tmp_path: Path) -> None:
    """At once with DuckDB below 2, as dlt 1.31 asks for it; in pieces with each."""
    path = {"PYTHONPATH": install_beside(tmp_path / "duckdb", f"duckdb=={duckdb}")["PYTHONPATH"]}
    python = Path(sys.executable)
    pieces = "[id_ for piece in jobs.iter_arrow(chunk_size=20) for id_ in piece['id'].to_pylist()]"
    assert run(python, READ.format(read=pieces), **path) == ids(org)
    at_once = READ.format(read="jobs.arrow()['id'].to_pylist()")
    if duckdb < "2":
        assert run(python, at_once, **path) == ids(org)
    else:
        with pytest.raises(AssertionError, match="has no attribute 'fetch_arrow_table'"):
            run(python, at_once, **path)


def test_dagsters_assets_load_it(org: StandIn, tmp_path: Path) -> None:
    """An asset per resource. Each run is a process, as Dagster has it; the second goes on where the first ended."""
    python = extend_environment(tmp_path / "environment", "dagster-dlt")
    for hours in range(2):
        if hours:
            org.org.clock.advance(seconds=3_600)
            org.org.add_jobs(2, job_type="V2Ingest", created=org.org.clock.now())
            org.org.clock.advance(seconds=5)
        keys = run(python, ASSETS, DAGSTER_HOME=str(tmp_path))
        assert keys == "dlt_salesforce_jobs_jobs dlt_salesforce_jobs_query_jobs"
        assert TABLES.rows("jobs") == expected_rows(org.org, "ingest")
        assert TABLES.rows("query_jobs") == expected_rows(org.org, "query", job_type="V2Query")
    runs = TABLES.query("select listing, is_full from runs order by started_at, listing")
    assert runs == [("jobs/ingest", True), ("jobs/query", True), ("jobs/ingest", False), ("jobs/query", False)]
