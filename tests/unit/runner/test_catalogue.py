"""The destination is not as the last run left it: the next run makes what is missing and brings all that is listed."""

from collections.abc import Callable
from datetime import timedelta

import dlt
import pytest

from jobs_source.commands.parser import main
from jobs_source.runner.load import load
from jobs_source.standin import StandIn
from tests.expected import expected_rows
from tests.saved_loads import SavedLoads
from tests.warehouses import DATASET, Warehouse

LogIn = Callable[..., None]
TABLES = ("jobs", "query_jobs", "rejected_jobs", "runs")
SHORT = [("drop table {}", "jobs")]
DLT_TABLES = ("_dlt_loads", "_dlt_version", "_dlt_pipeline_state")


@pytest.fixture
def loaded(standin: StandIn, log_in: LogIn, warehouse: Warehouse, saved_loads: SavedLoads) -> StandIn:
    """An org whose jobs, old ones and an odd entry, were loaded by two runs; since then one job changed."""
    clock = standin.org.clock
    ids = [
        id_
        for hours in range(12)
        for id_ in standin.org.add_jobs(1, created=clock.now() - timedelta(hours=5 + hours), state="InProgress")
    ]
    standin.org.add_raw_entry({"operation": "insert"})
    clock.advance(seconds=5)
    log_in(standin)

    def load_twice() -> None:
        load(destination=warehouse.destination)
        clock.advance(seconds=3_600)
        load(destination=warehouse.destination)
        clock.advance(seconds=-3_600)

    if warehouse.destination == "duckdb":
        saved_loads.load("catalogue", load_twice)
    else:
        load_twice()
    clock.advance(seconds=3_600)
    standin.org.change_job(ids[0], state="Failed")
    clock.advance(seconds=3_600)
    return standin


def assert_all_there(standin: StandIn, warehouse: Warehouse) -> None:
    """After the run that heals, and after one more plain one."""

    def assert_equal() -> None:
        assert warehouse.rows("jobs") == expected_rows(standin.org, "ingest")
        assert warehouse.rows("query_jobs") == expected_rows(standin.org, "query", job_type="V2Query")

    assert_equal()
    standin.org.clock.advance(seconds=3_600)
    summary = load(destination=warehouse.destination)
    assert (summary.is_full, summary.warnings) == (False, [])
    assert_equal()


def columns_of(warehouse: Warehouse, table: str) -> set[str]:
    return set(warehouse.columns(table))


@pytest.mark.parametrize(
    ("change", "table"),
    [
        pytest.param(change, table, marks=() if (change, table) in SHORT else pytest.mark.long)
        for table in (*TABLES, *DLT_TABLES)
        for change in ("drop table {}", "alter table {} rename to moved", "delete from {}")
    ],
)
def test_a_table_that_is_gone_or_empty_is_made_again(
    change: str, table: str, loaded: StandIn, warehouse: Warehouse
) -> None:
    """Ours or dlt's: the next plain run goes through, and the tables hold all that the org lists."""
    columns = {name: columns_of(warehouse, name) for name in TABLES}
    warehouse.execute(change.format(f"{DATASET}.{table}"))

    summary = load(destination=warehouse.destination)

    if table in TABLES and not change.startswith("delete"):
        assert summary.warnings[0].startswith(f"{table} was gone and has been made again.")
    if table in ("jobs", "query_jobs"):
        assert summary.is_full
    assert_all_there(loaded, warehouse)
    assert {name: columns_of(warehouse, name) for name in TABLES} == columns
    assert len(warehouse.rows("rejected_jobs")) == 1 or table == "rejected_jobs"


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("jobs", "state"),
        *(
            pytest.param(table, column, marks=pytest.mark.long)
            for table, column in (
                ("jobs", "system_modstamp"),
                ("jobs", "run_id"),
                ("query_jobs", "created_by_id"),
                ("rejected_jobs", "reason"),
                ("runs", "started_at"),
                ("runs", "calls"),
                ("_dlt_loads", "status"),
                ("_dlt_loads", "load_id"),
                ("_dlt_version", "schema"),
                ("_dlt_pipeline_state", "state"),
                ("_dlt_pipeline_state", "version"),
            )
        ),
    ],
)
def test_a_column_that_is_gone_is_made_again(table: str, column: str, loaded: StandIn, warehouse: Warehouse) -> None:
    """Renamed, say. Rows that Salesforce lists no more stay without a value there."""
    warehouse.execute(f'alter table {DATASET}.{table} rename column "{column}" to moved')

    load(destination=warehouse.destination)

    assert column in warehouse.columns(table)
    if table in TABLES:
        warehouse.execute(f"alter table {DATASET}.{table} drop column moved")
    assert_all_there(loaded, warehouse)


