"""`listing.py`: a walk takes every page, with one call per page, or ends with an error that says why."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from functools import partial
from threading import Barrier, Event, Thread
from threading import enumerate as all_threads
from time import monotonic
from typing import Any

import pytest

from jobs_source.exceptions import (
    ApiError,
    ConfigError,
    ConnectionFailedError,
    ListingError,
    LoginError,
    RequestRefusedError,
    SalesforceJobsError,
)
from jobs_source.salesforce.links import next_locator
from jobs_source.salesforce.listing import Listing, walk
from jobs_source.salesforce.page import Page
from jobs_source.settings import READ_AHEAD_PAGES
from jobs_source.standin import StandIn
from tests.clients import INGEST, make_client, paths, ready_token, side_by_side
from tests.conftest import START

QUERY = Listing("jobs/query", "64.0", {"jobType": "V2Query"})
PATH = "/services/data/v64.0/jobs/ingest"
BAD_LOCATOR: dict[str, Any] = {
    "status": 400,
    "body": [{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}],
}
NOT_RENEWABLE = [
    "This session is not valid for use with the REST API",
    "Connected app is not attached to Agent",
]
Change = Callable[[dict[str, Any]], Any]


def listed_ids(standin: StandIn, listing: str = "ingest", **filters: Any) -> list[str]:
    return sorted(job["id"] for job in standin.org.listed(listing, **filters))


def ids(pages: Sequence[Page]) -> list[str]:
    return sorted(entry["id"] for page in pages for entry in json.loads(bytes(page.records)))


def fill(standin: StandIn, jobs: int, page_size: int = 2, **fields: Any) -> None:
    standin.org.page_size = page_size
    standin.org.add_jobs(jobs, **{"job_type": "V2Ingest", **fields})


def change_page(standin: StandIn, change: Change, at: int = 1, times: int | None = 1) -> None:
    standin.misbehave("replace_json", path="jobs/ingest", at=at, times=times, transform=change)


def link_to(link: Any) -> Change:
    return lambda page: {**page, "nextRecordsUrl": link}


def without(key: str) -> Change:
    return lambda page: {name: value for name, value in page.items() if name != key}


@pytest.mark.parametrize(("jobs", "calls"), [(0, 1), (1, 1), (999, 1), (1_000, 1), (1_001, 2), (2_500, 3)])
def test_a_walk_costs_a_call_a_page_and_one_login(jobs: int, calls: int, standin: StandIn) -> None:
    """One page has 1,000 jobs, and an empty org has one page."""
    fill(standin, jobs, page_size=1_000)
    client = make_client(standin)

    pages = list(walk(client, INGEST))

    assert ids(pages) == listed_ids(standin)
    assert paths(standin) == ["oauth2/token"] + calls * ["jobs/ingest"]
    assert client.calls == len(pages) == calls


@pytest.mark.parametrize("last_page", ["null", "absent", "empty"])
def test_the_last_page_may_have_any_or_no_link(last_page: str, standin: StandIn) -> None:
    """`nextRecordsUrl` null, missing or empty: `done` alone ends the walk."""
    fill(standin, 5)
    standin.org.last_page_locator = last_page

    assert ids(list(walk(make_client(standin), INGEST))) == listed_ids(standin)


def test_a_done_page_with_a_link_is_the_last(standin: StandIn) -> None:
    """A link beside `done: true` is not followed."""
    fill(standin, 2)
    change_page(standin, link_to(f"{PATH}?queryLocator=0r8xx-2"))

    assert ids(list(walk(make_client(standin), INGEST))) == listed_ids(standin)
    assert paths(standin) == ["oauth2/token", "jobs/ingest"]


def test_an_empty_page_is_not_the_last(standin: StandIn) -> None:
    """An empty page does not end the walk."""
    fill(standin, 4)
    change_page(standin, lambda page: {**page, "records": []})

    pages = list(walk(make_client(standin), INGEST))
    assert [len(json.loads(bytes(page.records))) for page in pages] == [0, 2]


@pytest.mark.parametrize("keeps_filter", [False, True])
def test_filters_go_with_every_page(keeps_filter: bool, standin: StandIn) -> None:
    """Filters go with every page, whether the link has them or not."""
    fill(standin, 5)
    fill(standin, 5, job_type="Classic")
    standin.org.locator_keeps_filter = keeps_filter
    listing = INGEST._replace(filters={"jobType": "Classic", "isPkChunkingEnabled": "false"})

    pages = list(walk(make_client(standin), listing))

    queries = [{**request.query, "queryLocator": ""} for request in standin.requests[1:]]
    assert queries == len(pages) * [{**listing.filters, "queryLocator": ""}]
    assert ids(pages) == listed_ids(standin, job_type="Classic", is_pk_chunking_enabled=False)


def test_a_walk_stays_on_its_own_path(standin: StandIn) -> None:
    """The link of `jobs/query` names `jobs/ingest`, but the walk continues on `jobs/query`."""
    fill(standin, 5, job_type="V2Query")
    standin.org.query_locator_path = "jobs/ingest"

    pages = list(walk(make_client(standin), QUERY))

    assert ids(pages) == listed_ids(standin, "query", job_type="V2Query")
    assert paths(standin) == ["oauth2/token"] + 3 * ["jobs/query"]


@pytest.mark.parametrize(
    "rewrite",
    [
        "{origin}{path}?{query}",
        "{upper}{path}?{query}",
        "//{host}{path}?{query}",
        "?{query}",
        "/services/data/v41.0/jobs/query?{query}",
        "/elsewhere?pageSize=5&{query}&jobType=Classic#end",
        "{path}?queryLocator=&{query}",
    ],
)
def test_only_the_locator_is_taken_from_a_link(rewrite: str, standin: StandIn) -> None:
    """If a link has another path or API version on the org's host, the walk keeps its own."""
    fill(standin, 5)
    host = standin.url.removeprefix("http://")
    parts = {"origin": standin.url, "upper": standin.url.upper(), "host": host, "path": PATH}

    def change(page: dict[str, Any]) -> dict[str, Any]:
        query = (page["nextRecordsUrl"] or "?").partition("?")[2]
        return {**page, "nextRecordsUrl": rewrite.format(query=query, **parts)}

    change_page(standin, change, times=None)

    assert ids(list(walk(make_client(standin), INGEST))) == listed_ids(standin)
    assert [request.path for request in standin.requests[1:]] == 3 * [PATH]
    assert {tuple(request.query) for request in standin.requests[2:]} == {("queryLocator",)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (link_to(None), "is not the last, but has no nextRecordsUrl"),
        (link_to(""), "is not the last, but has no nextRecordsUrl"),
        (link_to(17), "is not the last, but has no nextRecordsUrl"),
        (link_to([PATH]), "is not the last, but has no nextRecordsUrl"),
        (without("nextRecordsUrl"), "is not the last, but has no nextRecordsUrl"),
        (link_to(PATH), "its link to the next page has no locator"),
        (link_to(f"{PATH}?queryLocator="), "its link to the next page has no locator"),
        (link_to(f"{PATH}?locator=0r8xx-2"), "its link to the next page has no locator"),
        (link_to(f"{PATH}?queryLocator=a-2&queryLocator=b-2"), "its link to the next page has 2 locators"),
        (link_to(f"https://evil.invalid{PATH}?queryLocator=a-2"), r"links to another host \(evil.invalid\)"),
        (link_to(f"//evil.invalid{PATH}?queryLocator=a-2"), r"links to another host \(evil.invalid\)"),
        (link_to(f"http://127.0.0.1:1{PATH}?queryLocator=a-2"), r"links to another host \(127.0.0.1\)"),
        (link_to(f"http://u:secret@evil.invalid{PATH}?queryLocator=a-2"), r"another host \(evil.invalid\)"),
        (link_to(f"http://[::1{PATH}?queryLocator=a-2"), "is not valid"),
        (link_to(f"http://127.0.0.1:many{PATH}?queryLocator=a-2"), "is not valid"),
        (without("records"), "has no list of records"),
        (lambda page: {**page, "records": None}, "has no list of records"),
        (lambda page: {**page, "records": {}}, "has no list of records"),
        (lambda page: page["records"], "has no list of records"),
        (without("done"), r"does not say whether it is the last page \(done\)"),
        (lambda page: {**page, "done": "true"}, r"does not say whether it is the last page \(done\)"),
        (lambda page: {**page, "done": None}, r"does not say whether it is the last page \(done\)"),
        (lambda page: {**page, "done": 1}, r"does not say whether it is the last page \(done\)"),
    ],
)
def test_a_page_that_breaks_the_contract_ends_the_walk(change: Change, words: str, standin: StandIn) -> None:
    """The error says what was wrong, and no further request is sent to any host."""
    fill(standin, 5)
    change_page(standin, change, at=2)

    with pytest.raises(ListingError, match=f"jobs/ingest.*{words}.*Run again"):
        list(walk(make_client(standin), INGEST))
    assert paths(standin) == ["oauth2/token"] + 2 * ["jobs/ingest"]


