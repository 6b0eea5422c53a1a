"""A survey answers each question as the org behaves, in both ways that it may."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs_source.exceptions import LoginError
from jobs_source.salesforce.survey import survey_org
from jobs_source.standin import Clock, StandIn
from tests.clients import ready_token
from tests.conftest import START
from tests.surveys import MOST_CALLS, differences, fill, one_try, survey, switch

ONE_PAGE = "not seen: the list of jobs/ingest has one page"
OTHER_FORM = "not seen: the locator has another form"
REFUSED = "400 INVALID_QUERY_LOCATOR"
USED_UP = "not seen: all 15 calls of the survey are used"
EVERYTHING = {
    "login": "client_credentials",
    "API version": "64.0",
    "newest API version": "68.0",
    "a list has the header Date": "yes",
    "a list has the header Sforce-Limit-Info": "yes",
    "a list comes in gzip": "yes",
    "pages of jobs/ingest": "3 or more",
    "jobs on page 1 of jobs/ingest": "100 to 999",
    "job types in jobs/ingest": "BigObjectIngest, Classic, V2Ingest",
    "states in jobs/ingest": "Aborted, Closed, Failed, InProgress, JobComplete, Open",
    "pages of jobs/query": "2 or more",
    "jobs on page 1 of jobs/query": "100 to 999",
    "job types in jobs/query": "Classic, V2Query",
    "states in jobs/query": "Aborted, Closed, Failed, JobComplete, UploadComplete",
    "V2Query jobs in jobs/ingest": "not on the pages that were read",
    "Classic jobs in jobs/query": "yes",
    "V2Ingest jobs in jobs/query": "not on the pages that were read",
    "BigObjectIngest jobs in jobs/query": "not on the pages that were read",
    "jobs of more than one user": "yes",
    "operations": "delete, hardDelete, insert, query, queryAll, update, upsert",
    "content types": "CSV, JSON, XML, ZIP_CSV",
    "concurrency modes": "Parallel, Serial",
    "apiVersion is": "a number",
    "times end with": "+0000",
    "jobs without an object": "no",
    "Classic jobs have lineEnding": "no",
    "Classic jobs have columnDelimiter": "no",
    "keys in the lists that are not documented": "none",
    "last page of jobs/ingest: nextRecordsUrl": "not seen: the last page was not read",
    "last page of jobs/query: nextRecordsUrl": "not seen: the last page was not read",
    "next link of jobs/ingest names": "jobs/ingest",
    "next link of jobs/query names": "jobs/ingest",
    "filters and locators were tried at": "jobs/ingest",
    "a filter by job type works": "yes",
    "the next link keeps the filter": "no",
    "a locator is taken together with the filter": "yes",
    "a locator keeps the filter by itself": "no",
    "form of a locator": "CURSOR-NUMBER (it begins with 0r8)",
    "the number in a locator counts entries": "yes",
    "the numbers go on in equal steps": "yes",
    "a guess at page 3 is right": "yes",
    "a guess past the end": "not seen: the list has more than three pages",
    "order by createdDate": "mixed",
    "order by id": "mixed",
    "order by systemModstamp": "mixed",
    "a bad locator": REFUSED,
    "Get Job Info of a job that is not there": "404 NOT_FOUND",
    "Get Job Info answers for a Classic job": "yes",
    "keys of Get Job Info that are not documented": "none",
    "Bulk API 1.0 answers in": "JSON",
    "Bulk API 1.0 has the header Sforce-Limit-Info": "yes",
    "Bulk API 1.0 of a job that is not there": "400 InvalidJob in JSON",
    "keys of Bulk API 1.0 that are not documented": "none",
    "calls, the login included": "15",
}

LONG_LIST: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({}, {}),
    (
        {"locator_keeps_filter": True},
        {"the next link keeps the filter": "yes", "a locator keeps the filter by itself": "yes"},
    ),
    ({"query_locator_path": "jobs/query"}, {"next link of jobs/query names": "jobs/query"}),
    ({"query_locator_path": "elsewhere"}, {"next link of jobs/query names": "another"}),
    (
        {"answers_for_classic": False},
        {
            "Get Job Info answers for a Classic job": "no: 404 NOT_FOUND",
            "keys of Get Job Info that are not documented": "not seen: 404 NOT_FOUND",
        },
    ),
    (
        {"locator_form": "pages"},
        {"the number in a locator counts entries": "no", "a guess at page 3 is right": "no, other jobs came"},
    ),
    ({"locator_form": "drifting"}, {"the numbers go on in equal steps": "no"}),
    (
        {"locator_form": "opaque"},
        {
            "form of a locator": "another than CURSOR-NUMBER",
            "the number in a locator counts entries": OTHER_FORM,
            "the numbers go on in equal steps": OTHER_FORM,
            "a guess at page 3 is right": OTHER_FORM,
            "a guess past the end": OTHER_FORM,
            "calls, the login included": "14",
        },
    ),
    ({"locators_answered": "named"}, {"a guess at page 3 is right": f"no, refused: {REFUSED}"}),
    ({"locators_answered": "last"}, {"a guess at page 3 is right": f"no, refused: {REFUSED}"}),
    ({"compresses": False}, {"a list comes in gzip": "no"}),
    ({"newest_version": 66}, {"newest API version": "66.0"}),
    (
        {"bulk_1_format": "xml"},
        {
            "Bulk API 1.0 answers in": "XML",
            "Bulk API 1.0 of a job that is not there": "400 InvalidJob in XML",
        },
    ),
    ({"bulk_1_says_limits": False}, {"Bulk API 1.0 has the header Sforce-Limit-Info": "no"}),
    ({"bulk_1_gone_status": 404}, {"Bulk API 1.0 of a job that is not there": "404 InvalidJob in JSON"}),
    (
        {"bulk_1_off": 403},
        {
            "Bulk API 1.0 answers in": "not seen: 403 FeatureNotEnabled",
            "Bulk API 1.0 has the header Sforce-Limit-Info": "not seen: 403 FeatureNotEnabled",
            "Bulk API 1.0 of a job that is not there": "not seen: 403 FeatureNotEnabled",
            "keys of Bulk API 1.0 that are not documented": "not seen: 403 FeatureNotEnabled",
        },
    ),
]
SHORT_LIST: list[tuple[dict[str, Any], dict[str, str]]] = [
    (
        {"page_size": 400},
        {
            "pages of jobs/ingest": "2",
            "last page of jobs/ingest: nextRecordsUrl": "null",
            "a guess at page 3 is right": "not seen: page 2 is the last page",
            "a guess past the end": "an empty page",
            "V2Query jobs in jobs/ingest": "no",
            "newest API version": "68.0",
        },
    ),
    ({"page_size": 400, "past_end": "refused"}, {"a guess past the end": f"refused: {REFUSED}"}),
    ({"page_size": 400, "past_end": "broken"}, {"a guess past the end": "error: 500 UNKNOWN_EXCEPTION"}),
    (
        {"page_size": 200},
        {
            "pages of jobs/ingest": "3 or more",
            "a guess at page 3 is right": "yes",
            "a guess past the end": "an empty page",
            "newest API version": USED_UP,
        },
    ),
    ({"page_size": 200, "past_end": "refused"}, {"a guess past the end": f"refused: {REFUSED}"}),
    ({"page_size": 200, "past_end": "broken"}, {"a guess past the end": "error: 500 UNKNOWN_EXCEPTION"}),
    (
        {"page_size": 700, "last_page_locator": "absent"},
        {
            "pages of jobs/ingest": "1",
            "last page of jobs/ingest: nextRecordsUrl": "absent",
            "last page of jobs/query: nextRecordsUrl": "absent",
            "V2Query jobs in jobs/ingest": "no",
            "V2Ingest jobs in jobs/query": "no",
            "next link of jobs/ingest names": ONE_PAGE,
            "the next link keeps the filter": ONE_PAGE,
            "form of a locator": ONE_PAGE,
            "a guess at page 3 is right": ONE_PAGE,
            "a guess past the end": ONE_PAGE,
            "calls, the login included": "9",
        },
    ),
    ({"page_size": 700, "last_page_locator": "empty"}, {"last page of jobs/query: nextRecordsUrl": "empty text"}),
    (
        {"page_size": 700, "ingest_shows_query_jobs": True},
        {
            "V2Query jobs in jobs/ingest": "yes",
            "job types in jobs/ingest": "BigObjectIngest, Classic, V2Ingest, V2Query",
        },
    ),
    (
        {"page_size": 400, "locators_answered": "next"},
        {
            "pages of jobs/ingest": "not seen: page 2 says that it is the last, but a guess at page 3 brought jobs",
            "a guess past the end": "jobs",
            "V2Query jobs in jobs/ingest": "not on the pages that were read",
        },
    ),
    (
        {"locators_answered": "next"},
        {"a guess at page 3 is right": "no, page 2 names another locator for page 3"},
    ),
    ({"locators_answered": "echo"}, {"a guess at page 3 is right": "no, other jobs came"}),
    (
        {"shows_all_users": False},
        {
            "jobs of more than one user": "no",
            "job types in jobs/query": "not seen: the list is empty",
            "a locator keeps the filter by itself": "not seen: the list has jobs of one type only",
            "Get Job Info answers for a Classic job": "not seen: no Classic job is listed",
            "Bulk API 1.0 answers in": "not seen: no Classic job is listed",
            "Bulk API 1.0 has the header Sforce-Limit-Info": "yes",
            "V2Query jobs in jobs/ingest": "not seen: the org lists no V2Query job on the pages that were read",
        },
    ),
]


@pytest.mark.parametrize(("switches", "changed"), LONG_LIST, ids=str)
def test_one_switch_of_an_org_changes_the_answers_about_it_and_no_other(
    switches: dict[str, Any], changed: dict[str, str], standin: StandIn
) -> None:
    """All answers are compared, with those of an org that has each list on more than three pages or two."""
    fill(standin, **switches)
    assert survey(standin) == {**EVERYTHING, **changed}


@pytest.mark.parametrize(("switches", "said"), SHORT_LIST, ids=str)
def test_an_answer_follows_the_org(switches: dict[str, Any], said: dict[str, str], standin: StandIn) -> None:
    """Where several answers change, those that tell most are compared."""
    fill(standin, **switches)
    answers = survey(standin)
    assert {question: answers[question] for question in said} == said


def test_an_org_without_jobs_answers_little(standin: StandIn) -> None:
    """What can be asked without a job is asked."""
    answers = survey(standin)
    assert {question: text for question, text in answers.items() if not text.startswith("not seen: ")} == {
        "login": "client_credentials",
        "API version": "64.0",
        "newest API version": "68.0",
        "a list has the header Date": "yes",
        "a list has the header Sforce-Limit-Info": "yes",
        "pages of jobs/ingest": "1",
        "jobs on page 1 of jobs/ingest": "none",
        "pages of jobs/query": "1",
        "jobs on page 1 of jobs/query": "none",
        "last page of jobs/ingest: nextRecordsUrl": "null",
        "last page of jobs/query: nextRecordsUrl": "null",
        "filters and locators were tried at": "jobs/ingest",
        "a bad locator": REFUSED,
        "Get Job Info of a job that is not there": "404 NOT_FOUND",
        "Bulk API 1.0 has the header Sforce-Limit-Info": "yes",
        "Bulk API 1.0 of a job that is not there": "400 InvalidJob in JSON",
        "calls, the login included": "8",
    }


def test_where_only_the_query_list_goes_on_that_one_is_tried(standin: StandIn) -> None:
    """Its next link names jobs/ingest all the same."""
    standin.org.add_jobs(30, job_type="V2Query")
    standin.org.add_jobs(4, job_type="Classic")
    standin.org.clock.advance(seconds=5)
    switch(standin, page_size=10)
    answers = survey(standin)
    said = {
        "pages of jobs/ingest": "1",
        "pages of jobs/query": "3 or more",
        "filters and locators were tried at": "jobs/query",
        "a filter by job type works": "yes",
        "a locator is taken together with the filter": "yes",
        "a guess at page 3 is right": "yes",
    }
    assert {question: answers[question] for question in said} == said


def test_a_classic_job_that_is_on_no_page_is_looked_for(standin: StandIn) -> None:
    """With one call more."""
    for job_type in ("V2Ingest", "V2Query"):
        standin.org.add_jobs(100, job_type=job_type)
    (job,) = standin.org.add_jobs(1, job_type="Classic", state="Closed")
    standin.org.clock.advance(seconds=5)
    switch(standin, page_size=5)
    answers = survey(standin)
    asked = [request.path.rpartition("/")[2] for request in standin.requests]
    assert (asked.count(job), answers["Get Job Info answers for a Classic job"]) == (2, "yes")
    assert "Classic" in [request.query.get("jobType") for request in standin.requests]


def change_records(change: Callable[[list[Any]], list[Any]]) -> Callable[[Any], Any]:
    """Have a page with other records."""
    return lambda page: {**page, "records": change(page["records"])} if "records" in page else page


@pytest.mark.parametrize(
    ("key", "is_reverse", "order"), [("createdDate", False, "ascending"), ("createdDate", True, "descending"),
                                     ("id", True, "descending"), ("systemModstamp", False, "ascending")]
)  # fmt: skip
def test_the_order_of_a_list_is_told(key: str, is_reverse: bool, order: str, standin: StandIn) -> None:
    """Of a list with one page."""
    fill(standin, page_size=1000)
    transform = change_records(lambda records: sorted(records, key=lambda job: job[key], reverse=is_reverse))
    standin.misbehave("replace_json", at=1, times=None, path="jobs/ingest", transform=transform)
    assert survey(standin)[f"order by {key}"] == order


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"apiVersion": "64.0"}, {"apiVersion is": "text"}),
        ({"object": None}, {"jobs without an object": "yes"}),
        ({"createdDate": "2026-11-20T10:00:00.000Z"}, {"times end with": "+0000 or Z"}),
        ({"lineEnding": "LF"}, {"Classic jobs have lineEnding": "yes"}),
        ({"isPkChunkingEnabled": True}, {"keys in the lists that are not documented": "isPkChunkingEnabled"}),
        ({"state": "Napping"}, {"states in jobs/ingest": "another that is not documented"}),
        ({"jobType": "V3Ingest"}, {"job types in jobs/query": "another that is not documented"}),
        ({"concurrencyMode": "Serial"}, {"concurrency modes": "Serial"}),
        ({"createdById": ["odd"]}, {"jobs of more than one user": "no"}),
    ],
    ids=str,
)
def test_what_rows_show_is_told(changed: dict[str, Any], said: dict[str, str], standin: StandIn) -> None:
    """Every row of both lists has it."""
    fill(standin, page_size=1000)
    transform = change_records(lambda records: [{**job, **changed} for job in records])
    standin.misbehave("replace_json", at=1, times=None, path="/jobs/", transform=transform)
    answers = survey(standin)
    assert {question: answers[question] for question in said} == said


@pytest.mark.parametrize("odd", [[None, 1, "x", [], {}], [{"id": [], "jobType": {}, "state": [1]}]], ids=str)
def test_odd_entries_end_no_survey(odd: list[Any], standin: StandIn) -> None:
    """They are passed over, or told as another value."""
    fill(standin)
    for listing in ("ingest", "query"):
        for entry in odd:
            standin.org.add_raw_entry(entry, listing)
    answers = survey(standin)
    assert answers["a guess at page 3 is right"] == "yes"
    assert "not seen: an answer has an unknown shape" not in answers.values()


NO_LOCATOR = "not seen: the link to the next page has no locator, or leads to another host"
ODD_LINKS: list[tuple[Any, str]] = [
    (None, NO_LOCATOR),
    (5, NO_LOCATOR),
    ([], NO_LOCATOR),
    ("http://[", NO_LOCATOR),
    ("/x", NO_LOCATOR),
    ("/x?queryLocator=a&queryLocator=b", NO_LOCATOR),
    ("https://elsewhere.example/x?queryLocator=a-5", NO_LOCATOR),
    ("/x?queryLocator=c-" + "9" * 5000, "not seen: an answer has an unknown shape"),
    ("/x?queryLocator=c-0", "another than CURSOR-NUMBER"),
    ("/x?queryLocator=-5", "another than CURSOR-NUMBER"),
    ("/x?queryLocator=c-%D9%A3", "another than CURSOR-NUMBER"),
]


@pytest.mark.parametrize(("link", "form"), ODD_LINKS, ids=lambda value: str(value)[:40])
def test_an_odd_link_ends_no_survey(link: Any, form: str, standin: StandIn) -> None:
    """It is not followed to another host, and the other questions are asked."""
    fill(standin)
    standin.misbehave(
        "replace_json",
        at=1,
        times=None,
        path="/jobs/ingest",
        transform=lambda page: {**page, "nextRecordsUrl": link} if "records" in page else page,
    )
    answers = survey(standin)
    assert answers["form of a locator"] == form
    assert answers["next link of jobs/query names"] == "jobs/ingest"
    assert answers["Bulk API 1.0 answers in"] == "JSON"


def test_a_dropped_header_is_told(standin: StandIn) -> None:
    """A proxy may drop it."""
    fill(standin)
    standin.misbehave("drop_header", at=1, times=None, name="Date")
    assert differences(EVERYTHING, survey(standin)) == {"a list has the header Date": "no"}


SWITCHES: dict[str, tuple[Any, ...]] = {
    "page_size": (3, 15, 20, 40, 70),
    "locator_form": ("offset", "pages", "drifting", "opaque"),
    "locators_answered": ("any", "named", "last", "next", "echo"),
    "past_end": ("empty", "refused", "broken"),
    "last_page_locator": ("null", "absent", "empty"),
    "query_locator_path": ("jobs/ingest", "jobs/query"),
    "locator_keeps_filter": (False, True),
    "ingest_shows_query_jobs": (False, True),
    "shows_all_users": (True, False),
    "answers_for_classic": (True, False),
    "bulk_1_format": ("asked", "xml", "json"),
    "bulk_1_off": (None, 403),
    "bulk_1_session_status": (400, 401),
    "shifting": (False, True),
    "opaque_tokens": (False, True),
    "omit_identity": (False, True),
}


@given(st.fixed_dictionaries({name: st.sampled_from(values) for name, values in SWITCHES.items()}))
def test_no_org_is_asked_more_than_fifteen_times(switches: dict[str, Any]) -> None:
    """`survey` counts, whatever the switches; and every question has an answer."""
    with StandIn(clock=Clock(START, frozen=True), seed=1) as standin:
        fill(standin, 70, **switches)
        answers = survey(standin)
    assert answers.keys() == EVERYTHING.keys()
    assert all(answers.values())
    assert "not seen: an answer has an unknown shape" not in answers.values()


def test_calls_that_are_used_up_are_the_reason(standin: StandIn) -> None:
    """Nothing is asked after the fifteenth: here a session that takes two calls, and is over once."""
    fill(standin, page_size=200, opaque_tokens=True, omit_identity=True)
    standin.misbehave("expired_token", at=9)
    answers = survey(standin)
    assert len(standin.requests) == MOST_CALLS
    assert [question for question, answer in answers.items() if answer == USED_UP] == [
        "newest API version",
        "a guess past the end",
        "Bulk API 1.0 of a job that is not there",
    ]


@pytest.mark.parametrize(("used", "asked"), [(0, 10), (6, 4), (8, 2), (50, 2)])
def test_the_share_of_the_allowance_that_a_run_may_take_is_kept(used: int, asked: int, standin: StandIn) -> None:
    """The first answer tells how much is left: a login and that one call are the least."""
    fill(standin, api_limit=10 if used < 10 else 50, api_used=used)
    answers = survey(standin)
    assert len(standin.requests) == asked
    assert answers["newest API version"].startswith(
        "not seen: max_api_usage_percent is reached" if used < 10 else "not seen: the org's API calls"
    )


def test_a_token_that_is_over_from_the_start_is_an_error(standin: StandIn) -> None:
    """Nothing can renew it."""
    client = one_try(standin, ready_token(standin))
    standin.org.expire_tokens()
    with pytest.raises(LoginError, match="nothing can renew it"):
        survey_org(client, "64.0")


def test_surveys_with_a_ready_token_cost_no_login() -> None:
    """All calls are the survey's own."""
    with StandIn(clock=Clock(START, frozen=True), seed=1) as standin:
        fill(standin)
        answers = survey_org(one_try(standin, ready_token(standin)), "64.0")
        assert {request.method for request in standin.requests} == {"GET"}
        assert answers == {**EVERYTHING, "login": "token", "calls, the login included": "14"}
