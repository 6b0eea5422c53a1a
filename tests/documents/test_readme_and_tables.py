"""What the README and the page of tables claim is true."""

import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import dlt
import duckdb
import pytest

from jobs_source.commands import demo
from jobs_source.commands.arguments import how_to_start, parse
from jobs_source.commands.parser import main
from jobs_source.resources.hints import column_hints
from jobs_source.runner.load import load
from jobs_source.salesforce import credentials
from jobs_source.schema import FIELDS, TABLES
from jobs_source.standin import Clock, StandIn
from jobs_source.standin.org.result_rows import Table
from jobs_source.views import VIEWS
from tests.conftest import MOST_RESULTS, ROOT, START, with_our_code
from tests.documents import terminal_picture
from tests.documents.terminal_picture import BLOCK, COMMANDS, JOBS
from tests.shown_tables import shown_table
from tests.tables_document import render
from tests.warehouses import Warehouse, on_postgres

README = (ROOT / "README.md").read_text(encoding="utf-8")
OWN_PIPELINE = (ROOT / "docs" / "own-pipeline.md").read_text(encoding="utf-8")
SNIPPETS = re.compile(r"```python\n(.*?)```", re.DOTALL)
FLOWS = [
    credentials.ClientCredentials,
    credentials.JwtCredentials,
    credentials.RefreshTokenCredentials,
    credentials.TokenCredentials,
    credentials.SfCliCredentials,
]


def test_readme_is_short_enough_to_be_read() -> None:
    """At most 120 lines."""
    assert len(README.splitlines()) <= 120


@pytest.mark.parametrize("flow", FLOWS)
def test_readme_and_example_have_every_key_of_every_login(flow: type[credentials.SalesforceCredentials]) -> None:
    """In the row of the login, with the name that `auth_flow` takes."""
    (row,) = [line for line in README.splitlines() if line.endswith(f"| `{flow.flow}` |")]
    keys = [key for key in flow().get_resolvable_fields() if key != "auth_flow"]
    example = (ROOT / ".dlt" / "example.secrets.toml").read_text(encoding="utf-8")
    assert [key for key in keys if f"`{key}`" not in row or f"{key} =" not in example] == []


def test_readme_has_every_option_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    """Those that `load --help` shows."""
    with pytest.raises(SystemExit):
        main(["load", "--help"])
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    assert {option for option in options if f"`{option}" not in README and f", `{option}" not in README} == set()
    assert re.search(r"0 done; 1 failed.*2 config.*3 the org's API.*4 another run", " ".join(README.split()))


def test_figures_of_the_readme_are_those_of_the_race() -> None:
    """Each number of seconds or megabytes stands in docs/performance.md, with the same date and versions."""
    claim = README.partition("\n**Speed**")[2].partition("`docs/performance.md`")[0]
    measured = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    figures = re.findall(
        r"\d+\.\d\d s|\d+ MB|2026-\d\d-\d\d|\d slow cores|3\.1\d\.\d+|\d\.\d+\.\d", claim.replace("\n", " ")
    )
    assert len(figures) == 9
    assert [figure for figure in figures if figure not in measured] == []


def test_picture_of_the_terminal_is_what_a_terminal_shows() -> None:
    """`python -m tests.documents.terminal_picture` renews it."""
    assert BLOCK.findall(README) == [terminal_picture.render()]