@pytest.mark.parametrize(
    "body", [b'{"done": true, "records": [', b'{"done": true, "records": ' + b"[" * 100_000, b"{}{}", b'{"\xff": 1}']
)
def test_broken_json_ends_the_walk(body: bytes, standin: StandIn) -> None:
    """A body that is cut, too deeply nested, two documents, or not UTF-8 ends the walk."""
    standin.misbehave("status", path="jobs/ingest", status=200, body=body)

    with pytest.raises(ListingError, match=rf"broken JSON \({len(body)} bytes\)"):
        list(walk(make_client(standin), INGEST))


def test_half_a_surrogate_pair_is_no_broken_json(standin: StandIn) -> None:
    """The fast parser refuses it, the standard parser does not, and the walk goes on."""
    standin.org.add_raw_entry(b'{"id": "\\ud83d"}')

    assert [json.loads(bytes(page.records)) for page in walk(make_client(standin), INGEST)] == [[{"id": "\ud83d"}]]


@pytest.mark.parametrize("locator", [None, "first"])
def test_a_locator_that_comes_back_ends_the_walk(locator: str | None, standin: StandIn) -> None:
    """The walk ends at once, for the locator of the page before and for the configured one."""
    fill(standin, 9)
    client = make_client(standin)
    login, first = client.session, client.get(PATH, {}).json()["nextRecordsUrl"]
    change_page(standin, link_to(first), times=None)
    listing = INGEST._replace(locator=first.partition("=")[2] if locator else None)

    with pytest.raises(ListingError, match="links to a page that was already read"):
        list(walk(client, listing))
    assert client.session is login
    assert paths(standin).count("jobs/ingest") == (2 if locator else 3)


