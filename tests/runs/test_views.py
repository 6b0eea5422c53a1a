"""The views in whole loads: a load makes them, tables may go under them, and they fail nothing."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest

from jobs_source import create_views, salesforce_jobs
from jobs_source.commands.parser import main
from jobs_source.runner.load import load
from jobs_source.standin import StandIn
from jobs_source.views import VIEWS
from tests.conftest import MOST_RESULTS
from tests.kept_rows import ask, pipeline_into
from tests.warehouses import DATASET, Warehouse, on_both

LogIn = Callable[..., None]
only_postgres = pytest.mark.parametrize("warehouse", ["postgres"], indirect=True)


def counts(warehouse: Warehouse) -> dict[str, int]:
    return {view: ask(warehouse, view, "count(*)", "1")[0][0] for view in VIEWS}


@on_both
def test_a_load_makes_the_views_and_the_next_leaves_them(
    warehouse: Warehouse, standin: StandIn, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the results of the same run in them."""
    monkeypatch.delenv(MOST_RESULTS)
    log_in(standin)
    standin.org.add_jobs(3, state="JobComplete", job_type="V2Ingest")
    standin.org.add_jobs(2, state="JobComplete", job_type="V2Query")
    summary = load(destination=warehouse.destination)
    assert summary.warnings == []
    assert sorted(warehouse.query("select kind, count(*) from job_history group by kind")) == [
        ("ingest", 3),
        ("query", 2),
    ]
    assert ask(warehouse, "job_history", "distinct outcome is null or outcome = 'unknown'", "1") == [(False,)]
    ((_, before),) = ask(warehouse, "run_health", "org_id, newest_run_at")
    standin.org.clock.advance(seconds=3_600)
    assert load(destination=warehouse.destination).warnings == []
    ((_, after),) = ask(warehouse, "run_health", "org_id, newest_run_at")
    assert after - before == timedelta(hours=1)


def test_a_view_of_the_users_own_stays_while_loads_run(warehouse: Warehouse, standin: StandIn, log_in: LogIn) -> None:
    """And so does a reader, who sees the old rows until it asks again."""
    log_in(standin)
    standin.org.add_jobs(1, job_type="V2Ingest")
    load(destination=warehouse.destination)
    warehouse.execute(f"create view {DATASET}.mine as select id, state from {DATASET}.job_history")
    reader: Any = (
        duckdb.connect(str(warehouse.address), read_only=True)
        if warehouse.destination == "duckdb"
        else psycopg2.connect(**warehouse.address)
    )
    try:
        cursor = reader.cursor()
        cursor.execute(f"select count(*) from {DATASET}.mine")
        assert cursor.fetchall() == [(1,)]
        standin.org.clock.advance(seconds=3_600)
        standin.org.add_jobs(1, job_type="V2Ingest", created=standin.org.clock.now())
        standin.org.clock.advance(seconds=60)
        assert load(destination=warehouse.destination).jobs_new == 1
    finally:
        reader.close()
    assert ask(warehouse, "mine", "count(*)", "1") == [(2,)]


def test_a_view_that_cannot_be_made_fails_nothing(warehouse: Warehouse, standin: StandIn, log_in: LogIn) -> None:
    """The run is a good one, with a warning in its summary."""
    log_in(standin)
    standin.org.add_jobs(2, job_type="V2Ingest")
    standin.org.add_jobs(1, job_type="V2Query")
    warehouse.execute(f"create schema {DATASET}")
    warehouse.execute(f"create view {DATASET}.run_health as select 7 as mine")
    summary = load(destination=warehouse.destination)
    assert (summary.jobs_new, summary.warnings) == (
        3,
        [
            "salesforce_jobs.run_health is a view of your own, so the view of that name was not made. Rename yours, and"
            " the next run makes the view."
        ],
    )
    assert ask(warehouse, "run_health", "mine", "1") == [(7,)]


@pytest.mark.parametrize(
    ("warehouse", "table"),
    [
        ("duckdb", "job_results"),
        ("postgres", "jobs"),
        pytest.param("duckdb", "jobs", marks=pytest.mark.long),
        pytest.param("postgres", "job_results", marks=pytest.mark.long),
    ],
    indirect=["warehouse"],
)
def test_a_table_that_a_user_dropped_is_made_anew_under_the_views(
    table: str, warehouse: Warehouse, standin: StandIn, log_in: LogIn
) -> None:
    """Postgres drops the views with it, if told so; the next run makes the table and the views."""
    log_in(standin)
    standin.org.add_jobs(2, job_type="V2Ingest")
    load(destination=warehouse.destination)
    warehouse.execute(f"drop table {DATASET}.{table} cascade")
    (warning,) = load(destination=warehouse.destination).warnings
    assert warning.startswith(f"{table} was gone and has been made again.")
    assert counts(warehouse)["job_history"] == 2


@only_postgres
def test_a_column_that_a_user_dropped_is_made_anew_under_the_views(
    warehouse: Warehouse, standin: StandIn, log_in: LogIn
) -> None:
    """The views read it again."""
    log_in(standin)
    standin.org.add_jobs(2, job_type="V2Ingest", state="Open")
    load(destination=warehouse.destination)
    warehouse.execute(f"alter table {DATASET}.jobs drop column state cascade")
    load(destination=warehouse.destination)
    assert ask(warehouse, "job_history", "distinct state", "1") == [("Open",)]
    assert len(counts(warehouse)) == len(VIEWS)


