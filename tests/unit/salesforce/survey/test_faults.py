"""A fault in the midst of a survey costs the question that was asked; the others are answered."""

from typing import Any

import pytest

from jobs_source.standin import StandIn
from tests.surveys import differences, fill, survey

FAULTS: dict[str, tuple[str, dict[str, Any], str]] = {
    "500": ("status", {"status": 500}, "not seen: 500 SERVER_UNAVAILABLE"),
    "503": ("status", {"status": 503}, "not seen: 503 SERVER_UNAVAILABLE"),
    "403": (
        "status",
        {"status": 403, "body": [{"errorCode": "INSUFFICIENT_ACCESS", "message": "why"}]},
        "not seen: 403 INSUFFICIENT_ACCESS",
    ),
    "429": ("status", {"status": 429, "body": []}, "not seen: 429 without a code"),
    "odd code": (
        "status",
        {"status": 403, "body": [{"errorCode": "Bob Smith", "message": ""}]},
        "not seen: 403 with a code that is not shown",
    ),
    "reset": ("reset", {}, "not seen: no complete answer came"),
    "cut": ("cut", {}, "not seen: no complete answer came"),
    "HTML": ("html", {}, "not seen: 503, not an answer of the API"),
    "HTML of a proxy": ("html", {"status": 200}, "not seen: 200, not an answer of the API"),
    "404 of a proxy": ("html", {"status": 404}, "not seen: 404, not an answer of the API"),
    "nothing": ("empty", {}, "not seen: 200, not an answer of the API"),
    "redirect": ("redirect", {"location": "https://elsewhere.example/"}, "not seen: 302, not an answer of the API"),
    "error with 200": (
        "status",
        {"status": 200, "body": [{"errorCode": "UNKNOWN_EXCEPTION", "message": "why"}]},
        "not seen: 200 UNKNOWN_EXCEPTION",
    ),
}
# Which questions each call is for, by its number, where the list of jobs/ingest has two pages; 1 is the login.
ASKED = {
    4: ("a guess past the end",),
    6: (
        "a filter by job type works",
        "the next link keeps the filter",
        "a locator is taken together with the filter",
        "a locator keeps the filter by itself",
    ),
    7: ("a locator is taken together with the filter",),
    8: ("a locator keeps the filter by itself",),
    9: ("Get Job Info answers for a Classic job", "keys of Get Job Info that are not documented"),
    10: ("Bulk API 1.0 answers in", "keys of Bulk API 1.0 that are not documented"),
    11: ("a bad locator",),
    12: ("Get Job Info of a job that is not there",),
    13: ("Bulk API 1.0 of a job that is not there",),
    14: ("newest API version",),
}
PARTS = 3
"""The calls are dealt out to so many tests of each fault. A short run does one, not the same for each fault."""
CALLS = "calls, the login included"
ENDED = "not seen: the session of the page before has ended"


@pytest.fixture
def unharmed(standin: StandIn) -> dict[str, str]:
    """The answers without a fault."""
    fill(standin, page_size=400)
    answers = survey(standin)
    assert len(standin.requests) == max(ASKED)
    return answers


@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.long) for part in range(1, PARTS))])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_costs_the_questions_of_its_call(
    fault: str, part: int, standin: StandIn, unharmed: dict[str, str]
) -> None:
    """It is not asked again. The orders of walks differ, and nothing else."""
    kind, details, said = FAULTS[fault]
    first = (list(FAULTS).index(fault) + part) % PARTS
    for call, questions in list(ASKED.items())[first::PARTS]:
        standin.misbehave(kind, at=call, **details)
        harmed = differences(unharmed, survey(standin))
        harmed = {question: answer for question, answer in harmed.items() if question != CALLS}
        is_an_answer = (fault, call) == ("500", 4)  # an org may answer so to a guess
        assert harmed == dict.fromkeys(questions, "error: 500 SERVER_UNAVAILABLE" if is_an_answer else said), call