def test_a_session_that_expires_costs_one_renewal_and_one_new_start(standin: StandIn) -> None:
    """After a 401 on the second page there is one login, and the walk starts again at page one."""
    fill(standin, 5)
    standin.misbehave("expired_token", path="jobs/ingest", at=2)

    pages = list(walk(make_client(standin), INGEST))

    assert ids(pages[1:]) == listed_ids(standin)
    assert [(request.status, bool(request.query)) for request in standin.requests] == [
        (200, False),
        (200, False),
        (401, True),
        (200, False),
        (200, False),
        (200, True),
        (200, True),
    ]
    assert paths(standin)[3] == "oauth2/token"


SESSION_OVER: dict[str, tuple[int, Any]] = {
    "REST, 403": (403, [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]),
    "REST, 200": (200, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]),
    "200, with more before the code": (200, [{"statusCode": 401, "errorCode": "INVALID_SESSION_ID"}]),
    "of userinfo, as JSON": (403, {"error": "Bad_OAuth_Token"}),
    "other words": (400, [{"errorCode": "UNKNOWN", "message": "Session has expired or is invalid"}]),
    "words only": (403, [{"errorCode": "FORBIDDEN", "message": "Session expired or invalid"}]),
    "Bulk 2.0": (400, [{"errorCode": "InvalidSessionId", "message": "Invalid session id"}]),
    "Bulk 1.0": (400, {"exceptionCode": "InvalidSessionId", "exceptionMessage": "Unable to find session"}),
    "no body": (401, ""),
    "XML": (
        403,
        '<?xml version="1.0"?><error xmlns="http://www.force.com/2009/06/asyncapi/dataload">\n'
        "<exceptionCode>InvalidSessionId</exceptionCode>\n<exceptionMessage>Over &amp; out</exceptionMessage></error>",
    ),
    "REST in XML": (
        403,
        "<Errors><Error><errorCode>INVALID_SESSION_ID</errorCode><message>x</message></Error></Errors>",
    ),
}


