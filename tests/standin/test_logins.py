"""The stand-in's logins, without sockets."""

import base64
import json
import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest

from jobs_source.standin import Clock, Org
from jobs_source.standin.api.handlers import respond
from jobs_source.standin.api.messages import Headers, Request
from jobs_source.standin.org.keys import make_private_key

NOON = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
COMMON_KEYS = {"access_token", "instance_url", "id", "token_type", "issued_at", "signature", "scope"}
DEAD_GRANT = (400, {"error": "invalid_grant", "error_description": "expired access/refresh token"})


@pytest.fixture(scope="module")
def private_key() -> str:
    return make_private_key()


@pytest.fixture
def org(private_key: str) -> Org:
    org = Org(clock=Clock(NOON, frozen=True))
    org.private_key_pem = private_key
    return org


def log_in(org: Org, form: dict[str, str], headers: dict[str, str] | None = None) -> tuple[int, Any]:
    body = urlencode(form).encode()
    request = Request("POST", "/services/oauth2/token", headers=Headers(headers or {}), body=body)
    response = respond(org, request)
    return response.status, json.loads(response.body)


def get(org: Org, path: str, token: str | None) -> tuple[int, bytes]:
    headers = Headers({} if token is None else {"Authorization": f"Bearer {token}"})
    response = respond(org, Request("GET", path, headers=headers))
    return response.status, response.body


def status_of(org: Org, token: str) -> int:
    return get(org, "/services/data/v64.0/limits", token)[0]


def refresh(org: Org, token: str, **more: str) -> tuple[int, Any]:
    form = {"grant_type": "refresh_token", "client_id": org.client_id, "refresh_token": token}
    return log_in(org, {**form, **more})


def log_in_by_jwt(org: Org, text: str) -> tuple[int, Any]:
    return log_in(org, {"grant_type": JWT_BEARER, "assertion": text})


def assertion(org: Org, changes: dict[str, object] | None = None, key: str | None = None) -> str:
    claims = {
        "iss": org.client_id,
        "sub": org.username,
        "aud": "https://login.salesforce.com",
        "exp": int(time.time()) + 180,
        **(changes or {}),
    }
    return jwt.encode(claims, key or org.private_key_pem, algorithm="RS256")


def test_client_credentials(org: Org) -> None:
    """Client credentials, in the form or as HTTP Basic, give a token that works. The reply has no expiry."""
    form = {"grant_type": "client_credentials"}
    basic = base64.b64encode(f"{org.client_id}:{org.client_secret}".encode()).decode()
    for status, reply in (
        log_in(org, {**form, "client_id": org.client_id, "client_secret": org.client_secret}),
        log_in(org, form, {"Authorization": f"Basic {basic}"}),
    ):
        assert (status, set(reply)) == (200, COMMON_KEYS)
        assert reply["id"] == f"https://login.salesforce.com/id/{org.org_id}/{org.users[0].id}"
        assert reply["access_token"].startswith(f"{org.org_id[:15]}!")
        assert (reply["instance_url"], reply["issued_at"]) == (org.instance_url, "1795176000000")
        assert status_of(org, reply["access_token"]) == 200


@pytest.mark.parametrize(
    ("form", "error", "description"),
    [
        ({"client_secret": "wrong"}, "invalid_client", "invalid client credentials"),
        ({"client_secret": ""}, "invalid_client", "invalid client credentials"),
        ({"client_id": "wrong"}, "invalid_client_id", "client identifier invalid"),
        ({"grant_type": "password"}, "invalid_grant", "authentication failure"),
        ({"grant_type": "magic"}, "unsupported_grant_type", "grant type not supported"),
    ],
)
def test_refused_client(org: Org, form: dict[str, str], error: str, description: str) -> None:
    """An error of the client is an object, with status 400."""
    good = {"grant_type": "client_credentials", "client_id": org.client_id, "client_secret": org.client_secret}
    assert log_in(org, {**good, **form}) == (400, {"error": error, "error_description": description})


