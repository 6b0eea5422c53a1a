"""Who a token belongs to. The answers refuse in plain text, with status 403."""

from jobs_source.standin.api.messages import Request, Response, json_response
from jobs_source.standin.org.errors import ApiError
from jobs_source.standin.org.org import Org
from jobs_source.standin.org.seed import User

LOGIN_HOSTS = ("https://login.salesforce.com", "https://test.salesforce.com")


def userinfo(org: Org, request: Request) -> Response:
    """Answer `/services/oauth2/userinfo`."""
    user = _find_user(org, request)
    if isinstance(user, Response):
        return user
    return json_response(
        {
            "sub": identity_url(org, user.id),
            "user_id": user.id,
            "organization_id": org.org_id,
            "preferred_username": user.username,
            "name": user.name,
            "email": user.username,
            "email_verified": True,
            "zoneinfo": "Europe/Berlin",
        }
    )


def identity(org: Org, request: Request) -> Response:
    """Answer `/id/ORG/USER`, for the token's own user."""
    user = _find_user(org, request)
    if isinstance(user, Response):
        return user
    if request.path.rstrip("/") != f"/id/{org.org_id}/{user.id}":
        return _refuse(b"Wrong_Org")
    return json_response(
        {
            "id": identity_url(org, user.id),
            "asserted_user": True,
            "user_id": user.id,
            "organization_id": org.org_id,
            "username": user.username,
            "display_name": user.name,
            "email": user.username,
            "active": True,
            "user_type": "STANDARD",
        }
    )


def identity_url(org: Org, user_id: str) -> str:
    """Return the address by which Salesforce names a user."""
    return f"{LOGIN_HOSTS[0]}/id/{org.org_id}/{user_id}"


def _find_user(org: Org, request: Request) -> User | Response:
    if not request.bearer:
        return _refuse(b"Missing_OAuth_Token")
    try:
        return org.user(org.tokens.check(request.bearer))
    except ApiError:
        return _refuse(b"Bad_OAuth_Token")


def _refuse(reason: bytes) -> Response:
    return Response(403, reason, {"Content-Type": "text/html;charset=UTF-8"})
