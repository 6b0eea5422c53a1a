"""What a page shows of given rows, as whole rows."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from jobs_source.dashboard.database import opening_database
from jobs_source.dashboard.figures import Figures, job_url, read_figures
from jobs_source.dashboard.filters import Filters
from tests.kept_rows import DAY, ORG, given, keep, make_tables
from tests.warehouses import DATASET, Warehouse, on_both

OTHER = "00DRm0000scM9PKMA1"
HOUR = timedelta(hours=1)
TWO_DAYS = Filters(DAY, DAY + timedelta(days=2))
NO_SECONDS = dict.fromkeys(("queue_seconds_median", "queue_seconds_95", "run_seconds_median", "run_seconds_95"))
NOTHING = {
    "jobs": 0, "jobs_finished": 0, "jobs_failed": 0, "jobs_failed_in_part": 0, "records_processed": 0,
    "records_failed": 0, "failure_rate": None, **NO_SECONDS,
}  # fmt: skip
SETUP = "lightning/setup/AsyncApiJobStatus/page?address=%2F"


@pytest.fixture
def tables(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """A dataset with all tables, empty, where the commands look for it."""
    if warehouse.destination == "duckdb":
        monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(warehouse.address))
    make_tables(warehouse)
    return warehouse


def read(warehouse: Warehouse, filters: Filters = TWO_DAYS) -> Figures:
    with opening_database(warehouse.destination, DATASET, "report") as database:
        return read_figures(database, filters)


def counts(**values: Any) -> dict[str, Any]:
    return {**NOTHING, **values}


@on_both
def test_an_empty_dataset_has_days_without_jobs(tables: Warehouse) -> None:
    """And nothing else: no org is known, so there is no period before either."""
    nothing: list[Any] = []
    days = [{"day": (DAY + timedelta(days=number)).date(), **NOTHING} for number in range(2)]
    assert read(tables) == Figures(
        TWO_DAYS, NOTHING, None, days, nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing
    )


@on_both
def test_every_figure_of_a_small_history(tables: Warehouse) -> None:
    """Jobs that went well, failed, failed in part and never ended, a Closed one that nobody knows of, and two orgs."""
    long_ago, now = datetime(2025, 1, 1, tzinfo=timezone.utc), datetime.now(timezone.utc)
    keep(
        tables,
        given("jobs", id="ok", system_modstamp=DAY + timedelta(seconds=90)),
        given("jobs", id="part", created_date=DAY + 25 * HOUR, system_modstamp=DAY + 27 * HOUR, object=None),
        given("jobs", id="failed", state="Failed", created_by_id="u2", system_modstamp=DAY + 26 * HOUR),
        given("jobs", id="closed", state="Closed", org_id=OTHER, created_by_id=None),
        given("jobs", id="before", created_date=DAY - HOUR, system_modstamp=DAY - HOUR),
        given("jobs", id="undated", created_date=None, state="InProgress"),
        given("jobs", id="at the end", created_date=TWO_DAYS.end),
        given("query_jobs", id="open", state="InProgress", org_id=OTHER, created_date=DAY + HOUR, object="%s'$start"),
        given("job_results", id="ok", number_records_processed=10, number_records_failed=0),
        given("job_results", id="part", outcome="some_failed", number_records_processed=5, number_records_failed=2),
        given("job_results", id="failed", outcome="all_failed", error_message="InvalidBatch : no"),
        given("job_errors", job_id="part", error_code="A", records=1),
        given("job_errors", job_id="part", error_code="B", records=2),
        given("job_states", job_id="ok", state="InProgress", system_modstamp=DAY + timedelta(seconds=30)),
        given("job_states", job_id="part", state="InProgress", system_modstamp=DAY + 26 * HOUR),
        given("users", id="u1", name="Ann"),
        given("users", id="u1", name="Ann", org_id=OTHER),
        given("runs", run_id="r1", started_at=long_ago, ended_at=long_ago, instance_url="https://a/"),
        given("runs", run_id="r2", started_at=DAY, ended_at=DAY + HOUR, instance_url=None, org="prod", api_used=7),
        given("runs", run_id="r3", listing="job_results", started_at=DAY, ended_at=DAY + HOUR, calls=7),
        given("runs", run_id="r4", org_id=OTHER, instance_url=None, calls=None, api_limit=None),
        given("runs", run_id="r5", started_at=now, ended_at=now, previous_started_at=DAY, possible_gap=True),
    )
    found = read(tables)
    totals = counts(
        jobs=5, jobs_finished=4, jobs_failed=1, jobs_failed_in_part=1, records_processed=15, records_failed=2,
        failure_rate=1 / 3, queue_seconds_median=1_815.0, queue_seconds_95=pytest.approx(3_421.5),
        run_seconds_median=1_830.0, run_seconds_95=pytest.approx(3_423.0),
    )  # fmt: skip
    first = counts(
        jobs=4, jobs_finished=3, jobs_failed=1, records_processed=10, records_failed=0, failure_rate=0.5,
        queue_seconds_median=30.0, queue_seconds_95=30.0, run_seconds_median=60.0, run_seconds_95=60.0,
    )  # fmt: skip
    part = counts(
        jobs=1, jobs_finished=1, jobs_failed_in_part=1, records_processed=5, records_failed=2, failure_rate=0.0
    )
    long = dict.fromkeys(NO_SECONDS, 3_600.0)
    at_first = counts(jobs=3, jobs_finished=3, jobs_failed=1, records_processed=10, records_failed=0, failure_rate=0.5)
    assert found._replace(orgs=[]) == Figures(
        filters=TWO_DAYS,
        totals=totals,
        totals_before=counts(jobs=1, jobs_finished=1, records_processed=None, records_failed=None, failure_rate=0.0),
        days=[{"day": DAY.date(), **first}, {"day": (DAY + 24 * HOUR).date(), **part, **long}],
        hours=[
            {"weekday": 1, "hour": 0, **at_first},
            {"weekday": 1, "hour": 1, **counts(jobs=1)},
            {"weekday": 2, "hour": 1, **part},
        ],
        objects=[
            {"object": "Account", **at_first},
            {"object": None, **part},
            {"object": "%s'$start", **counts(jobs=1)},
        ],
        users=[
            {
                "created_by_id": "u1", "created_by": "Ann", "user": "Ann",
                **counts(jobs=3, jobs_finished=2, jobs_failed_in_part=1, records_processed=15, records_failed=2,
                         failure_rate=0.0),
            },
            {
                "created_by_id": "u2", "created_by": None, "user": "u2",
                **counts(jobs=1, jobs_finished=1, jobs_failed=1, records_processed=None, records_failed=None,
                         failure_rate=1.0),
            },
            {
                "created_by_id": None, "created_by": None, "user": "unknown",
                **counts(jobs=1, jobs_finished=1, records_processed=None, records_failed=None),
            },
        ],
        failures=[
            failure("part", object=None, created_by="Ann", created_at=DAY + 25 * HOUR, failed_at=DAY + 27 * HOUR,
                    records_processed=5, records_failed=2, reason="B"),
            failure("failed", created_by="u2", failed_at=DAY + 26 * HOUR, is_failed=True, reason="InvalidBatch : no"),
        ],
        stuck=[],
        orgs=[],
        gaps=[{"org_id": ORG, "gap_from": DAY, "gap_to": now}],
        api_calls=[
            {"org_id": ORG, "day": DAY.date(), "calls": 10, "api_limit": 100_000, "share": 0.0001},
            {"org_id": OTHER, "day": DAY.date(), "calls": None, "api_limit": None, "share": None},
        ],
    )  # fmt: skip
    (one, other) = found.orgs
    assert 0 <= one.pop("hours_since_newest_run") < 1
    assert other.pop("hours_since_newest_run") == pytest.approx((now - DAY) / HOUR, rel=1e-3)
    assert one == {
        "org_id": ORG, "org": None, "instance_url": "https://a", "first_run_at": long_ago, "newest_run_at": now,
        "jobs_unfinished": 1, "api_calls_last_day": 3, "api_used": 7, "api_limit": 100_000,
    }  # fmt: skip
    assert other == {
        "org_id": OTHER, "org": None, "instance_url": None, "first_run_at": DAY, "newest_run_at": DAY,
        "jobs_unfinished": 1, "api_calls_last_day": 0, "api_used": None, "api_limit": None,
    }  # fmt: skip


def failure(id_: str, **values: Any) -> dict[str, Any]:
    return {
        "org_id": ORG, "id": id_, "kind": "ingest", "object": "Account", "operation": "insert", "created_at": DAY,
        "is_failed": False, "records_processed": None, "records_failed": None, "url": f"https://a/{SETUP}{id_}",
        **values,
    }  # fmt: skip


@on_both
def test_a_filter_is_a_value_whatever_it_looks_like(tables: Warehouse) -> None:
    """Signs that a driver, a query or a format takes for its own choose the jobs that have them, and no others."""
    texts = ["%s", "100%", "%(start)s", "$start", "it's", '"', "?", ":end", "\\", "{}"]
    keep(
        tables,
        given("runs"),
        *(given("jobs", id=f"j{at}", object=text, created_by_id=text) for at, text in enumerate(texts)),
    )
    with opening_database(tables.destination, DATASET, "report") as database:
        for text in texts:
            filters = Filters(DAY, TWO_DAYS.end, object=text, created_by_id=text, org_id=ORG, kind="ingest")
            found = [row for row in database.ask("jobs", filters.values()) if row["is_now"]]
            assert [row["object"] for row in found if row["figure"] == "object"] == [text]
            assert [row["created_by_id"] for row in found if row["figure"] == "user"] == [text]
            assert [row["jobs"] for row in found if row["figure"] == "all"] == [1]


@on_both
def test_a_stuck_job_is_shown_whenever_it_was_made(tables: Warehouse) -> None:
    """The filters of what it is count, the period does not."""
    keep(
        tables,
        given("jobs"),
        given("jobs", id="old", state="InProgress", created_by_id="%"),
        given("query_jobs", state="InProgress"),
        given("runs", instance_url=None),
    )
    now = datetime.now(timezone.utc)
    (found,) = read(tables, Filters(now, now, created_by_id="%", object="Account", kind="ingest")).stuck
    assert found.pop("age_seconds") == pytest.approx((now - DAY).total_seconds(), abs=600)
    assert found == {
        "org_id": ORG, "id": "old", "kind": "ingest", "object": "Account", "operation": "insert", "created_by": "%",
        "created_at": DAY, "state": "InProgress", "url": None,
    }  # fmt: skip
    assert read(tables, Filters(now, now, created_by_id="u1", kind="ingest")).stuck == []


def test_the_period_before_counts_if_every_org_was_watched_then(tables: Warehouse) -> None:
    """The first run saw the jobs of seven days. An org of which no run is known may have had others."""
    first = DAY - timedelta(days=2) + timedelta(days=7)
    keep(tables, given("jobs", created_date=DAY - HOUR), given("runs", started_at=first))
    before = read(tables).totals_before
    assert before is not None and before["jobs"] == 1
    keep(tables, given("jobs", created_date=DAY - HOUR), given("runs", started_at=first + timedelta(seconds=1)))
    assert read(tables).totals_before is None
    keep(tables, given("jobs", org_id=OTHER), given("runs", started_at=first))
    assert read(tables).totals_before is None
    assert read(tables, Filters(DAY, TWO_DAYS.end, org_id=ORG)).totals_before == NOTHING


def test_a_user_of_an_org_and_of_its_sandbox_is_one(tables: Warehouse) -> None:
    """They have one id, so a filter by it takes both. Others of one name are not mixed up."""
    keep(
        tables,
        given("jobs"),
        given("jobs", org_id=OTHER),
        given("jobs", id="j2", created_by_id="u0"),
        given("users", id="u1", name="Ann"),
        given("users", id="u0", name="Ann"),
    )
    shown = [(row["created_by_id"], row["user"], row["jobs"]) for row in read(tables).users]
    assert shown == [("u1", "Ann", 2), ("u0", "Ann", 1)]


def test_a_gap_is_between_two_walks_that_are_known(tables: Warehouse) -> None:
    """It is told once for both lists, with the later of their starts, whatever the period."""
    keep(
        tables,
        gap("r1", previous_started_at=None),
        gap("r2", listing="job_results"),
        gap("r3", possible_gap=False),
        gap("r4", listing="jobs/query", started_at=DAY - timedelta(seconds=1)),
        gap("r5"),
        gap("r6", previous_started_at=DAY, started_at=DAY + timedelta(days=9)),
    )
    assert read(tables, Filters(DAY, DAY)).gaps == [
        {"org_id": ORG, "gap_from": DAY, "gap_to": DAY + timedelta(days=9)},
        {"org_id": ORG, "gap_from": DAY - timedelta(days=8), "gap_to": DAY},
    ]


def gap(run_id: str, **values: Any) -> tuple[str, dict[str, Any]]:
    return given(
        "runs", **{"run_id": run_id, "possible_gap": True, "previous_started_at": DAY - timedelta(days=8), **values}
    )


def test_calls_count_on_the_day_when_their_run_ended(tables: Warehouse) -> None:
    """Beside the largest limit of that day. A run that ends where the period ends is not in it."""
    keep(
        tables,
        given("runs", run_id="r1", ended_at=DAY, api_limit=50),
        given("runs", run_id="r2", ended_at=DAY + 23 * HOUR, api_limit=100, calls=4),
        given("runs", run_id="r3", ended_at=DAY + 24 * HOUR, api_limit=0),
        given("runs", run_id="r4", ended_at=DAY - timedelta(seconds=1)),
        given("runs", run_id="r5", ended_at=TWO_DAYS.end),
    )
    assert read(tables).api_calls == [
        {"org_id": ORG, "day": DAY.date(), "calls": 7, "api_limit": 100, "share": 0.07},
        {"org_id": ORG, "day": (DAY + 24 * HOUR).date(), "calls": 3, "api_limit": 0, "share": None},
    ]


@on_both
def test_a_week_begins_on_monday(tables: Warehouse) -> None:
    """A Sunday is its seventh day, and the hours are those of UTC."""
    late = DAY - timedelta(seconds=1)
    keep(tables, given("jobs"), given("jobs", id="j2", created_date=late))
    found = read(tables, Filters(late, TWO_DAYS.end))
    assert [(row["weekday"], row["hour"], row["jobs"]) for row in found.hours] == [(1, 0, 1), (7, 23, 1)]


def test_ten_groups_are_shown_and_a_hundred_failures(tables: Warehouse) -> None:
    """The busiest and the newest; those that are alike are in the order of their names."""
    names = [f"O{number:03}" for number in range(103)]
    keep(tables, *(given("jobs", id=name, object=name, state="Failed") for name in names), given("query_jobs"))
    found = read(tables)
    assert [row["object"] for row in found.objects] == ["Account", *names[:9]]
    assert [row["id"] for row in found.failures] == names[:100]


def test_what_can_be_chosen_is_what_jobs_have(tables: Warehouse) -> None:
    """Whenever they were made."""
    keep(
        tables,
        given("jobs", created_date=None),
        given("jobs", id="j2"),
        given("users"),
        given("runs", org_id=OTHER),
        given("runs", org="uat", started_at=DAY - timedelta(days=1)),
        given("runs", org="prod"),
    )
    with opening_database(tables.destination, DATASET, "dashboard") as database:
        assert database.ask("choices", {}) == [
            {"org_id": ORG, "org": "prod", "kind": "ingest", "object": "Account", "created_by_id": "u1",
             "created_by": "Ann", "jobs": 2},
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("https://a.my.salesforce.com", f"https://a.my.salesforce.com/{SETUP}750%2F%22"),
        ("https://a.my.salesforce.com/", f"https://a.my.salesforce.com/{SETUP}750%2F%22"),
        ("", None),
        (None, None),
    ],
)
def test_a_job_has_a_page_in_setup_if_the_address_of_its_org_is_known(address: Any, url: Any) -> None:
    """Whatever its id has in it."""
    assert job_url(address, '750/"') == url


@on_both
def test_what_version_0_1_had_not_is_null(tables: Warehouse) -> None:
    """Nor what a user has dropped: tables are empty, columns are null, and the rest counts."""
    keep(tables, given("jobs", state="Failed"), given("runs"))
    for table in ("job_states", "job_results", "job_errors", "users"):
        tables.execute(f"drop table {DATASET}.{table}")
    for column in ("org", "instance_url", "calls_wasted"):
        tables.execute(f"alter table {DATASET}.runs drop column {column}")
    found = read(tables)
    assert found.totals == counts(jobs=1, jobs_finished=1, jobs_failed=1, records_processed=None, records_failed=None,
                                  failure_rate=1.0)  # fmt: skip
    assert [(org["org_id"], org["org"], org["instance_url"]) for org in found.orgs] == [(ORG, None, None)]
    assert found.failures == [failure("j1", created_by="u1", failed_at=DAY + timedelta(minutes=1), is_failed=True,
                                      reason=None, url=None)]  # fmt: skip


def test_the_views_need_not_be_there(tables: Warehouse) -> None:
    """Figures are made from tables: a user may have a view of one of those names, with anything in it."""
    keep(tables, given("jobs"))
    tables.execute(f"create view {DATASET}.job_history as select 1 as one")
    assert read(tables).totals["jobs"] == 1