@pytest.mark.long
def test_a_run_that_makes_a_column_again_and_then_fails_leaves_a_full_run_to_the_next(
    loaded: StandIn, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The column is there then, and its values are not."""
    warehouse.execute(f"alter table {DATASET}.jobs drop column state")

    def fail(*_: object, **__: object) -> None:
        raise OSError("the network is gone")

    with monkeypatch.context() as patched, pytest.raises(OSError, match="the network is gone"):
        patched.setattr(dlt.Pipeline, "load", fail)
        load(destination=warehouse.destination)

    assert load(destination=warehouse.destination).is_full
    assert_all_there(loaded, warehouse)


@pytest.mark.long
def test_a_table_that_stays_emptier_than_it_was_is_warned_of_once(
    loaded: StandIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where Salesforce lists the newest jobs no more, no run can bring them."""
    loaded.org.clock.advance(days=9)
    warehouse.execute(f"delete from {DATASET}.jobs")

    first, second = (load(destination=warehouse.destination) for _ in range(2))

    assert [(run.is_full, any("jobs had lost rows" in said for said in run.warnings)) for run in (first, second)] == [
        (True, True),
        (False, False),
    ]
    assert main(["check", "--destination", warehouse.destination]) == 0


@pytest.mark.long
@pytest.mark.parametrize("table", ["_dlt_pipeline_state", pytest.param("_dlt_loads", marks=pytest.mark.long)])
def test_a_gap_is_seen_though_the_state_is_gone(table: str, loaded: StandIn, warehouse: Warehouse) -> None:
    """`runs` still says when the run before was."""
    loaded.org.clock.advance(days=9)
    warehouse.execute(f"drop table {DATASET}.{table}")

    assert load(destination=warehouse.destination).possible_gap
    assert not load(destination=warehouse.destination).possible_gap


@pytest.mark.long
def test_a_field_of_salesforce_is_no_column_of_the_users_though_the_schema_is_an_older_one(
    loaded: StandIn, warehouse: Warehouse
) -> None:
    """dlt takes the schema that was stored last by the clock of the machine that stored it."""
    warehouse.execute(f"update {DATASET}._dlt_version set inserted_at = inserted_at + interval '1 year'")
    loaded.org.add_jobs(1, job_type="V2Ingest", created=loaded.org.clock.now(), someNewFlag=True)
    loaded.org.clock.advance(seconds=3_600)

    runs = [load(destination=warehouse.destination) for _ in range(3)]

    assert [run.warnings for run in runs] == [[], [], []]
    assert warehouse.query("select count(*) from jobs where some_new_flag = 'true'") == [(1,)]


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("jobs", "id"),
        pytest.param("query_jobs", "org_id", marks=pytest.mark.long),
        pytest.param("runs", "run_id", marks=pytest.mark.long),
    ],
)
def test_a_key_that_is_gone_is_named_before_anything_is_asked_of_salesforce(
    table: str, column: str, loaded: StandIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows could not be told apart. Renamed back, the next run brings all."""
    warehouse.execute(f"alter table {DATASET}.{table} rename column {column} to moved")
    asked = len(loaded.requests)

    assert main(["load", "--destination", warehouse.destination]) == 2

    assert capsys.readouterr().err.splitlines()[-1] == (
        f"The key column {table}.{column} is gone. Give the column its old name back, or drop the table: the next run"
        " makes the table again, with all that Salesforce still lists."
    )
    assert len(loaded.requests) == asked
    warehouse.execute(f"alter table {DATASET}.{table} rename column moved to {column}")
    load(destination=warehouse.destination)
    assert_all_there(loaded, warehouse)


@pytest.mark.parametrize("tables", [TABLES, pytest.param((*TABLES, *DLT_TABLES), marks=pytest.mark.long)])
@pytest.mark.long
def test_all_tables_gone_are_made_again(tables: tuple[str, ...], loaded: StandIn, warehouse: Warehouse) -> None:
    """With dlt's own, and with them left."""
    for table in tables:
        warehouse.execute(f"drop table {DATASET}.{table}")
    load(destination=warehouse.destination)
    assert_all_there(loaded, warehouse)


@pytest.mark.parametrize(
    "what",
    [
        pytest.param("drop table {}.jobs", marks=pytest.mark.long),
        pytest.param("drop schema {} cascade", marks=pytest.mark.long),
        pytest.param("drop table {}._dlt_version", marks=pytest.mark.long),
    ],
)
def test_a_staging_dataset_that_is_not_as_it_was_does_no_harm(what: str, loaded: StandIn, warehouse: Warehouse) -> None:
    """It holds nothing between loads."""
    warehouse.execute(what.format(f"{DATASET}_staging"))
    load(destination=warehouse.destination)
    assert_all_there(loaded, warehouse)


@pytest.mark.long
def test_rows_of_a_staging_table_that_a_killed_run_left_do_no_harm(loaded: StandIn, warehouse: Warehouse) -> None:
    """The next load empties it first."""
    warehouse.execute(f"insert into {DATASET}_staging.jobs select * from {DATASET}.jobs")
    load(destination=warehouse.destination)
    assert_all_there(loaded, warehouse)


@pytest.mark.long
def test_one_table_from_an_old_backup_makes_the_next_run_a_full_one(loaded: StandIn, warehouse: Warehouse) -> None:
    """Its newest change is older than what was loaded."""
    warehouse.execute(f"create table {DATASET}.backup as select * from {DATASET}.jobs")
    load(destination=warehouse.destination)
    warehouse.execute(f"delete from {DATASET}.jobs")
    warehouse.execute(f"insert into {DATASET}.jobs select * from {DATASET}.backup")

    summary = load(destination=warehouse.destination)

    assert summary.is_full
    assert summary.warnings == [
        "jobs had lost rows that were loaded into it. This run merged all that Salesforce still lists. Older rows are"
        " only in a backup, if there is one."
    ]
    assert_all_there(loaded, warehouse)


@pytest.mark.long
def test_a_column_of_the_users_own_is_warned_of_once(loaded: StandIn, warehouse: Warehouse) -> None:
    """A merge writes changed rows anew; the rows that did not change keep their value."""
    warehouse.execute(f"alter table {DATASET}.jobs add column note varchar")
    warehouse.execute(f"update {DATASET}.jobs set note = 'mine'")

    first, second = (load(destination=warehouse.destination) for _ in range(2))

    assert (first.warnings, second.warnings) == (
        [
            "jobs.note is not a column of this program. A load replaces each changed row, and its value in this"
            " column is lost. Keep such values in a table of your own."
        ],
        [],
    )
    assert warehouse.query("select note, count(*) from jobs group by 1 order by 2")[0] == (None, 1)


def test_indexes_and_views_of_the_users_own_are_left_alone(loaded: StandIn, warehouse: Warehouse) -> None:
    """Loads go on under them, and a new field of Salesforce becomes a column under them too."""
    warehouse.execute(f"create index by_state on {DATASET}.jobs (state)")
    warehouse.execute(f"create unique index by_key on {DATASET}.jobs (org_id, id)")
    warehouse.execute(f"create view {DATASET}.failed as select id from {DATASET}.jobs where state = 'Failed'")
    loaded.org.add_jobs(1, job_type="V2Ingest", created=loaded.org.clock.now(), state="Failed", someNewFlag=True)
    loaded.org.clock.advance(seconds=60)

    load(destination=warehouse.destination)

    failed = [(row["id"],) for row in expected_rows(loaded.org, "ingest") if row["state"] == "Failed"]
    assert warehouse.query("select id from failed order by id") == failed
    assert warehouse.query("select count(*) from jobs where some_new_flag = 'true'") == [(1,)]


@pytest.mark.long
@pytest.mark.parametrize("warehouse", ["postgres"], indirect=True)  # DuckDB lets no table point to one without a key
def test_a_foreign_key_on_our_tables_ends_with_2_and_the_run_after_it_brings_all(
    loaded: StandIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row that changed cannot be written anew while another table points to it."""
    warehouse.execute(f"alter table {DATASET}.jobs add unique (org_id, id)")
    warehouse.execute(
        f"create table {DATASET}.notes (org_id varchar, id varchar,"
        f" foreign key (org_id, id) references {DATASET}.jobs (org_id, id))"
    )
    warehouse.execute(f"insert into {DATASET}.notes select org_id, id from {DATASET}.jobs")

    assert main(["load", "--destination", "postgres"]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert "violates foreign key constraint" in said
    assert "Remove the foreign key that" in said

    warehouse.execute(f"drop table {DATASET}.notes")
    load(destination=warehouse.destination)
    assert_all_there(loaded, warehouse)


@pytest.mark.long
def test_a_column_of_the_users_own_that_must_have_a_value_ends_with_2(
    loaded: StandIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """Our rows have none for it."""
    warehouse.execute(f"alter table {DATASET}.jobs add column note varchar default 'x'")
    warehouse.execute(f"alter table {DATASET}.jobs alter column note set not null")
    warehouse.execute(f"alter table {DATASET}.jobs alter column note drop default")

    assert main(["load", "--destination", warehouse.destination]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert "note" in said
    assert "Allow NULL in this column, or give it a default" in said

    warehouse.execute(f"alter table {DATASET}.jobs drop column note")
    load(destination=warehouse.destination)
    assert_all_there(loaded, warehouse)


@pytest.mark.long
def test_status_and_check_end_with_1_over_a_table_that_is_gone_and_name_it(
    loaded: StandIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """The next load makes it again, and all is well."""
    for table in ("query_jobs", "runs"):
        warehouse.execute(f"drop table {DATASET}.{table}")
        for command in ("status", "check"):
            assert main([command, "--destination", warehouse.destination]) == 1
            assert f"Missing in dataset salesforce_jobs: {table}. " in capsys.readouterr().out
        load(destination=warehouse.destination)
        for command in ("status", "check"):
            assert main([command, "--destination", warehouse.destination]) == 0
        capsys.readouterr()


@pytest.mark.long
def test_the_load_ids_of_an_earlier_version_need_no_value_any_more(loaded: StandIn, warehouse: Warehouse) -> None:
    """Rows of ours have a `run_id` instead; those who have dlt add load ids and those who do not take turns."""
    for dataset in (DATASET, f"{DATASET}_staging"):
        for table in TABLES:
            warehouse.execute(f"alter table {dataset}.{table} add column _dlt_load_id varchar default 'x'")
            warehouse.execute(f"alter table {dataset}.{table} alter column _dlt_load_id set not null")
            warehouse.execute(f"alter table {dataset}.{table} alter column _dlt_load_id drop default")

    load(destination=warehouse.destination)

    assert_all_there(loaded, warehouse)


@pytest.mark.long
def test_the_tables_of_a_run_that_was_shown_less_are_no_loss(
    standin: StandIn, log_in: LogIn, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A filter that lets nothing through leaves an empty table that lacks nothing."""
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__JOB_TYPES", "BigObjectIngest")
    standin.org.add_jobs(3, job_type="V2Ingest", created=standin.org.clock.now())
    standin.org.clock.advance(seconds=60)
    log_in(standin)

    runs = [load(destination=warehouse.destination) for _ in range(2)]

    assert [run.is_full for run in runs] == [True, False]