@pytest.mark.parametrize("form", SESSION_OVER)
def test_a_session_that_is_over_is_renewed_in_whatever_form_it_is_said(form: str, standin: StandIn) -> None:
    """There is one login more, and the walk starts again at page one."""
    fill(standin, 5)
    status, body = SESSION_OVER[form]
    standin.misbehave("status", path="jobs/ingest", at=2, status=status, body=body)

    pages = list(walk(make_client(standin), INGEST))

    assert ids(pages[1:]) == listed_ids(standin)
    assert paths(standin) == ["oauth2/token", *2 * ["jobs/ingest"], "oauth2/token", *3 * ["jobs/ingest"]]
    assert [bool(request.query) for request in standin.requests] == [False, False, True, False, False, True, True]


@pytest.mark.parametrize("form", SESSION_OVER)
def test_a_ready_token_that_is_over_needs_a_new_one(form: str, standin: StandIn) -> None:
    """The advice names the section of the org, and another run is not advised: exit code 2."""
    status, body = SESSION_OVER[form]
    standin.misbehave("status", path="jobs/ingest", times=None, status=status, body=body)
    credentials = ready_token(standin)
    credentials.section = "sources.jobs_source.prod.credentials"

    with pytest.raises(LoginError) as caught:
        list(walk(make_client(standin, credentials), INGEST))
    assert str(caught.value) == (
        "Salesforce refused the token, and nothing can renew it. Set a new access_token in"
        " sources.jobs_source.prod.credentials."
    )
    assert (caught.value.exit_code, paths(standin)) == (2, ["jobs/ingest"])


def test_a_session_that_is_refused_for_ever_ends_after_one_renewal(standin: StandIn) -> None:
    """There are two logins and two first pages, and the error says so."""
    standin.misbehave("expired_token", path="jobs/ingest", times=None)

    with pytest.raises(LoginError, match=r"INVALID_SESSION_ID.*The run has renewed the session once already\."):
        list(walk(make_client(standin), INGEST))
    assert paths(standin) == 2 * ["oauth2/token", "jobs/ingest"]


@pytest.mark.parametrize("message", NOT_RENEWABLE)
def test_a_refusal_that_a_new_token_would_meet_too_is_not_renewed(message: str, standin: StandIn) -> None:
    """The error has the reason, and what to check."""
    body = [{"errorCode": "INVALID_SESSION_ID", "message": message}]
    standin.misbehave("status", path="jobs/ingest", status=401, body=body)

    with pytest.raises(LoginError, match=f"{message}.*A new token will not help. Check the app's scopes"):
        list(walk(make_client(standin), INGEST))
    assert paths(standin) == ["oauth2/token", "jobs/ingest"]


def test_a_ready_token_that_expires_ends_the_walk(standin: StandIn) -> None:
    """A ready token cannot be renewed."""
    fill(standin, 5)
    standin.misbehave("expired_token", path="jobs/ingest", at=2)

    with pytest.raises(
        LoginError, match=r"nothing can renew it\. Set a new access_token in sources\.jobs_source\.credentials\."
    ):
        list(walk(make_client(standin, ready_token(standin)), INGEST))
    assert paths(standin) == 2 * ["jobs/ingest"]


def test_two_walks_that_expire_together_renew_once(standin: StandIn) -> None:
    """If both walks are refused before either renews, one login is enough for both."""
    fill(standin, 9)
    refused = Barrier(2, action=standin.org.expire_tokens)
    standin.misbehave("call", path="jobs/ingest", at=3, times=2, do=partial(refused.wait, 5))
    listings = [INGEST, INGEST._replace(filters={"jobType": "V2Ingest"})]
    standin.misbehave("call", path="jobs/ingest", at=1, times=2, do=partial(Barrier(2).wait, 5))

    pages = list(side_by_side(make_client(standin), listings))

    assert set(ids(pages)) == set(listed_ids(standin))
    assert [request.status for request in standin.requests].count(401) == 2
    assert paths(standin).count("oauth2/token") == 2


