"""`load`, into DuckDB and into a real Postgres: what is in the org is in the table, whatever happened in between."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import dlt
import pytest
from dlt.common.versioned_state import decompress_state
from dlt.pipeline.exceptions import PipelineStepFailed

from jobs_source.commands.errors import explain
from jobs_source.commands.run_table import Ended, run_table
from jobs_source.exceptions import AlreadyRunningError, ConfigError, ListingError
from jobs_source.runner.load import load
from jobs_source.runner.orgs import make_pipeline, make_source
from jobs_source.schema import TABLES
from jobs_source.standin import Clock, StandIn
from tests.expected import expected_row, expected_rows
from tests.runs.default_run import lock_of_default_run
from tests.shown_tables import runs_shown
from tests.warehouses import Warehouse, on_both

LogIn = Callable[..., None]


def runs_by_row(warehouse: Warehouse, table: str) -> dict[str, str]:
    return {row["id"]: row["run_id"] for row in warehouse.rows(table, "id", "run_id")}


def loaded_state(warehouse: Warehouse) -> dict[str, Any]:
    """Return what the newest loaded run left of dlt's state, for the default org."""
    ((text,),) = warehouse.query("select state from _dlt_pipeline_state order by version desc limit 1")
    return decompress_state(text)["sources"]["salesforce_jobs"]  # type: ignore[no-any-return]


def listing_calls(standin: StandIn, endpoint: str = "jobs/ingest") -> int:
    return sum(request.path.endswith(endpoint) for request in standin.requests)


