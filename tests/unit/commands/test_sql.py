"""`sql`: one query, read-only, as a table, CSV or JSON."""

import csv
import io
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import duckdb
import pytest

from jobs_source.commands.output import print_csv, print_json, print_table
from jobs_source.commands.parser import main
from jobs_source.exceptions import QueryError
from jobs_source.runner import query
from jobs_source.runner.load import load
from jobs_source.runner.one_query import refuse_writes
from jobs_source.runner.query import asking
from jobs_source.standin import StandIn
from tests.conftest import with_our_code
from tests.saved_loads import SavedLoads
from tests.warehouses import DATASET, Warehouse, on_both

LogIn = Callable[..., None]
ODD = "select 1 as n, 'é\u001b[31m' as t, null as nothing, 1.50 as d, true as yes, 'a,\"b' as q"

WRITES = [
    "insert into jobs (org_id, id) values ('a', 'b')",
    "with x as (delete from jobs returning id) select * from x",
    "drop table jobs",
    "create temp table x as select 1",
    "select * into copied from jobs",
    "copy jobs to 'stolen.csv'",
    "copy (select 1) to program 'touch stolen.csv'",
    "export database 'stolen.csv'",
    "attach 'stolen.csv' as other",
    "set timezone = 'UTC'",
    "select 1; drop table jobs",
    r"select e'\''; drop table jobs; --'",
    "commit; drop table jobs",
    "begin",
    "do $$begin delete from jobs; end$$",
    "explain analyze delete from jobs",
    "checkpoint",
    "",
    " ; -- nothing",
]


@pytest.fixture
def filled(standin: StandIn, log_in: LogIn, warehouse: Warehouse, saved_loads: SavedLoads) -> StandIn:
    """An org with three jobs that are loaded."""
    standin.org.add_jobs(3, job_type="V2Ingest", created=standin.org.clock.now())
    standin.org.clock.advance(seconds=3_600)
    log_in(standin)
    if warehouse.destination == "duckdb":
        saved_loads.load("sql", load)
    else:
        load(destination=warehouse.destination)
    return standin


def ask(warehouse: Warehouse, *arguments: str) -> int:
    return main(["sql", "--destination", warehouse.destination, *arguments])


