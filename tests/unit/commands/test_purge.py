"""`purge`: an org or a user leaves no trace, all else stays as it is, and a kill leaves all or nothing."""

import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dlt.common.versioned_state import decompress_state, json_encode_state

from jobs_source.commands.parser import main
from jobs_source.exceptions import AlreadyRunningError
from jobs_source.runner import publish
from jobs_source.runner.load import load
from jobs_source.schema import TABLES
from jobs_source.standin import Clock, StandIn
from tests.conftest import START, with_our_code
from tests.expected import expected_rows
from tests.runs.default_run import lock_of_default_run
from tests.saved_loads import SavedLoads
from tests.shown_tables import shown_table
from tests.warehouses import DATASET, Warehouse

LogIn = Callable[..., None]
FILE = Path("jobs_history.duckdb")
Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def other(log_in: LogIn) -> Iterator[StandIn]:
    """Another org, with a section of its own."""
    with StandIn(clock=Clock(START, frozen=True), seed=2) as running:
        log_in(running, "prod")
        yield running


@pytest.fixture
def filled(standin: StandIn, other: StandIn, log_in: LogIn, warehouse: Warehouse, saved_loads: SavedLoads) -> StandIn:
    """Two orgs that are loaded, twice, with jobs of both kinds and odd entries."""
    log_in(standin)
    for org in (standin.org, other.org):
        org.add_jobs(20, created=org.clock.now())
        org.add_raw_entry({"operation": "insert", "createdById": org.users[1].id})

    def load_twice() -> None:
        for _ in range(2):
            for running in (standin, other):
                running.org.clock.advance(seconds=3_600)
            load(destination=warehouse.destination)
            load("prod", destination=warehouse.destination)

    saved_loads.load("purge", load_twice) if warehouse.destination == "duckdb" else load_twice()
    for running in (standin, other):
        running.org.clock.advance(seconds=(START - running.org.clock.now()).total_seconds() + 3 * 3_600)
    return standin


@pytest.fixture
def loaded(standin: StandIn, log_in: LogIn, warehouse: Warehouse, saved_loads: SavedLoads) -> StandIn:
    """One org with jobs of both kinds, loaded once: enough where no other org and no second load matters."""
    log_in(standin)
    standin.org.add_jobs(20, created=standin.org.clock.now())
    standin.org.clock.advance(seconds=3_600)

    def load_once() -> None:
        load(destination=warehouse.destination)

    saved_loads.load("purge of one", load_once) if warehouse.destination == "duckdb" else load_once()
    return standin


def purge(warehouse: Warehouse, *arguments: str) -> int:
    return main(["purge", "--destination", warehouse.destination, "--yes", *arguments])


def everything(warehouse: Warehouse) -> Rows:
    """All rows of all tables of all datasets, ours, dlt's and the user's, with states as JSON."""
    with warehouse.reading() as ask:
        tables = ask(
            "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'"
            " and table_schema not in ('pg_catalog', 'information_schema') order by 1, 2"
        )
        return {
            f"{schema}.{name}": sorted(
                (tuple(map(as_text, row)) for row in ask(f'select * from "{schema}"."{name}"')), key=repr
            )
            for schema, name in tables
        }


def as_text(value: Any) -> Any:
    is_state = isinstance(value, str) and value.startswith("eN")  # as everything that is packed this way
    return json_encode_state(decompress_state(value)) if is_state else value  # type: ignore[arg-type]


def traces(rows: Rows, words: str) -> list[str]:
    """Tables that hold the *words* in any column."""
    return [table for table, found in rows.items() if any(words in str(value) for row in found for value in row)]


