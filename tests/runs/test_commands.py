"""The commands as a user or a scheduler meets them: what they print, and the exit codes 0 to 4."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any
from unittest.mock import Mock

import pytest

from jobs_source.commands.errors import explain
from jobs_source.commands.exit_codes import worst
from jobs_source.commands.parser import main
from jobs_source.runner.load import load
from jobs_source.standin import StandIn
from tests.conftest import with_our_code
from tests.expected import expected_rows
from tests.runs.default_run import lock_of_default_run
from tests.shown_tables import runs_shown
from tests.warehouses import Warehouse

LogIn = Callable[..., None]


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the real program in the current folder."""
    environment = with_our_code()
    command = [sys.executable, "-m", "pipelines", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, **options)


@pytest.mark.long
def test_load_prints_a_summary_and_ends_with_0(standin: StandIn, log_in: LogIn) -> None:
    """As a process of its own: a line and a table on standard output, a line of progress, and the rows are there."""
    standin.org.add_jobs(30)
    standin.org.clock.advance(seconds=5)
    log_in(standin)

    done = run("load")

    first, header, figures = done.stdout.splitlines()
    assert done.returncode == 0
    assert re.fullmatch(r"Extract salesforce_jobs: 2 pages, 30 jobs, [\d,]+ jobs/s\n", done.stderr)
    assert first == (
        f"org {standin.org.org_id}: loaded into duckdb (salesforce_jobs); full load; 2 of 100,000 API calls used in 24"
        " hours (0%)"
    )
    assert header == "jobs listed  new  changed  calls  seconds  result"
    assert re.fullmatch(r"         30   30        0      2     +\d+\.\d  ok", figures)
    assert Warehouse("duckdb", Path("jobs_history.duckdb")).rows("jobs") == expected_rows(standin.org, "ingest")


