"""Rounds of look-ups against the stand-in: all that is due, one session, no call too many, whatever goes wrong."""

import threading
import time
from contextlib import closing
from functools import partial
from threading import Barrier, Event
from typing import Any

import pytest

from jobs_source.salesforce.client import Client, Retries
from jobs_source.salesforce.credentials import SalesforceCredentials
from jobs_source.salesforce.job_details import BULK_1, Details, DueJob, look_up
from jobs_source.salesforce.look_ups import LookUpTally, look_up_all
from jobs_source.standin import StandIn
from tests.clients import INGEST, TOKEN_PATH, make_client, ready_token
from tests.look_ups import PLENTY, add_due, due, logins, look_up_round, sent

FAILED_BATCH = {"number_batches_total": 2, "number_batches_failed": 1, "state_message": "InvalidBatch : no"}
FORBIDDEN = [{"errorCode": "FORBIDDEN", "message": "no Manage Data Integrations"}]
ONE_FAILS: dict[str, tuple[str, dict[str, Any]]] = {
    "429": ("status", {"status": 429}),
    "500": ("status", {"status": 500}),
    "400": ("status", {"status": 400, "body": [{"errorCode": "InvalidBatch", "message": "odd"}]}),
    "404 of a proxy": ("html", {"status": 404}),
    "403 of a proxy": ("html", {"status": 403}),
    "HTML": ("html", {"status": 200}),
    "empty": ("empty", {}),
    "reset": ("reset", {}),
    "cut": ("cut", {}),
    "bad gzip": ("bad_gzip", {}),
    "broken JSON": ("status", {"status": 200, "body": '{"id": "750'}),
    "broken XML": ("status", {"status": 200, "body": "<jobInfo><id>750</jobInfo>"}),
    "no job": ("status", {"status": 200, "body": "[]"}),
    "redirect": ("redirect", {"location": "https://else.example/"}),
    "another job": ("replace_json", {"transform": lambda it: {**it, "id": None}}),
}
NOT_RETRIED = ("400", "404 of a proxy", "broken JSON", "no job", "redirect", "another job")


def listed_client(standin: StandIn, **settings: Any) -> Client:
    """A client after a walk: it knows what the org has used."""
    client = make_client(standin, **settings)
    client.get(INGEST.path, {})
    standin.requests.clear()
    return client


def classic_and_others(standin: StandIn) -> list[DueJob]:
    """Due jobs of every kind, mixed; one Classic job has a failed batch."""
    kinds = (
        add_due(standin, 5),
        add_due(standin, 5, "V2Query"),
        add_due(standin, 4, "Classic", number_batches_failed=0),
        add_due(standin, 1, "Classic", **FAILED_BATCH),
    )
    jobs = [job for kind in kinds for job in kind]
    return jobs[::2] + jobs[1::2]


def test_a_round_looks_up_every_job(standin: StandIn) -> None:
    """Each once, with one login, and one call each; two for a Classic job with a failed batch."""
    jobs, gone = classic_and_others(standin), due(["750Rm00000AbCdEIAV"])

    answers, tally = look_up_round(make_client(standin), [*jobs, *gone])

    assert set(answers) == {job.id for job in [*jobs, *gone]}
    assert {id_ for id_, details in answers.items() if details.info is None} == {gone[0].id}
    assert [details.batch_message for details in answers.values() if details.batch_message] == ["InvalidBatch : no"]
    assert tally == LookUpTally(looked_up=16, calls=17)
    assert (len(sent(standin)), logins(standin)) == (17, 1)


def test_nothing_due_costs_nothing(standin: StandIn) -> None:
    """Not even a login."""
    assert look_up_round(make_client(standin), []).tally == LookUpTally()
    assert standin.requests == []


def test_jobs_are_asked_for_in_their_order(standin: StandIn) -> None:
    """One at a time, the first job is the first call: the newest jobs come first if the budget ends."""
    jobs = add_due(standin, 5)
    look_up_round(make_client(standin), jobs, at_a_time=1)
    assert [path.rpartition("/")[2] for path in sent(standin)] == [job.id for job in jobs]


