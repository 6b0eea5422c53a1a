"""Users by SOQL: with their profiles, many at once, in parts, and refused."""

from urllib.parse import quote

import pytest

from jobs_source.standin.api.handlers import respond
from jobs_source.standin.api.messages import Headers, Request
from jobs_source.standin.org.ids import make_id
from tests.standin.caller import V64, Caller

NOBODY = make_id("005", 7)


def url(ids: list[str]) -> str:
    """The address that asks for users by id."""
    listed = ",".join(f"'{id}'" for id in ids)
    return f"query?q={quote(f'SELECT Id, Name, Username, Profile.Name, IsActive FROM User WHERE Id IN ({listed})')}"


def test_users_with_profiles(caller: Caller) -> None:
    """A profile is an object of its own, or null; users that left are there; an id that is nobody's is not."""
    org = caller.org
    plain, gone, odd, *_ = org.users
    org.change_user(gone.id, is_active=False)
    org.change_user(odd.id, name="Robot", profile=None)
    answer = caller.get(url([plain.id, gone.id[:15], odd.id, NOBODY]))
    profiles = [row["Profile"] and row["Profile"].pop("attributes") for row in answer["records"]]
    assert [profile and profile["type"] for profile in profiles] == ["Profile", "Profile", None]
    assert profiles[0]["url"].startswith(f"{V64}sobjects/Profile/00e")
    assert answer == {
        "totalSize": 3,
        "done": True,
        "records": [
            {
                "attributes": {"type": "User", "url": f"{V64}sobjects/User/{id}"},
                "Id": id,
                "Name": name,
                "Username": username,
                "Profile": profile,
                "IsActive": is_active,
            }
            for id, name, username, profile, is_active in (
                (plain.id, plain.name, plain.username, {"Name": plain.profile}, True),
                (gone.id, gone.name, gone.username, {"Name": "System Administrator"}, False),
                (odd.id, "Robot", odd.username, None, True),
            )
        ],
    }


def test_as_many_as_an_address_holds(caller: Caller) -> None:
    """600 ids fit into an address; one that is longer than 16,384 characters is refused, and costs no call."""
    ids = caller.org.add_users(700)
    asked = url(ids[:595])
    assert 16_000 < len(asked) < 16_384
    assert [row["Id"] for row in caller.get(asked)["records"]] == ids[:595]
    assert len(caller.org.users) == 706
    used = caller.org.api_used
    response = caller.ask("GET", url(ids))
    assert (response.status, b"URI Too Long" in response.body, response.is_unexpected) == (414, True, False)
    assert caller.org.api_used == used


def test_long_results_come_in_parts(caller: Caller) -> None:
    """A link leads to the next part as long as there is one. It works in its own session only."""
    org = caller.org
    org.add_users(4)
    org.query_page_size = 4
    names, link, pages = [], "query?q=SELECT+Name+FROM+User", []
    while link:
        page = caller.get(link)
        names += [row["Name"] for row in page["records"]]
        pages.append((page["totalSize"], page["done"], len(page["records"])))
        first, link = link if pages[1:] else page["nextRecordsUrl"], page.get("nextRecordsUrl")
    assert names == [user.name for user in org.users]
    assert pages == [(10, False, 4), (10, False, 4), (10, True, 2)]
    assert first.startswith(f"{V64}query/0r8")
    for wrong in (f"{first}0000", f"{first}-x", f"{V64}query/x"):
        assert caller.error("GET", wrong) == (400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    assert Caller(org).error("GET", first)[:2] == (401, "INVALID_SESSION_ID")


@pytest.mark.parametrize(("said", "length"), [("batchSize=200", 200), ("batchSize=1", 200), ("batchSize=9999", 300)])
def test_wanted_size(caller: Caller, said: str, length: int) -> None:
    """A client may ask for smaller parts, of 200 at least."""
    caller.org.add_users(300)
    caller.org.query_page_size = 300
    headers = Headers({"Authorization": f"Bearer {caller.token}", "Sforce-Query-Options": said})
    request = Request("GET", f"{V64}query", {"q": "SELECT Id FROM User"}, headers)
    assert respond(caller.org, request).body.count(b'"Id"') == length


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("INVALID_TYPE", 400, "sObject type 'User' is not supported."),
        ("INSUFFICIENT_ACCESS", 403, "insufficient access rights on object id"),
        ("INVALID_FIELD", 400, "Didn't understand relationship 'Profile' in field path 'Profile.Name'"),
    ],
)
def test_who_may_not_read_users(caller: Caller, code: str, status: int, said: str) -> None:
    """Queries of users can be refused, or of their profiles only. Others stay allowed."""
    caller.org.users_refused = code
    assert caller.error("GET", url([NOBODY])) == (status, code, said)
    assert caller.get("query?q=SELECT+Name+FROM+Organization")["totalSize"] == 1
    if code == "INVALID_FIELD":
        assert caller.get("query?q=SELECT+Name+FROM+User")["totalSize"] == 6


def test_related_field_of_an_uploaded_record(caller: Caller) -> None:
    """A field of a related record that was uploaded comes in an object too; without a value it is null."""
    caller.org.in_progress_after_seconds = caller.org.complete_after_seconds = 0
    caller.upload("Name,Owner.Email\nA,a@b.c\nB,\n", object="Invoice__c", operation="insert")
    rows = caller.get("query?q=SELECT+Name,+Owner.Email,+Boss__r.Name+FROM+Invoice__c")["records"]
    assert [(row["Name"], row["Owner"], row["Boss__r"]) for row in rows] == [
        ("A", {"attributes": {"type": "Owner"}, "Email": "a@b.c"}, None),
        ("B", {"attributes": {"type": "Owner"}, "Email": ""}, None),
    ]
