"""What real clients ask beside the jobs: resources, SOQL, single records, queries of users."""

import json
from typing import Any

import pytest

from tests.standin.caller import Caller


def test_resources_of_a_version(caller: Caller) -> None:
    """What a version has, and an address that says who asks."""
    org = caller.org
    found = caller.get("/services/data/v64.0")
    assert found == {
        "jobs": "/services/data/v64.0/jobs",
        "limits": "/services/data/v64.0/limits",
        "query": "/services/data/v64.0/query",
        "sobjects": "/services/data/v64.0/sobjects",
        "identity": f"{org.instance_url}/id/{org.org_id}/{org.users[0].id}",
    }
    path = found["identity"].removeprefix(org.instance_url)
    user = org.users[0]
    assert caller.get(path) == {
        "id": f"https://login.salesforce.com/id/{org.org_id}/{user.id}",
        "asserted_user": True,
        "user_id": user.id,
        "organization_id": org.org_id,
        "username": user.username,
        "display_name": user.name,
        "email": user.username,
        "active": True,
        "user_type": "STANDARD",
    }
    other = caller.ask("GET", f"/id/{org.org_id}/{org.users[1].id}")
    assert (other.status, other.body) == (403, b"Wrong_Org")


def test_soql(caller: Caller) -> None:
    """Users and the organization can be queried, by id of either length. Anything else is refused."""
    first, second, *_ = caller.org.users
    answer = caller.get(f"query?q=SELECT+Id,+Name+FROM+User+WHERE+Id+IN+('{first.id}','{second.id[:15]}')")
    assert answer == {
        "totalSize": 2,
        "done": True,
        "records": [
            {
                "attributes": {"type": "User", "url": f"/services/data/v64.0/sobjects/User/{user.id}"},
                "Id": user.id,
                "Name": user.name,
            }
            for user in (first, second)
        ],
    }
    assert caller.get("queryAll?q=select+id+from+user")["totalSize"] == len(caller.org.users)
    assert caller.get("query?q=SELECT+Id+FROM+Organization")["records"][0]["Id"] == caller.org.org_id
    for query in ("SELECT+Id+FROM+User+WHERE+Name!='x'", "SELECT+count()+FROM+User", ""):
        assert caller.error("GET", f"query?q={query}")[:2] == (400, "MALFORMED_QUERY")
    assert caller.error("GET", "query?q=SELECT+Shoe+FROM+User")[:2] == (400, "INVALID_FIELD")


def test_what_sf_asks_of_the_organization(caller: Caller) -> None:
    """All fields that the program `sf` wants at a login. What the org does not have is null."""
    query = "SELECT Name, InstanceName, IsSandbox, TrialExpirationDate, NamespacePrefix, OrganizationType"
    (row,) = caller.get(f"query?q={query.replace(' ', '+')}+FROM+Organization")["records"]
    del row["attributes"]
    assert row == {
        "Name": "Stand-in",
        "InstanceName": "LOOP1",
        "IsSandbox": False,
        "TrialExpirationDate": None,
        "NamespacePrefix": None,
        "OrganizationType": "Enterprise Edition",
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("WHERE Username = '{}'", ["Integration User"]),
        ("WHERE Name IN ('Data Loader', 'Nobody') AND IsActive = 'True'", ["Data Loader"]),
        ("ORDER BY Name LIMIT 2", ["Billing Connector", "Data Loader"]),
        ("ORDER BY Name DESC LIMIT 1", ["Warehouse Export"]),
        (r"WHERE Name = 'O\'Neill'", []),
    ],
)
def test_conditions_and_order(caller: Caller, query: str, names: list[str]) -> None:
    """A query may filter by any field, order and limit."""
    text = f"SELECT Name FROM User {query.format(caller.org.users[0].username)}"
    assert [row["Name"] for row in caller.get(f"query?q={text.replace(' ', '+')}")["records"]] == names


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("SELECT Id FROM ScratchOrgInfo limit 1", "INVALID_TYPE", "sObject type 'ScratchOrgInfo' is not supported."),
        ("SELECT Shoe FROM User", "INVALID_FIELD", "No such column 'Shoe' on entity 'User'."),
        ("SELECT Id FROM user WHERE Shoe='1'", "INVALID_FIELD", "No such column 'Shoe' on entity 'User'."),
    ],
)
def test_refused_query(caller: Caller, query: str, code: str, message: str) -> None:
    """What the org does not have is refused, in a query over REST and in a query job."""
    assert caller.error("GET", f"query?q={query.replace(' ', '+')}") == (400, code, message)
    body = json.dumps({"operation": "query", "query": query}).encode()
    assert caller.error("POST", "jobs/query", body) == (400, code, message)
    assert caller.org.listed("query") == []


def test_columns_of_a_query(caller: Caller) -> None:
    """With `columns=true` a query describes its columns instead."""
    answer = caller.get("query?q=SELECT+Id,+No__c+FROM+account&columns=true")
    shown = [(column["columnName"], column["custom"], column["joinColumns"]) for column in answer.pop("columnMetadata")]
    assert shown == [("Id", False, []), ("No__c", True, [])]
    assert answer == {"entityName": "Account", "groupBy": False, "idSelected": True, "keyPrefix": "001"}


def test_single_record(caller: Caller) -> None:
    """A user by id of either length, whole or a few fields; a record that is not there is a 404."""
    user = caller.org.users[1]
    whole: dict[str, Any] = caller.get(f"sobjects/User/{user.id}")
    assert whole == {
        "attributes": {"type": "User", "url": f"/services/data/v64.0/sobjects/User/{user.id}"},
        "Id": user.id,
        "Name": "Data Loader",
        "FirstName": "Data",
        "LastName": "Loader",
        "Username": user.username,
        "Email": user.username,
        "Alias": "data.loa",
        "IsActive": True,
        "UserType": "Standard",
        "ProfileId": whole["ProfileId"],
        "TimeZoneSidKey": "Europe/Berlin",
        "LanguageLocaleKey": "en_US",
    }
    few = caller.get(f"sobjects/user/{user.id[:15]}?fields=username,UserRoleId")
    assert few == {"attributes": whole["attributes"], "Username": user.username, "UserRoleId": None}
    for url in (f"sobjects/User/{caller.org.org_id}", f"sobjects/Shoe/{user.id}"):
        assert caller.error("GET", url)[:2] == (404, "NOT_FOUND")
    assert caller.error("GET", f"sobjects/User/{user.id}?fields=Shoe")[:2] == (400, "INVALID_FIELD")


def test_users_by_a_query_job(caller: Caller) -> None:
    """A query job finds the org's users; a truth is `true`, and nothing is empty."""
    caller.org.in_progress_after_seconds = caller.org.complete_after_seconds = 0
    query = "select Id, Name, IsActive, UserRoleId, Profile.Name from user LIMIT 2"
    made = caller.send("POST", "jobs/query", operation="query", query=query)
    assert made["object"] == "User"
    first, second, *_ = caller.org.users
    assert caller.ask("GET", f"jobs/query/{made['id']}/results").body.decode().splitlines() == [
        '"Id","Name","IsActive","UserRoleId","Profile.Name"',
        f'"{first.id}","Integration User","true","","{first.profile}"',
        f'"{second.id}","Data Loader","true","","System Administrator"',
    ]