def test_as_many_as_wanted_are_asked_for_at_a_time(standin: StandIn) -> None:
    """The org sees eight calls at a time, always, and never a ninth."""
    together, most, now, lock = Barrier(8), 0, 0, threading.Lock()

    def wait_for_eight() -> None:
        nonlocal most, now
        with lock:
            now += 1
            most = max(most, now)
        together.wait(timeout=10)
        with lock:
            now -= 1

    client, jobs = listed_client(standin), add_due(standin, 40)
    standin.misbehave("call", path="750", times=None, do=wait_for_eight)
    assert look_up_round(client, jobs).tally == LookUpTally(looked_up=40, calls=40)
    assert most == 8


def test_a_slow_answer_holds_up_nobody(standin: StandIn) -> None:
    """All other jobs are answered while one waits, and None comes where nothing is there yet."""
    client, jobs, tally, is_released = listed_client(standin), add_due(standin, 30), LookUpTally(), Event()
    standin.misbehave("call", path=jobs[0].id, do=lambda: is_released.wait(timeout=10))

    found: list[Details] = []
    with closing(
        look_up_all(client, jobs, partial(look_up, client, "64.0"), tally, budget=PLENTY, at_a_time=2)
    ) as answers:
        for details in answers:
            if details is not None:
                found.append(details)
            elif len(found) == 29:
                is_released.set()
    assert found[-1].job == jobs[0]
    assert {details.job for details in found} == set(jobs)


def test_whoever_closes_a_round_waits_for_nothing(standin: StandIn) -> None:
    """Ctrl-C must not wait for answers, nor for pauses between retries. No thread is left that would delay exit."""
    client, jobs, is_released = listed_client(standin), add_due(standin, 30), Event()
    standin.misbehave("call", path="750", at=4, times=None, do=lambda: is_released.wait(timeout=10))
    tally = LookUpTally()

    began = time.monotonic()
    answers = look_up_all(client, jobs, partial(look_up, client, "64.0"), tally, budget=PLENTY, at_a_time=8)
    with pytest.raises(KeyboardInterrupt), closing(answers):
        for details in answers:
            if details is not None and tally.looked_up == 3:
                raise KeyboardInterrupt
    assert time.monotonic() - began < 5
    assert (tally.looked_up, tally.failed, tally.stopped_by) == (3, 0, None)
    assert 3 <= tally.calls <= 11
    assert all(thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread())
    is_released.set()


@pytest.mark.parametrize("name", ONE_FAILS)
def test_a_look_up_that_fails_fails_alone(name: str, standin: StandIn) -> None:
    """All others are answered. It counts as failed, with its text, and is tried as often as others are."""
    kind, details = ONE_FAILS[name]
    client = listed_client(standin)
    jobs = add_due(standin, 20, "Classic" if "XML" in name else "V2Ingest", number_batches_failed=0)
    standin.misbehave(kind, path=jobs[9].id, times=None, **details)

    answers, tally = look_up_round(client, jobs)

    tries = 1 if name in (*NOT_RETRIED, "broken XML") else 3
    assert set(answers) == {job.id for job in jobs if job != jobs[9]}
    assert (tally.looked_up, tally.failed, len(tally.errors), tally.stopped_by) == (19, 1, 1, None)
    assert (tally.refused, tally.given_up, tally.calls) == ({}, {}, 19 + tries)
    assert len(sent(standin)) == tally.calls


def test_a_failed_batch_list_is_a_failed_look_up(standin: StandIn) -> None:
    """The job is asked for again in the next run: without the message its result would not be complete."""
    client, jobs = listed_client(standin), add_due(standin, 3, "Classic", **FAILED_BATCH)
    standin.misbehave("status", path=f"{jobs[1].id}/batch", times=None)

    answers, tally = look_up_round(client, jobs)
    assert set(answers) == {jobs[0].id, jobs[2].id}
    assert (tally.looked_up, tally.failed, tally.calls) == (2, 1, 4 + 1 + 3)