def test_a_walk_keeps_its_session_when_another_renews(standin: StandIn) -> None:
    """If one walk renews, the other keeps the old session, because its locators belong to that."""
    fill(standin, 6)
    fill(standin, 6, job_type="Classic")
    client = make_client(standin)
    steady = walk(client, INGEST._replace(filters={"jobType": "Classic"}))
    pages = [next(steady)]
    client.renew(client.session)

    pages += steady

    assert ids(pages) == listed_ids(standin, job_type="Classic")
    assert paths(standin) == ["oauth2/token", "jobs/ingest", "oauth2/token", "jobs/ingest", "jobs/ingest"]


def test_a_refused_locator_costs_one_new_start(standin: StandIn) -> None:
    """The walk starts again with the same session."""
    fill(standin, 5)
    standin.misbehave("status", path="jobs/ingest", at=3, **BAD_LOCATOR)

    pages = list(walk(make_client(standin), INGEST))

    assert ids(pages[2:]) == listed_ids(standin)
    assert paths(standin) == ["oauth2/token"] + 6 * ["jobs/ingest"]


def test_a_refused_locator_and_then_a_session_that_expires_are_both_survived(standin: StandIn) -> None:
    """Each may happen once; neither stands for the other."""
    fill(standin, 6)
    standin.misbehave("status", path="jobs/ingest", at=2, **BAD_LOCATOR)
    standin.misbehave("expired_token", path="jobs/ingest", at=4)

    pages = list(walk(make_client(standin), INGEST))

    assert set(ids(pages)) == set(listed_ids(standin))
    assert paths(standin).count("oauth2/token") == 2


def test_locators_that_are_refused_again_end_the_walk(standin: StandIn) -> None:
    """After a second refusal the walk ends."""
    fill(standin, 5)
    standin.misbehave("status", path="jobs/ingest", at=2, **BAD_LOCATOR)
    standin.misbehave("status", path="jobs/ingest", at=4, **BAD_LOCATOR)

    with pytest.raises(ApiError, match="INVALID_QUERY_LOCATOR") as caught:
        list(walk(make_client(standin), INGEST))
    assert (caught.value.status, caught.value.error_code) == (400, "INVALID_QUERY_LOCATOR")
    assert paths(standin) == ["oauth2/token"] + 4 * ["jobs/ingest"]


def test_a_configured_locator_that_is_refused_is_a_configuration_error(standin: StandIn) -> None:
    """The walk does not start at the first page instead."""
    fill(standin, 5)

    with pytest.raises(ConfigError) as caught:
        list(walk(make_client(standin), INGEST._replace(locator="0r8000000000001AAA-2")))
    assert str(caught.value) == (
        "Salesforce refuses the configured locator (400 INVALID_QUERY_LOCATOR). Remove"
        " sources.jobs_source.query_locator: Salesforce forgets a locator after some days."
    )
    assert paths(standin) == ["oauth2/token", "jobs/ingest"]


def test_a_later_locator_that_is_refused_leads_back_to_the_configured_one(standin: StandIn) -> None:
    """The configured locator was valid, so the walk starts there again, once."""
    fill(standin, 9)
    client = make_client(standin)
    first = client.get(PATH, {}).json()
    standin.misbehave("status", path="jobs/ingest", at=2, **BAD_LOCATOR)

    pages = list(walk(client, INGEST._replace(locator=first["nextRecordsUrl"].partition("=")[2])))

    listed_before = {job["id"] for job in first["records"]}
    assert set(ids(pages)) == set(listed_ids(standin)) - listed_before


