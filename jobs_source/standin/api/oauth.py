"""
The token endpoint: client credentials, JWT bearer, refresh token. No reply says when a token expires.

    {"access_token": "00D...!...", "signature": "...", "scope": "api", "instance_url": "https://...",
     "id": "https://login.salesforce.com/id/00D.../005...", "token_type": "Bearer", "issued_at": "1795464000000"}
"""

import base64
import hashlib
import hmac
from binascii import Error as Base64Error
from typing import Any

import jwt

from jobs_source.standin.api.messages import Request, Response, json_response
from jobs_source.standin.org.errors import ApiError, OAuthError
from jobs_source.standin.org.keys import public_key_of
from jobs_source.standin.org.org import Org

_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LOGIN_HOSTS = ("https://login.salesforce.com", "https://test.salesforce.com")
_JWT_SECONDS = 300


def token(org: Org, request: Request) -> Response:
    """Answer `POST /services/oauth2/token`. Raises `OAuthError`."""
    form = {**request.form, **_basic(request)}
    grant = form.get("grant_type", "")
    if grant == "client_credentials":
        _check_client(org, form, needs_secret=True)
        return json_response(_reply(org, org.users[0].id))
    if grant == _JWT_BEARER:
        user_id = _check_assertion(org, form.get("assertion", ""))
        reply = _reply(org, user_id)
        del reply["issued_at"], reply["signature"]
        return json_response(reply)
    if grant == "refresh_token":
        return _refresh(org, form)
    if grant == "password":
        raise OAuthError("invalid_grant", "authentication failure")
    raise OAuthError("unsupported_grant_type", "grant type not supported")


def userinfo(org: Org, request: Request) -> Response:
    """Answer `GET /services/oauth2/userinfo`. It refuses in plain text, with status 403."""
    if not request.bearer:
        return Response(403, b"Missing_OAuth_Token", {"Content-Type": "text/html;charset=UTF-8"})
    try:
        user = org.user(org.tokens.check(request.bearer))
    except ApiError:
        return Response(403, b"Bad_OAuth_Token", {"Content-Type": "text/html;charset=UTF-8"})
    return json_response(
        {
            "sub": _identity(org, user.id),
            "user_id": user.id,
            "organization_id": org.org_id,
            "preferred_username": user.username,
            "name": user.name,
            "email": user.username,
            "email_verified": True,
            "zoneinfo": "Europe/Berlin",
        }
    )


def _refresh(org: Org, form: dict[str, str]) -> Response:
    _check_client(org, form, needs_secret=org.require_client_secret)
    user_id, successor = org.tokens.redeem(form.get("refresh_token", ""), org.rotate_refresh_tokens)
    reply = _reply(org, user_id)
    if successor:
        org.refresh_token = reply["refresh_token"] = successor
    return json_response(reply)


def _reply(org: Org, user_id: str) -> dict[str, Any]:
    identity, issued_at = _identity(org, user_id), str(org.clock.now_ms())
    digest = hmac.digest(org.client_secret.encode(), (identity + issued_at).encode(), hashlib.sha256)
    reply = {
        "access_token": org.tokens.issue(user_id),
        "signature": base64.b64encode(digest).decode(),
        "scope": "api",
        "instance_url": org.instance_url,
        "id": identity,
        "token_type": "Bearer",
        "issued_at": issued_at,
    }
    if org.omit_identity:
        del reply["id"]
    return reply


def _identity(org: Org, user_id: str) -> str:
    return f"{_LOGIN_HOSTS[0]}/id/{org.org_id}/{user_id}"


def _basic(request: Request) -> dict[str, str]:
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return {}
    try:
        client_id, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (Base64Error, UnicodeDecodeError):
        raise OAuthError("invalid_client", "invalid client credentials") from None
    return {"client_id": client_id, "client_secret": secret}


def _check_client(org: Org, form: dict[str, str], needs_secret: bool) -> None:
    if form.get("client_id") != org.client_id:
        raise OAuthError("invalid_client_id", "client identifier invalid")
    secret = form.get("client_secret", "")
    if secret != org.client_secret and (needs_secret or secret):
        raise OAuthError("invalid_client", "invalid client credentials")


def _check_assertion(org: Org, assertion: str) -> str:
    try:
        claims = jwt.decode(
            assertion,
            public_key_of(org.private_key_pem),
            algorithms=["RS256"],
            options={"verify_exp": False, "verify_aud": False, "verify_iat": False, "verify_nbf": False},
        )
    except jwt.InvalidTokenError:
        raise OAuthError("invalid_grant", "invalid assertion") from None
    if claims.get("iss") != org.client_id:
        raise OAuthError("invalid_grant", "client identifier invalid")
    if claims.get("aud") not in (*_LOGIN_HOSTS, org.instance_url):
        raise OAuthError("invalid_grant", "audience is invalid")
    expires, now = claims.get("exp"), org.jwt_clock()
    if not isinstance(expires, (int, float)) or not now < expires <= now + _JWT_SECONDS:
        raise OAuthError("invalid_grant", "expired authorization code")
    for user in org.users:
        if claims.get("sub") == user.username:
            return user.id
    raise OAuthError("invalid_grant", "user hasn't approved this consumer")
