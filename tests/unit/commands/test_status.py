"""`status`: a monitor can call it, and a person can read it."""

import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from jobs_source.commands.parser import main
from jobs_source.runner.load import load
from jobs_source.runner.status import OrgStatus, read_status
from jobs_source.standin import Clock, StandIn
from jobs_source.times import in_utc
from jobs_source.wording import time_text
from tests.clients import answer_query_jobs_first
from tests.expected import expected_rows
from tests.shown_tables import shown_table
from tests.warehouses import Warehouse, on_postgres

LogIn = Callable[..., None]
DATABASE = Path("jobs_history.duckdb")


@pytest.fixture
def yesterday() -> Iterator[StandIn]:
    """An org whose clock stands at 30 hours ago."""
    start = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(hours=30)
    with StandIn(clock=Clock(start, frozen=True), seed=3) as standin:
        yield standin


@on_postgres
def test_status_tells_freshness_unfinished_jobs_gaps_and_the_last_runs(
    yesterday: StandIn, log_in: LogIn, warehouse: Warehouse
) -> None:
    """Of each org, from the destination alone."""
    org, clock = yesterday.org, yesterday.org.clock
    clock.advance(days=-20)
    first = clock.now() + timedelta(seconds=60)
    org.add_jobs(3, job_type="V2Ingest", created=clock.now(), state="InProgress")
    org.add_jobs(2, job_type="V2Query", created=clock.now(), state="UploadComplete")
    org.add_jobs(4, job_type="Classic", created=clock.now(), state="Closed")
    made = clock.now()
    clock.advance(seconds=60)
    log_in(yesterday)
    load(destination=warehouse.destination)
    clock.advance(days=20)
    assert load(destination=warehouse.destination).possible_gap

    (found,) = read_status(warehouse.destination, "salesforce_jobs").orgs

    second = first + timedelta(days=20)
    assert found.newest == {"jobs/ingest": second, "jobs/query": second}
    assert found.gaps == [(first, second)] * 2
    assert (found.unfinished, found.oldest_unfinished) == (5, made)
    assert [(run["started_at"], run["listing"], run["jobs_listed"]) for run in found.last_runs] == [
        (second, "jobs/ingest", 0),
        (second, "jobs/query", 0),
        (first, "jobs/ingest", 7),
        (first, "jobs/query", 2),
    ]


@pytest.mark.long
def test_a_run_row_says_what_the_walk_saw_and_spent(yesterday: StandIn, log_in: LogIn, warehouse: Warehouse) -> None:
    """Whole rows of two runs: the first one, and one with a change, a held job, an odd entry and a retry."""
    org, clock = yesterday.org, yesterday.org.clock
    start = clock.now()
    (id_,) = org.add_jobs(1, job_type="V2Ingest", created=start, system_modstamp=start, state="Open")
    org.add_jobs(1, job_type="V2Ingest", created=start - timedelta(days=1), state="Open")
    clock.advance(seconds=60)
    log_in(yesterday)
    load(destination=warehouse.destination)
    clock.advance(seconds=3_600)
    org.change_job(id_, state="UploadComplete")
    org.add_raw_entry({"id": None})
    clock.advance(seconds=60)
    org.add_jobs(1, job_type="V2Ingest", created=clock.now(), system_modstamp=clock.now(), state="Open")
    yesterday.misbehave("status", status=503, body="", path="jobs/ingest")
    load(destination=warehouse.destination)

    first, second = start + timedelta(seconds=60), start + timedelta(seconds=3_720)
    rows, used = without_api_used(runs_of(warehouse))
    assert [max(used[:2]), max(used[2:])] == [2, 4]  # which of the two listings ends first is not sure
    assert rows == [
        run_row(yesterday, "jobs/ingest", first, jobs_listed=2, jobs_written=2, cursor_after=start),
        run_row(yesterday, "jobs/query", first),
        run_row(
            yesterday,
            "jobs/ingest",
            second,
            previous_started_at=first,
            is_full=False,
            jobs_listed=4,
            jobs_written=1,
            jobs_held=1,
            entries_rejected=1,
            calls=2,
            cursor_before=start,
            cursor_after=second - timedelta(seconds=60),
        ),
        run_row(yesterday, "jobs/query", second, previous_started_at=first, is_full=False),
    ]


