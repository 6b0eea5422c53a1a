"""`users`: who made the jobs, in few calls, known for a day."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Optional

import pytest

from jobs_source.runner.load import load
from jobs_source.standin import Clock, Org, StandIn
from tests.conftest import MOST_RESULTS, START
from tests.warehouses import Warehouse, on_both

LogIn = Callable[..., None]
LONGEST_URL = 16_000
NOBODY = "005Rm000000000NIAQ"


@pytest.fixture(autouse=True)
def including(monkeypatch: pytest.MonkeyPatch, standin: StandIn, log_in: LogIn) -> None:
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__INCLUDE_USERS", "true")
    log_in(standin)


def add_job(org: Org, user: Any, **fields: Any) -> str:
    return org.add_jobs(1, job_type="V2Ingest", created=START, created_by_id=user, **{"state": "Open", **fields})[0]


def load_after(standin: StandIn, warehouse: Warehouse, **passed: float) -> Any:
    """Load when some time has *passed*: `hours` or `seconds`."""
    standin.org.clock.advance(seconds=passed.get("hours", 0) * 3_600 + passed.get("seconds", 0))
    return load(destination=warehouse.destination)


def queries(standin: StandIn, since: int = 0) -> list[Any]:
    return [request for request in standin.requests[since:] if request.path.endswith("/query") and "q" in request.query]


def row(org: Org, id_: str, looked_up_at: datetime, as_given: Optional[str] = None) -> dict[str, Any]:
    """The row of a user whom the org shows."""
    (user,) = (user for user in org.users if user.id == id_)
    values = {"name": user.name, "username": user.username, "profile_name": user.profile, "is_active": user.is_active}
    return {"org_id": org.org_id, "id": as_given or id_, **values, "looked_up_at": looked_up_at}


def unknown(org: Org, id_: str, looked_up_at: datetime) -> dict[str, Any]:
    """The row of a user whom it does not."""
    values = dict.fromkeys(("name", "username", "profile_name", "is_active"))
    return {"org_id": org.org_id, "id": id_, **values, "looked_up_at": looked_up_at}


@pytest.mark.long
def test_many_users_take_as_few_calls_as_addresses_hold(standin: StandIn, warehouse: Warehouse) -> None:
    """Whole rows of 1,200 users, as they are now; the next run asks for none, and one of a new user for that one."""
    org = standin.org
    ids = [*org.add_users(1_198), *(user.id for user in org.users[:2])]
    for id_ in ids:
        add_job(org, id_)
    org.change_user(ids[0], profile=None)
    org.change_user(ids[1], is_active=False)

    load_after(standin, warehouse, seconds=60)

    now = org.clock.now()
    assert warehouse.rows("users") == [row(org, id_, now) for id_ in sorted(ids)]
    asked = queries(standin)
    lengths = [len(f"{standin.url}{it.path}?q={it.query['q']}".replace("'", "%27").replace(",", "%2C")) for it in asked]
    assert len(asked) == 3
    assert max(lengths) <= LONGEST_URL < sum(sorted(lengths)[-2:])
    before = len(standin.requests)
    assert load_after(standin, warehouse, hours=1).calls == len(standin.requests) - before - 1 == 3
    (new,) = org.add_users(1)
    add_job(org, new)
    load_after(standin, warehouse, seconds=60)
    (last,) = queries(standin)[3:]
    assert last.query["q"].endswith(f"WHERE Id IN ('{new}')")


@pytest.mark.long
@on_both
def test_users_are_looked_up_again_after_a_day_and_not_before(standin: StandIn, warehouse: Warehouse) -> None:
    """By when Salesforce answered last; those whose jobs are long finished too."""
    org = standin.org
    ids = [user.id for user in org.users[:2]]
    for id_ in ids:
        add_job(org, id_)
    load_after(standin, warehouse, seconds=60)
    first = org.clock.now()
    org.change_user(ids[0], name="New Name", is_active=False)

    load_after(standin, warehouse, hours=23.9)
    assert [(it["name"] == "New Name", it["looked_up_at"]) for it in warehouse.rows("users")] == [(False, first)] * 2
    load_after(standin, warehouse, hours=0.2)

    assert warehouse.rows("users") == [row(org, id_, org.clock.now()) for id_ in sorted(ids)]
    assert len(queries(standin)) == 2


@pytest.mark.long
def test_odd_ids(standin: StandIn, warehouse: Warehouse) -> None:
    """
    Short ones are as they were listed; one that is nobody's has an empty row, and is asked for again after a day.

    What is no id of a user is not asked for, and is no reason for a round of look-ups.
    """
    org = standin.org
    known, short = (user.id for user in org.users[:2])
    for id_ in (known, known, short[:15], NOBODY, "nobody", "", None, f"{known[:15]}aaa", "003Rm0000000001AAA"):
        add_job(org, id_)

    load_after(standin, warehouse, seconds=60)

    now = org.clock.now()
    rows = [row(org, known, now), row(org, short, now, short[:15]), unknown(org, NOBODY, now)]
    assert warehouse.rows("users") == sorted(rows, key=lambda it: str(it["id"]))
    assert len(queries(standin)) == 1
    load_after(standin, warehouse, seconds=60)
    assert warehouse.query("select count(*) from runs where listing = 'users'") == [(1,)]
    assert warehouse.query("select count(*) from _dlt_loads where status = 0") == [(3,)]


@pytest.mark.long
@pytest.mark.parametrize("code", ["INVALID_TYPE", "INSUFFICIENT_ACCESS"])
def test_an_org_that_refuses_is_asked_again_after_a_day(
    code: str,
    standin: StandIn,
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is said once. Jobs and their results are loaded."""
    monkeypatch.delenv(MOST_RESULTS)
    org = standin.org
    org.users_refused = code
    id_ = org.users[0].id
    jobs = [add_job(org, id_, state="JobComplete")]

    summary = load_after(standin, warehouse, seconds=60)

    assert caplog.text.count(code) == 1
    assert (summary.results_looked_up, summary.results_have_failed, summary.results_error) == (1, False, None)
    jobs.append(add_job(org, id_, state="JobComplete"))
    summary = load_after(standin, warehouse, hours=23)
    assert caplog.text.count(code) == 1
    assert (len(queries(standin)), warehouse.rows("users")) == (1, [])
    assert {it["id"] for it in warehouse.rows("job_results")} == set(jobs)
    org.users_refused = None
    load_after(standin, warehouse, hours=1.1)
    assert warehouse.rows("users") == [row(org, id_, org.clock.now())]