def test_identity_left_out(org: Org) -> None:
    """If the reply has no identity, the token has the org's id. If the token is opaque, userinfo has it."""
    form = {"grant_type": "client_credentials", "client_id": org.client_id, "client_secret": org.client_secret}
    org.omit_identity = org.opaque_tokens = True
    _, reply = log_in(org, form)
    assert set(reply) == COMMON_KEYS - {"id"}
    assert org.org_id[:15] not in reply["access_token"]
    status, body = get(org, "/services/oauth2/userinfo", reply["access_token"])
    user = org.users[0]
    assert (status, json.loads(body)) == (
        200,
        {
            "sub": f"https://login.salesforce.com/id/{org.org_id}/{user.id}",
            "user_id": user.id,
            "organization_id": org.org_id,
            "preferred_username": user.username,
            "name": user.name,
            "email": user.username,
            "email_verified": True,
            "zoneinfo": "Europe/Berlin",
        },
    )


def test_userinfo_refused(org: Org) -> None:
    """Userinfo refuses in plain text."""
    assert get(org, "/services/oauth2/userinfo", "bad") == (403, b"Bad_OAuth_Token")
    assert get(org, "/services/oauth2/userinfo", None) == (403, b"Missing_OAuth_Token")


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("audience", ["https://login.salesforce.com", "https://test.salesforce.com", "own"])
def test_jwt_bearer(org: Org, audience: str, slash: str) -> None:
    """A signed assertion for a known user gives that user's token, whatever the org's own clock says."""
    audience = (org.instance_url if audience == "own" else audience) + slash
    text = assertion(org, {"sub": org.users[2].username, "aud": audience})
    status, reply = log_in_by_jwt(org, text)
    assert (status, set(reply)) == (200, {"access_token", "scope", "instance_url", "id", "token_type"})
    assert reply["id"].endswith(org.users[2].id)
    assert status_of(org, reply["access_token"]) == 200


@pytest.mark.parametrize(
    "expiry", [lambda now: int(now * 1000) + 300, lambda now: f"{now + 180:.0f}", lambda now: now + 180]
)
def test_expiry_as_clients_send_it(org: Org, expiry: Callable[[float], object]) -> None:
    """The program `sf` sends milliseconds, and only 300 of them; simple-salesforce sends text."""
    assert log_in_by_jwt(org, assertion(org, {"exp": expiry(time.time())}))[0] == 200


@pytest.mark.parametrize(
    ("claims", "description"),
    [
        ({"exp": None}, "expired authorization code"),
        ({"exp": "soon"}, "expired authorization code"),
        ({"aud": "https://example.com"}, "audience is invalid"),
        ({"aud": None}, "audience is invalid"),
        ({"sub": "nobody@example.com"}, "user hasn't approved this consumer"),
        ({"iss": "another"}, "client identifier invalid"),
        ({"exp": int(time.time()) - 1}, "expired authorization code"),
        ({"exp": int(time.time()) + 3600}, "expired authorization code"),
        ({"exp": int(time.time() - 3600) * 1000}, "expired authorization code"),
    ],
)
def test_refused_assertion(org: Org, claims: dict[str, object], description: str) -> None:
    """Each wrong claim is refused with Salesforce's own words."""
    answer = log_in_by_jwt(org, assertion(org, claims))
    assert answer == (400, {"error": "invalid_grant", "error_description": description})


@pytest.mark.parametrize(
    "make", [lambda org: assertion(org, key=make_private_key()), lambda org: "no.jwt", lambda _: ""]
)
def test_unsigned_assertion(org: Org, make: Callable[[Org], str]) -> None:
    """An assertion that another key signed, or none, is refused."""
    answer = log_in_by_jwt(org, make(org))
    assert answer == (400, {"error": "invalid_grant", "error_description": "invalid assertion"})


def test_jwt_clock(org: Org) -> None:
    """The clock for the expiry of assertions can be set."""
    org.jwt_clock = lambda: time.time() + 3600
    answer = log_in_by_jwt(org, assertion(org))
    assert answer == (400, {"error": "invalid_grant", "error_description": "expired authorization code"})


