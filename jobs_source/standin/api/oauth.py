"""
Tokens: client credentials, JWT bearer, refresh token, and their end. No reply says when a token expires.

    {"access_token": "00D...!...", "signature": "...", "scope": "api", "instance_url": "https://...",
     "id": "https://login.salesforce.com/id/00D.../005...", "token_type": "Bearer", "issued_at": "1795464000000"}
"""

import base64
import hashlib
import hmac
from binascii import Error as Base64Error
from typing import Any

from jobs_source.standin.api.assertion import check_assertion
from jobs_source.standin.api.identity import identity_url
from jobs_source.standin.api.messages import Request, Response, json_response
from jobs_source.standin.org.errors import OAuthError
from jobs_source.standin.org.org import Org

_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def token(org: Org, request: Request) -> Response:
    """Answer `POST /services/oauth2/token`. Raises `OAuthError`."""
    form = {**request.form, **_basic(request)}
    grant = form.get("grant_type", "")
    if grant == "client_credentials":
        _check_client(org, form, needs_secret=True)
        return json_response(_reply(org, org.users[0].id))
    if grant == _JWT_BEARER:
        user_id = check_assertion(org, form.get("assertion", ""))
        reply = _reply(org, user_id)
        del reply["issued_at"], reply["signature"]
        return json_response(reply)
    if grant == "refresh_token":
        return _refresh(org, form)
    if grant == "password":
        raise OAuthError("invalid_grant", "authentication failure")
    raise OAuthError("unsupported_grant_type", "grant type not supported")


def revoke(org: Org, request: Request) -> Response:
    """Answer `/services/oauth2/revoke`: an access token ends, or a refresh token and all sessions. `OAuthError`."""
    org.tokens.end(request.form.get("token") or request.query.get("token", ""))
    return Response(200)


def _refresh(org: Org, form: dict[str, str]) -> Response:
    _check_client(org, form, needs_secret=org.require_client_secret)
    user_id, successor = org.tokens.redeem(form.get("refresh_token", ""), org.rotate_refresh_tokens)
    reply = _reply(org, user_id)
    if successor:
        org.refresh_token = reply["refresh_token"] = successor
    return json_response(reply)


def _reply(org: Org, user_id: str) -> dict[str, Any]:
    identity, issued_at = identity_url(org, user_id), str(org.clock.now_ms())
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
