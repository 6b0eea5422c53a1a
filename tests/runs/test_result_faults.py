"""Look-ups that go wrong in a whole load: the jobs are loaded, what is said is right, and the next run heals it."""

import json
import signal
import subprocess
import sys
from typing import Any

import pytest

from jobs_source.commands.parser import main
from jobs_source.runner.load import load
from jobs_source.standin import StandIn
from tests.conftest import with_our_code
from tests.expected import expected_results, expected_rows, finished
from tests.look_ups import add_finished, asked, logins, sent
from tests.shown_tables import runs_shown
from tests.warehouses import Warehouse, on_duckdb

pytestmark = on_duckdb
long = pytest.mark.long
ATTEMPTS = 5  # of a request, as dlt's settings have it
ODD = [{"errorCode": "UNKNOWN_EXCEPTION", "message": "odd"}]
LASTING: dict[str, tuple[str, dict[str, Any], int]] = {
    "429": ("status", {"status": 429}, ATTEMPTS),
    "500": ("status", {"status": 500, "body": ODD}, ATTEMPTS),
    "reset": ("reset", {}, ATTEMPTS),
    "cut": ("cut", {}, ATTEMPTS),
    "HTML": ("html", {"status": 200}, ATTEMPTS),
    "403 of a proxy": ("html", {"status": 403}, ATTEMPTS),
    "404 of a proxy": ("html", {"status": 404}, 1),
    "empty": ("empty", {}, ATTEMPTS),
    "bad gzip": ("bad_gzip", {}, ATTEMPTS),
    "broken JSON": ("status", {"status": 200, "body": '{"id": "750'}, 1),
    "another job": ("replace_json", {"transform": lambda info: {**info, "id": "750Rm0000000001AAA"}}, 1),
}
"""What a look-up may meet, and how often it is tried then."""
USED_UP = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]
FORBIDDEN = [{"errorCode": "API_DISABLED_FOR_ORG", "message": "The REST API is not enabled"}]


def assert_all_there(standin: StandIn, warehouse: Warehouse) -> None:
    """Jobs and results are what the org says of them."""
    assert warehouse.rows("jobs") == expected_rows(standin.org, "ingest")
    assert warehouse.rows("query_jobs") == expected_rows(standin.org, "query", job_type="V2Query")
    results = [{**row, "looked_up_at": None} for row in warehouse.rows("job_results")]
    assert results == [{**row, "looked_up_at": None} for row in expected_results(standin.org, standin.org.clock.now())]