def test_refresh(org: Org) -> None:
    """A refresh token gives many access tokens. The client's secret is needed only if it is required."""
    for _ in range(2):
        status, reply = refresh(org, org.refresh_token)
        assert (status, set(reply)) == (200, COMMON_KEYS)
        assert status_of(org, reply["access_token"]) == 200
    wrong = (400, {"error": "invalid_client", "error_description": "invalid client credentials"})
    assert refresh(org, org.refresh_token, client_secret="wrong") == wrong
    org.require_client_secret = True
    assert refresh(org, org.refresh_token) == wrong
    assert refresh(org, org.refresh_token, client_secret=org.client_secret)[0] == 200
    assert refresh(org, "unknown", client_secret=org.client_secret) == DEAD_GRANT


def test_rotation(org: Org) -> None:
    """A rotated refresh token works once. Using it again ends its successor and all sessions."""
    org.rotate_refresh_tokens = True
    first = org.refresh_token
    status, reply = refresh(org, first)
    assert (status, set(reply)) == (200, COMMON_KEYS | {"refresh_token"})
    assert reply["refresh_token"] == org.refresh_token != first
    assert refresh(org, org.refresh_token)[0] == 200
    assert status_of(org, reply["access_token"]) == 200
    assert refresh(org, first) == DEAD_GRANT
    assert status_of(org, reply["access_token"]) == 401
    assert refresh(org, org.refresh_token) == DEAD_GRANT


def test_expiry(org: Org) -> None:
    """A session ends two hours after it was last used, by the org's clock."""
    token = org.issue_token()
    for _ in range(2):
        org.clock.advance(seconds=7199)
        assert status_of(org, token) == 200
    org.clock.advance(seconds=7200)
    assert status_of(org, token) == 401


@pytest.mark.parametrize("place", ["form", "query"])
def test_revoked_by_a_client(org: Org, place: str) -> None:
    """A client can end its session, or its refresh token and all sessions with it. A token ends only once."""

    def revoke(token: str) -> tuple[int, bytes]:
        text = urlencode({"token": token})
        method, query, body = ("POST", {}, text.encode()) if place == "form" else ("GET", {"token": token}, b"")
        response = respond(org, Request(method, "/services/oauth2/revoke", query, Headers({}), body))
        return response.status, response.body

    first, second = org.issue_token(), org.issue_token()
    assert revoke(first) == (200, b"")
    assert (status_of(org, first), status_of(org, second)) == (401, 200)
    refused = {"error": "invalid_token", "error_description": "invalid token"}
    assert (revoke(first)[0], json.loads(revoke(first)[1])) == (400, refused)
    assert revoke(org.refresh_token) == (200, b"")
    assert status_of(org, second) == 401
    assert refresh(org, org.refresh_token) == DEAD_GRANT


def test_expire_and_revoke(org: Org) -> None:
    """Sessions can be ended with and without the refresh tokens."""
    token = org.issue_token()
    org.expire_tokens()
    assert status_of(org, token) == 401
    assert refresh(org, org.refresh_token)[0] == 200
    org.revoke_tokens()
    assert refresh(org, org.refresh_token) == DEAD_GRANT


@pytest.mark.parametrize(
    ("authorization", "code", "message"),
    [
        (None, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE"),
        ("Bearer ", "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE"),
        ("Basic abc", "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE"),
        ("Bearer unknown", "INVALID_SESSION_ID", "Session expired or invalid"),
    ],
)
def test_unauthorized(org: Org, authorization: str | None, code: str, message: str) -> None:
    """Without a valid token the REST API answers 401, with an array, and counts no call."""
    headers = Headers({} if authorization is None else {"Authorization": authorization})
    response = respond(org, Request("GET", "/services/data/v64.0/jobs/ingest", headers=headers))
    assert (response.status, json.loads(response.body)) == (401, [{"message": message, "errorCode": code}])
    assert org.api_used == 0
