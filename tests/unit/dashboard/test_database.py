"""Where the figures come from: what cannot be read is told in words, and other databases are copied first."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jobs_source.dashboard import database, local_copy
from jobs_source.dashboard.database import opening_database
from jobs_source.dashboard.figures import Figures, read_figures
from jobs_source.dashboard.filters import Filters
from jobs_source.exceptions import (
    ConfigError,
    FileInUseError,
    NothingLoadedError,
    QueryError,
    SalesforceJobsError,
)
from jobs_source.runner import duckdb_file
from jobs_source.schema import COUNT, FLAG, TABLES, TEXT, TIME
from tests.kept_rows import DAY, given, keep, make_tables
from tests.other_program import other_program
from tests.warehouses import CAREFUL_ROLE, DATASET, Warehouse, on_both, on_duckdb

FILTERS = Filters(DAY, DAY + timedelta(days=2))
POSTGRES = "DESTINATION__POSTGRES__CREDENTIALS"
ROWS = (
    given("jobs"),
    given("jobs", id="j2", state="Failed", created_date=DAY + timedelta(hours=3)),
    given("jobs", id="j3", state="InProgress"),
    given("query_jobs", created_by_id=None),
    given("job_results", number_records_processed=3, number_records_failed=0),
    given("users"),
    given("runs", possible_gap=True, previous_started_at=DAY - timedelta(days=9)),
)
on_postgres = pytest.mark.parametrize("warehouse", ["postgres"], indirect=True)


def read(destination: str, dataset: str = DATASET) -> Figures:
    with opening_database(destination, dataset, "dashboard") as opened:
        return read_figures(opened, FILTERS)


def assert_said(
    kind: type[SalesforceJobsError], said: str, destination: str = "duckdb", dataset: str = DATASET
) -> None:
    """Reading raises this kind and no other, with these words."""
    with pytest.raises(SalesforceJobsError, match=said) as caught:
        read(destination, dataset)
    assert type(caught.value) is kind


def test_without_a_file_nothing_was_loaded(workplace: Path) -> None:
    """Nor is one made."""
    file = re.escape(str(Path("jobs_history.duckdb").absolute()))
    assert_said(
        NothingLoadedError,
        rf"^Nothing was loaded into salesforce_jobs of duckdb yet \({file}\)\. Run `salesforce-jobs load`, or check"
        r" --destination and --dataset\.$",
    )
    assert not Path("jobs_history.duckdb").exists()


@on_both
def test_in_a_dataset_that_is_not_there_nothing_was_loaded(warehouse: Warehouse) -> None:
    """The message has its name."""
    make_tables(warehouse)
    assert_said(NothingLoadedError, "^Nothing was loaded into another of", warehouse.destination, "another")


def test_a_destination_of_files_is_none_to_ask(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can read them is named."""
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", str(workplace / "files"))
    assert_said(
        ConfigError,
        r"^`dashboard` needs a SQL database, and filesystem is not one\. Ask its files with DuckDB\.$",
        "filesystem",
    )