@pytest.mark.long
@on_postgres
def test_the_query_of_the_readme_gives_the_same_everywhere(
    log_in: Callable[..., None],
    warehouse: Warehouse,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In DuckDB and in Postgres: the table of the picture, line by line."""
    query = shlex.split(COMMANDS[1])[2]
    monkeypatch.delenv(MOST_RESULTS)
    with StandIn(jobs=JOBS, seed=7, clock=Clock(START, frozen=True)) as running:
        running.org.clock.advance(seconds=60)
        log_in(running)
        load(destination=warehouse.destination)

    assert main(["sql", "--destination", warehouse.destination, query]) == 0

    picture = BLOCK.findall(README)[0]
    assert capsys.readouterr().out in picture


@pytest.mark.long
def test_demo_shows_every_table(
    workplace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    As `make demo` runs it, with fewer jobs; at its end stands how many rows there are, and commands
    to go on that run too.

    It takes nothing of the user's configuration, which may name a real org, or other options; all of it counts again
    after the demo.
    """
    (workplace / ".dlt" / "secrets.toml").write_text(
        '[sources.jobs_source]\njob_types = "Classic"\n[sources.jobs_source.credentials]\nauth_flow = "jwt"\n'
        'login_url = "http://127.0.0.1:9"\nclient_id = "a"\nusername = "b"\nprivate_key = "c"\n'
    )
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__CREDENTIALS__USERNAME", "d")
    dlt.current.run_context().reload()
    monkeypatch.setattr(demo, "_JOBS", 300)

    assert main(["demo"]) == 0

    shown = capsys.readouterr().out
    loads = re.findall(r"^jobs listed  .*\n *([\d,]+) +([\d,]+) +([\d,]+)  .*  ok$", shown, re.MULTILINE)
    assert loads == [("300", "300", "0"), ("306", "5", "17")]
    assert dlt.secrets.get("sources.jobs_source.job_types") == "Classic"
    assert dlt.secrets.get("sources.jobs_source.credentials.username") == "d"
    for table in TABLES:
        assert re.search(rf"^{table}: [1-9][\d,]* rows?, such as$", shown, re.MULTILINE)
    answer = shown.partition("\nWhose records failed most, and why:\n")[2].partition("\n\n")[0]
    assert len(re.findall(r"^│ .*│ +[A-Z_]+ +│.*│ +\d+ │$", answer, re.MULTILINE)) == 5
    rows = dict(re.findall(r"^(\w+): ([\d,]+) rows?, such as$", shown, re.MULTILINE))
    left = shown_table(shown.partition("\nWhat is in demo.duckdb now")[2], "name")
    assert {row["name"]: row["rows"] for row in left} == rows
    assert set(rows) == {*TABLES, *VIEWS}
    assert [len(row) for row in left] == [3] * len(rows)
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", "demo.duckdb")
    start = f"DESTINATION__DUCKDB__CREDENTIALS=demo.duckdb {how_to_start()} "
    *commands, last = (line.partition(f": {start}")[2] for line in shown.splitlines()[-3:])
    assert [main(shlex.split(command)) for command in commands] == [0, 0]
    assert parse(shlex.split(last)).name == "dashboard"
    assert capsys.readouterr().out.endswith("\n5 rows\n")


def test_data_dictionary_is_that_of_the_schema() -> None:
    """docs/tables.md is what the source's own schema gives; `python -m tests.tables_document` writes it."""
    assert (ROOT / "docs" / "tables.md").read_text(encoding="utf-8") == render()


def test_data_dictionary_is_that_of_the_real_tables(
    standin: StandIn, log_in: Callable[..., None], warehouse: Warehouse
) -> None:
    """Column by column, with its type, in DuckDB and in Postgres."""
    log_in(standin)
    load(destination=warehouse.destination)
    types = {"varchar": "text", "character varying": "text", "timestamp with time zone": "timestamp"}
    types |= {"bigint": "bigint", "boolean": "bool"}
    for name, table in TABLES.items():
        found = warehouse.query(
            "select column_name, data_type, is_nullable from information_schema.columns"
            f" where table_schema = 'salesforce_jobs' and table_name = '{name}'"
        )
        wanted = {
            (name, hints["data_type"], "YES" if hints["nullable"] else "NO")
            for name, hints in column_hints(table).items()
        }
        assert {(name, types[type_.lower()], empty) for name, type_, empty in found} == wanted


@pytest.mark.parametrize("warehouse", ["postgres"], indirect=True)
def test_an_empty_text_is_null_on_postgres_where_it_may_be(
    standin: StandIn, log_in: Callable[..., None], warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An object without a name is null; the fields of an error that names none, and its code, stay empty text."""
    monkeypatch.delenv(MOST_RESULTS)
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__INCLUDE_JOB_ERRORS", "true")
    standin.org.failed_rows = lambda _: Table(["sf__Id", "sf__Error"], [["", "odd"]])
    standin.org.add_jobs(1, job_type="V2Ingest", state="JobComplete", object="", numberRecordsFailed=1)
    standin.org.clock.advance(seconds=60)
    log_in(standin)
    load(destination=warehouse.destination)

    assert warehouse.query("select object from jobs") == [(None,)]
    assert warehouse.query("select error_code, fields, records from job_errors") == [("", "", 1)]


def test_every_field_has_a_description_of_its_own() -> None:
    """No column without a meaning, and none with another's."""
    assert len({field.description for field in FIELDS}) == len(FIELDS) == 14


def test_pipelines_in_the_documents_are_files() -> None:
    """Word for word, or some lines of one; but for the pipeline of a second org, which has its own test."""
    files = [path.read_text(encoding="utf-8").splitlines() for path in (ROOT / "pipelines").glob("*.py")]
    snippets = [text.splitlines() for text in SNIPPETS.findall(README + OWN_PIPELINE) if ".clone(" not in text]
    assert len(snippets) == 3
    assert [lines for lines in snippets if not any(set(lines) <= set(file) for file in files)] == []


@pytest.mark.long
def test_a_pipeline_of_a_second_org_reads_its_own_section(standin: StandIn, log_in: Callable[..., None]) -> None:
    """As docs/own-pipeline.md has it."""
    (snippet,) = (text for text in SNIPPETS.findall(OWN_PIPELINE) if ".clone(" in text)
    standin.org.add_jobs(3, job_type="V2Ingest")
    standin.org.clock.advance(seconds=60)
    log_in(standin, "prod")

    subprocess.run([sys.executable, "-c", snippet], env=with_our_code(), check=True, capture_output=True, timeout=60)

    with duckdb.connect("prod_history.duckdb", read_only=True) as connection:
        assert connection.execute("select count(*) from bulk_prod.jobs").fetchall() == [(3,)]


@pytest.mark.parametrize(
    ("name", "table", "jobs"),
    [
        ("own_pipeline", "my_bulk_history.bulk_history.jobs", 4),
        ("failed_jobs", "my_failed_jobs.failed_jobs.jobs", 1),
        ("job_results", "my_job_results.job_results.job_results", 4),
    ],
)
def test_a_pipeline_to_copy_runs(
    name: str,
    table: str,
    jobs: int,
    standin: StandIn,
    log_in: Callable[..., None],
    workplace: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As a program of somebody who has the package."""
    monkeypatch.delenv(MOST_RESULTS)
    standin.org.add_jobs(3, job_type="V2Ingest", state="JobComplete")
    standin.org.add_jobs(1, job_type="V2Ingest", state="Failed")
    standin.org.clock.advance(seconds=60)
    log_in(standin)

    runpy.run_path(str(ROOT / "pipelines" / f"{name}.py"), run_name="__main__")

    file = workplace / f"{table.partition('.')[0]}.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        assert connection.execute(f"select count(*) from {table}").fetchall() == [(jobs,)]
