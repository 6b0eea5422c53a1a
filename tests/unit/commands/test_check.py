"""`check` ends as `load` would, and changes nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pytest

from jobs_source import salesforce_jobs
from jobs_source.commands.parser import main
from jobs_source.runner import duckdb_file
from jobs_source.runner.load import load
from jobs_source.standin import StandIn
from tests.other_program import other_program
from tests.warehouses import DATASET, Warehouse

LogIn = Callable[..., None]


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize("command", ["check", "load"])
def test_a_token_that_has_expired_is_no_login(
    command: str, standin: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its first characters name the org all the same."""
    for key, value in {"INSTANCE_URL": standin.url, "ACCESS_TOKEN": f"{standin.org.org_id}!expired"}.items():
        monkeypatch.setenv(f"SOURCES__JOBS_SOURCE__CREDENTIALS__{key}", value)

    assert main([command]) == 2

    shown = capsys.readouterr()
    if command == "check":
        assert [line[:11] for line in shown.out.splitlines()] == ["FAIL  login", "ok    desti"]
    assert "Set a new access_token" in shown.out + shown.err


def test_it_costs_four_calls_of_the_org(standin: StandIn, log_in: LogIn) -> None:
    """And one login."""
    log_in(standin)
    assert main(["check"]) == 0
    asked = [request.path.rpartition("/")[2] for request in standin.requests]
    assert asked == ["token", "limits", "", "ingest", "query"]


@pytest.mark.long
def test_two_sections_of_one_org_are_named(standin: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]) -> None:
    """`load` ends with 2 as well, though it loads both."""
    for name in ("one", "two"):
        log_in(standin, name)
    said = (
        "[sources.jobs_source.one.credentials] and [sources.jobs_source.two.credentials] log in to the same org,"
        f" {standin.org.org_id}: its jobs are read twice. Remove one of the sections."
    )

    assert main(["check", "--all-orgs"]) == 2
    assert f"FAIL  two, sections: {said}" in capsys.readouterr().out
    assert main(["load", "--all-orgs"]) == 2
    assert said in capsys.readouterr().err
    assert main(["load", "--all-orgs", "--json"]) == 2
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["org"], line["exit_code"], line["error"]) for line in lines] == [("one", 0, None), ("two", 2, said)]
    assert main(["load", "--org", "one"]) == 0


@pytest.mark.long
def test_a_dataset_of_an_own_pipeline_lacks_nothing(
    standin: StandIn,
    log_in: LogIn,
    workplace: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The pipeline of the README takes one table of two. `load` would add the other, and then it is a table of ours."""
    standin.org.add_jobs(30)
    standin.org.clock.advance(seconds=60)
    log_in(standin)
    destination = dlt.destinations.duckdb(str(workplace / "own.duckdb"))
    dlt.pipeline("my_bulk_history", destination=destination, dataset_name="bulk").run(
        salesforce_jobs().with_resources("jobs")
    )
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", "own.duckdb")

    assert main(["check", "--dataset", "bulk"]) == 0
    assert last_line(capsys) == (
        "ok    destination: duckdb, dataset bulk is there, made by my_bulk_history; the first `load` into it will add"
        " query_jobs"
    )
    assert main(["load", "--dataset", "bulk"]) == 0
    with duckdb.connect("own.duckdb") as connection:
        connection.execute("drop table bulk.query_jobs")
    assert main(["check", "--dataset", "bulk"]) == 1
    assert "Missing in dataset bulk: query_jobs." in last_line(capsys)


@pytest.mark.long
def test_another_writer_on_the_file_is_named(
    standin: StandIn, log_in: LogIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A reader is in nobody's way."""
    monkeypatch.setattr(duckdb_file, "_WRITER_WAIT_SECONDS", 0.2)
    log_in(standin)
    load()
    with other_program("reader"):
        assert main(["check"]) == 0
        capsys.readouterr()
    with other_program("writer") as writer:
        assert main(["check"]) == 1
        assert f"(PID {writer.pid})" in last_line(capsys)


def test_a_missing_driver_is_named(standin: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]) -> None:
    """Here the one of a destination that the development environment does not have."""
    log_in(standin)
    for command in ("check", "load"):
        assert main([command, "--destination", "snowflake"]) == 2
        shown = capsys.readouterr()
        assert "snowflake" in (shown.out + shown.err).splitlines()[-1]


@pytest.fixture
def as_role(postgres_server: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Callable[[Warehouse, str], None]:
    """Have the commands log in to a database as a role that may connect and what is granted besides."""

    def as_role(warehouse: Warehouse, grants: str) -> None:
        name = warehouse.address["dbname"]
        role = f"role_{name}"
        warehouse.execute(f"create role {role} login")
        for grant in filter(None, grants.split(";")):
            warehouse.execute(grant.format(role=role, database=name))
        monkeypatch.setenv(
            "DESTINATION__POSTGRES__CREDENTIALS",
            f"postgresql://{role}:unused@localhost/{name}?host={postgres_server['host']}",
        )

    return as_role


ALL_TABLES = (
    f"grant usage on schema {DATASET}, {DATASET}_staging to {{role}};"
    f"grant select, insert, update, delete, truncate on all tables in schema {DATASET}, {DATASET}_staging to {{role}}"
)


@pytest.mark.long
@pytest.mark.parametrize("warehouse", ["postgres"], indirect=True)
def test_a_role_that_may_not_create_is_named_before_the_first_load(
    standin: StandIn,
    log_in: LogIn,
    warehouse: Warehouse,
    as_role: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Given the right, it may; `check` itself makes nothing."""
    log_in(standin)
    as_role(warehouse, "")
    for command in ("check", "load"):
        assert main([command, "--destination", "postgres"]) == 2
        assert "permission denied for database" in "".join(capsys.readouterr())
    name = warehouse.address["dbname"]
    warehouse.execute(f"grant create on database {name} to role_{name}")

    assert main(["check", "--destination", "postgres"]) == 0
    assert "will be made by the first load" in last_line(capsys)
    assert warehouse.execute(f"select 1 from pg_namespace where nspname like '{DATASET}%'") == []
    assert main(["load", "--destination", "postgres"]) == 0


@pytest.mark.parametrize("warehouse", ["postgres"], indirect=True)
@pytest.mark.parametrize(
    ("grants", "exit_code"),
    [
        (ALL_TABLES, 0),
        (f"{ALL_TABLES};revoke delete on {DATASET}.jobs from {{role}}", 2),
        pytest.param(f"{ALL_TABLES};revoke insert on {DATASET}._dlt_loads from {{role}}", 2, marks=pytest.mark.long),
        pytest.param(f"{ALL_TABLES};revoke insert on {DATASET}_staging.runs from {{role}}", 2, marks=pytest.mark.long),
    ],
)
def test_a_role_that_may_not_write_a_table_is_named(
    grants: str,
    exit_code: int,
    standin: StandIn,
    log_in: LogIn,
    warehouse: Warehouse,
    as_role: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`load` ends alike. Who may write all tables needs no right to create any."""
    standin.org.add_jobs(3)
    standin.org.clock.advance(seconds=60)
    log_in(standin)
    load(destination="postgres")
    as_role(warehouse, grants)

    assert main(["check", "--destination", "postgres"]) == exit_code
    assert ("permission denied for table" in last_line(capsys)) == (exit_code == 2)
    assert main(["load", "--destination", "postgres"]) == exit_code
