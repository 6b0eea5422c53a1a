"""Access and refresh tokens: their users, when they expire, and how they end."""

from secrets import token_urlsafe
from threading import RLock

from jobs_source.standin.org.clock import Clock
from jobs_source.standin.org.errors import OAuthError, session_expired

_DEAD_GRANT = ("invalid_grant", "expired access/refresh token")


class Tokens:
    """
    The sessions of one org.

    Attributes:
        lifetime_seconds: How long an access token is valid after its last use.
        opaque: Whether new access tokens do not begin with the org's id.
    """

    def __init__(self, clock: Clock, org_id: str) -> None:
        self.lifetime_seconds = 7200.0
        self.opaque = False
        self._clock = clock
        self._org_id = org_id
        self._access: dict[str, tuple[str, int]] = {}  # token -> user id, when it ends in ms
        self._refresh: dict[str, str] = {}
        self._used_refresh: set[str] = set()
        self._lock = RLock()

    def issue(self, user_id: str) -> str:
        """Return a new access token."""
        token = token_urlsafe(72) if self.opaque else f"{self._org_id[:15]}!{token_urlsafe(72)}"
        with self._lock:
            self._access[token] = (user_id, self._end_ms())
        return token

    def check(self, token: str) -> str:
        """Return the id of the token's user, and extend the session. Raises `ApiError` if it has ended."""
        with self._lock:
            user_id, ends_ms = self._access.get(token, ("", 0))
            if ends_ms <= self._clock.now_ms():
                raise session_expired()
            self._access[token] = (user_id, self._end_ms())
            return user_id

    def expire(self, token: str | None = None) -> None:
        """End one session, or all of them. Refresh tokens stay valid."""
        with self._lock:
            if token is None:
                self._access.clear()
            else:
                self._access.pop(token, None)

    def end(self, token: str) -> None:
        """End one access token, or a refresh token and all sessions. Raises `OAuthError` if there is no such token."""
        with self._lock:
            if token in self._refresh:
                del self._refresh[token]
                self._access.clear()
            elif self._access.pop(token, None) is None:
                raise OAuthError("invalid_token", "invalid token")

    def revoke(self) -> None:
        """End everything, refresh tokens too."""
        with self._lock:
            self._access.clear()
            self._used_refresh.update(self._refresh)
            self._refresh.clear()

    def issue_refresh(self, user_id: str, token: str | None = None) -> str:
        """Return a new refresh token, or make *token* one."""
        token = token or f"5Aep861{token_urlsafe(60)}"
        with self._lock:
            self._refresh[token] = user_id
        return token

    def redeem(self, refresh_token: str, rotate: bool) -> tuple[str, str | None]:
        """
        Return the user's id, and if *rotate* is set, a new refresh token.

        Raises:
            OAuthError: If the token is not valid. If it was used before, all other tokens end too.
        """
        with self._lock:
            if refresh_token in self._used_refresh:
                self.revoke()
            user_id = self._refresh.get(refresh_token)
            if user_id is None:
                raise OAuthError(*_DEAD_GRANT)
            if not rotate:
                return user_id, None
            del self._refresh[refresh_token]
            self._used_refresh.add(refresh_token)
            return user_id, self.issue_refresh(user_id)

    def _end_ms(self) -> int:
        return self._clock.now_ms() + int(self.lifetime_seconds * 1000)
