"""`object_fields.py`: the names of an object's fields, with one call per object."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from jobs_source.exceptions import AllowanceError, ApiError
from jobs_source.salesforce.object_fields import ObjectFields
from jobs_source.standin import StandIn
from tests.clients import make_client


def asked(standin: StandIn) -> list[str]:
    return [request.path for request in standin.requests[1:]]


def test_each_object_is_asked_for_once(standin: StandIn) -> None:
    """By many threads too, and also if there is no such object."""
    fields = ObjectFields(make_client(standin), "64.0")
    names = ["Contact", "Nothing__c", "Account"] * 5
    with ThreadPoolExecutor(5) as threads:
        found = dict(zip(names, threads.map(fields.names, names), strict=True))
    assert {"LastName", "Email"} <= found["Contact"]
    assert "LastName" not in found["Account"]
    assert found["Nothing__c"] == frozenset()
    base = "/services/data/v64.0/sobjects"
    assert sorted(asked(standin)) == [f"{base}/{name}/describe" for name in ("Account", "Contact", "Nothing__c")]


@pytest.mark.parametrize("name", ["", "../limits", "a b", "Ä", "x" * 101])
def test_what_is_no_name_is_not_asked_for(name: str, standin: StandIn) -> None:
    assert ObjectFields(make_client(standin), "64.0").names(name) == frozenset()
    assert standin.requests == []


def test_an_object_that_the_user_may_not_see_has_no_fields(standin: StandIn) -> None:
    refusal = [{"errorCode": "INSUFFICIENT_ACCESS", "message": "no"}]
    standin.misbehave("status", path="describe", status=403, body=refusal)
    assert ObjectFields(make_client(standin), "64.0").names("Contact") == frozenset()


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        ({"fields": [{"name": "A"}, {"name": 1}, {}, None, "x", {"name": "B"}]}, {"A", "B"}),
        ({"fields": {"name": "A"}}, set()),
        ({"label": "x"}, set()),
        ([1], set()),
    ],
)
def test_an_odd_description_has_the_fields_that_can_be_read(answer: Any, names: set[str], standin: StandIn) -> None:
    standin.misbehave("status", path="describe", status=200, body=json.dumps(answer))
    assert ObjectFields(make_client(standin), "64.0").names("Contact") == names


def test_a_session_that_is_over_is_renewed(standin: StandIn) -> None:
    fields = ObjectFields(make_client(standin), "64.0")
    standin.misbehave("expired_token", path="describe")
    assert "LastName" in fields.names("Contact")
    assert [path.rpartition("/")[2] for path in asked(standin)] == ["describe", "token", "describe"]


def test_a_call_that_fails_is_made_again_when_it_is_needed(standin: StandIn) -> None:
    """An object is not without fields because of a fault. The allowance holds here too."""
    fields = ObjectFields(make_client(standin), "64.0")
    standin.misbehave("status", path="describe", times=3)
    with pytest.raises(ApiError):
        fields.names("Contact")
    assert "LastName" in fields.names("Contact")
    standin.org.api_used = standin.org.api_limit
    standin.misbehave("call", path="describe", do=lambda: None)
    with pytest.raises(AllowanceError):
        fields.names("Account")