def test_all_pages_carry_when_the_first_was_answered(standin: StandIn) -> None:
    """The walk began at the first answer by Salesforce's clock, also after a new start."""
    fill(standin, 5)
    standin.misbehave("call", path="jobs/ingest", at=2, times=None, do=partial(standin.org.clock.advance, seconds=60))
    standin.misbehave("expired_token", path="jobs/ingest", at=2)

    pages = list(walk(make_client(standin), INGEST))

    assert {page.walk_began for page in pages} == {START}


@pytest.mark.parametrize("date", [None, "yesterday", "Fri, 31 Dec 9999 23:59:59 -2300", ""])
def test_without_a_date_our_own_clock_is_taken(date: str | None, standin: StandIn) -> None:
    """If a proxy dropped or damaged the header, our clock is used."""
    before = datetime.now(timezone.utc) - timedelta(seconds=1)
    if date is None:
        standin.misbehave("drop_header", path="jobs/ingest", name="Date")
    else:
        body = {"done": True, "records": []}
        standin.misbehave("status", path="jobs/ingest", status=200, body=body, headers={"Date": date})

    (page,) = walk(make_client(standin), INGEST)
    assert before <= page.walk_began <= datetime.now(timezone.utc)


def test_walks_side_by_side_overlap(standin: StandIn) -> None:
    """All first pages are requested at the same time."""
    for job_type in ("V2Ingest", "Classic", "BigObjectIngest"):
        fill(standin, 5, job_type=job_type)
    standin.misbehave("call", path="jobs/ingest", times=3, do=partial(Barrier(3).wait, 5))
    types = ["BigObjectIngest", "Classic", "V2Ingest"]

    pages = list(side_by_side(make_client(standin), [INGEST._replace(filters={"jobType": it}) for it in types]))

    assert ids(pages) == listed_ids(standin)
    assert paths(standin).count("oauth2/token") == 1


def test_an_error_of_a_later_walk_is_raised_while_the_first_one_waits(standin: StandIn) -> None:
    """The first page of the first one comes only after that."""
    fill(standin, 3)
    has_failed = Event()
    waited: list[bool] = []
    standin.misbehave("call", path="jobs/query", do=lambda: waited.append(has_failed.wait(5)))
    standin.misbehave("status", path="jobs/ingest", status=404)

    with pytest.raises(ConfigError):
        list(side_by_side(make_client(standin), [QUERY, INGEST]))
    assert waited == []
    has_failed.set()


def test_walks_side_by_side_began_when_the_earliest_did(standin: StandIn) -> None:
    """The earliest first page counts, so that no change between the first pages is lost."""
    fill(standin, 3)
    standin.misbehave("call", path="jobs/ingest", at=2, do=partial(standin.org.clock.advance, seconds=60))

    pages = list(side_by_side(make_client(standin), [INGEST, INGEST]))
    assert {page.walk_began for page in pages} == {START}


def test_reading_ahead_is_bounded(standin: StandIn) -> None:
    """No more pages are held than `READ_AHEAD_PAGES`, beside the one that is read."""
    fill(standin, 80)
    pages = side_by_side(make_client(standin), [INGEST])
    next(pages)
    (reader,) = readers()
    wait_until(lambda: paths(standin).count("jobs/ingest") == READ_AHEAD_PAGES)

    reader.join(timeout=0.3)
    assert paths(standin).count("jobs/ingest") == READ_AHEAD_PAGES
    assert reader.daemon  # it never delays exit
    assert len(list(pages)) == 39  # it waits for the reader, however long
    join([reader])


def test_a_walk_that_is_abandoned_stops_its_threads(standin: StandIn) -> None:
    """If the reader stops after one page, the threads end long before the listing does."""
    fill(standin, 60)
    pages = side_by_side(make_client(standin), [INGEST, INGEST])
    next(pages)
    running = readers()
    assert len(running) == 2

    pages.close()
    join(running)
    assert paths(standin).count("jobs/ingest") < 30


def test_a_walk_that_fails_stops_the_others(standin: StandIn) -> None:
    """The threads end even while somebody still holds the error and its traceback."""
    fill(standin, 60)
    second_is_under_way = Event()
    standin.misbehave("status", path="jobs/query", status=404)
    standin.misbehave("call", path="jobs/query", do=partial(second_is_under_way.wait, 5))
    standin.misbehave("call", path="jobs/ingest", do=second_is_under_way.set)
    running: list[Thread] = []

    def begin() -> None:
        pages = side_by_side(make_client(standin), [QUERY, INGEST])
        try:
            next(pages)
        finally:
            running.extend(readers())

    with pytest.raises(ConfigError):
        begin()
    join(running)
    assert paths(standin).count("jobs/ingest") < 30