def test_load_with_json_prints_one_line_of_json(
    standin: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every figure of the summary, for a machine to read."""
    standin.org.add_jobs(30)
    standin.org.clock.advance(seconds=5)
    log_in(standin)

    assert main(["load", "--json"]) == 0

    (line,) = capsys.readouterr().out.splitlines()
    summary = json.loads(line)
    assert summary.pop("seconds") > 0
    assert summary == {
        "org": None,
        "org_id": standin.org.org_id,
        "destination": "duckdb",
        "dataset": "salesforce_jobs",
        "jobs_listed": 30,
        "jobs_written": 30,
        "jobs_new": 30,
        "jobs_changed": 0,
        "jobs_held": 0,
        "entries_rejected": 0,
        "is_full": True,
        "possible_gap": False,
        "pages": 2,
        "calls": 2,
        "api_used": 2,
        "api_limit": 100_000,
        "results_looked_up": 0,
        "results_failed": 0,
        "results_due": 0,
        "results_stopped_by": None,
        "warnings": [],
        "exit_code": 0,
        "error": None,
    }


def test_load_of_all_orgs_goes_on_after_one_that_fails(
    standin: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """The org that works is loaded, the other is named with what is wrong, and the exit code is its own."""
    standin.org.add_jobs(3, job_type="V2Ingest")
    standin.org.clock.advance(seconds=5)
    log_in(standin, "a_good_one")
    with StandIn(seed=5) as other:
        log_in(other, "bad_one")
        other.org.client_secret = "another"

        assert main(["load", "--all-orgs"]) == 2

    shown = capsys.readouterr()
    assert shown.out.startswith(f"a_good_one {standin.org.org_id}: loaded into duckdb (salesforce_jobs); full load; ")
    figures = {"jobs listed": "3", "new": "3", "changed": "0", "calls": "2"}
    assert runs_shown(shown.out) == [
        {"org": "a_good_one", **figures, "result": "ok"},
        {"org": "bad_one", "result": "setup is wrong"},
    ]
    assert shown.err.splitlines()[-1].startswith("bad_one: Salesforce refused the login at 127.0.0.1:")


@pytest.mark.parametrize(
    ("fault", "exit_code", "words", "waits"),
    [
        ({"kind": "status", "status": 500, "body": "", "times": None}, 1, "Salesforce answered with an error (500", 4),
        ({"kind": "html", "status": 200, "times": None}, 1, "an HTML page instead of JSON", 4),
        (
            {"kind": "redirect", "location": "https://evil.example/"},
            2,
            "Salesforce redirects to https://evil.example/ (302)",
            0,
        ),
    ],
)
def test_an_error_is_one_paragraph_with_its_exit_code(
    fault: dict[str, Any],
    exit_code: int,
    words: str,
    waits: int,
    standin: StandIn,
    log_in: LogIn,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No traceback; what happened, where, and what to do. A line before it tells of each wait for another try."""
    log_in(standin)
    standin.misbehave(path="jobs/ingest", **fault)

    assert main(["load"]) == exit_code

    shown = capsys.readouterr()
    assert shown.out == ""
    *others, error = shown.err.splitlines()
    tries = [line.partition(" failed at")[0] for line in others if "Warning: Try" in line]
    assert tries == [f"Warning: Try {number} of 5" for number in range(1, waits + 1)]
    # What may come of the other list, which is walked meanwhile, and of the progress.
    known = ("Warning: Try", "Warning: jobs/query listed no job.", "Extract salesforce_jobs: ")
    assert [line for line in others if not line.startswith(known)] == []
    assert words in error


def test_an_org_without_calls_left_ends_with_3(
    standin: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """Salesforce's own TotalRequests answer."""
    log_in(standin)
    standin.org.api_used = standin.org.api_limit

    assert main(["load"]) == 3
    assert "API calls for 24 hours are used up (403 REQUEST_LIMIT_EXCEEDED" in capsys.readouterr().err


def test_the_allowance_is_counted_per_org(standin: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]) -> None:
    """One org has used up its own, and is asked no more than it takes to learn that; the next one works."""
    standin.org.add_jobs(3, job_type="V2Ingest")
    standin.org.clock.advance(seconds=5)
    with StandIn(seed=5) as other:
        other.org.api_used, other.org.api_limit = 9_500, 10_000
        log_in(other, "a")
        log_in(standin, "b")

        assert main(["load", "--org", "a", "--org", "b"]) == 3

    shown = capsys.readouterr()
    figures = {"jobs listed": "3", "new": "3", "changed": "0", "calls": "2"}
    assert runs_shown(shown.out) == [
        {"org": "a", "result": "no API calls left"},
        {"org": "b", **figures, "result": "ok"},
    ]
    (said,) = [line for line in shown.err.splitlines() if not line.startswith(("Extract ", "Warning: "))]
    assert said.startswith("a: The org has used 9501 of its 10000 API calls for 24 hours (95 %)")
    assert len(other.requests) == 2
    assert Warehouse("duckdb", Path("jobs_history.duckdb")).rows("jobs") == expected_rows(standin.org, "ingest")


def test_load_without_credentials_says_which_keys_go_where(capsys: pytest.CaptureFixture[str]) -> None:
    """One paragraph with the keys, the file, the environment names, and the way without any."""
    assert main(["load"]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    for words in (
        "instance_url, client_id and client_secret",
        "under [sources.jobs_source.credentials]",
        f"Looked for {Path.cwd()}/.dlt/secrets.toml (not there), ",
        "SOURCES__JOBS_SOURCE__CREDENTIALS__CLIENT_ID",
        "`salesforce-jobs demo` needs none",
    ):
        assert words in line


def test_load_with_half_a_login_names_the_missing_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the five flows, the one that lacks least."""
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__CREDENTIALS__INSTANCE_URL", "https://acme.my.salesforce.com")
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__CREDENTIALS__CLIENT_ID", "key")

    assert main(["load"]) == 2
    assert "client_id, instance_url found, client_secret missing" in capsys.readouterr().err


def test_a_run_beside_another_ends_with_4(standin: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]) -> None:
    """As a machine reads it: the error and its exit code in the line of JSON."""
    log_in(standin)
    with lock_of_default_run():
        assert main(["load", "--json"]) == 4

    shown = json.loads(capsys.readouterr().out)
    assert shown["exit_code"] == 4
    assert shown["error"].startswith(
        "Another run of salesforce_jobs is in progress on this machine, so this run did nothing."
    )


def test_of_two_runs_at_once_one_works_and_the_other_says_so(standin: StandIn, log_in: LogIn) -> None:
    """Two processes: while the first waits for a page, the second ends with 4, and the org hears nothing of it."""
    standin.org.add_jobs(30)
    standin.org.clock.advance(seconds=5)
    log_in(standin)
    is_under_way, may_go_on = Event(), Event()
    standin.misbehave("call", path="jobs/ingest", do=lambda: (is_under_way.set(), may_go_on.wait(60)))
    command = [sys.executable, "-m", "pipelines", "load"]
    first = subprocess.Popen(command, env=with_our_code())
    try:
        assert is_under_way.wait(60)
        second = run("load")
    finally:
        may_go_on.set()
        first.wait(60)

    assert (first.returncode, second.returncode, second.stdout) == (0, 4, "")
    assert second.stderr == (
        "Another run of salesforce_jobs is in progress on this machine, so this run did nothing. The other run"
        f" holds the lock {lock_of_default_run().lock_file}.\n"
    )
    assert sorted(request.path for request in standin.requests) == [
        "/services/data/v64.0/jobs/ingest",
        "/services/data/v64.0/jobs/query",
        "/services/oauth2/token",
    ]
    tables = Warehouse("duckdb", Path("jobs_history.duckdb"))
    assert tables.rows("jobs") == expected_rows(standin.org, "ingest")
    assert tables.rows("query_jobs") == expected_rows(standin.org, "query", job_type="V2Query")
    assert len(tables.rows("runs")) == 2


def test_an_unknown_destination_ends_with_2(
    standin: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """Named as such, before Salesforce is asked."""
    log_in(standin)

    assert main(["load", "--destination", "excel"]) == 2
    assert "excel" in capsys.readouterr().err
    assert standin.requests == []


def test_a_folder_to_keep_without_a_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """It would be the current folder."""
    with pytest.raises(SystemExit) as ended:
        main(["load", "--keep-working-dir", ""])
    assert ended.value.code == 2
    assert "argument --keep-working-dir: the name is empty" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["load", "--fast"], ["status", "--max-age", "x"], ["sql"], ["purge", "--yes"]])
def test_a_mistyped_option_is_json_with_json(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """One line on standard output; the usage is on standard error as ever."""
    for json_option in ([], ["--json"]):
        with pytest.raises(SystemExit) as ended:
            main([*arguments, *json_option])
        assert ended.value.code == 2
    shown = capsys.readouterr()
    line = json.loads(shown.out)
    assert list(line) == ["org", "error", "exit_code", "warnings"]
    assert line["exit_code"] == 2
    assert shown.err.count(f"error: {line['error']}\n") == 2


@pytest.mark.parametrize("command", ["load", "check", "status"])
@pytest.mark.parametrize("option", ["--destination", "--dataset", "--org"])
def test_an_empty_name_is_refused(command: str, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A script's variable that is not set: dlt would take a name of its own and load into the wrong place."""
    with pytest.raises(SystemExit) as ended:
        main([command, option, ""])
    assert ended.value.code == 2
    assert f"argument {option}: the name is empty" in capsys.readouterr().err


def test_verbose_shows_where(capsys: pytest.CaptureFixture[str]) -> None:
    """The traceback comes before the paragraph, and only when asked for."""
    assert main(["load", "--verbose"]) == 2
    assert "Traceback (most recent call last)" in capsys.readouterr().err


@pytest.mark.parametrize("number", [pytest.param(signal.SIGINT, marks=pytest.mark.long), signal.SIGTERM])
def test_a_stopped_run_loses_nothing(number: signal.Signals, standin: StandIn, log_in: LogIn) -> None:
    """Stopped in a walk it ends at once, the next org with it, without a traceback; the next run has everything."""
    fill(standin, log_in)
    process = subprocess.Popen(
        [sys.executable, "-m", *LOAD_ALL], env=with_our_code(), stderr=subprocess.PIPE, text=True
    )
    standin.misbehave("call", at=4, path="jobs/ingest", do=lambda: process.send_signal(number))
    standin.misbehave("slow", at=5, path="jobs/ingest", seconds=0.5, times=None)

    _, errors = process.communicate(timeout=60)

    check_stopped(process.returncode, errors, standin)


@pytest.mark.long
def test_a_stop_that_python_drops_ends_the_run_too(standin: StandIn, log_in: LogIn) -> None:
    """It comes in the midst of a `__del__`, when the walk has written its first file."""
    fill(standin, log_in)
    command = [sys.executable, "-c", STOPPED_IN_DEL, *LOAD_ALL]
    done = subprocess.run(command, env=with_our_code(), capture_output=True, text=True, timeout=60)

    check_stopped(done.returncode, done.stderr, standin)


@pytest.mark.long
@pytest.mark.parametrize("step", ["normalize", "load"])
def test_a_stop_at_the_end_of_a_step_ends_all_orgs(step: str, standin: StandIn, log_in: LogIn) -> None:
    """dlt would forget one that comes after it has looked for the last time; nothing is lost or doubled by it."""
    fill(standin, log_in)
    command = [sys.executable, "-c", STOPPED_AFTER.format(step=step), *LOAD_ALL]
    done = subprocess.run(command, env=with_our_code(), capture_output=True, text=True, timeout=60)

    check_stopped(done.returncode, done.stderr, standin)


STOPPED_AFTER = """
import os, runpy, signal, sys
from dlt.load.load import Load
from dlt.normalize.normalize import Normalize

def run(self, *arguments):
    done = whole(self, *arguments)
    os.kill(os.getpid(), signal.SIGTERM)
    return done

Step = {{"normalize": Normalize, "load": Load}}["{step}"]
whole, Step.run = Step.run, run
sys.argv.pop(0)
runpy.run_module("pipelines", run_name="__main__")
"""
LOAD_ALL = ("pipelines", "load", "--all-orgs")


@pytest.mark.long
def test_a_run_ends_at_once_but_not_before_what_was_left_to_its_end(standin: StandIn, log_in: LogIn) -> None:
    """Libraries leave things to `atexit`; and a standard output that is not flushed yet."""
    standin.org.clock.advance(seconds=5)
    log_in(standin)
    command = [sys.executable, "-c", LEAVES_SOMETHING, "pipelines", "load", "--json"]
    done = subprocess.run(command, env=with_our_code(), capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stdout.splitlines()[1:]) == (0, ["left to the end"])


LEAVES_SOMETHING = """
import atexit, runpy, sys
atexit.register(print, "left to the end")
sys.argv.pop(0)
runpy.run_module("pipelines", run_name="__main__")
"""
STOPPED_IN_DEL = """
import os, runpy, signal, sys

class Frail:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        for _ in range(1_000):  # Python looks for signals in here
            pass

def hear(event, arguments):
    if event == "open" and str(arguments[0]).endswith(".parquet") and not heard:
        heard.append(True)
        Frail()

heard = []
sys.addaudithook(hear)
sys.argv.pop(0)
runpy.run_module("pipelines", run_name="__main__")
"""


def fill(standin: StandIn, log_in: LogIn) -> None:
    """Ten pages, of an org that is configured twice."""
    standin.org.page_size = 10
    standin.org.add_jobs(95, job_type="V2Ingest")
    standin.org.clock.advance(seconds=5)
    log_in(standin)
    log_in(standin, "next")


def check_stopped(exit_code: int, errors: str, standin: StandIn) -> None:
    assert exit_code == 130, errors
    assert errors.splitlines()[-1].startswith("Stopped. ")
    assert "Traceback" not in errors
    assert [request.path for request in standin.requests].count("/services/oauth2/token") == 1
    standin._faults.clear()
    assert main(["load"]) == 0
    assert Warehouse("duckdb", Path("jobs_history.duckdb")).rows("jobs") == expected_rows(standin.org, "ingest")


def test_credentials_that_are_one_text_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As JSON in one variable, say."""
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__CREDENTIALS", '{"access_token": "s3cret"}')

    assert main(["load"]) == 2
    assert capsys.readouterr().err == (
        "sources.jobs_source.credentials is a single text. Set each of its keys separately: client_id and so on, as"
        " lines of that section or as variables that end with __CREDENTIALS__CLIENT_ID and so on.\n"
    )


@pytest.mark.parametrize("command", ["load", "check", "status"])
def test_missing_credentials_of_a_destination_are_not_taken_for_those_of_salesforce(
    command: str, standin: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says which, and where they go."""
    log_in(standin)

    assert main([command, "--destination", "postgres"]) == 2
    shown = "".join(capsys.readouterr())
    assert (
        "The destination lacks database, password, username and host. Add them under [destination.postgres.credentials]"
        " in .dlt/secrets.toml, or as variables such as DESTINATION__POSTGRES__CREDENTIALS__DATABASE."
    ) in shown


def test_a_dataset_that_is_named_like_the_file_is_refused_before_anything_is_asked(
    standin: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """DuckDB would refuse what was read, in this run and in each one after it."""
    log_in(standin)

    assert main(["load", "--dataset", "jobs_history"]) == 2
    assert "The dataset jobs_history and the DuckDB file " in capsys.readouterr().err
    assert standin.requests == []


def test_check_names_the_org_of_each_line(standin: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]) -> None:
    """Two orgs may log in at one host."""
    log_in(standin, "prod")

    assert main(["check", "--org", "prod"]) == 0
    assert {line[6:12] for line in capsys.readouterr().out.splitlines()} == {"prod, "}


def test_a_broken_file_of_secrets_is_named_with_the_line(workplace: Path) -> None:
    """And nothing of what stands in it."""
    (workplace / ".dlt" / "secrets.toml").write_text("[sources.jobs_source\nclient_secret = 's3cret'\n")
    done = run("load")

    assert done.returncode == 2
    assert re.fullmatch(
        r"The configuration is wrong: A problem encountered when loading secrets\.toml .* at line 1 col 20\.\n",
        done.stderr,
    )


def test_worst_of_several_exit_codes_asks_for_another_try_where_that_may_help() -> None:
    """1 before 2 before 3 before 4; 0 only where all went well."""
    assert [worst([]), worst([0, 0]), worst([0, 2, 1]), worst([4, 3, 0])] == [0, 0, 1, 3]


def test_check_says_line_by_line_that_all_is_well(
    standin: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """And changes nothing: no file, no working directory, no write to the org."""
    standin.org.add_jobs(200)
    log_in(standin)
    files = {path for path in tmp_path.rglob("*") if path.is_file()}

    assert main(["check"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "ok    login",
        "ok    API version",
        "ok    API allowance",
        "ok    listing jobs/ingest",
        "ok    listing jobs/query",
        "ok    destination",
    ]
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == files
    assert {request.method for request in standin.requests[1:]} == {"GET"}


def test_check_says_what_to_do_where_something_is_wrong(
    standin: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An API version that the org does not have, limits that may not be read, a folder that is not there."""
    standin.org.can_view_setup = False
    log_in(standin)
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__API_VERSION", "99.0")
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", "/nowhere/at/all.duckdb")

    assert main(["check"]) == 2

    lines = capsys.readouterr().out.splitlines()
    assert "FAIL  API version: sources.jobs_source.api_version is 99.0, but the org has" in lines[1]
    assert lines[-1].startswith("FAIL  destination: There is no folder /nowhere/at for the DuckDB file all.duckdb")


def test_check_of_a_user_who_sees_only_own_jobs_names_the_permission(
    standin: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """Green runs with nothing in them begin here."""
    log_in(standin)

    assert main(["check"]) == 0
    assert "Give it these permissions: Manage Data Integrations" in capsys.readouterr().out


def test_check_names_an_answer_of_another_shape(
    standin: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """And goes on with the rest."""
    log_in(standin)
    standin.misbehave("status", status=200, body={"DailyApiRequests": None}, path="limits")

    assert main(["check"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].startswith("FAIL  API allowance: Salesforce's answer has an unknown shape (TypeError")
    assert [line[:4] for line in lines] == ["ok  ", "ok  ", "FAIL", "ok  ", "ok  ", "ok  "]


def test_check_reaches_a_warehouse_before_and_after_the_first_load(
    standin: StandIn, log_in: LogIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says whether the dataset is there, and does not make it."""
    standin.org.add_jobs(3)
    standin.org.clock.advance(seconds=5)
    log_in(standin)

    assert main(["check", "--destination", warehouse.destination]) == 0
    before = capsys.readouterr().out.splitlines()[-1]
    assert main(["load", "--destination", warehouse.destination]) == 0
    capsys.readouterr()
    assert main(["check", "--destination", warehouse.destination]) == 0
    after = capsys.readouterr().out.splitlines()[-1]

    assert before.startswith("ok    destination: ")
    assert before.endswith("will be made by the first load")
    assert after == f"ok    destination: {warehouse.destination}, dataset salesforce_jobs is there"


def test_check_without_credentials_says_what_load_would(capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON, a line per thing; the destination is looked at all the same."""
    assert main(["check", "--json"]) == 2

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["name"], line["exit_code"]) for line in lines] == [("configuration", 2), ("destination", 0)]
    assert lines[0]["text"].startswith("There are no Salesforce credentials under [sources.jobs_source.credentials].")


def test_check_ends_at_a_login_that_is_refused(
    standin: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing else of the org can be tried then."""
    log_in(standin)
    standin.org.client_secret = "another"

    assert main(["check"]) == 2

    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["FAIL  login", "ok    destination"]


@pytest.mark.parametrize(("arguments", "exit_code"), [("--help", 0), ("--version", 0), ("load --fulll", 2)])
def test_what_needs_no_dlt_does_not_wait_for_it(arguments: str, exit_code: int) -> None:
    """To import it takes half a second, ten times as long as the answer takes."""
    command = [sys.executable, "-X", "importtime", "-m", "pipelines", *arguments.split()]

    done = subprocess.run(command, env=with_our_code(), capture_output=True, text=True, timeout=60)

    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert done.returncode == exit_code
    assert imported & {"jobs_source", "dlt", "duckdb", "pyarrow", "requests", "msgspec", "rich"} == {"jobs_source"}


@pytest.mark.long
def test_nothing_but_errors_and_progress_is_on_standard_error(standin: StandIn, log_in: LogIn) -> None:
    """DuckDB lists what it takes for leaks there, after a process has ended."""
    log_in(standin)
    standin.org.add_jobs(3, job_type="V2Ingest")
    standin.org.clock.advance(seconds=60)
    load()

    assert [run(command).stderr for command in ("check", "status")] == ["", ""]


def test_a_stop_while_dlt_is_imported_ends_with_130() -> None:
    """That takes half a second, and a scheduler may stop a program at once."""
    stopped = "import os, runpy, signal, sys; sys.addaudithook(lambda event, arguments: (event, arguments[0]) == "
    stopped += "('import', 'dlt.common') and os.kill(os.getpid(), signal.SIGTERM)); sys.argv = ['pipelines', 'status'];"
    stopped += "runpy.run_module('pipelines', run_name='__main__')"

    done = subprocess.run([sys.executable, "-c", stopped], env=with_our_code(), capture_output=True, timeout=60)

    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_the_demo_replaces_only_what_a_demo_has_made(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another file of the same name stays."""
    (workplace / "demo.duckdb").write_text("mine")

    assert main(["demo"]) == 2

    assert capsys.readouterr().err == (
        f"{workplace}/demo.duckdb is not from a demo. Move it away, or run the demo in another folder.\n"
    )
    assert (workplace / "demo.duckdb").read_text() == "mine"


@pytest.mark.parametrize(
    ("redirection", "exit_code", "said"),
    [(">&-", 0, ""), (">/dev/full", 1, "The output cannot be written: No space left on device.\n")],
)
def test_an_output_that_cannot_be_written_is_said_in_a_line(redirection: str, exit_code: int, said: str) -> None:
    """If there is none at all, nothing is wrong."""
    program = (
        "import sys, jobs_source.commands.process as process;"
        " process._run = lambda: print('done') or sys.stdout.write('!') - 1; process.run()"
    )
    command = f'"{sys.executable}" -c "{program}" {redirection}'

    done = subprocess.run(["sh", "-c", command], env=with_our_code(), capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stderr) == (exit_code, said)


@pytest.mark.parametrize(
    ("package", "said"),
    [
        ("psycopg2", f'Install it: {sys.executable} -m pip install "dlt[postgres]"'),
        ("msgspec", "The Python package msgspec is missing here. Install this program again"),
    ],
)
def test_a_missing_package_is_named_with_what_installs_it(package: str, said: str) -> None:
    """By the extra of dlt that has it, which often has another name."""
    reason = explain(ModuleNotFoundError(name=f"{package}.extensions"))
    assert (reason.exit_code, said in reason.message) == (2, True)


AS_A_PROGRAM = (
    "import runpy, sys; sys.argv = ['pipelines', 'status']; runpy.run_module('pipelines', run_name='__main__')"
)


def test_a_dlt_that_lacks_something_is_one_paragraph_with_exit_code_2() -> None:
    """Before any command is known."""
    lacking = "import dlt.common.destination.utils as utils; del utils.resolve_merge_strategy; "
    command = [sys.executable, "-c", lacking + AS_A_PROGRAM]

    done = subprocess.run(command, env=with_our_code(), capture_output=True, text=True, timeout=60)

    assert done.returncode == 2
    assert re.fullmatch(r"dlt \S+ is not supported \(cannot import name 'resolve_merge_strategy' .*\n", done.stderr)


@pytest.mark.long
def test_duckdb_may_be_there_before_us() -> None:
    """As where a plugin imports it: nothing is told of leaks."""
    command = [sys.executable, "-c", f"import duckdb; {AS_A_PROGRAM}"]

    done = subprocess.run(command, env=with_our_code(), capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("Nothing was loaded into salesforce_jobs of duckdb yet")


@pytest.mark.long
@pytest.mark.parametrize(
    "encoding", ["ascii", *(pytest.param(name, marks=pytest.mark.long) for name in ("cp1252", "utf-8"))]
)
def test_the_demo_runs_whatever_the_terminal_can_show(encoding: str, tmp_path: Path) -> None:
    """What it cannot show becomes a question mark. It works in an empty folder, too."""
    command = [sys.executable, "-m", "pipelines", "demo"]
    environment = {**with_our_code(), "PYTHONIOENCODING": encoding}

    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=60)

    assert (done.returncode, done.stderr) == (0, b"")
    assert b"What failed, by object:" in done.stdout


def test_output_that_nobody_reads_to_its_end_ends_quietly(tmp_path: Path) -> None:
    """As in `demo | head -1`, with the exit code that shells report then. Here nobody reads from the start."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "pipelines", "demo"]

    done = subprocess.run(
        command, cwd=tmp_path, env=with_our_code(), stdout=writing, stderr=subprocess.PIPE, timeout=60
    )

    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_another_pipe_that_breaks_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Such as that of a database: a monitor must not be told that all is well."""
    monkeypatch.setattr("jobs_source.commands.status.read_status", Mock(side_effect=BrokenPipeError(32, "Broken pipe")))

    assert main(["status"]) == 1
    assert capsys.readouterr().err == "Broken pipe. No rows are lost: the next run reads them again.\n"