@pytest.mark.parametrize(
    ("jobs", "wasted"),
    [
        (0, 0),
        (1_001, 1),
        *(pytest.param(jobs, 0, marks=pytest.mark.long) for jobs in (1, 999, 1_000)),
        pytest.param(25_000, 7, marks=pytest.mark.long),
    ],
)
def test_table_equals_the_org_for_any_number_of_jobs(
    jobs: int, wasted: int, standin: StandIn, log_in: LogIn, warehouse: Warehouse
) -> None:
    """
    Field by field; one walk costs a call per thousand jobs, one for an empty org, and one login.

    The first walk does not know where the list ends, so it asks for pages after the last one too.
    """
    standin.org.add_jobs(jobs, job_type="V2Ingest")
    standin.org.clock.advance(seconds=5)
    log_in(standin)

    summary = load(destination=warehouse.destination)

    assert warehouse.rows("jobs") == expected_rows(standin.org, "ingest")
    assert warehouse.rows("query_jobs") == warehouse.rows("rejected_jobs") == []
    assert (summary.jobs_listed, summary.jobs_new, summary.jobs_changed) == (jobs, jobs, 0)
    assert listing_calls(standin) == max(1, -(-jobs // 1_000)) + wasted
    assert [request.path for request in standin.requests].count("/services/oauth2/token") == 1
    assert summary.calls == len(standin.requests) - 1


@on_both
def test_every_kind_of_job_is_in_its_table(standin: StandIn, log_in: LogIn, warehouse: Warehouse) -> None:
    """Classic and Big Object jobs beside V2Ingest in `jobs`, query jobs in `query_jobs`, none in both."""
    standin.org.add_jobs(1_500)
    standin.org.clock.advance(seconds=5)
    log_in(standin)

    load(destination=warehouse.destination)

    assert warehouse.rows("jobs") == expected_rows(standin.org, "ingest")
    assert warehouse.rows("query_jobs") == expected_rows(standin.org, "query", job_type="V2Query")
    types = {row["job_type"] for row in warehouse.rows("jobs")}
    assert types == {"BigObjectIngest", "Classic", "V2Ingest"}


def test_query_jobs_that_the_ingest_listing_shows_are_left_to_their_own_table(
    standin: StandIn, log_in: LogIn, warehouse: Warehouse
) -> None:
    """Whether Salesforce does so is unknown; the tables are the same either way."""
    standin.org.add_jobs(300)
    standin.org.ingest_shows_query_jobs = True
    standin.org.clock.advance(seconds=5)
    log_in(standin)

    load(destination=warehouse.destination)

    assert "V2Query" not in {row["job_type"] for row in warehouse.rows("jobs")}
    assert warehouse.rows("query_jobs") == expected_rows(standin.org, "query", job_type="V2Query")


def test_second_load_moves_nothing_but_what_changed(standin: StandIn, log_in: LogIn, warehouse: Warehouse) -> None:
    """Unchanged: no value moves. Seventeen changed and five new: exactly those rows are written."""
    now = standin.org.clock.now()
    newest = standin.org.add_jobs(1, job_type="V2Ingest", created=now, state="UploadComplete")
    ids = newest + standin.org.add_jobs(2_199, job_type="V2Ingest", created=now - timedelta(hours=30))
    standin.org.clock.advance(seconds=5)
    log_in(standin)
    load(destination=warehouse.destination)
    first, rows = runs_by_row(warehouse, "jobs"), warehouse.rows("jobs")

    standin.org.clock.advance(seconds=3_600)
    summary = load(destination=warehouse.destination)
    assert warehouse.rows("jobs") == rows
    assert (summary.jobs_listed, summary.jobs_new, summary.jobs_changed) == (2_200, 0, 0)

    standin.org.clock.advance(seconds=3_600)
    changed = ids[::130][:17]  # with the only one that is inside the lag
    for id_ in changed:
        standin.org.change_job(id_, state="Failed")
    new = standin.org.add_jobs(5, job_type="V2Ingest", created=standin.org.clock.now())
    standin.org.clock.advance(seconds=5)
    summary = load(destination=warehouse.destination)

    third = runs_by_row(warehouse, "jobs")
    assert warehouse.rows("jobs") == expected_rows(standin.org, "ingest")
    assert {id_ for id_ in third if third[id_] != first.get(id_)} == {*changed, *new}
    assert (summary.jobs_listed, summary.jobs_new, summary.jobs_changed) == (2_205, 5, 17)


@pytest.mark.long
def test_rows_inside_the_lag_are_written_again_and_not_counted(
    standin: StandIn, log_in: LogIn, warehouse: Warehouse
) -> None:
    """Ten minutes behind the cursor are looked at again; an equal row is no change."""
    standin.org.add_jobs(40, job_type="V2Ingest", created=standin.org.clock.now(), state="UploadComplete")
    standin.org.clock.advance(seconds=60)
    log_in(standin)
    load(destination=warehouse.destination)
    rows = warehouse.rows("jobs")

    standin.org.clock.advance(seconds=60)
    summary = load(destination=warehouse.destination)

    assert warehouse.rows("jobs") == rows
    assert (summary.jobs_new, summary.jobs_changed) == (0, 0)


@pytest.mark.long
def test_a_job_that_comes_to_light_late_is_found_within_the_lag(
    standin: StandIn, log_in: LogIn, warehouse: Warehouse
) -> None:
    """A stamp five minutes older than the cursor is inside the lag of ten."""
    clock = standin.org.clock
    standin.org.add_jobs(3, job_type="V2Ingest", created=clock.now(), state="UploadComplete")
    clock.advance(seconds=60)
    log_in(standin)
    load(destination=warehouse.destination)
    late = clock.now() - timedelta(seconds=360)
    standin.org.add_jobs(1, job_type="V2Ingest", created=late, system_modstamp=late, state="UploadComplete")
    clock.advance(seconds=60)

    assert load(destination=warehouse.destination).jobs_new == 1
    assert warehouse.rows("jobs") == expected_rows(standin.org, "ingest")


@pytest.mark.parametrize(
    ("warehouse", "page", "shifting"),
    [
        ("duckdb", 3, True),
        *(
            pytest.param(*case, marks=pytest.mark.long)
            for case in (
                ("duckdb", 1, False),
                ("duckdb", 1, True),
                ("duckdb", 3, False),
                ("postgres", 4, True),
            )
        ),
    ],
    indirect=["warehouse"],
)
def test_a_job_that_changes_during_the_walk_is_right_after_the_next_run(
    page: int, shifting: bool, standin: StandIn, log_in: LogIn, warehouse: Warehouse
) -> None:
    """At whatever page and moment: just before a page is answered, for jobs on every page, listings shifting or not."""
    org, clock = standin.org, standin.org.clock
    org.page_size, org.shifting = 10, shifting
    ids = org.add_jobs(40, job_type="V2Ingest", created=clock.now() - timedelta(hours=3), state="InProgress")
    clock.advance(seconds=5)
    log_in(standin)
    load(destination=warehouse.destination)

    def change() -> None:
        clock.advance(seconds=2_000)
        for id_ in ids[page::7]:
            org.change_job(id_, state="JobComplete")
        clock.advance(seconds=2_000)

    clock.advance(seconds=3_600)
    standin.misbehave("call", at=page, path="jobs/ingest", do=change)
    load(destination=warehouse.destination)
    clock.advance(seconds=5)
    load(destination=warehouse.destination)

    assert warehouse.rows("jobs") == expected_rows(org, "ingest")


def test_a_walk_that_breaks_off_leaves_the_cursor_and_the_next_one_loads_everything(
    standin: StandIn, log_in: LogIn, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`done: false` without a locator on the second page: an error of its own, not a short table."""
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__PAGES_AHEAD", "1")  # else it may be the answer to a guess
    standin.org.page_size = 10
    standin.org.add_jobs(35, job_type="V2Ingest")
    standin.org.clock.advance(seconds=5)
    log_in(standin)
    standin.misbehave("replace_json", at=2, path="jobs/ingest", transform=lambda page: {**page, "nextRecordsUrl": None})

    with pytest.raises(Exception) as caught:
        load(destination=warehouse.destination)
    ending = explain(caught.value)
    assert ending.exit_code == ListingError.exit_code
    assert "has no nextRecordsUrl" in ending.message

    assert load(destination=warehouse.destination).jobs_new == 35
    assert warehouse.rows("jobs") == expected_rows(standin.org, "ingest")


@pytest.mark.long
def test_a_listing_that_breaks_off_takes_the_other_one_back_too(
    standin: StandIn, log_in: LogIn, warehouse: Warehouse
) -> None:
    """`jobs` was walked whole when the walk of `query_jobs` broke: neither cursor moves, and nothing is half loaded."""
    standin.org.page_size = 10
    standin.org.add_jobs(5, job_type="V2Ingest")
    standin.org.add_jobs(35, job_type="V2Query")
    standin.org.clock.advance(seconds=5)
    log_in(standin)
    standin.misbehave("status", status=500, body="", at=4, times=None, path="jobs/query")
    standin.misbehave("slow", seconds=0.3, at=4, times=None, path="jobs/query")

    with pytest.raises(Exception):  # noqa: B017 - worded elsewhere
        load(destination=warehouse.destination)
    standin._faults.clear()

    assert load(destination=warehouse.destination).jobs_new == 40
    assert warehouse.rows("jobs") == expected_rows(standin.org, "ingest")
    assert warehouse.rows("query_jobs") == expected_rows(standin.org, "query", job_type="V2Query")


def test_jobs_that_salesforce_drops_stay(standin: StandIn, log_in: LogIn, warehouse: Warehouse) -> None:
    """Eight days later the org lists none of them, and the table still has them all."""
    standin.org.add_jobs(30, job_type="V2Ingest", state="JobComplete", created=standin.org.clock.now())
    standin.org.clock.advance(seconds=60)
    log_in(standin)
    load(destination=warehouse.destination)
    rows = warehouse.rows("jobs")
    standin.org.clock.advance(days=8)

    assert load(destination=warehouse.destination).jobs_listed == 0
    assert len(rows) == 30
    assert warehouse.rows("jobs") == rows


def test_a_full_load_heals_what_the_cursor_passed(standin: StandIn, log_in: LogIn, warehouse: Warehouse) -> None:
    """A job hidden from one walk and older than the lag is taken by `--full`, and after 24 hours by itself."""
    clock = standin.org.clock
    standin.org.add_jobs(5, job_type="V2Ingest", created=clock.now(), state="UploadComplete")
    clock.advance(seconds=60)
    log_in(standin)
    load(destination=warehouse.destination)
    hidden = clock.now() - timedelta(hours=2)
    standin.org.add_jobs(1, job_type="V2Ingest", created=hidden, system_modstamp=hidden, state="UploadComplete")
    clock.advance(seconds=60)

    assert (load(destination=warehouse.destination)).jobs_new == 0
    full = load(destination=warehouse.destination, full=True)
    assert (full.is_full, full.jobs_new, full.jobs_changed) == (True, 1, 0)

    standin.org.add_jobs(1, job_type="V2Ingest", created=hidden, system_modstamp=hidden, state="UploadComplete")
    clock.advance(seconds=23 * 3_600)
    assert not load(destination=warehouse.destination).is_full
    clock.advance(seconds=2 * 3_600)
    healed = load(destination=warehouse.destination)
    assert (healed.is_full, healed.jobs_new) == (True, 1)
    assert warehouse.rows("jobs") == expected_rows(standin.org, "ingest")


def test_changed_filters_make_the_run_a_full_one(
    standin: StandIn, log_in: LogIn, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cursor was made with other filters, so it says nothing of the jobs that these let through."""
    standin.org.add_jobs(400, created=standin.org.clock.now() - timedelta(hours=5))
    standin.org.clock.advance(seconds=5)
    log_in(standin)
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__JOB_TYPES", '["V2Ingest"]')
    load(destination=warehouse.destination)
    assert warehouse.rows("jobs") == expected_rows(standin.org, "ingest", job_type="V2Ingest")

    monkeypatch.setenv("SOURCES__JOBS_SOURCE__JOB_TYPES", '["Classic", "V2Ingest", "BigObjectIngest"]')
    assert load(destination=warehouse.destination).is_full
    assert warehouse.rows("jobs") == expected_rows(standin.org, "ingest")


@pytest.mark.long
def test_a_walk_from_a_given_locator_leaves_the_cursor_alone(
    standin: StandIn, log_in: LogIn, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is listed from there on is merged; the run after goes on from the old cursor."""
    org, clock = standin.org, standin.org.clock
    org.page_size = 10
    org.add_jobs(25, job_type="V2Ingest", created=clock.now() - timedelta(hours=5))
    clock.advance(seconds=5)
    token = org.issue_token()
    for key, value in {"INSTANCE_URL": standin.url, "ACCESS_TOKEN": token}.items():
        monkeypatch.setenv(f"SOURCES__JOBS_SOURCE__CREDENTIALS__{key}", value)
    load(destination=warehouse.destination)
    before = loaded_state(warehouse)["resources"]["jobs"]
    clock.advance(seconds=3_600)
    org.add_jobs(3, job_type="V2Ingest", created=clock.now())
    clock.advance(seconds=5)
    locator = first_locator(standin, token)
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__QUERY_LOCATOR", locator)

    listed = load(destination=warehouse.destination).jobs_listed
    after = loaded_state(warehouse)["resources"]["jobs"]
    monkeypatch.delenv("SOURCES__JOBS_SOURCE__QUERY_LOCATOR")
    load(destination=warehouse.destination)

    assert listed == 18
    assert after == before
    assert warehouse.rows("jobs") == expected_rows(org, "ingest")


def test_a_walk_from_a_locator_that_finds_nothing_is_counted_all_the_same(
    standin: StandIn, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no cursor and no row; its pages and calls are in the summary."""
    log_in(standin)
    standin.misbehave("status", path="jobs/ingest", status=200, body=b'{"done": true, "records": []}')
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__QUERY_LOCATOR", "0r8xx")

    summary = load()

    assert (summary.jobs_listed, summary.pages, summary.calls) == (0, 2, 2)


def first_locator(standin: StandIn, token: str) -> str:
    import requests

    url = f"{standin.url}/services/data/v64.0/jobs/ingest"
    page = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=10).json()
    return str(page["nextRecordsUrl"]).partition("queryLocator=")[2]


def test_two_orgs_share_the_tables_and_nothing_else(warehouse: Warehouse, standin: StandIn, log_in: LogIn) -> None:
    """The same job ids in two orgs are two rows, and the newer org's cursor hides nothing of the older one's."""
    with StandIn(clock=Clock(standin.org.clock.now() - timedelta(days=2), frozen=True), seed=2) as other:
        for org in (standin.org, other.org):
            org.add_jobs(120, created=org.clock.now() - timedelta(hours=1))
            org.clock.advance(seconds=5)
        log_in(standin)
        log_in(other, "prod")
        for org_name in (None, "prod"):
            load(org_name, destination=warehouse.destination)
        other.org.change_job(next(iter(other.org.listed("ingest")))["id"], state="Failed")
        other.org.clock.advance(seconds=5)
        assert load("prod", destination=warehouse.destination).jobs_changed == 1

        both = expected_rows(standin.org, "ingest") + expected_rows(other.org, "ingest")
        assert warehouse.rows("jobs") == sorted(both, key=lambda row: (row["org_id"], row["id"]))


@pytest.mark.long
def test_two_orgs_through_one_pipeline_lose_nothing(warehouse: Warehouse, standin: StandIn, log_in: LogIn) -> None:
    """They share a cursor, which dlt cannot know: each run that follows the other org's takes everything."""
    with StandIn(clock=Clock(standin.org.clock.now() - timedelta(days=2), frozen=True), seed=2) as other:
        for org in (standin.org, other.org):
            org.add_jobs(60, job_type="V2Ingest", created=org.clock.now() - timedelta(hours=1))
            org.clock.advance(seconds=5)
        for running in (standin, other):
            log_in(running)
            assert load(destination=warehouse.destination).is_full

        both = expected_rows(standin.org, "ingest") + expected_rows(other.org, "ingest")
        assert warehouse.rows("jobs") == sorted(both, key=lambda row: (row["org_id"], row["id"]))


def test_unknown_fields_become_columns_and_odd_entries_are_kept_aside(
    standin: StandIn, log_in: LogIn, warehouse: Warehouse
) -> None:
    """A field of a release to come is a text column from then on; an entry without an id is in `rejected_jobs`."""
    clock = standin.org.clock
    standin.org.add_jobs(3, job_type="V2Ingest", created=clock.now())
    clock.advance(seconds=60)
    log_in(standin)
    load(destination=warehouse.destination)
    standin.org.add_jobs(1, job_type="V2Ingest", created=clock.now(), someNewFlag=False, object="Späti\u0000")
    standin.org.add_raw_entry({"operation": "insert"})
    standin.org.add_raw_entry({"jobType": "V2Query"})
    clock.advance(seconds=60)

    summary = load(destination=warehouse.destination)

    assert (summary.jobs_listed, summary.entries_rejected) == (5, 3)
    found = warehouse.query("select some_new_flag, object is null, count(*) from jobs group by 1, 2 order by 3")
    assert found == [("false", True, 1), (None, False, 3)]
    reasons = sorted(row["reason"] for row in warehouse.rows("rejected_jobs"))
    assert reasons == ["no id", "no id", "object: NUL or half a surrogate pair in the text"]


@pytest.mark.long
def test_an_odd_entry_is_looked_at_when_it_changed_and_in_full_loads(standin: StandIn, log_in: LogIn) -> None:
    """One whose stamp says nothing is looked at in every run, so that no change of it is missed."""
    clock = standin.org.clock
    clock.advance(seconds=-7_200)
    stamp = f"{clock.now():%Y-%m-%dT%H:%M:%S.000+0000}"
    clock.advance(seconds=7_200)
    standin.org.add_raw_entry({"id": "750A", "systemModstamp": stamp, "state": []})
    standin.org.add_raw_entry({"operation": "insert", "systemModstamp": stamp})
    standin.org.add_jobs(3, job_type="V2Ingest", created=clock.now() - timedelta(hours=1))
    clock.advance(seconds=5)
    log_in(standin)

    assert load().entries_rejected == 2
    assert load().entries_rejected == 0
    assert load(full=True).entries_rejected == 2

    for state in ("Open", "Failed"):
        standin.org.raw_entries["ingest"].clear()
        standin.org.add_raw_entry({"id": "750B", "systemModstamp": "0001-01-01T00:00:00.000+0000", "state": state})
        summary = load()
        assert (summary.jobs_listed, summary.entries_rejected) == (4, 1)
        found = Warehouse("duckdb", Path("jobs_history.duckdb")).query("select state from jobs where id = '750B'")
        assert found == [(state,)]


def test_a_job_of_a_type_that_nobody_knows_yet_stays_where_it_is_listed(standin: StandIn, log_in: LogIn) -> None:
    """It would be in no table at all if each left it to the other."""
    standin.org.add_raw_entry({"id": "750A", "jobType": "V3Ingest"})
    standin.org.add_raw_entry({"id": "750B", "jobType": "V3Query"}, "query")
    standin.org.add_raw_entry({"id": "750C", "jobType": "Classic"}, "query")
    log_in(standin)

    load()

    tables = Warehouse("duckdb", Path("jobs_history.duckdb"))
    assert [tables.query(f"select id from {name}") for name in ("jobs", "query_jobs")] == [[("750A",)], [("750B",)]]


@pytest.mark.parametrize(
    ("entry", "column", "value"),
    [
        (b'{"id": "750A", "\\ud800": 1}', "x__", "1"),
        (b'{"id": "750A", "moon": [1e999, "\\ud800"]}', "moon", '["1e999", "\\ud800"]'),
        (b'{"id": "750A", "_dlt_load_id": 7}', "x_dlt_load_id_", "7"),
        *(
            pytest.param(*case, marks=pytest.mark.long)
            for case in (
                (b'{"id": "750A", "moon": NaN}', "moon", "NaN"),
                (b'{"id": "750A", "moon": {"a": {"b": null}}}', "moon", '{"a": {"b": null}}'),
                ('{"id": "750A", "Mond Fähre": "ja"}'.encode(), "x_mond_f_hre_", "ja"),
                (b'{"id": "750A", "org_id": 7}', "x_org_id_", "7"),
            )
        ),
    ],
)
def test_an_odd_entry_does_not_stop_the_page(
    entry: bytes, column: str, value: str, standin: StandIn, log_in: LogIn, warehouse: Warehouse
) -> None:
    """What no warehouse takes as it is arrives as text, in a column of its own; the jobs beside it as ever."""
    standin.org.add_jobs(5, job_type="V2Ingest")
    standin.org.add_raw_entry(entry)
    standin.org.clock.advance(seconds=5)
    log_in(standin)

    assert load(destination=warehouse.destination).jobs_new == 6

    (found,) = [name for name in warehouse.columns("jobs") if name.startswith(column.rstrip("_"))]
    rows = {row["id"]: row[found] for row in warehouse.rows("jobs")}
    assert rows.pop("750A") == value
    assert set(rows.values()) == {None}
    assert len(rows) == 5


@pytest.mark.parametrize("unknown_fields", [pytest.param({}, marks=pytest.mark.long), {"moon": "m" * 100_000}])
def test_over_long_values_arrive_whole_and_a_missing_version_is_none(
    unknown_fields: dict[str, str], standin: StandIn, log_in: LogIn, warehouse: Warehouse
) -> None:
    """An object and an id of 100,000 characters; with an unknown field of as many, which makes the page an odd one."""
    standin.org.add_jobs(1, job_type="V2Ingest")
    standin.org.clock.advance(seconds=5)
    (plain,) = standin.org.listed("ingest")
    odd = [
        {**plain, "id": "750" + "A" * 100_000},
        {**plain, "id": "750B", "object": "ö" * 100_000, **unknown_fields},
        {key: value for key, value in plain.items() if key != "apiVersion"} | {"id": "750C"},
    ]
    for entry in odd:
        standin.org.add_raw_entry(entry)
    log_in(standin)

    summary = load(destination=warehouse.destination)

    assert {row["id"]: row for row in warehouse.rows("jobs")} == {
        entry["id"]: expected_row(standin.org.org_id, entry) | {key: entry.get(key) for key in unknown_fields}
        for entry in (plain, *odd)
    }
    assert (summary.jobs_new, summary.entries_rejected) == (4, 0)


@pytest.mark.long
def test_a_load_that_does_not_fit_into_duckdbs_memory_says_where_to_put_more(
    standin: StandIn, log_in: LogIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is for somebody to change, and the next run reads all of it again."""
    standin.org.add_jobs(3, job_type="V2Ingest")
    standin.org.clock.advance(seconds=5)
    log_in(standin)
    key = "DESTINATION__DUCKDB__CREDENTIALS__GLOBAL_CONFIG"
    monkeypatch.setenv(key, '{"memory_limit": "1MB"}')

    with pytest.raises(PipelineStepFailed) as caught:
        load()

    ending = explain(caught.value)
    assert ending.exit_code == 2
    assert ending.message.startswith("The destination refused the load: Out of Memory Error: ")
    assert f' Raise its limit with the variable {key}=\'{{"memory_limit": "1GB", "threads": 2, ' in ending.message
    monkeypatch.delenv(key)
    assert load().jobs_new == 3
    rows = Warehouse("duckdb", tmp_path / "jobs_history.duckdb").rows("jobs")
    assert rows == expected_rows(standin.org, "ingest")


def test_a_destination_that_is_no_database_is_loaded_and_not_counted(
    standin: StandIn, log_in: LogIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Files in a folder: the rows are there after the first run and after the next, and what is new is a `?`."""
    standin.org.add_jobs(3, job_type="V2Ingest", created=standin.org.clock.now() - timedelta(hours=5))
    standin.org.clock.advance(seconds=5)
    log_in(standin)
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", str(tmp_path / "lake"))

    for name in ("first", "second"):
        summary = load(destination="filesystem", keep_working_dir=tmp_path / name)
        assert (summary.is_full, summary.jobs_listed) == (name == "first", 3)
        assert (summary.jobs_listed, summary.jobs_new, summary.jobs_changed) == (3, None, None)
        assert "This destination cannot merge" in "".join(summary.notes())
        (row,) = runs_shown(run_table([Ended(None, 0, summary)]))
        assert row == {"jobs listed": "3", "written": "3", "calls": "2", "result": "ok"}

    with dlt.attach("salesforce_jobs", pipelines_dir=str(tmp_path / "second")).sql_client() as client:
        rows = client.execute_sql("select distinct id from jobs order by id")
    assert [id_ for (id_,) in rows or []] == [row["id"] for row in expected_rows(standin.org, "ingest")]


@pytest.mark.parametrize(
    ("table_format", "strategies"),
    [("delta", ["upsert", "insert-only", "cdc"]), ("iceberg", ["upsert", "insert-only"])],
)
def test_a_table_that_would_hold_two_versions_of_a_job_is_refused_before_anything_is_asked(
    table_format: Literal["delta", "iceberg"], strategies: list[str], standin: StandIn, log_in: LogIn, tmp_path: Path
) -> None:
    """dlt 1.31 can only upsert into it; docs/reliability.md says what came of that."""
    standin.org.add_jobs(3)
    log_in(standin)
    source = make_source(None)
    source.jobs.apply_hints(table_format=table_format)
    pipeline = make_pipeline(None, "filesystem", "salesforce_jobs", tmp_path)

    with pytest.raises(PipelineStepFailed) as caught:
        pipeline.extract(source)

    assert explain(caught.value) == (
        2,
        "This destination cannot merge rows as these tables need: `delete-insert` merge strategy not supported for"
        f" table `jobs`. Available strategies: {strategies}. Use another destination or table format.",
    )
    assert standin.requests == []
    assert not pipeline.has_pending_data


def test_a_second_run_of_the_same_org_does_nothing(standin: StandIn, log_in: LogIn) -> None:
    """It says so, with the exit code for it, and asks nothing of Salesforce."""
    log_in(standin)
    with lock_of_default_run(), pytest.raises(AlreadyRunningError) as caught:
        load()

    assert explain(caught.value).exit_code == 4
    assert standin.requests == []


def test_an_org_without_a_section_is_an_error_that_names_those_with_one(standin: StandIn, log_in: LogIn) -> None:
    """A misspelt name must not fall back to the default org's credentials."""
    log_in(standin)
    log_in(standin, "prod")

    with pytest.raises(ConfigError, match=r"no org 'prdo'.*Configured orgs: the default org \(without --org\), prod\."):
        load("prdo")
    assert standin.requests == []


def test_building_the_source_asks_nothing(standin: StandIn, log_in: LogIn) -> None:
    """Requests begin when dlt pulls."""
    from jobs_source import salesforce_jobs

    log_in(standin)
    source: Any = salesforce_jobs()

    assert list(source.resources.selected) == ["query_jobs", "jobs"]
    assert standin.requests == []


@on_both
def test_of_two_versions_of_a_job_in_one_walk_the_newer_stays(
    standin: StandIn, log_in: LogIn, warehouse: Warehouse
) -> None:
    """On one page and on two, whichever comes first: a listing that shifts may show a job twice."""
    standin.org.page_size = 3
    old, new = "2026-11-20T09:00:00.000+0000", "2026-11-20T10:00:00.000+0000"
    for id_, stamps in (("750A", (old, new)), ("750B", (new, old)), ("750C", (new, old)), ("750D", (old, new))):
        for stamp in stamps:
            standin.org.add_raw_entry(
                {"id": id_, "systemModstamp": stamp, "state": "Open" if stamp == old else "Failed"}
            )
    log_in(standin)

    load(destination=warehouse.destination)

    found = warehouse.query("select id, state from jobs order by id")
    assert found == [(id_, "Failed") for id_ in ("750A", "750B", "750C", "750D")]


def test_every_column_has_its_description_in_the_pipelines_schema(
    standin: StandIn, log_in: LogIn, tmp_path: Path
) -> None:
    """Destinations that show comments take them from there."""
    standin.org.add_raw_entry({"operation": "insert"})
    log_in(standin)
    load(keep_working_dir=tmp_path / "kept")

    tables = dlt.attach("salesforce_jobs", pipelines_dir=str(tmp_path / "kept")).default_schema.tables
    described = {
        name: {column for column, hints in tables[name]["columns"].items() if "description" in hints} for name in TABLES
    }
    assert described == {name: {column.name for column in table.columns} for name, table in TABLES.items()}
