"""The signed assertion of a JWT bearer login."""

from typing import Any

import jwt

from jobs_source.standin.api.identity import LOGIN_HOSTS
from jobs_source.standin.org.errors import OAuthError
from jobs_source.standin.org.keys import public_key_of
from jobs_source.standin.org.org import Org

_JWT_SECONDS = 300
_FIRST_MILLISECONDS = 100_000_000_000  # as seconds it is the year 5138


def check_assertion(org: Org, assertion: str) -> str:
    """Return the id of the user that a signed assertion names. Raises `OAuthError`."""
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
    if str(claims.get("aud")).removesuffix("/") not in (*LOGIN_HOSTS, org.instance_url):
        raise OAuthError("invalid_grant", "audience is invalid")
    if not _is_in_time(claims.get("exp"), org.jwt_clock()):
        raise OAuthError("invalid_grant", "expired authorization code")
    for user in org.users:
        if claims.get("sub") == user.username:
            return user.id
    raise OAuthError("invalid_grant", "user hasn't approved this consumer")


def _is_in_time(expires: Any, now: float) -> bool:
    try:
        seconds = float(expires)  # simple-salesforce sends it as text
    except (TypeError, ValueError):
        return False
    if seconds < _FIRST_MILLISECONDS:
        return now < seconds <= now + _JWT_SECONDS
    # The program `sf` sends 300 milliseconds from now; it would hardly ever be in time if they were counted.
    return abs(seconds / 1000 - now) <= _JWT_SECONDS