@on_duckdb
def test_a_file_that_another_program_writes_is_named_with_that_program(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a short wait."""
    make_tables(warehouse)
    monkeypatch.setattr(duckdb_file, "_WRITER_WAIT_SECONDS", 0.1)
    with other_program("writer", warehouse.address) as writer:
        assert_said(FileInUseError, rf"^Another program has the DuckDB file .* for writing: .*PID {writer.pid}\)")


@on_duckdb
def test_a_file_that_is_no_database_is_called_so(warehouse: Warehouse) -> None:
    """What to do about it too."""
    warehouse.address.write_bytes(b"no database" * 1_000)
    with pytest.raises(SalesforceJobsError, match="is damaged, or is not a DuckDB file"):
        read("duckdb")


@on_postgres
def test_a_role_without_rights_gets_the_databases_words(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the dataset, or on one of its tables."""
    make_tables(warehouse)
    host, name = warehouse.address["host"], warehouse.address["dbname"]
    warehouse.execute(f"create role reader_{name} login")
    monkeypatch.setenv(POSTGRES, f"postgresql://reader_{name}:none@localhost/{name}?host={host}")
    try:
        grant = "Grant it to the user of this connection"
        assert_said(QueryError, rf"^.*: permission denied for schema {DATASET}\. {grant}\.$", "postgres")
        warehouse.execute(
            f"grant usage on schema {DATASET} to reader_{name};"
            f" grant select on all tables in schema {DATASET} to reader_{name};"
            f" revoke select on {DATASET}.users from reader_{name}"
        )
        assert_said(
            QueryError, rf"^The database refuses the query: permission denied for table users\. {grant}", "postgres"
        )
        warehouse.execute(f"grant select on {DATASET}.users to reader_{name}")
        assert read("postgres").totals["jobs"] == 0
    finally:
        warehouse.execute(f"drop owned by reader_{name}; drop role reader_{name}")


@on_postgres
def test_a_login_that_is_refused_and_a_server_that_is_away_are_no_connection(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first lasts, the second may pass."""
    host, name = warehouse.address["host"], warehouse.address["dbname"]
    failed, place = "^The connection to the destination failed: ", r"Check \[destination\.postgres\.credentials\]"
    monkeypatch.setenv(POSTGRES, f"postgresql://{CAREFUL_ROLE}:wrong@localhost/{name}?host={host}")
    assert_said(ConfigError, rf"{failed}.*password authentication failed.*{place}\.$", "postgres")
    monkeypatch.setenv(POSTGRES, f"postgresql://postgres:none@localhost/{name}?host={host}/nowhere")
    reach = "and that the database can be reached from this machine"
    assert_said(SalesforceJobsError, rf"{failed}.*{place}, {reach}\.$", "postgres")


@on_postgres
@pytest.mark.parametrize("comes_back", [True, False])
def test_a_server_that_goes_away_meanwhile_could_not_answer(warehouse: Warehouse, comes_back: bool) -> None:
    """Whether it can be reached again or not; the next page asks anew."""
    make_tables(warehouse)
    with (
        pytest.raises(
            SalesforceJobsError, match=r"^The database could not answer: .*\. Try it again later\.$"
        ) as caught,
        opening_database("postgres", DATASET, "dashboard") as opened,
    ):
        warehouse.execute(
            f"update pg_database set datallowconn = {comes_back} where datname = current_database();"
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
        read_figures(opened, FILTERS)
    assert type(caught.value) is SalesforceJobsError
    if comes_back:
        assert read("postgres").totals["jobs"] == 0


@on_both
def test_a_copy_gives_the_figures_of_the_database(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose dialect nobody has proven; some rows at a time."""
    make_tables(warehouse)
    keep(warehouse, *ROWS)
    warehouse.execute(f"drop table {DATASET}.job_errors")
    expected = read(warehouse.destination)
    monkeypatch.setattr(database, "DIALECTS", ())
    monkeypatch.setattr(local_copy, "_CHUNK_ROWS", 2)
    assert timeless(read(warehouse.destination)) == timeless(expected)
    assert expected.totals["jobs"] == 4


@on_duckdb
def test_a_copy_understands_flags_that_are_numbers_and_times_that_are_texts(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As SQLite keeps them, without a zone; names of columns may come in capitals."""
    make_tables(warehouse)
    keep(warehouse, *ROWS)
    expected = read("duckdb")
    warehouse.address.unlink()
    types = {TEXT: "text", TIME: "text", COUNT: "bigint", FLAG: "bigint"}
    with duckdb.connect(str(warehouse.address)) as connection:
        connection.execute(f"create schema {DATASET}")
        for name, table in TABLES.items():
            columns = ", ".join(f"{column.name.upper()} {types[column.type]}" for column in table.columns)
            connection.execute(f"create table {DATASET}.{name} ({columns})")
        for name, row in ROWS:
            values: Sequence[Any] = [as_kept(value) for value in row.values()]
            connection.execute(
                f"insert into {DATASET}.{name} ({', '.join(row)}) values ({', '.join('?' * len(row))})", values
            )
    monkeypatch.setattr(database, "DIALECTS", ())
    assert timeless(read("duckdb")) == timeless(expected)


def as_kept(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).replace(tzinfo=None).isoformat(" ", "microseconds")
    return int(value) if isinstance(value, bool) else value


def timeless(figures: Figures) -> Figures:
    """Leave out what the clock changes."""
    return figures._replace(
        stuck=[{**row, "age_seconds": None} for row in figures.stuck],
        orgs=[{**row, "hours_since_newest_run": None} for row in figures.orgs],
        filters=replace(figures.filters),
    )