def test_every_row_comes_with_names_that_have_the_dataset_and_names_that_have_not(
    filled: StandIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fetched two rows at a time; times are in UTC, to the millisecond that Salesforce sent."""
    monkeypatch.setattr(query, "_CHUNK_ROWS", 2)
    monkeypatch.setenv("TZ", "America/New_York")
    expected = [
        {
            "id": row["id"],
            "created_date": row["created_date"].isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "org_id": row["org_id"],
        }
        for row in warehouse.rows("jobs")
    ]
    for table in ("jobs", f"{DATASET}.jobs"):
        assert ask(warehouse, "--json", f"select id, created_date, org_id from {table} order by id") == 0
        assert json.loads(capsys.readouterr().out) == expected
        assert ask(warehouse, "--format", "csv", f"select id, created_date, org_id from {table} order by id") == 0
        assert list(csv.DictReader(io.StringIO(capsys.readouterr().out))) == expected


def test_values_of_every_kind_are_the_same_in_each_form(
    filled: StandIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing, numbers that are exact, quotes; what a terminal would obey is a question mark in a table only."""
    ask(warehouse, "--format", "json", ODD)
    assert capsys.readouterr().out == ('[{"n":1,"t":"é\\u001b[31m","nothing":null,"d":1.50,"yes":true,"q":"a,\\"b"}]\n')
    ask(warehouse, "--format", "csv", ODD)
    assert capsys.readouterr().out == 'n,t,nothing,d,yes,q\n1,é\x1b[31m,,1.50,true,"a,""b"\n'
    ask(warehouse, ODD)
    assert capsys.readouterr().out.splitlines()[3:] == [
        '│ 1 │ é?[31m │         │ 1.50 │ true │ a,"b │',
        "└───┴────────┴─────────┴──────┴──────┴──────┘",
        "1 row",
    ]


@on_both
def test_what_does_more_than_read_is_refused(
    filled: StandIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2 and a line; nothing is printed or written."""
    before = (warehouse.rows("jobs"), sorted(Path().iterdir()))
    for text in WRITES:
        assert ask(warehouse, text) == 2, text
        shown = capsys.readouterr()
        assert (shown.out, len(shown.err.splitlines())) == ("", 1), text
    assert (warehouse.rows("jobs"), sorted(Path().iterdir())) == before


def test_the_database_itself_refuses_what_gets_past_us(
    filled: StandIn, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a text that sqlglot reads in another way than the database does no harm."""
    monkeypatch.setattr(query, "refuse_writes", lambda text, dialect: False)
    before = (warehouse.rows("jobs"), sorted(Path().iterdir()))
    for text in (
        "delete from jobs",
        "create table x (a int)",
        "copy jobs to 'stolen.csv'",
        "select 1; drop table jobs",
    ):
        with pytest.raises(QueryError), asking(text, warehouse.destination, DATASET):
            raise AssertionError(f"{text} was run")
    assert (warehouse.rows("jobs"), sorted(Path().iterdir())) == before


@on_both
def test_a_function_that_writes_is_refused(filled: StandIn, warehouse: Warehouse) -> None:
    """It stands in a select."""
    warehouse.execute(f"create sequence {DATASET}.s")
    for text in ("select nextval('s')", "select set_config('transaction_read_only', 'off', false)"):
        assert ask(warehouse, text) == 2, text


@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True)
def test_other_files_are_out_of_reach(
    filled: StandIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """DuckDB could read any file of this machine."""
    Path("secret.csv").write_text("a\n1\n")
    assert ask(warehouse, "from 'secret.csv'") == 2
    assert "Cannot access file" in capsys.readouterr().err
    assert load().jobs_listed == 3  # DuckDB may reach files again


def test_a_mistake_is_told_in_the_databases_own_words(
    filled: StandIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, a line."""
    for text, duckdbs, postgres in (
        ("selec 1", 'Parser Error: syntax error at or near "selec"', 'syntax error at or near "selec"'),
        ("selec", 'Parser Error: syntax error at or near "selec"', 'syntax error at or near "selec"'),
        ("select * from jbs", "Table with name jbs does not exist!", 'relation "jbs" does not exist'),
        ("select cast(min(id) as int) from jobs", "Could not convert", "invalid input syntax"),
    ):
        assert ask(warehouse, text) == 2
        (said,) = capsys.readouterr().err.splitlines()
        assert {"duckdb": duckdbs, "postgres": postgres}[warehouse.destination] in said


def test_a_query_has_its_letters_in_a_poor_locale_too(filled: StandIn, warehouse: Warehouse) -> None:
    """As a process of its own, with the encoding ASCII: CSV is UTF-8 all the same."""
    environment = {**with_our_code(), "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-m", "pipelines", "sql", "--format", "csv", "--destination", warehouse.destination]
    done = subprocess.run([*command, "select 'Späti' as t"], env=environment, capture_output=True, timeout=60)
    assert (done.stdout.decode(), done.returncode) == ("t\nSpäti\n", 0)


def test_rows_before_a_mistake_are_json_all_the_same(
    filled: StandIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    The error after them is on standard error, with its exit code. One that comes at once is JSON itself.

    DuckDB works ahead of what is fetched, some 35,000 rows of this length: a mistake among these may come at once too.
    """
    value = "case when n = 100000 then cast(j.id as int) else n end as n, repeat('x', 200) as x"
    text = f"select {value} from generate_series({{}}, 100001) as numbers(n), (select min(id) as id from jobs) as j"
    assert ask(warehouse, "--json", text.format(1)) == 2
    shown = capsys.readouterr()
    rows = json.loads(shown.out)
    assert 0 < len(rows) < 100_000
    assert rows == [{"n": n + 1, "x": "x" * 200} for n in range(len(rows))]
    assert shown.err.startswith("The database refuses the query: ")
    assert len(shown.err.splitlines()) == 1

    assert ask(warehouse, "--json", text.format(100_000)) == 2
    at_once = capsys.readouterr()
    said: dict[str, object] = {"org": None, "error": shown.err.strip(), "exit_code": 2, "warnings": []}
    assert (json.loads(at_once.out), at_once.err) == (said, "")


def test_a_query_without_rows_has_its_columns(
    filled: StandIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty array, a header, an empty table."""
    text = "select id, state from jobs where false"
    assert [ask(warehouse, "--format", form, text) for form in ("json", "csv", "table")] == [0, 0, 0]
    assert capsys.readouterr().out.splitlines() == [
        "[]",
        "id,state",
        "┏━━━━┳━━━━━━━┓",
        "┃ id ┃ state ┃",
        "┡━━━━╇━━━━━━━┩",
        "└────┴───────┘",
        "0 rows",
    ]


def test_nothing_loaded_is_what_status_says(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where there is no file, and where it has no table of ours; the file is not made."""
    assert [main(["status"]), main(["sql", "select 1"])] == [1, 1]
    said = capsys.readouterr().err.splitlines()
    assert (
        said
        == [
            f"Nothing was loaded into salesforce_jobs of duckdb yet ({workplace}/jobs_history.duckdb). Run"
            " `salesforce-jobs load`, or check --destination and --dataset."
        ]
        * 2
    )
    assert not Path("jobs_history.duckdb").exists()
    duckdb.connect("jobs_history.duckdb").close()
    assert main(["sql", "select 1"]) == 1
    assert capsys.readouterr().err.splitlines() == said[:1]


def test_files_are_no_database(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, as `status` has it."""
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", str(workplace / "lake"))
    assert main(["sql", "--destination", "filesystem", "select 1"]) == 2
    assert capsys.readouterr().err == (
        "`sql` needs a SQL database, and filesystem is not one. Query its files with another program, such as DuckDB.\n"
    )


def test_a_query_may_come_from_standard_input(
    filled: StandIn, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With comments and a semicolon, as a file has it."""
    monkeypatch.setattr("sys.stdin", io.StringIO("-- how many\nselect count(*) as jobs\nfrom jobs; -- all\n"))
    assert ask(warehouse, "--json", "-") == 0
    assert capsys.readouterr().out == '[{"jobs":3}]\n'


def test_a_table_shows_a_thousand_rows_and_says_that_there_are_more(
    filled: StandIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """And nothing of the kind where there are none."""
    for rows, said in ((1_000, ""), (1_001, "There are more than 1,000 rows: --format csv prints all of them.\n")):
        assert ask(warehouse, f"select n from generate_series(1, {rows}) as numbers(n)") == 0
        shown = capsys.readouterr()
        assert [line.strip("│ ") for line in shown.out.splitlines()[3:-2]] == [str(n + 1) for n in range(1_000)]
        assert shown.out.splitlines()[-1] == "1,000 rows"
        assert shown.err == said


def test_a_table_is_whole_where_no_terminal_is_and_has_plain_boxes_where_the_encoding_has_no_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A text of 5,000 characters stands in one line."""
    written = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="replace")
    monkeypatch.setattr("sys.stdout", written)
    print_table(["long"], iter([[["x" * 5_000]]]))
    written.seek(0)
    lines = written.read().splitlines()
    assert lines[3] == f"| {'x' * 5_000} |"
    assert set("".join(lines)) <= set("+-| longx1row=")


def test_a_table_on_a_terminal_is_folded_to_its_width(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing of it is lost."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "30")
    print_table(["long"], iter([[["abcdefghij" * 10]]]))
    lines = re.sub(r"\x1b\[\d+m", "", capsys.readouterr().out).splitlines()
    assert max(map(len, lines)) == 30
    assert "".join(line.strip("│ ") for line in lines[3:-2]) == "abcdefghij" * 10


def test_odd_values_are_written_exactly(capsys: pytest.CaptureFixture[str]) -> None:
    """Whole numbers of any size, decimals, bytes, lists, times without a zone; columns of one name are told apart."""
    rows: list[list[Any]] = [
        [
            2**70,
            Decimal("1.10"),
            datetime(2026, 1, 2, 3, 4, 5, 6_000),
            [Decimal(1), None],
            b"\xff",
            float("nan"),
            {"a": [Decimal("nan"), float("inf"), Decimal("-Infinity")]},
        ]
    ]
    names = ["n", "n", "at", "list", "bytes", "nan", "map"]
    print_json(names, iter([rows]))
    assert capsys.readouterr().out == (
        '[{"n":1180591620717411303424,"n_2":1.10,"at":"2026-01-02T03:04:05.006Z","list":[1,null],"bytes":"/w==",'
        '"nan":null,"map":{"a":[null,null,null]}}]\n'
    )
    print_csv(names, iter([rows]))
    assert capsys.readouterr().out == (
        'n,n,at,list,bytes,nan,map\n1180591620717411303424,1.10,2026-01-02T03:04:05.006Z,"[1,null]",/w==,nan,"{""a"":[null,null,null]}"\n'
    )


MANY = "select n, 'some text of a job' as t from generate_series(1, 1000000) as numbers(n)"


@pytest.mark.long
@pytest.mark.parametrize("form", ["json", *(pytest.param(form, marks=pytest.mark.long) for form in ("csv", "table"))])
def test_output_that_nobody_reads_to_its_end_ends_with_141(form: str, filled: StandIn, warehouse: Warehouse) -> None:
    """As a process of its own, whose reader leaves after a line."""
    command = [sys.executable, "-m", "pipelines", "sql", "--destination", warehouse.destination, "--format", form, MANY]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=with_our_code(), text=True
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        if form != "table":
            process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode == 141
    assert "Traceback" not in said


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.long)])
def test_a_signal_ends_a_query_that_runs(number: signal.Signals, filled: StandIn, warehouse: Warehouse) -> None:
    """As a process of its own, at once: in DuckDB after its first rows, in Postgres before them."""
    text = {
        "duckdb": "select i from range(100000000000) numbers(i) where i < 20000 or hash(i) = 5",
        "postgres": "select pg_sleep(300)",
    }[warehouse.destination]
    command = [sys.executable, "-m", "pipelines", "sql", "--destination", warehouse.destination, "--format", "csv"]
    with subprocess.Popen(
        [*command, text], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=with_our_code(), text=True
    ) as process:
        assert process.stdout is not None
        if warehouse.destination == "duckdb":
            process.stdout.readline()
        else:
            wait_until_it_sleeps(warehouse)
        process.send_signal(number)
        _, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (130, "Stopped. No rows are lost: the next run reads them again.\n")
    if warehouse.destination == "postgres":
        assert warehouse.query(SLEEPERS) == [(0,)]


SLEEPERS = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"


def wait_until_it_sleeps(postgres: Warehouse) -> None:
    give_up_at = time.monotonic() + 60
    while postgres.query(SLEEPERS) != [(1,)]:
        assert time.monotonic() < give_up_at
        time.sleep(0.05)


PEAK = """
import resource, sys
from jobs_source.commands.parser import main
for rows in (10_000, 1_000_000):
    text = f"select n, 'text' || n as t from generate_series(1, {rows}) as numbers(n)"
    assert main(["sql", "--destination", sys.argv[2], "--format", sys.argv[1], text]) == 0
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


@pytest.mark.long
@pytest.mark.parametrize("form", ["csv", "json"])
def test_a_million_rows_take_no_more_memory_than_ten_thousand(form: str, filled: StandIn, warehouse: Warehouse) -> None:
    """Less than 20 MB more."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK, form, warehouse.destination],
        capture_output=True,
        text=True,
        env=with_our_code(),
        timeout=100,
        check=True,
    )
    few, many = map(int, done.stderr.split())
    assert len(done.stdout.splitlines()) == 1_010_000 + (2 if form == "csv" else 0)
    assert many - few < 20_000


def test_other_databases_get_only_what_is_certain_to_read() -> None:
    """There is no telling how they read only: a text that cannot be read is not run, and names get the dataset."""
    assert refuse_writes("select * from jobs", "mysql") is True
    assert refuse_writes("selec from from", "mysql") is False

    asked: list[str] = []
    client = Mock(dataset_name="data", execute_query=lambda text: asked.append(text) or io.StringIO())
    with query._ask_other(client, "with a as (select * from jobs) select * from a", "mysql", True):
        pass
    assert asked == ["WITH a AS (SELECT * FROM data.jobs AS jobs) SELECT * FROM a AS a"]
    with pytest.raises(QueryError), query._ask_other(client, "?", "mysql", False):
        pass


@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True)
def test_a_duckdb_that_is_not_our_file_keeps_its_settings(
    filled: StandIn, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Such as DuckLake, whose rows are in other files: they stay within reach, and the query is certain to read."""
    monkeypatch.setattr("jobs_source.runner.reading.database_path", lambda pipeline: None)
    text = "select count(*) as jobs, current_setting('enable_external_access') as reach from jobs"
    assert ask(warehouse, "--json", text) == 0
    assert capsys.readouterr().out == '[{"jobs":3,"reach":true}]\n'


@pytest.mark.long
@pytest.mark.parametrize("warehouse", ["postgres"], indirect=True)
@pytest.mark.parametrize("time_text", ["10000-01-01", "0044-03-15 BC"])
def test_a_time_that_python_cannot_hold_is_named(
    time_text: str, filled: StandIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to do; as text it can be read."""
    assert ask(warehouse, f"select '{time_text}'::timestamptz as t") == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert "Cast that column to text." in said
    assert ask(warehouse, f"select '{time_text}'::timestamptz::text as t") == 0