def test_a_walk_that_started_again_counts_the_pages_of_both_tries(
    yesterday: StandIn, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session ends on the second of three pages: ten jobs are counted twice, as is documented, and stored once."""
    org, start = yesterday.org, yesterday.org.clock.now()
    org.page_size = 10
    org.add_jobs(25, job_type="V2Ingest", created=start, system_modstamp=start, state="Open")
    org.clock.advance(seconds=60)
    log_in(yesterday)
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__PAGES_AHEAD", "1")  # else it may end while the third page is asked for
    answer_query_jobs_first(yesterday)  # else its page may be refused too
    yesterday.misbehave("expired_token", path="jobs/ingest", at=2)

    summary = load()

    warehouse = Warehouse("duckdb", DATABASE)
    assert (summary.jobs_listed, summary.jobs_new, summary.pages, summary.calls) == (35, 25, 5, 6)
    assert warehouse.rows("jobs") == expected_rows(org, "ingest")
    first = start + timedelta(seconds=60)
    rows, used = without_api_used(runs_of(warehouse))
    assert max(used) == 5
    assert rows == [
        run_row(yesterday, "jobs/ingest", first, pages=4, jobs_listed=35, jobs_written=35, calls=5, cursor_after=start),
        run_row(yesterday, "jobs/query", first),
    ]


@pytest.mark.long
def test_a_run_that_failed_leaves_no_row(yesterday: StandIn, log_in: LogIn) -> None:
    """Not of the listing that was walked to its end either: the good run after it looks back to the good one before."""
    org, start = yesterday.org, yesterday.org.clock.now()
    log_in(yesterday)
    warehouse = Warehouse("duckdb", DATABASE)
    load()
    before = runs_of(warehouse)
    org.clock.advance(seconds=60)
    yesterday.misbehave("status", status=400, body=[{"errorCode": "X", "message": "Y"}], path="jobs/ingest")

    assert main(["load"]) == 2

    asked = [(request.path.rpartition("jobs/")[2], request.status) for request in yesterday.requests[-2:]]
    assert asked == [("query", 200), ("ingest", 400)]
    assert runs_of(warehouse) == before
    load()
    assert [run["previous_started_at"] for run in runs_of(warehouse)] == [None, None, start, start]


def runs_of(warehouse: Warehouse) -> list[dict[str, Any]]:
    """Whole rows, oldest first, without their ids: those are 32 digits each, and each another."""
    columns = [column for column in warehouse.columns("runs") if not column.startswith("_dlt")]
    rows = warehouse.rows("runs", *sorted(columns, key=lambda column: (column != "started_at", column != "listing")))
    ids = [row.pop("run_id") for row in rows]
    assert [id_ for id_ in ids if not re.fullmatch(r"[0-9a-f]{32}", id_)] == []
    assert len(set(ids)) == len(ids)
    return rows


def without_api_used(rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[int]]:
    """Take the API calls of the whole org out of *rows*, and return them beside."""
    return rows, [row.pop("api_used") for row in rows]


def run_row(standin: StandIn, listing: str, started_at: datetime, **others: Any) -> dict[str, Any]:
    """The row of a first walk of one page without a job, but for *others*."""
    return {
        "org_id": standin.org.org_id,
        "org": None,
        "instance_url": standin.url,
        "listing": listing,
        "started_at": started_at,
        "ended_at": started_at,
        "previous_started_at": None,
        "possible_gap": False,
        "is_full": True,
        "pages": 1,
        "jobs_listed": 0,
        "jobs_written": 0,
        "jobs_held": 0,
        "entries_rejected": 0,
        "calls": 1,
        "calls_wasted": 0,
        "api_limit": 100_000,
        "cursor_before": None,
        "cursor_after": None,
        **others,
    }


@pytest.mark.long
@pytest.mark.parametrize(
    ("dataset", "schema"),
    [('x"; drop table y; --', "x_drop_table_yxxx"), pytest.param("o'brien\"s", "o_brien_s", marks=pytest.mark.long)],
)
def test_a_hostile_dataset_name_is_a_name_and_no_sql(
    dataset: str, schema: str, yesterday: StandIn, log_in: LogIn, warehouse: Warehouse
) -> None:
    """In load and in status: dlt makes a plain name of it."""
    yesterday.org.add_jobs(3, job_type="V2Ingest")
    yesterday.org.clock.advance(seconds=5)
    log_in(yesterday)
    warehouse.execute("create table y as select 7 as x")
    where = ["--destination", warehouse.destination, "--dataset", dataset]

    assert [main(["load", *where]), main(["status", *where])] == [0, 0]

    (found,) = read_status(warehouse.destination, dataset).orgs
    assert [(run["listing"], run["jobs_listed"]) for run in found.last_runs] == [("jobs/ingest", 3), ("jobs/query", 0)]
    assert warehouse.execute("select x from y") == [(7,)]
    places = "select table_schema from information_schema.tables where table_name = 'jobs'"
    assert set(warehouse.execute(places)) == {(schema,), (f"{schema}_staging",)}


def test_a_time_without_a_zone_is_utc(in_auckland: None) -> None:
    """Some destinations give times so; the clock of this machine has nothing to do with them."""
    naive = datetime(2026, 11, 20, 12, 0)
    assert in_utc(naive) == naive.replace(tzinfo=timezone.utc)
    assert in_utc(naive.astimezone()) == datetime(2026, 11, 19, 23, 0, tzinfo=timezone.utc)


@pytest.fixture
def in_auckland() -> Iterator[None]:
    """This machine's clock is thirteen hours ahead of UTC."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TZ", "<+13>-13")
        time.tzset()
        yield
    time.tzset()


def test_status_ends_with_1_where_the_newest_good_run_is_too_old(
    yesterday: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """Thirty hours are more than 26 and less than 48."""
    log_in(yesterday)
    load()

    assert main(["status", "--max-age", "48"]) == 0
    capsys.readouterr()
    assert main(["status", "--max-age", "26"]) == 1
    shown = capsys.readouterr().out
    org = {"org": yesterday.org.org_id, "hours old": "30.0", "unfinished": "0", "gaps": "0", "max 26 h": "TOO OLD"}
    assert shown_table(shown, "org") == [org]
    start = yesterday.org.clock.now().strftime("%Y-%m-%d %H:%M")
    run = {"started (UTC)": start, "listed": "0", "written": "0", "calls": "1", "full": "full"}
    assert f"\n\nLast runs of {yesterday.org.org_id}:\nstarted (UTC)  " in shown
    assert shown_table(shown, "started (UTC)") == [run | {"list": "jobs/ingest"}, run | {"list": "jobs/query"}]


def test_status_with_json_is_a_line_per_org(
    yesterday: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the age in hours and whether that is too old."""
    log_in(yesterday)
    load()

    assert main(["status", "--json", "--max-age", "26"]) == 1

    found = json.loads(capsys.readouterr().out)
    started = time_text(yesterday.org.clock.now())
    runs = [
        {
            "started_at": started,
            "listing": listing,
            "jobs_listed": 0,
            "jobs_written": 0,
            "entries_rejected": 0,
            "calls": 1,
            "is_full": True,
            "possible_gap": False,
            "previous_started_at": None,
        }
        for listing in ("jobs/ingest", "jobs/query")
    ]
    assert found == {
        "org": None,
        "org_id": yesterday.org.org_id,
        "newest": {"jobs/ingest": started, "jobs/query": started},
        "gaps": [],
        "unfinished": 0,
        "oldest_unfinished": None,
        "last_runs": runs,
        "age_hours": 30.0,
        "max_age_hours": 26.0,
        "is_stale": True,
        "destination": "duckdb",
        "dataset": "salesforce_jobs",
        "warnings": [],
    }


def test_status_of_nothing_ends_with_1_and_says_what_to_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Before the first load there is nothing to be fresh."""
    assert main(["status"]) == 1
    assert "Nothing was loaded into salesforce_jobs of duckdb yet" in capsys.readouterr().err
    assert not DATABASE.exists()


def test_status_of_files_ends_with_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """dlt asks files with SQL only from where it loaded them; elsewhere they look as if nothing was there."""
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", str(tmp_path / "lake"))
    assert main(["status", "--destination", "filesystem"]) == 2
    said = "`status` needs a SQL database, and filesystem is not one. Look at its table `runs`.\n"
    assert capsys.readouterr().err == said


@pytest.mark.long
@pytest.mark.parametrize("jobs_before", [pytest.param(0, marks=pytest.mark.long), 3])
def test_a_walk_that_lists_nothing_is_a_warning_that_names_the_permission(
    jobs_before: int, standin: StandIn, log_in: LogIn
) -> None:
    """On the first run, and where jobs were listed before: there in each run, since nobody may have read the last."""
    ids = standin.org.add_jobs(jobs_before, job_type="V2Ingest")
    standin.org.clock.advance(seconds=5)
    log_in(standin)
    first = load()
    for id_ in ids:
        standin.org.delete_job(id_)

    second, third = load(), load()

    warned = [[text.split(".")[0] for text in summary.warnings] for summary in (first, second, third)]
    if jobs_before:
        again = ["jobs/ingest listed no job, but it did before"]
        assert warned == [["jobs/query listed no job"], again, again]
    else:
        assert warned == [["jobs/query listed no job", "jobs/ingest listed no job"], [], []]
    assert "Manage Data Integrations" in first.warnings[0]


@pytest.mark.long
def test_an_org_that_was_never_loaded_is_not_fresh(
    yesterday: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """It has credentials and no runs: a monitor that looks at runs alone would call it well."""
    log_in(yesterday)
    load()
    assert main(["status", "--max-age", "48"]) == 0
    log_in(yesterday, "prod")
    capsys.readouterr()

    assert main(["status"]) == 0
    assert main(["status", "--max-age", "48"]) == 1
    first, second = [line for line in capsys.readouterr().out.splitlines() if line.startswith("prod")]
    assert re.split("  +", first) == ["prod", "never loaded"]
    assert re.split("  +", second) == ["prod", "never loaded", "TOO OLD"]
    assert main(["status", "--max-age", "48", "--json"]) == 1
    assert json.loads(capsys.readouterr().out.splitlines()[0]) == {
        "org": "prod",
        "never_loaded": True,
        "is_stale": True,
        "destination": "duckdb",
        "dataset": "salesforce_jobs",
        "warnings": [],
    }


@pytest.mark.long
def test_status_of_one_org_goes_by_its_section_or_its_id(
    standin: StandIn, yesterday: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each org is named with its section. An org of another name is no reason to end with 1."""
    standin.org.clock.advance(days=-20)
    for running, name in ((standin, ""), (yesterday, "prod")):
        log_in(running, name)
        load(name or None)
    log_in(standin, "new")
    old, prod = standin.org.org_id, yesterday.org.org_id

    def heads(*options: str) -> list[str]:
        main(["status", *options])
        return [row["org"] for row in shown_table(capsys.readouterr().out, "org")]

    assert sorted(heads()) == sorted(["new", old, f"prod {prod}"])
    assert heads("--org", "prod") == heads("--org", prod) == heads("--org", prod[:15]) == [f"prod {prod}"]
    assert heads("--org", "new", "--org", old) == ["new", old]
    assert main(["status", "--org", "prod", "--max-age", "48"]) == 0
    assert main(["status", "--org", "new", "--max-age", "48"]) == 1
    assert main(["status", "--org", "prod", "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (found["org"], found["org_id"]) == ("prod", prod)
    assert main(["status", "--org", "prdo"]) == 2
    assert capsys.readouterr().err == (
        "--org: there is no run of prdo in salesforce_jobs of duckdb. `salesforce-jobs status` lists all orgs.\n"
    )


def test_an_org_whose_clock_is_ahead_is_not_less_than_new(
    standin: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """Zero hours, and no minus before them."""
    standin.org.clock.advance(days=9_999)
    log_in(standin)
    load()
    assert main(["status"]) == 0
    (row,) = shown_table(capsys.readouterr().out, "org")
    assert row == {"org": standin.org.org_id, "hours old": "0.0", "unfinished": "0", "gaps": "0"}


def test_the_staler_of_two_listings_is_the_age_of_an_org() -> None:
    """One that is not loaded any more is not hidden by one that is."""
    now = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
    newest = {"jobs/ingest": now - timedelta(hours=1), "jobs/query": now - timedelta(hours=30)}
    assert OrgStatus(None, "00D", newest, [], 0, None, []).age(now) == timedelta(hours=30)


@pytest.mark.long
def test_a_retired_org_is_left_out(
    standin: StandIn, yesterday: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """A sandbox has another id after its refresh, and the old one would be too old for ever."""
    old = standin.org.org_id
    standin.org.clock.advance(days=-20)
    for running in (standin, yesterday):  # one after the other on the same section
        log_in(running)
        load()
    assert main(["status", "--max-age", "48"]) == 1
    capsys.readouterr()

    assert main(["status", "--max-age", "48", "--retired", old]) == 0
    assert main(["status", "--max-age", "48", "--retired", old[:15]]) == 0
    shown = capsys.readouterr().out
    assert (old in shown, yesterday.org.org_id in shown) == (False, True)
    assert main(["status", "--max-age", "48", "--retired", old, "--retired", yesterday.org.org_id]) == 1
    assert "has only runs of the orgs that --retired names" in capsys.readouterr().err
    assert main(["status", "--retired", "00D000000000000XXX"]) == 2
    assert "there is no run of 00D000000000000XXX in salesforce_jobs of duckdb" in capsys.readouterr().err


def test_a_job_of_the_year_1_does_not_stop_status(yesterday: StandIn, log_in: LogIn, warehouse: Warehouse) -> None:
    """A time that Salesforce would not send is kept as it is, and is not taken for the age of a job."""
    for id_, created in (("750A", "0001-01-01T00:00:00.000+0000"), ("750B", "9999-12-31T23:59:59.000+0000")):
        yesterday.org.add_raw_entry({"id": id_, "createdDate": created, "state": "Open"})
    log_in(yesterday)
    load(destination=warehouse.destination)

    [found] = read_status(warehouse.destination, "salesforce_jobs").orgs

    assert (found.unfinished, found.oldest_unfinished) == (2, datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc))
    times = warehouse.query("select cast(created_date as text) from jobs order by id")
    assert [text[:10] for (text,) in times] == ["0001-01-01", "9999-12-31"]


@pytest.mark.parametrize("hours", ["nan", "inf", "-1", "1e300", "1,5", "26h", ""])
def test_an_age_that_is_no_number_of_hours_is_refused(hours: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A monitor that takes the exit code 1 for an age would never end its alarm."""
    with pytest.raises(SystemExit) as ended:
        main(["status", f"--max-age={hours}"])
    assert ended.value.code == 2
    assert f"--max-age: {hours!r} is not a number of hours from 0 to 1,000,000, such as 26" in capsys.readouterr().err