@pytest.mark.parametrize(
    ("kind", "error", "details"),
    [
        ("status", ApiError, {"status": 500, "body": [{"errorCode": "UNKNOWN_EXCEPTION", "message": "oops"}]}),
        ("cut", ConnectionFailedError, {}),
    ],
)
def test_an_error_crosses_the_thread_whole(
    kind: str, error: type[SalesforceJobsError], details: dict[str, Any], standin: StandIn
) -> None:
    """The reader gets the pages before the error, and then the error unchanged."""
    fill(standin, 9)
    standin.misbehave(kind, path="jobs/ingest", at=3, times=None, **details)
    pages = side_by_side(make_client(standin), [INGEST])
    seen: list[Page] = []

    with pytest.raises(error) as caught:
        seen += pages
        seen.extend(pages)
    assert len(seen) == 2
    assert type(caught.value) is error
    if isinstance(caught.value, ApiError):
        assert (caught.value.status, caught.value.error_code) == (500, "UNKNOWN_EXCEPTION")
        assert "UNKNOWN_EXCEPTION: oops" in str(caught.value)


def readers() -> list[Thread]:
    return [thread for thread in all_threads() if thread.name == "read-ahead"]


def join(threads: Sequence[Thread]) -> None:
    for thread in threads:
        thread.join(timeout=5)
        assert not thread.is_alive()


def wait_until(holds: Callable[[], bool]) -> None:
    ends, tick = monotonic() + 5, Event()
    while not holds():
        assert monotonic() < ends
        tick.wait(0.005)


def test_only_a_refused_locator_leads_to_a_new_start(standin: StandIn) -> None:
    """Any other refusal ends the walk at once, without a second try."""
    body = [{"errorCode": "INVALIDJOB", "message": "no such job"}]
    standin.misbehave("status", path="jobs/ingest", status=400, body=body)

    with pytest.raises(RequestRefusedError, match="INVALIDJOB: no such job") as caught:
        list(walk(make_client(standin), INGEST))
    assert caught.value.exit_code == 2
    assert "Run again" not in str(caught.value)
    assert paths(standin) == ["oauth2/token", "jobs/ingest"]


def test_a_refused_locator_where_none_is_configured_is_no_configuration_error(standin: StandIn) -> None:
    """If a first page is refused so, the walk starts again, once."""
    (id_,) = standin.org.add_jobs(1, job_type="V2Ingest")
    standin.misbehave("status", path="jobs/ingest", **BAD_LOCATOR)

    pages = list(walk(make_client(standin), INGEST))

    assert [entry["id"] for page in pages for entry in json.loads(bytes(page.records))] == [id_]
    assert paths(standin) == ["oauth2/token", "jobs/ingest", "jobs/ingest"]


@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("https://org.example", "https://org.example:443"),
        ("https://org.example:443", "https://org.example"),
        ("http://org.example", "http://org.example:80"),
        ("http://org.example:80", "http://org.example"),
    ],
)
def test_the_usual_port_may_be_written_or_left_out(page: str, link: str) -> None:
    """With or without the usual port, it is the same host."""
    assert next_locator(f"{link}{INGEST.path}?queryLocator=a-2", f"{page}{INGEST.path}", INGEST.endpoint) == "a-2"


@pytest.mark.parametrize("link", ["https://org.example:80", "https://org.example:444", "http://org.example:443"])
def test_another_port_or_scheme_is_another_host(link: str) -> None:
    """Also the usual port of the other scheme is another host."""
    with pytest.raises(
        ListingError, match=r"links to another host \(org\.example\)\. The run does not follow such a link"
    ):
        next_locator(f"{link}{INGEST.path}?queryLocator=a-2", f"https://org.example{INGEST.path}", INGEST.endpoint)
