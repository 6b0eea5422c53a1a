"""`users.py`: users by their ids, in as few calls as possible."""

import json
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest

from jobs_source.exceptions import (
    AccessError,
    AllowanceError,
    ApiError,
    ListingError,
    LoginError,
    RequestRefusedError,
)
from jobs_source.salesforce.client import Client
from jobs_source.salesforce.users import FoundUsers, fetch_users
from jobs_source.standin import StandIn
from tests.clients import make_client, ready_token
from tests.conftest import START

NOBODY = "0055g00000ABcdEAAT"
NO_USERS: list[str] = [
    "",
    "005",
    "0055g00000ABcdEAAX",
    "0015g00000ABcdEAAT",
    "0055g00000ABcdEAAT'",
    "005') OR Name LIKE '%",
    "0055g00000ABc E",
    "0055g00000ÄBcdE",
    "0055g00000ABcdE\n",
]


def asked(standin: StandIn) -> list[str]:
    """What came to *standin* after the login: the last part of each path."""
    return [request.path.rpartition("/")[2] for request in standin.requests[1:]]


def fetch(client: Client, *ids: str) -> list[FoundUsers]:
    return list(fetch_users(client, "64.0", ids))


def by_id(found: list[FoundUsers]) -> dict[str, Any]:
    return {record["Id"]: record for answer in found for record in answer.records}


def test_users_come_with_the_name_of_their_profile(standin: StandIn) -> None:
    """In one call; an id is given in either form, and nobody is left out of what was asked."""
    ada, bob, *_ = standin.org.users
    standin.org.change_user(bob.id, profile=None, is_active=False)
    client = make_client(standin)
    (answer,) = found = fetch(client, ada.id[:15], bob.id, NOBODY, ada.id[:15])
    assert (answer.asked, answer.answered_at) == ([ada.id[:15], bob.id, NOBODY], START)
    assert [
        (record["Id"], record["Name"], record["Username"], record["IsActive"]) for record in by_id(found).values()
    ] == [(ada.id, ada.name, ada.username, True), (bob.id, bob.name, bob.username, False)]
    assert by_id(found)[ada.id]["Profile"]["Name"] == ada.profile
    assert by_id(found)[bob.id]["Profile"] is None
    assert (asked(standin), client.calls) == (["query"], 1)
    assert standin.requests[1].query["q"] == (
        f"SELECT Id,Name,Username,IsActive,Profile.Name FROM User WHERE Id IN ('{ada.id}','{bob.id}','{NOBODY}')"
    )


def test_both_forms_of_an_id_are_asked_for_once(standin: StandIn) -> None:
    """Both are in the answer, as they were given."""
    ada = standin.org.users[0].id
    (answer,) = fetch(make_client(standin), ada[:15], ada)
    assert answer.asked == [ada[:15], ada]
    assert standin.requests[1].query["q"].endswith(f"IN ('{ada}')")


def test_what_is_no_id_of_a_user_is_not_asked_for(standin: StandIn) -> None:
    """Nothing of it comes into the query; with nothing left there is no call, and no login."""
    client = make_client(standin)
    assert fetch(client, *NO_USERS) == []
    assert standin.requests == []
    (answer,) = fetch(client, *NO_USERS, NOBODY)
    assert answer.asked == [NOBODY]
    assert standin.requests[1].query["q"].endswith(f" WHERE Id IN ('{NOBODY}')")


def test_many_users_take_as_few_calls_as_addresses_hold(standin: StandIn) -> None:
    """An address has at most 16,000 characters; one more id would not fit."""
    ids = standin.org.add_users(1200)
    client = make_client(standin)
    found = fetch(client, *ids)
    assert sorted(by_id(found)) == sorted(ids)
    lengths = [len(f"{standin.url}{it.path}?{urlencode(it.query)}") for it in standin.requests[1:]]
    each = len(quote_plus(f"'{ids[0]}',"))
    assert [16_000 - each < length <= 16_000 for length in lengths] == [True, True, False]
    assert client.calls == 3


def test_parts_of_an_answer_are_followed(standin: StandIn) -> None:
    """Each is a call; they belong to one answer."""
    ids = standin.org.add_users(25)
    standin.org.query_page_size = 10
    client = make_client(standin)
    (answer,) = fetch(client, *ids)
    assert [record["Id"] for record in answer.records] == ids
    assert asked(standin)[0] == "query"
    assert client.calls == 3