@pytest.mark.parametrize("fault", FAULTS)
def test_without_the_first_page_the_other_list_is_told(fault: str, standin: StandIn, unharmed: dict[str, str]) -> None:
    """And look-ups are made, with a Classic job of the other list."""
    kind, details, said = FAULTS[fault]
    standin.misbehave(kind, at=2, **details)
    answers = survey(standin)
    assert [answers[f"pages of jobs/{name}"] for name in ("ingest", "query")] == [said, "1"]
    assert [answers[question] for question in ("a guess at page 3 is right", "order by id")] == [said, said]
    for question in (*ASKED[9], *ASKED[10], *ASKED[11], *ASKED[12], *ASKED[13], *ASKED[14], "a list comes in gzip"):
        assert answers[question] == unharmed[question]


def test_without_page_2_the_guess_cannot_be_judged(standin: StandIn, unharmed: dict[str, str]) -> None:
    """A list that goes on has two pages at least."""
    standin.misbehave("reset", at=5)
    answers = survey(standin)
    assert answers["pages of jobs/ingest"] == "2 or more"
    assert answers["a guess past the end"] == "not seen: no complete answer came"


def test_a_session_that_ends_is_renewed_once(standin: StandIn, unharmed: dict[str, str]) -> None:
    """The question that met it has no answer, nor have those that need a locator of the old session."""
    refused = "not seen: 401 INVALID_SESSION_ID"
    more = {8: {ASKED[8][0]: ENDED}}
    for call in range(7, 15):
        standin.misbehave("expired_token", at=call)
        harmed = differences(unharmed, survey(standin))
        harmed.pop(CALLS, None)
        if call < 14:  # the new login takes the call for the newest version
            assert harmed.pop("newest API version", "") in ("", "not seen: all 15 calls of the survey are used")
        said = refused if call not in (10, 13) else "not seen: 400 InvalidSessionId"
        expected = dict.fromkeys(ASKED[call] if call < 14 else (), said)
        assert harmed == expected | (more[8] if call == 7 else {}), call


def test_a_session_that_ends_at_once_is_renewed(standin: StandIn, unharmed: dict[str, str]) -> None:
    """The first page is asked for again: a token does not show whether it is still valid."""
    standin.misbehave("expired_token", at=2)
    assert set(differences(unharmed, survey(standin))) == {CALLS, "newest API version"}


def test_a_session_that_cannot_be_renewed_ends_the_asking(standin: StandIn, unharmed: dict[str, str]) -> None:
    """What was seen is told."""
    standin.misbehave("expired_token", at=9)
    standin.misbehave("status", at=2, status=400, path="/token", body={"error": "invalid_client"})
    answers = survey(standin)
    assert answers["a guess past the end"] == "an empty page"
    assert answers["a bad locator"] == "not seen: the session has ended, and a new login failed"
    assert answers["newest API version"] == "not seen: the session has ended, and a new login failed"


def test_a_bulk_api_1_that_takes_no_token_harms_nothing_else(standin: StandIn, unharmed: dict[str, str]) -> None:
    """It may want another login than the REST API."""
    body = {"exceptionCode": "InvalidSessionId", "exceptionMessage": "why"}
    standin.misbehave("status", at=1, times=None, path="/async/", status=400, body=body)
    harmed = differences(unharmed, survey(standin))
    said = "not seen: 400 InvalidSessionId"
    assert {question: answer for question, answer in harmed.items() if not question.startswith("Bulk API 1.0")} == {
        CALLS: "15",
        "keys of Bulk API 1.0 that are not documented": said,
    }
    assert {answer for question, answer in harmed.items() if question.startswith("Bulk API 1.0")} == {said}


@pytest.mark.parametrize("is_long_login", [False, True])
def test_a_new_login_counts_as_well(is_long_login: bool, standin: StandIn) -> None:
    """`survey` counts, whenever the session ends. Some tokens do not name the org: their login takes two calls."""
    fill(standin, page_size=200, opaque_tokens=is_long_login, omit_identity=is_long_login)
    for call in range(3 if is_long_login else 2, 16):
        standin.misbehave("expired_token", at=call)
        assert survey(standin)["a list has the header Date"] == "yes"
        standin._faults.clear()