@pytest.mark.long
def test_profiles_that_are_refused_are_empty(standin: StandIn, warehouse: Warehouse) -> None:
    """All else of a user is there."""
    standin.org.users_refused = "INVALID_FIELD"
    id_ = standin.org.users[0].id
    add_job(standin.org, id_)
    load_after(standin, warehouse, seconds=60)
    expected = {**row(standin.org, id_, standin.org.clock.now()), "profile_name": None}
    assert warehouse.rows("users") == [expected]


@pytest.mark.long
def test_a_failure_leaves_users_due_and_jobs_loaded(standin: StandIn, warehouse: Warehouse) -> None:
    """The next run asks again."""
    id_ = standin.org.users[0].id
    add_job(standin.org, id_)
    standin.misbehave("status", path="64.0/query", times=5, status=500)
    standin.misbehave("html", path="64.0/query", at=6, times=5)
    summary = load_after(standin, warehouse, seconds=60)
    assert (summary.jobs_new, warehouse.rows("users")) == (1, [])
    load_after(standin, warehouse, seconds=60)
    load_after(standin, warehouse, seconds=60)
    assert warehouse.rows("users") == [row(standin.org, id_, standin.org.clock.now())]


@pytest.mark.long
def test_each_org_has_its_own_users(standin: StandIn, log_in: LogIn, warehouse: Warehouse) -> None:
    """Also where both have the same ids."""
    with StandIn(clock=Clock(START, frozen=True), org=None, seed=1) as other:
        other.org.org_id = "00DRm0000000001AAA"
        log_in(other, "prod")
        for running, name in ((standin, "One"), (other, "Two")):
            running.org.change_user(running.org.users[0].id, name=name)
            add_job(running.org, running.org.users[0].id)
            running.org.clock.advance(seconds=60)
        load(destination=warehouse.destination)
        load("prod", destination=warehouse.destination)
        rows = [row(running.org, standin.org.users[0].id, standin.org.clock.now()) for running in (other, standin)]
    assert warehouse.rows("users") == rows