def test_a_session_that_ends_in_the_midst_is_renewed_once(standin: StandIn) -> None:
    """The link to the next part ends with it, so the query is sent again; nobody is there twice."""
    ids = standin.org.add_users(25)
    standin.org.query_page_size = 10
    client = make_client(standin)
    standin.misbehave("expired_token", path="/query", at=2)
    (answer,) = fetch(client, *ids)
    assert [record["Id"] for record in answer.records] == ids
    assert client.calls == 5


def test_a_token_that_nothing_renews_is_an_error(standin: StandIn) -> None:
    credentials = ready_token(standin)
    standin.org.expire_tokens()
    with pytest.raises(LoginError, match="nothing can renew it"):
        fetch(make_client(standin, credentials), NOBODY)


def test_profiles_that_may_not_be_seen_are_left_out(standin: StandIn) -> None:
    """One call is lost, not one for each query."""
    standin.org.users_refused = "INVALID_FIELD"
    ids = standin.org.add_users(600)
    client = make_client(standin)
    found = by_id(fetch(client, *ids))
    assert sorted(found) == sorted(ids)
    assert all("Profile" not in record for record in found.values())
    assert client.calls == 3


def test_users_that_may_not_be_seen_are_an_error(standin: StandIn) -> None:
    standin.org.users_refused = "INVALID_TYPE"
    with pytest.raises(RequestRefusedError, match="INVALID_TYPE"):
        fetch(make_client(standin), NOBODY)
    standin.org.users_refused = "INSUFFICIENT_ACCESS"
    with pytest.raises(AccessError, match="INSUFFICIENT_ACCESS"):
        fetch(make_client(standin), NOBODY)


def test_an_unknown_field_is_said_once(standin: StandIn) -> None:
    """If the query is refused without profiles too."""
    error = [{"errorCode": "INVALID_FIELD", "message": "No such column 'Username'"}]
    standin.misbehave("status", path="/query", status=400, body=error, times=None)
    with pytest.raises(RequestRefusedError, match="INVALID_FIELD"):
        fetch(make_client(standin), NOBODY)
    assert asked(standin) == ["query", "query"]


@pytest.mark.parametrize("kind", ["reset", "cut", "html", "bad_gzip", "empty"])
def test_a_fault_that_passes_is_retried(kind: str, standin: StandIn) -> None:
    ada = standin.org.users[0].id
    standin.misbehave(kind, path="/query", times=2)
    assert list(by_id(fetch(make_client(standin), ada))) == [ada]
    assert asked(standin) == ["query"] * 3


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ({"done": False, "nextRecordsUrl": "https://evil.example/services/data/x", "records": []}, "another host"),
        ({"done": False, "nextRecordsUrl": "//evil.example/x", "records": []}, "another host"),
        ({"done": False, "nextRecordsUrl": "http://[::1", "records": []}, "not valid"),
        ({"done": False, "records": []}, "has no nextRecordsUrl"),
        ({"records": []}, "has no nextRecordsUrl"),
        ({"done": False, "nextRecordsUrl": "/services/data/v64.0/query", "records": []}, "already read"),
        ({"done": True, "records": {}}, "no list of records"),
        ({"done": True}, "no list of records"),
        ([1], "no list of records"),
    ],
)
def test_an_odd_answer_is_an_error(page: Any, said: str, standin: StandIn) -> None:
    """A link to another host is not followed, whatever it says."""
    standin.misbehave("status", path="/query", status=200, body=json.dumps(page))
    with pytest.raises(ListingError, match=said):
        fetch(make_client(standin), NOBODY)
    assert asked(standin) == ["query"]


def test_the_allowance_is_asked_before_each_call(standin: StandIn) -> None:
    ids = standin.org.add_users(1200)
    standin.org.api_used, standin.org.api_limit = 88, 100
    found = []
    with pytest.raises(AllowanceError):
        for answer in fetch_users(make_client(standin), "64.0", ids):
            found.append(len(answer.asked))
    assert len(found) == 2


def test_an_error_that_is_none_of_the_profiles_is_not_tried_again(standin: StandIn) -> None:
    error = [{"errorCode": "MALFORMED_QUERY", "message": "no"}]
    standin.misbehave("status", path="/query", status=400, body=error)
    with pytest.raises((RequestRefusedError, ApiError), match="MALFORMED_QUERY"):
        fetch(make_client(standin), NOBODY)
    assert asked(standin) == ["query"]