def sources_of_prod(states: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """What the states of the named org's pipeline hold, the oldest first."""
    texts = [
        value for row in states if "salesforce_jobs_prod" in row for value in row if "_state_version" in str(value)
    ]
    found = sorted((json.loads(text) for text in texts), key=lambda state: state["_state_version"])
    return [state["sources"]["prod"]["resources"] for state in found]


def without_starts(resources: dict[str, Any], org_id: str) -> dict[str, Any]:
    """The same, but for when walks of another org began, which `runs` said once."""
    for kept in resources.values():
        kept.get("started_before", {}).pop(org_id, None)
    return resources


def without(rows: Rows, words: str) -> Rows:
    return {
        table: [row for row in found if not any(words in str(value) for value in row)] for table, found in rows.items()
    }


def test_an_org_leaves_no_trace_and_all_else_stays_as_it_is(
    filled: StandIn, other: StandIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not in dlt's tables either. Its next load is a full one, with all that is listed; the other org's is not."""
    org_id = filled.org.org_id
    before = everything(warehouse)
    tables = ("_dlt_pipeline_state", "job_states", "jobs", "query_jobs", "rejected_jobs", "runs")
    ours = [f"{DATASET}.{table}" for table in tables]
    assert traces(before, org_id) == ours
    assert traces(before, other.org.org_id) == ours

    assert purge(warehouse, "--org-id", org_id[:15]) == 0

    after = everything(warehouse)
    assert traces(after, org_id[:15]) == []
    states_before, states = (rows.pop(f"{DATASET}._dlt_pipeline_state") for rows in (before, after))
    assert without(before, org_id) == after
    assert sources_of_prod(states) == [without_starts(kept, org_id) for kept in sources_of_prod(states_before)]
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith(f"Of {org_id} there is in salesforce_jobs of {warehouse.destination}")
    jobs = len(expected_rows(filled.org, "ingest"))
    assert f"  salesforce_jobs.jobs: {jobs} rows to delete" in shown
    assert shown[-1].startswith("Deleted ")
    assert not load("prod", destination=warehouse.destination).is_full
    again = load(destination=warehouse.destination)
    assert (again.is_full, again.jobs_new, again.possible_gap) == (
        True,
        len(expected_rows(filled.org, "ingest")) + len(expected_rows(filled.org, "query", job_type="V2Query")),
        False,
    )
    assert warehouse.rows("jobs") == sorted(
        expected_rows(filled.org, "ingest") + expected_rows(other.org, "ingest"),
        key=lambda row: (row["org_id"], row["id"]),
    )


@pytest.mark.long
def test_of_two_orgs_of_one_pipeline_the_other_goes_on_from_its_cursor(
    standin: StandIn, other: StandIn, log_in: LogIn, warehouse: Warehouse
) -> None:
    """As after a sandbox refresh: the section points to another org now, and the old one is purged."""
    for running in (standin, other):
        running.org.add_jobs(5, created=START)
        running.org.clock.advance(seconds=3_600)
        log_in(running)
        load(destination=warehouse.destination)

    assert purge(warehouse, "--org-id", standin.org.org_id) == 0

    assert traces(everything(warehouse), standin.org.org_id) == []
    assert not load(destination=warehouse.destination).is_full
    assert warehouse.rows("jobs") == expected_rows(other.org, "ingest")
    log_in(standin)
    assert load(destination=warehouse.destination).is_full


def test_a_user_leaves_no_trace_and_all_else_stays_as_it_is(
    filled: StandIn, other: StandIn, warehouse: Warehouse
) -> None:
    """In odd entries too, in the short form, and in the tables of look-ups. The next load goes on from its cursor."""
    user = filled.org.users[1].id
    filled.org.add_jobs(1, job_type="V2Ingest", created=filled.org.clock.now(), created_by_id=user[:15])
    filled.org.clock.advance(seconds=60)
    load(destination=warehouse.destination)
    jobs = warehouse.query(
        "select id, org_id, created_by_id from jobs union all select id, org_id, created_by_id from query_jobs"
    )
    at = "timestamp with time zone '2026-11-20 12:00Z'"
    values = ", ".join(f"('{org_id}', '{id_}', 'ok', {at})" for id_, org_id, _ in jobs)
    warehouse.execute(f"insert into {DATASET}.job_results (org_id, id, outcome, looked_up_at) values {values}")
    users = ", ".join(f"('a', '{id_}', {at})" for id_ in (user, other.org.users[1].id))
    warehouse.execute(f"insert into {DATASET}.users (org_id, id, looked_up_at) values {users}")
    before = everything(warehouse)

    assert purge(warehouse, "--user-id", user) == 0

    after = everything(warehouse)
    assert traces(after, user[:15]) == []
    kept = sorted((org_id, id_) for id_, org_id, made_by in jobs if made_by[:15] != user[:15])
    assert [row[:2] for row in after.pop(f"{DATASET}.job_results")] == kept
    assert 0 < len(kept) < len(jobs)
    expected = without(before, user[:15])
    for rows in (before, after, expected):
        rows.pop(f"{DATASET}._dlt_pipeline_state")
    expected.pop(f"{DATASET}.job_results")
    states = f"{DATASET}.job_states"
    expected[states] = [row for row in expected[states] if row[:2] in kept]
    assert expected == after
    summary = load(destination=warehouse.destination)
    assert (summary.is_full, summary.warnings) == (False, [])


@pytest.mark.long
def test_what_waits_in_a_staging_dataset_goes_too(filled: StandIn, other: StandIn, warehouse: Warehouse) -> None:
    """Both that of the default org and that of a named one: a broken-off load leaves rows there."""
    for staging in (f"{DATASET}_staging", f"{DATASET}_staging_prod"):
        warehouse.execute(f"delete from {staging}.jobs")
        warehouse.execute(f"insert into {staging}.jobs select * from {DATASET}.jobs")

    assert purge(warehouse, "--org-id", other.org.org_id) == 0

    after = everything(warehouse)
    assert traces(after, other.org.org_id) == []
    jobs = len(expected_rows(filled.org, "ingest"))
    assert [len(after[f"{DATASET}{staging}.jobs"]) for staging in ("", "_staging", "_staging_prod")] == [jobs] * 3


@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True)
def test_the_published_file_does_not_hold_deleted_bytes(
    loaded: StandIn, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB by itself leaves them in free blocks: they are there where the file is not written anew."""
    org_id = loaded.org.org_id.encode()
    whole = FILE.read_bytes()
    assert org_id in whole
    with monkeypatch.context() as patched:
        patched.setattr(publish, "drop_free_blocks", lambda path: None)
        assert purge(warehouse, "--org-id", org_id.decode()) == 0
    assert traces(everything(warehouse), org_id.decode()) == []
    assert org_id[:15] in FILE.read_bytes()

    FILE.write_bytes(whole)
    assert purge(warehouse, "--org-id", org_id.decode()) == 0

    assert [path.name for path in Path().glob("**/*") if path.is_file() and org_id[:15] in path.read_bytes()] == []


@pytest.mark.long
@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True)
def test_the_file_keeps_its_format_and_what_a_user_made_in_it(loaded: StandIn, warehouse: Warehouse) -> None:
    """Tables, views, also with the name of the file in them, indexes, and the file's mode."""
    warehouse.execute("create schema own; create table own.notes (a int primary key); insert into own.notes values (1)")
    warehouse.execute(f"create view own.seen as select count(*) as n from {DATASET}.jobs")
    warehouse.execute(f"create view own.named as select id from jobs_history.{DATASET}.jobs")
    warehouse.execute("create index by_a on own.notes (a); create sequence own.s; create macro own.m(x) as x + 1")
    FILE.chmod(0o640)
    parts = "select tags['storage_version'] from duckdb_databases() where not internal"
    version = warehouse.query(parts)

    assert purge(warehouse, "--org-id", loaded.org.org_id) == 0

    rows = len(warehouse.rows("jobs"))
    assert warehouse.query(
        "select a, own.m(a), (select n from own.seen), (select count(*) from own.named) from own.notes"
    ) == [(1, 2, rows, rows)]
    assert warehouse.query(parts) == version
    assert FILE.stat().st_mode & 0o777 == 0o640


KILLED = """
import os, signal, sys
from jobs_source.commands.parser import main
from jobs_source.runner import publish, purge
owner, name = {"state": (purge, "change_state"), "rename": (publish, "_replace")}[sys.argv[1]]
whole = getattr(owner, name)
def and_die(*arguments):
    whole(*arguments) if owner is purge else None
    os.kill(os.getpid(), signal.SIGKILL)
setattr(owner, name, and_die)
main(["purge", "--yes", "--destination", sys.argv[2], "--org-id", sys.argv[3]])
"""


@pytest.mark.long
@pytest.mark.parametrize("step", ["rename", pytest.param("state", marks=pytest.mark.long)])
def test_a_kill_half_way_leaves_all_and_a_second_try_removes_it(
    step: str, loaded: StandIn, warehouse: Warehouse
) -> None:
    """After the first state, when all rows are gone, and, of the DuckDB file, before the rename."""
    if step == "rename" and warehouse.destination != "duckdb":
        pytest.skip("no file is renamed")
    before = everything(warehouse)
    command = [sys.executable, "-c", KILLED, step, warehouse.destination, loaded.org.org_id]
    done = subprocess.run(command, env=with_our_code(), capture_output=True, text=True, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert everything(warehouse) == before

    assert purge(warehouse, "--org-id", loaded.org.org_id) == 0
    assert traces(everything(warehouse), loaded.org.org_id) == []


@pytest.mark.long
def test_a_load_that_is_under_way_is_not_purged_under_its_feet(
    filled: StandIn, other: StandIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of any org, since nobody knows whose it is before it has logged in: exit code 4, and nothing is deleted."""
    before: list[Rows] = []

    def try_to() -> None:
        before.append(everything(warehouse))
        assert purge(warehouse, "--org-id", filled.org.org_id) == 4
        assert everything(warehouse) == before[0]

    other.misbehave("call", path="jobs/ingest", do=try_to)
    load("prod", destination=warehouse.destination)
    assert len(before) == 1
    assert "is in progress on this machine, so nothing was deleted." in capsys.readouterr().err


@pytest.mark.long
def test_a_load_elsewhere_that_began_before_puts_no_rows_back(
    filled: StandIn, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On a machine that does not share the lock: it loads nothing, and says so."""

    def elsewhere() -> None:
        with monkeypatch.context() as patched:
            patched.setenv("DLT_DATA_DIR", str(tmp_path / "elsewhere"))
            command = [sys.executable, "-m", "pipelines", "purge", "--yes", "--org-id", filled.org.org_id]
            done = subprocess.run(
                [*command, "--destination", warehouse.destination],
                env=with_our_code(),
                capture_output=True,
                text=True,
                timeout=60,
            )
        assert done.returncode == 0, done.stderr

    filled.misbehave("call", path="jobs/ingest", do=elsewhere)
    with pytest.raises(AlreadyRunningError):
        load(destination=warehouse.destination)
    assert traces(everything(warehouse), filled.org.org_id) == []


def test_it_asks_before_it_deletes(
    loaded: StandIn, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The id or yes is typed; without a terminal it says what to do; the counts are shown first."""
    org_id, before = loaded.org.org_id, everything(warehouse)
    command = ["purge", "--destination", warehouse.destination, "--org-id", org_id]
    for typed, is_terminal, code, said in (
        ("yes\n", False, 2, "Nothing was deleted: there is no terminal to ask on. Repeat it with --yes."),
        ("no\n", True, 1, "Nothing was deleted."),
        ("", True, 1, "Nothing was deleted."),
        (f"{org_id}\n", True, 0, ""),
    ):
        assert everything(warehouse) == before
        stdin = io.StringIO(typed)
        monkeypatch.setattr(stdin, "isatty", lambda is_terminal=is_terminal: is_terminal, raising=False)
        monkeypatch.setattr("sys.stdin", stdin)
        assert main(command) == code
        shown = capsys.readouterr()
        assert "  salesforce_jobs.jobs: " in shown.out
        asked = f"This cannot be undone. Type {org_id}, or yes, to go on: " if is_terminal else ""
        assert shown.err.strip() == f"{asked}{said}".strip()
    assert traces(everything(warehouse), org_id) == []


def test_json_says_what_was_deleted_in_a_line(
    filled: StandIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """By table; and a second time that nothing was."""
    found = {
        table: len(warehouse.query(f"select 1 from {table} where org_id = '{filled.org.org_id}'")) for table in TABLES
    }
    rows = {table: number for table, number in found.items() if number}
    report = {"org_id": filled.org.org_id, "destination": warehouse.destination, "dataset": DATASET}
    for deleted, states in (({f"{DATASET}.{table}": number for table, number in rows.items()}, 4), ({}, 0)):
        assert purge(warehouse, "--json", "--org-id", filled.org.org_id) == 0
        (line,) = capsys.readouterr().out.splitlines()
        assert json.loads(line) == {**report, "rows_deleted": deleted, "states_changed": states, "warnings": []}


@pytest.mark.long
def test_an_org_that_was_purged_and_is_still_configured_counts_as_never_loaded(
    filled: StandIn, other: StandIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """For a monitor: nothing of it is there, however good its last run was. The next load is a first one."""
    where = ("--destination", warehouse.destination)
    assert main(["status", *where, "--max-age", "1000000"]) == 0
    assert purge(warehouse, "--org-id", other.org.org_id) == 0
    capsys.readouterr()

    assert main(["status", *where, "--max-age", "1000000"]) == 1
    assert shown_table(capsys.readouterr().out, "org")[0] == {
        "org": "prod",
        "hours old": "never loaded",
        "max 1,000,000 h": "TOO OLD",
    }

    assert load("prod", destination=warehouse.destination).is_full
    assert main(["status", *where, "--max-age", "1000000"]) == 0


def test_an_unknown_id_is_no_error_and_changes_nothing(
    loaded: StandIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """All is as it should be then, so a purge can be repeated."""
    before = everything(warehouse)
    for option, id_ in (("--org-id", "00D000000000001EAA"), ("--user-id", "005000000000001AAA")):
        assert purge(warehouse, option, id_) == 0
        assert capsys.readouterr().out == f"Nothing of {id_} is in salesforce_jobs of {warehouse.destination}.\n"
    assert everything(warehouse) == before


@pytest.mark.parametrize(
    ("option", "id_"),
    [
        ("--org-id", "005000000000001"),
        ("--org-id", "00D00000000000"),
        ("--org-id", "00D0000000000001"),
        ("--org-id", "00D____________"),
        ("--org-id", ""),
        ("--user-id", "00D000000000001"),
        ("--user-id", "005%%%%%%%%%%%%"),
        ("--user-id", "005000000000001AAA\n"),
    ],
)
def test_what_is_no_id_is_refused(option: str, id_: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, before anything is looked at."""
    assert main(["purge", "--yes", option, id_]) == 2
    kind, first = {"--org-id": ("An org id", "00D"), "--user-id": ("A user id", "005")}[option]
    assert capsys.readouterr().err == (
        f"{id_!r} is not {kind.lower()}. {kind} has 15 or 18 characters and begins with {first}.\n"
    )


@pytest.mark.parametrize(
    ("option", "id_"),
    [
        ("--user-id", "005rm0000akivlaiqz"),  # Excel makes small letters
        ("--user-id", "005Rm0000AkIvLaIQy"),
        ("--org-id", "00D000000000001AAA"),
    ],
)
def test_an_id_with_a_changed_letter_is_refused(option: str, id_: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Else the answer were that there is nothing to delete."""
    assert main(["purge", "--yes", option, id_]) == 2
    assert capsys.readouterr().err == (
        f"{id_!r} is not a valid id: its last three characters do not fit. Copy it again, or give its first 15"
        " characters.\n"
    )


@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True)
@pytest.mark.parametrize("option", ["--org-id", pytest.param("--user-id", marks=pytest.mark.long)])
def test_a_database_that_ignores_the_case_of_letters_is_refused(
    option: str, loaded: StandIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ids of two users may differ in nothing else, and SQL Server and MySQL compare so."""
    warehouse.execute(f"alter table {DATASET}.jobs alter org_id type varchar collate nocase")
    before = everything(warehouse)

    assert purge(warehouse, option, {"--org-id": loaded.org.org_id, "--user-id": loaded.org.users[1].id}[option]) == 2

    assert "takes a capital letter and its small letter for the same in jobs" in capsys.readouterr().err
    assert everything(warehouse) == before


def test_exactly_one_id_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither none nor two."""
    for ids in ([], ["--org-id", "00D000000000001", "--user-id", "005000000000001"]):
        with pytest.raises(SystemExit) as ended:
            main(["purge", "--yes", *ids])
        assert ended.value.code == 2


def test_nothing_loaded_and_files_are_told_as_status_does(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit codes 1 and 2; no file is made."""
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", str(workplace / "lake"))
    id_ = ["--org-id", "00D000000000001"]
    assert main(["purge", "--yes", *id_]) == 1
    assert main(["purge", "--yes", *id_, "--destination", "filesystem"]) == 2
    assert not FILE.exists()
    assert capsys.readouterr().err.splitlines() == [
        f"Nothing was loaded into salesforce_jobs of duckdb yet ({FILE.absolute()}). Run `salesforce-jobs load`, or"
        " check --destination and --dataset.",
        "`purge` needs a SQL database, and filesystem is not one. Delete the rows from its files with another program.",
    ]


def test_the_default_runs_lock_is_one_of_them(loaded: StandIn, warehouse: Warehouse) -> None:
    """A run holds it from before it asks Salesforce."""
    if warehouse.destination == "duckdb":
        with lock_of_default_run().acquire(timeout=0):
            assert purge(warehouse, "--org-id", loaded.org.org_id) == 4
