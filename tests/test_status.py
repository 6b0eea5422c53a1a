"""`status`: a monitor can call it, and a person can read it."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone

import pytest

from jobs_source.standin import Clock, StandIn
from pipelines.__main__ import main
from pipelines.load import load
from pipelines.status import read_status
from tests.warehouses import Warehouse

LogIn = Callable[..., None]


@pytest.fixture
def yesterday() -> Iterator[StandIn]:
    """An org whose clock stands at 30 hours ago."""
    start = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(hours=30)
    with StandIn(clock=Clock(start, frozen=True), seed=3) as standin:
        yield standin


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

    (found,) = read_status(warehouse.destination, "salesforce_jobs")

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

    rows = warehouse.rows("runs", "started_at", "listing", *COUNTS)
    first, second = start + timedelta(seconds=60), start + timedelta(seconds=3_720)
    assert [row for row in rows if row["listing"] == "jobs/ingest"] == [
        {
            "started_at": first,
            "listing": "jobs/ingest",
            **dict(zip(COUNTS, (first, None, False, True, 1, 2, 2, 0, 0, 1, 100_000, None, start), strict=True)),
        },
        {
            "started_at": second,
            "listing": "jobs/ingest",
            **dict(
                zip(
                    COUNTS,
                    (second, first, False, False, 1, 4, 1, 1, 1, 2, 100_000, start, second - timedelta(seconds=60)),
                    strict=True,
                )
            ),
        },
    ]


COUNTS = (
    "ended_at",
    "previous_started_at",
    "possible_gap",
    "is_full",
    "pages",
    "jobs_listed",
    "jobs_written",
    "jobs_held",
    "entries_rejected",
    "calls",
    "api_limit",
    "cursor_before",
    "cursor_after",
)


def test_status_ends_with_1_where_the_newest_good_run_is_too_old(
    yesterday: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """Thirty hours are more than 26 and less than 48."""
    log_in(yesterday)
    load()

    assert main(["status", "--max-age", "48"]) == 0
    capsys.readouterr()
    assert main(["status", "--max-age", "26"]) == 1
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == f"{yesterday.org.org_id}: newest good run 30.0 hours ago, which is TOO OLD"
    assert shown[3:5] == ["  unfinished jobs: 0", "  possible gaps: none"]


def test_status_with_json_is_a_line_per_org(
    yesterday: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the age in hours and whether that is too old."""
    log_in(yesterday)
    load()

    assert main(["status", "--json", "--max-age", "26"]) == 1

    found = json.loads(capsys.readouterr().out)
    assert (found["org_id"], found["age_hours"], found["is_stale"]) == (yesterday.org.org_id, 30.0, True)


def test_status_of_nothing_ends_with_1_and_says_what_to_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Before the first load there is nothing to be fresh."""
    assert main(["status"]) == 1
    assert "Nothing was loaded into salesforce_jobs of duckdb yet" in capsys.readouterr().err


@pytest.mark.parametrize("jobs_before", [0, 3])
def test_a_walk_that_lists_nothing_is_a_warning_that_names_the_permission(
    jobs_before: int, standin: StandIn, log_in: LogIn
) -> None:
    """On the first run, and where jobs were listed before; said once, as long as it stays so."""
    ids = standin.org.add_jobs(jobs_before, job_type="V2Ingest")
    standin.org.clock.advance(seconds=5)
    log_in(standin)
    first = load()
    for id_ in ids:
        standin.org.delete_job(id_)

    second, third = load(), load()

    warned = [[text.split(".")[0] for text in summary.warnings] for summary in (first, second, third)]
    if jobs_before:
        assert warned == [["jobs/query listed no job"], ["jobs/ingest listed no job, and did before"], []]
    else:
        assert warned == [["jobs/query listed no job", "jobs/ingest listed no job"], [], []]
    assert "Manage Data Integrations" in first.warnings[0]


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
    assert capsys.readouterr().out.splitlines()[0] == "prod: has credentials here and was never loaded"
    assert main(["status", "--max-age", "48", "--json"]) == 1
    assert json.loads(capsys.readouterr().out.splitlines()[0]) == {"org": "prod", "never_loaded": True}


def test_a_job_of_the_year_1_does_not_stop_status(yesterday: StandIn, log_in: LogIn, warehouse: Warehouse) -> None:
    """A time that Salesforce would not send is kept as it is, and is not taken for the age of a job."""
    for id_, created in (("750A", "0001-01-01T00:00:00.000+0000"), ("750B", "9999-12-31T23:59:59.000+0000")):
        yesterday.org.add_raw_entry({"id": id_, "createdDate": created, "state": "Open"})
    log_in(yesterday)
    load(destination=warehouse.destination)

    [found] = read_status(warehouse.destination, "salesforce_jobs")

    assert (found.unfinished, found.oldest_unfinished) == (2, datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc))
    created = warehouse.query("select cast(created_date as text) from jobs order by id")
    assert [text[:10] for (text,) in created] == ["0001-01-01", "9999-12-31"]