@pytest.mark.parametrize(
    ("warehouse", "refresh"),
    [
        ("duckdb", "drop_sources"),
        ("postgres", "drop_resources"),
        pytest.param("postgres", "drop_sources", marks=pytest.mark.long),
        pytest.param("postgres", "drop_data", marks=pytest.mark.long),
        pytest.param("duckdb", "drop_resources", marks=pytest.mark.long),
        pytest.param("duckdb", "drop_data", marks=pytest.mark.long),
    ],
    indirect=["warehouse"],
)
def test_a_refresh_works_under_the_views(refresh: Any, warehouse: Warehouse, standin: StandIn, log_in: LogIn) -> None:
    """Who may read them can read them afterwards, and a view of the user's on top works on."""
    log_in(standin)
    standin.org.add_jobs(2, job_type="V2Ingest")
    pipeline = pipeline_into(warehouse)
    pipeline.run(salesforce_jobs())
    assert create_views(pipeline) == []
    warehouse.execute(f"create view {DATASET}.mine as select id from {DATASET}.job_history")
    if warehouse.destination == "postgres":
        warehouse.execute(f"grant select on {DATASET}.job_history to public")
    standin.org.add_jobs(1, job_type="V2Ingest")
    pipeline.run(salesforce_jobs(), refresh=refresh)
    assert create_views(pipeline) == []
    assert counts(warehouse)["job_history"] == 3
    assert ask(warehouse, "mine", "count(*)", "1") == [(3,)]
    if warehouse.destination == "postgres":
        asked = f"select has_table_privilege('public', '{DATASET}.job_history', 'select')"
        assert warehouse.execute(asked) == [(True,)]


@only_postgres  # DuckDB has no view that holds a table, and not the last one of these
@pytest.mark.parametrize(
    "strategy",
    [
        "staging-optimized",
        pytest.param("truncate-and-insert", marks=pytest.mark.long),
        pytest.param("insert-from-staging", marks=pytest.mark.long),
    ],
)
def test_rows_may_be_replaced_under_the_views(
    strategy: str, warehouse: Warehouse, standin: StandIn, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By each of dlt's strategies: one of them drops the table."""
    monkeypatch.setenv("DESTINATION__REPLACE_STRATEGY", strategy)
    log_in(standin)
    standin.org.add_jobs(2, job_type="V2Ingest")
    pipeline = pipeline_into(warehouse)
    for _ in range(2):
        source = salesforce_jobs().with_resources("jobs")
        source.jobs.apply_hints(write_disposition="replace")
        pipeline.run(source)
        assert create_views(pipeline) == []
    assert warehouse.query("select count(*) from jobs") == warehouse.query("select count(*) from job_history")


def test_a_pipeline_that_loads_jobs_only_has_all_views(warehouse: Warehouse, standin: StandIn, log_in: LogIn) -> None:
    """As in README."""
    log_in(standin)
    standin.org.add_jobs(2, job_type="V2Ingest", state="Open")
    pipeline = pipeline_into(warehouse)
    pipeline.run(salesforce_jobs().with_resources("jobs"))
    assert create_views(pipeline) == []
    assert counts(warehouse)["unfinished_jobs"] == 2


@pytest.mark.long
@on_both
def test_a_table_that_is_gone_in_a_pipeline_of_ones_own_is_named(
    warehouse: Warehouse, standin: StandIn, log_in: LogIn
) -> None:
    """dlt does not make it again by itself."""
    log_in(standin)
    pipeline = pipeline_into(warehouse)
    pipeline.run(salesforce_jobs())
    warehouse.execute(f"drop table {DATASET}.query_jobs")
    assert create_views(pipeline) == [
        "query_jobs of salesforce_jobs is gone, so the views show no rows of it. dlt alone does not make it again: run"
        " `salesforce-jobs load` into this dataset once."
    ]


def test_the_other_commands_work_beside_the_views(
    warehouse: Warehouse, standin: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """`status`, `sql` and `purge`, which writes a DuckDB file anew."""
    log_in(standin)
    standin.org.add_jobs(2, job_type="V2Ingest")
    place = ["--destination", warehouse.destination]
    assert main(["load", *place]) == 0
    assert main(["status", *place]) == 0
    capsys.readouterr()
    assert main(["sql", "select count(*) as jobs from job_history", "--format", "csv", *place]) == 0
    assert capsys.readouterr().out == "jobs\n2\n"
    ((org_id,),) = warehouse.query("select distinct org_id from jobs")
    assert main(["purge", "--yes", "--org-id", org_id, *place]) == 0
    assert counts(warehouse) == dict.fromkeys(VIEWS, 0)


@pytest.mark.long
def test_a_file_of_a_newer_format_keeps_its_views(
    standin: StandIn, log_in: LogIn, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A load that writes it in the format for older clients takes them along, with their comments."""
    log_in(standin)
    standin.org.add_jobs(1, job_type="V2Ingest")
    load()
    old, new = workplace / "jobs_history.duckdb", workplace / "newer.duckdb"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{old}' as a; attach '{new}' as b (storage_version 'latest')")
        connection.execute("copy from database a to b")
        query = "select view_name, comment from duckdb_views() where database_name = ? order by 1"
        before, after = (connection.execute(query, [name]).fetchall() for name in "ab")
        assert before == after
    new.replace(old)
    assert load().warnings == []
    with duckdb.connect(str(old), read_only=True) as connection:
        assert connection.execute(query, ["jobs_history"]).fetchall() == before