def test_whatever_a_look_up_meets_concerns_its_job_only(
    results_org: StandIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each fault at one of many look-ups, once or for the whole run: the next run asks again for what is lacking."""
    once, lasting = add_finished(results_org, len(LASTING)), list[str]()
    for kind, details, tries in LASTING.values():
        lasting += add_finished(results_org, 1)
        add_finished(results_org, 2)  # so that not too many fail in a row
        results_org.misbehave(kind, path=lasting[-1], times=tries, **details)
    for id_, (kind, details, tries) in zip(once, LASTING.values(), strict=True):
        results_org.misbehave(kind if tries > 1 else "hang_up", path=id_, **(details if tries > 1 else {}))

    assert main(["load"]) == 0

    shown = capsys.readouterr()
    n, most = len(LASTING), sum(tries for _, _, tries in LASTING.values())
    assert f"; {n} look-ups failed\n" in shown.out
    (row,) = runs_shown(shown.out)
    assert (row["looked up"], row["still due"], row["result"]) == (str(3 * n), str(n), "ok")
    assert f"{n} look-ups for job_results failed, and stay due. " in shown.err
    assert {row["id"] for row in warehouse.rows("job_results")} == set(finished(results_org.org)) - set(lasting)
    retried = sum(tries > 1 for _, _, tries in LASTING.values())
    assert len(asked(results_org)) == 3 * n + retried + most
    assert warehouse.query("select calls from runs where listing = 'job_results'") == [(len(asked(results_org)),)]

    results_org.requests.clear()
    results_org.misbehave("expired_token", path="750", at=4)
    assert main(["load"]) == 0
    assert (set(asked(results_org)), logins(results_org)) == (set(lasting), 2)
    assert_all_there(results_org, warehouse)


ENDS = {
    "no allowance": (
        ("status", {"status": 403, "body": USED_UP}),
        (0, "The look-ups for job_results stopped early: ", "API calls for 24 hours are used up (403"),
    ),
    "refused": (
        ("status", {"status": 403, "body": FORBIDDEN}),
        (0, "Salesforce does not tell what became of ingest jobs. It is asked again after a day. ", "REST API is off"),
    ),
    "out of order": (
        ("status", {"status": 500, "body": ODD}),
        (0, "The look-ups for job_results stopped early: too many failed in a row. ", "(500 UNKNOWN_EXCEPTION: odd)"),
    ),
    "no session": (
        ("status", {"status": 401, "body": [{"errorCode": "INVALID_SESSION_ID", "message": "over"}]}),
        (0, "The look-ups for job_results stopped early: there was no session for them. ", "INVALID_SESSION_ID"),
    ),
}


@long
@pytest.mark.parametrize("at", [1, 4])
@pytest.mark.parametrize("name", ENDS)
def test_what_concerns_all_ends_the_round_and_loads_what_was_answered(
    name: str, at: int, results_org: StandIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code is 1 only where nothing was looked up at all; the next run goes on, or the one after a day."""
    (kind, details), (code, *said) = ENDS[name]
    add_finished(results_org, 40)
    fault = results_org.misbehave(kind, path="750", at=at, times=200, **details)

    assert main(["load", "--json"]) == (code if at > 1 or name == "no allowance" else 1)

    summary = json.loads(capsys.readouterr().out)
    assert warehouse.rows("jobs") == expected_rows(results_org.org, "ingest")
    looked_up, calls = len(warehouse.rows("job_results")), len(sent(results_org))
    assert (at - 1 <= looked_up < 20, summary["results_looked_up"]) == (True, looked_up)
    assert summary["results_due"] == (0 if name == "refused" else 40 - looked_up)
    assert summary["calls"] == calls
    assert all(any(text in warning for warning in summary["warnings"]) for text in said)
    is_failure = summary["exit_code"] == 1
    assert ("every look-up of what became of them failed." in (summary["error"] or "")) == is_failure
    assert warehouse.query("select calls from runs where listing = 'job_results'") == [(calls - 2,)]

    fault.answer = lambda request, proceed: proceed()  # type: ignore[method-assign]
    if name == "refused":
        results_org.requests.clear()
        assert main(["load"]) == 0
        assert asked(results_org) == []
        results_org.org.clock.advance(days=1)
    assert main(["load"]) == 0
    assert_all_there(results_org, warehouse)


@long
@pytest.mark.parametrize("status", [403, 400])
def test_an_org_without_the_bulk_api_1_is_asked_again_after_a_day(
    status: int, results_org: StandIn, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said once, the other jobs have their results, and nothing counts as due meanwhile."""
    classic = add_finished(results_org, 20, job_type="Classic", number_batches_failed=0)
    shown, calls = [], []
    for is_off, seconds in ((True, 0), (True, 22 * 3_600), (False, 3_600)):
        results_org.org.bulk_1_off = status if is_off else None
        others = add_finished(results_org, 2)
        results_org.org.clock.advance(seconds=seconds)
        results_org.requests.clear()
        assert main(["load"]) == 0
        shown.append(capsys.readouterr())
        calls.append([id_ for id_ in asked(results_org) if id_ in classic])
        assert {id_ for id_ in asked(results_org) if id_ not in classic} == set(others)
    assert [len(each) for each in calls] == [min(len(calls[0]), 8), 0, 20]
    assert ["what became of Classic jobs. It is asked again after a day." in each.err for each in shown] == [
        True,
        False,
        False,
    ]
    assert [row["looked up"] for each in shown for row in runs_shown(each.out)] == ["2", "2", "22"]
    assert_all_there(results_org, warehouse)


@long
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_in_its_look_ups_has_loaded_the_jobs(
    number: signal.Signals, results_org: StandIn, warehouse: Warehouse
) -> None:
    """It ends at once with 130, without a traceback, and the next run looks up the rest."""
    add_finished(results_org, 40)
    command = [sys.executable, "-m", "pipelines", "load"]
    process = subprocess.Popen(command, env=with_our_code(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    results_org.misbehave("slow", path="750", at=5, seconds=0.5, times=8)
    results_org.misbehave("call", path="750", at=5, do=lambda: process.send_signal(number))

    _, errors = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "Traceback" not in errors
    assert warehouse.rows("jobs") == expected_rows(results_org.org, "ingest")
    assert warehouse.rows("job_results") == []
    load()
    assert_all_there(results_org, warehouse)
