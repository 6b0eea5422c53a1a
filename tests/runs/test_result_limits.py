"""How many calls look-ups make: none too many in 24 hours, none that listings need, and none where nothing is due."""

from collections.abc import Callable
from typing import Any

import pytest

from jobs_source.commands.parser import main
from jobs_source.runner import publish
from jobs_source.runner.load import load
from jobs_source.standin import StandIn
from tests.expected import expected_results
from tests.look_ups import add_finished, asked, sent
from tests.shown_tables import runs_shown
from tests.warehouses import Warehouse, on_duckdb

PERCENT = "SOURCES__JOBS_SOURCE__MAX_RESULTS_API_PERCENT"
ROUNDS = "select calls, jobs_listed, jobs_written from runs where listing = 'job_results' order by started_at, calls"


@pytest.fixture
def publishes(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """An entry for each time that the DuckDB file is replaced."""
    done = list[Any]()

    def replace(*arguments: Any, replace: Callable[..., None] = publish._replace) -> None:
        done.append(arguments)
        replace(*arguments)

    monkeypatch.setattr(publish, "_replace", replace)
    return done


def calls_of_a_run(standin: StandIn, **options: Any) -> list[str]:
    """Load, and return the ids that were asked for."""
    standin.requests.clear()
    load(**options)
    return asked(standin)


@pytest.mark.long
def test_look_ups_of_24_hours_take_no_call_more_than_their_share(
    results_org: StandIn, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One percent of 1,000: ten calls, retries included, however many runs there are; ten others a day later."""
    org, to = results_org.org, {"destination": warehouse.destination}
    org.api_limit = 1_000
    monkeypatch.setenv(PERCENT, "1")
    jobs = [id_ for _ in range(4) for id_ in add_finished(results_org, 4)][::-1]
    results_org.misbehave("status", path=jobs[0], times=3, status=500)
    calls = [calls_of_a_run(results_org, **to)]
    for seconds in (3_600, 23 * 3_600 - 1):  # so one second of the 24 hours is left
        org.clock.advance(seconds=seconds)
        calls.append(calls_of_a_run(results_org, **to))
    org.clock.advance(seconds=2)
    calls.append(calls_of_a_run(results_org, **to))

    assert [len(each) for each in calls] == [10, 0, 0, 9]
    assert sorted([*calls[0], *calls[-1]]) == sorted([*jobs, *[jobs[0]] * 3])
    (first, second) = warehouse.query(ROUNDS)
    assert (first[:2], second, first[2] + second[2]) == ((10, 16), (9, second[1], second[1]), 16)
    assert len(warehouse.rows("job_results")) == 16


@on_duckdb
@pytest.mark.long
def test_an_org_that_does_not_say_its_limit_is_taken_for_the_smallest(
    results_org: StandIn, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0.02 % of 15,000 are three calls; 0.02 % of 100,000, once it is known from the listing, another seventeen."""
    monkeypatch.setenv(PERCENT, "0.02")
    add_finished(results_org, 25)
    silent = results_org.misbehave("drop_header", times=1 + 2 + 3, name="Sforce-Limit-Info")  # login, lists, look-ups
    calls = [len(calls_of_a_run(results_org)) for _ in range(3)]
    assert (calls, silent.fired) == ([3, 17, 0], 6)
    assert warehouse.query(ROUNDS) == [(3, 25, 3), (17, 22, 17)]


@on_duckdb
@pytest.mark.long
@pytest.mark.parametrize("used", [806, 810, 895])
def test_look_ups_leave_the_last_tenth_of_the_room_to_listings(
    used: int, results_org: StandIn, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """Of 1,000 calls 900 may be used; look-ups stop at 810, and the run ends well."""
    monkeypatch.setenv(PERCENT, "100")
    org = results_org.org
    add_finished(results_org, 20)
    org.api_limit, org.api_used = 1_000, used - 2

    assert main(["load"]) == 0

    assert org.api_used == max(810, used)
    assert len(asked(results_org)) == len(warehouse.rows("job_results")) == org.api_used - used
    shown = capsys.readouterr()
    (row,) = runs_shown(shown.out)
    done = org.api_used - used
    assert (row["looked up"], row["still due"], row["result"]) == (str(done), str(20 - done), "ok")
    assert "look-ups ended early: the other API calls are kept for listings" in shown.out
    assert "are kept for the lists of jobs." in shown.err


@pytest.mark.long
@on_duckdb
def test_with_nothing_due_a_run_is_as_if_it_had_no_results(
    results_org: StandIn, warehouse: Warehouse, publishes: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not one call more, no row in `runs`, and the file is replaced once; so it is where no call is left for it."""
    add_finished(results_org, 3)
    counts = []
    for percent, is_new in (("5", False), ("5", False), ("0", True)):
        monkeypatch.setenv(PERCENT, percent)
        add_finished(results_org, int(is_new))
        results_org.requests.clear()
        publishes.clear()
        summary = load()
        counts.append((len(sent(results_org)), len(publishes), summary.results_due))
    assert counts == [(5, 1, 0), (2, 1, 0), (2, 1, 1)]
    assert warehouse.query(ROUNDS) == [(3, 3, 3)]
    assert len(warehouse.rows("runs")) == 7
    assert len(expected_results(results_org.org, results_org.org.clock.now())) == 4