def test_a_fault_that_passes_is_no_failure(standin: StandIn) -> None:
    """The call is retried. Each retry counts."""
    client, jobs = listed_client(standin), add_due(standin, 10)
    standin.misbehave("status", path=jobs[5].id, status=503, times=2)
    assert look_up_round(client, jobs).tally == LookUpTally(looked_up=10, calls=12)


def test_an_unexpected_error_of_one_look_up_is_a_failure(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug that one odd job meets costs no other job its result."""
    client, jobs = listed_client(standin), add_due(standin, 5)
    ask = client.ask
    monkeypatch.setattr(client, "ask", lambda path, *rest: 1 / 0 if jobs[2].id in path else ask(path, *rest))

    tally = look_up_round(client, jobs).tally
    assert (tally.looked_up, tally.failed, tally.errors) == (4, 1, ["Unexpected ZeroDivisionError."])


@pytest.mark.parametrize("at_a_time", [1, 8])
def test_a_dead_server_is_not_asked_for_every_job(at_a_time: int, standin: StandIn) -> None:
    """After five failures in a row more than there are look-ups at a time, the round ends."""
    client, jobs = listed_client(standin), add_due(standin, 100)
    standin.misbehave("status", path="750", at=11, times=None)

    answers, tally = look_up_round(client, jobs, at_a_time=at_a_time)
    assert len(answers) == 10
    assert (tally.stopped_by, len(tally.errors)) == ("failures", 3)
    assert "SERVER_UNAVAILABLE" in str(tally.stop_reason)
    assert at_a_time + 5 <= tally.failed <= 3 * at_a_time + 5
    assert tally.calls == len(sent(standin)) <= 10 + 3 * tally.failed


def test_a_dead_server_is_told_from_a_dead_kind(standin: StandIn) -> None:
    """If one kind was given up and the next one begins with a failure, the round ends."""
    client, jobs = listed_client(standin), [*add_due(standin, 50, "Classic"), *add_due(standin, 50)]
    standin.misbehave("status", path="750", times=None)

    answers, tally = look_up_round(client, jobs, at_a_time=1)
    assert (answers, list(tally.given_up), tally.stopped_by) == ({}, [BULK_1], "failures")
    assert 7 <= tally.failed <= 10
    assert tally.calls == len(sent(standin)) <= 30


def test_no_connection_ends_the_round_too(standin: StandIn) -> None:
    """Nothing is raised."""
    client, jobs = listed_client(standin), add_due(standin, 100)
    standin.stop_listening()
    standin.misbehave("reset", path="750", times=None)

    answers, tally = look_up_round(client, jobs)
    assert (answers, tally.stopped_by) == ({}, "failures")
    assert str(tally.stop_reason).startswith("No connection to")


@pytest.mark.parametrize("order", ["first", "mixed", "last"])
def test_a_kind_that_always_fails_is_left_alone(order: str, standin: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """The other kinds go on. Another round would try again."""
    client, classic, others = listed_client(standin), add_due(standin, 60, "Classic"), add_due(standin, 60)
    mixed = [job for pair in zip(classic, others, strict=True) for job in pair]
    jobs = {"first": classic + others, "mixed": mixed, "last": others + classic}[order]
    standin.misbehave("status", path="/services/async", times=None)

    answers, tally = look_up_round(client, jobs, at_a_time=2)
    assert set(answers) == {job.id for job in jobs if job.kind != BULK_1}
    assert (tally.stopped_by, tally.refused, list(tally.given_up)) == (None, {}, [BULK_1])
    assert 7 <= tally.failed <= 11
    assert sum("what became of Classic jobs" in record.getMessage() for record in caplog.records) == 1


@pytest.mark.parametrize("body", [FORBIDDEN, [{"errorCode": "SOMETHING_NEW", "message": "not allowed"}]])
def test_a_kind_that_is_refused_is_given_up(body: Any, standin: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """After the first 403 no other look-up of that kind begins, and it is said once. Others go on."""
    client = listed_client(standin)
    queries, others = add_due(standin, 60, "V2Query"), add_due(standin, 60)
    standin.misbehave("status", path="jobs/query/750", at=5, times=None, status=403, body=body)

    answers, tally = look_up_round(client, [*queries, *others])
    assert {job.id for job in others} <= set(answers)
    assert (tally.looked_up, tally.failed, tally.stopped_by, tally.given_up) == (64, 0, None, {})
    assert list(tally.refused) == ["jobs/query"]
    assert 65 <= tally.calls == len(sent(standin)) <= 72
    assert sum("what became of query jobs" in record.getMessage() for record in caplog.records) == 1


def own_and_others(standin: StandIn, client: Client, job_type: str) -> tuple[list[DueJob], list[DueJob]]:
    """Due jobs that the integration user made, and jobs of somebody else."""
    own = standin.org.tokens.check(client.session.access_token)
    other = next(user.id for user in standin.org.users if user.id != own)
    return add_due(standin, 30, job_type, created_by_id=own), add_due(standin, 30, job_type, created_by_id=other)


@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize("job_type", ["V2Ingest", "V2Query", "Classic"])
def test_jobs_of_others_may_be_denied(job_type: str, status: int, standin: StandIn) -> None:
    """A user that may not see them gets the results of its own jobs nevertheless. The others count as failed."""
    client, standin.org.others_jobs_refused = listed_client(standin), status
    own, others = own_and_others(standin, client, job_type)
    mixed = [job for pair in zip(others, own, strict=True) for job in pair]

    answers, tally = look_up_round(client, mixed)
    assert set(answers) == {job.id for job in own}
    assert (tally.failed, tally.refused, tally.stopped_by, tally.calls >= 60) == (30, {}, None, True)
    assert "InvalidUser" in tally.errors[0]


@pytest.mark.parametrize("status", [400, 403])
def test_a_user_that_may_see_no_job_asks_for_a_few(
    status: int, standin: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    """Then that kind is refused, which is said once, with the permissions that are lacking."""
    client, standin.org.others_jobs_refused = listed_client(standin), status
    _, others = own_and_others(standin, client, "V2Ingest")

    answers, tally = look_up_round(client, others, at_a_time=2)
    assert (answers, list(tally.refused), tally.given_up, tally.stopped_by) == ({}, ["jobs/ingest"], {}, None)
    assert 7 <= tally.failed == tally.calls <= 11
    assert sum("Manage Data Integrations" in record.getMessage() for record in caplog.records) == 1


@pytest.mark.parametrize("status", [400, 403])
def test_bulk_api_1_may_be_off(status: int, standin: StandIn) -> None:
    """Classic jobs are left alone, the others are looked up."""
    client, standin.org.bulk_1_off = listed_client(standin), status
    jobs = classic_and_others(standin)

    answers, tally = look_up_round(client, jobs)
    assert set(answers) == {job.id for job in jobs if job.kind != BULK_1}
    assert (list(tally.refused), tally.failed, tally.stopped_by) == ([BULK_1], 0, None)


@pytest.mark.parametrize("at", [1, 2, 50])
@pytest.mark.parametrize("job_type", ["V2Ingest", "Classic"])
def test_a_token_that_dies_is_renewed_once_for_all(job_type: str, at: int, standin: StandIn) -> None:
    """Every job is looked up, those that were refused again. There is one login more, and no failure."""
    client = listed_client(standin)
    jobs = add_due(standin, 100, job_type, **({"number_batches_failed": 0} if job_type == "Classic" else {}))
    standin.misbehave("call", path="750", at=at, do=standin.org.expire_tokens)

    answers, tally = look_up_round(client, jobs)
    assert set(answers) == {job.id for job in jobs}
    assert (tally.failed, tally.stopped_by, logins(standin)) == (0, None, 1)
    assert 101 <= tally.calls == len(sent(standin)) <= 108


def test_a_token_may_die_between_the_two_calls_for_a_classic_job(standin: StandIn) -> None:
    """Both are made again."""
    client, jobs = listed_client(standin), add_due(standin, 1, "Classic", **FAILED_BATCH)
    standin.misbehave("expired_token", path="/batch")

    answers, tally = look_up_round(client, jobs)
    assert answers[jobs[0].id].batch_message == "InvalidBatch : no"
    assert tally == LookUpTally(looked_up=1, calls=4)


def test_a_token_may_die_again_and_again(standin: StandIn) -> None:
    """Each time it is renewed: a round may last longer than a session."""
    client, jobs = listed_client(standin), add_due(standin, 40)
    for at in (5, 15, 35):
        standin.misbehave("call", path="750", at=at, do=standin.org.expire_tokens)

    assert look_up_round(client, jobs, at_a_time=1).tally == LookUpTally(looked_up=40, calls=43)
    assert logins(standin) == 3


def ends_at_login(standin: StandIn, credentials: SalesforceCredentials | None = None) -> LookUpTally:
    """A round in which the token dies at the eleventh call, and cannot be had anew."""
    client, jobs = listed_client(standin, credentials=credentials), add_due(standin, 100)
    standin.misbehave("call", path="750", at=11, do=standin.org.expire_tokens)
    tally = look_up_round(client, jobs).tally
    assert (tally.failed, tally.stopped_by) == (0, "login")
    assert 10 <= tally.looked_up <= 17
    assert tally.looked_up < tally.calls == len(sent(standin)) <= 18
    return tally


def test_a_ready_token_that_dies_ends_the_round(standin: StandIn) -> None:
    """It cannot be renewed, and the reason says what to do."""
    tally = ends_at_login(standin, ready_token(standin))
    assert tally.stop_reason == (
        "Salesforce refused the token, and nothing can renew it. Set a new access_token in"
        " sources.jobs_source.credentials."
    )


def test_a_login_that_fails_is_tried_once_for_all(standin: StandIn) -> None:
    """Eight threads were refused, and one of them tries to log in."""
    standin.misbehave(
        "status",
        path=TOKEN_PATH,
        at=2,
        times=None,
        status=400,
        body={"error": "inactive_user", "error_description": ""},
    )
    assert "inactive_user" in str(ends_at_login(standin).stop_reason)
    assert logins(standin) == 1


def test_a_new_token_that_is_refused_too_ends_the_round(standin: StandIn) -> None:
    """There is no loop of logins."""
    client, jobs = listed_client(standin), add_due(standin, 100)
    standin.misbehave("expired_token", path="750", at=1, times=None)

    answers, tally = look_up_round(client, jobs, at_a_time=1)
    assert (answers, tally.stopped_by, tally.calls, logins(standin)) == ({}, "login", 2, 1)


def test_a_session_that_no_renewal_helps_ends_the_round(standin: StandIn) -> None:
    """Salesforce says so itself, and no login is tried."""
    client, jobs = listed_client(standin), add_due(standin, 100)
    body = [{"errorCode": "INVALID_SESSION_ID", "message": "This session is not valid for use with the REST API"}]
    standin.misbehave("status", path="750", at=11, times=None, status=401, body=body)

    answers, tally = look_up_round(client, jobs, at_a_time=1)
    assert (len(answers), tally.failed, tally.stopped_by, tally.calls, logins(standin)) == (10, 0, "login", 11, 0)
    assert "A new token will not help" in str(tally.stop_reason)


def test_a_round_may_begin_without_a_session(standin: StandIn) -> None:
    """One thread logs in. If that fails, nothing is asked."""
    jobs = add_due(standin, 50)
    assert look_up_round(make_client(standin), jobs).tally == LookUpTally(looked_up=50, calls=50)
    assert logins(standin) == 1

    standin.requests.clear()
    standin.misbehave("status", path=TOKEN_PATH, times=None, status=400, body={"error": "invalid_client"})
    tally = look_up_round(make_client(standin), jobs).tally
    assert (tally.looked_up, tally.failed, tally.stopped_by, tally.calls) == (0, 0, "login", 0)
    assert (sent(standin), logins(standin)) == ([], 1)


@pytest.mark.parametrize("credentials", ["renewable", "ready"])
def test_bulk_api_1_may_refuse_a_session_that_bulk_api_2_takes(credentials: str, standin: StandIn) -> None:
    """Then only Classic jobs are left alone, and only in this round: nobody has switched anything off."""
    client = listed_client(standin, credentials=ready_token(standin) if credentials == "ready" else None)
    body = {"exceptionCode": "InvalidSessionId", "exceptionMessage": "Invalid session id"}
    standin.misbehave("status", path="/services/async", times=None, status=400, body=body)
    jobs = classic_and_others(standin)

    answers, tally = look_up_round(client, jobs)
    assert set(answers) == {job.id for job in jobs if job.kind != BULK_1}
    assert (tally.refused, list(tally.given_up), tally.stopped_by, tally.failed) == ({}, [BULK_1], None, 0)

    alone = look_up_round(client, [job for job in jobs if job.kind == BULK_1]).tally
    assert (alone.looked_up, alone.stopped_by, alone.refused) == (0, "login", {})


@pytest.mark.parametrize("budget", [0, 1, 8, 29])
def test_a_budget_is_never_exceeded(budget: int, standin: StandIn) -> None:
    """With eight at a time, exactly so many calls are sent, and as many jobs are answered."""
    client, jobs = listed_client(standin), add_due(standin, 60)
    tally = look_up_round(client, jobs, budget=budget).tally
    assert tally == LookUpTally(looked_up=budget, stopped_by="budget", calls=budget)
    assert len(sent(standin)) == budget


def test_a_budget_that_is_just_enough_stops_nothing(standin: StandIn) -> None:
    """The round has come to its end."""
    client, jobs = listed_client(standin), add_due(standin, 20)
    assert look_up_round(client, jobs, budget=20).tally == LookUpTally(looked_up=20, calls=20)


@pytest.mark.parametrize("budget", [10, 11, 12, 13, 14, 15])
def test_retries_and_batch_lists_are_in_the_budget(budget: int, standin: StandIn) -> None:
    """Whatever the calls are for, none is sent beyond it."""
    client = listed_client(standin)
    jobs = [*add_due(standin, 10, "Classic", **FAILED_BATCH), *add_due(standin, 20)]
    standin.misbehave("status", path="750", at=3, times=9, status=503)

    tally = look_up_round(client, jobs, budget=budget).tally
    assert (tally.calls, tally.stopped_by) == (budget, "budget")
    assert len(sent(standin)) == budget


def test_a_renewal_is_in_the_budget(standin: StandIn) -> None:
    """If a token hides the org, userinfo is asked after the login: a call. Without calls left there is no login."""
    standin.org.omit_identity = standin.org.opaque_tokens = True
    jobs = add_due(standin, 10)
    for budget, answered in ((6, 3), (5, 3), (4, 3)):  # three answers, a refusal, userinfo, then the fourth job
        client = listed_client(standin)
        standin.misbehave("call", path="750", at=4, do=standin.org.expire_tokens)
        tally = look_up_round(client, jobs, budget=budget, at_a_time=1).tally
        assert (tally.looked_up, tally.calls, tally.stopped_by) == (answered + (budget == 6), budget, "budget")
        assert (len(sent(standin)), logins(standin)) == (budget, int(budget > 4))


@pytest.mark.parametrize("used", [0, 40, 80, 81, 89])
def test_the_last_tenth_is_left_to_listings(used: int, standin: StandIn) -> None:
    """Of 100 calls a run may use 90. With eight at a time, look-ups end exactly at 81, and a listing still works."""
    standin.org.api_limit, standin.org.api_used = 100, max(used - 1, 0)
    client, jobs = listed_client(standin, max_api_usage_percent=90), add_due(standin, 200)

    tally = look_up_round(client, jobs).tally
    began = max(used, 1)
    assert standin.org.api_used == max(began, 81)
    assert tally == LookUpTally(
        looked_up=standin.org.api_used - began, stopped_by="allowance", calls=standin.org.api_used - began
    )
    assert client.get(INGEST.path, {}).status_code == 200


def test_calls_that_tell_no_usage_are_counted(standin: StandIn) -> None:
    """Bulk API 1.0 may answer without it. The usage that the listing told, and the calls since, are enough."""
    standin.org.api_limit, standin.org.api_used, standin.org.bulk_1_says_limits = 100, 19, False
    client, jobs = listed_client(standin), add_due(standin, 200, "Classic", number_batches_failed=0)

    tally = look_up_round(client, jobs).tally
    assert tally == LookUpTally(looked_up=61, stopped_by="allowance", calls=61)
    assert standin.org.api_used == 81


def test_an_org_over_its_allowance_is_asked_once(standin: StandIn) -> None:
    """Where nothing is known of it yet, the first answer says so before a second call is sent."""
    standin.org.api_limit, standin.org.api_used = 100, 95
    tally = look_up_round(make_client(standin), add_due(standin, 50)).tally
    assert tally == LookUpTally(looked_up=1, stopped_by="allowance", calls=1)


@pytest.mark.parametrize("job_type", ["V2Ingest", "Classic"])
def test_no_calls_left_stops_the_round(job_type: str, standin: StandIn) -> None:
    """Salesforce may say so before the header does: others use the org too."""
    client = listed_client(standin)
    jobs = add_due(standin, 100, job_type, **({"number_batches_failed": 0} if job_type == "Classic" else {}))
    standin.misbehave("call", path="750", at=11, do=lambda: setattr(standin.org, "api_used", standin.org.api_limit))
    standin.misbehave("drop_header", path="750", times=None, name="Sforce-Limit-Info")

    tally = look_up_round(client, jobs).tally
    assert (tally.failed, tally.stopped_by) == (0, "allowance")
    assert "TotalRequests Limit exceeded" in str(tally.stop_reason)
    assert tally.looked_up + 1 <= tally.calls == len(sent(standin)) <= 18


def test_concurrent_requests_are_waited_for(standin: StandIn) -> None:
    """The same code with other words passes soon."""
    body = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "ConcurrentRequests Limit exceeded."}]
    client, jobs = listed_client(standin), add_due(standin, 20)
    standin.misbehave("status", path="750", at=5, times=3, status=403, body=body)
    assert look_up_round(client, jobs).tally == LookUpTally(looked_up=20, calls=23)


def test_look_ups_change_nothing_for_listings(standin: StandIn) -> None:
    """Their calls do not count as those of a walk, and the client's own guard stays as it was."""
    client, jobs = listed_client(standin), add_due(standin, 20)
    look_up_round(client, jobs, budget=10)
    client.get(INGEST.path, {})
    assert dict(client.calls_by_path) == {TOKEN_PATH: 1, INGEST.path: 2, f"{INGEST.path}/{{id}}": 10}


@pytest.mark.long
def test_two_thousand_at_a_tenth_of_a_second_take_half_a_minute() -> None:
    """At most 1.3 times what eight at a time must take."""
    with StandIn(seed=1, latency_ms=100) as standin:
        client, jobs = listed_client(standin, retries=Retries()), add_due(standin, 2_000)
        began = time.monotonic()
        assert look_up_round(client, jobs).tally == LookUpTally(looked_up=2_000, calls=2_000)
        assert time.monotonic() - began <= 1.3 * 2_000 * 0.1 / 8
