"""The users and the app that may log in to the org, and their credentials."""

from string import ascii_letters, digits
from threading import RLock

from jobs_source.standin.org.clock import Clock
from jobs_source.standin.org.draws import draw_text, make_random
from jobs_source.standin.org.keys import make_private_key
from jobs_source.standin.org.seed import User
from jobs_source.standin.org.tokens import Tokens


class Identity:
    """
    The org's users, its one connected app, and their credentials.

    Attributes:
        org_id: 18 characters.
        username: Of the integration user, for whom tokens are issued.
        refresh_token: The newest one. It works until it is revoked or rotated.
    """

    def __init__(self, clock: Clock, org_id: str, users: tuple[User, ...], seed: int) -> None:
        # From the seed, so that pasted credentials still work after a restart of the stand-in.
        random = make_random("identity", seed)
        self.org_id = org_id
        self.users = users
        self.username = users[0].username
        self.client_id = "3MVG9" + draw_text(random, ascii_letters + digits, 80)
        self.client_secret = draw_text(random, digits + "ABCDEF", 64)
        self.tokens = Tokens(clock, org_id)
        self.refresh_token = self.tokens.issue_refresh(
            users[0].id, "5Aep861" + draw_text(random, ascii_letters + digits, 80)
        )
        self._private_key_pem: str | None = None
        self._key_lock = RLock()

    @property
    def private_key_pem(self) -> str:
        """The RSA key whose public half the org trusts for JWT bearer logins; made at the first use."""
        with self._key_lock:
            if self._private_key_pem is None:
                self._private_key_pem = make_private_key()
            return self._private_key_pem

    @private_key_pem.setter
    def private_key_pem(self, value: str) -> None:
        with self._key_lock:
            self._private_key_pem = value

    @property
    def opaque_tokens(self) -> bool:
        """Whether new access tokens do not begin with the org's id."""
        return self.tokens.opaque

    @opaque_tokens.setter
    def opaque_tokens(self, value: bool) -> None:
        self.tokens.opaque = value

    def issue_token(self) -> str:
        """Return a new access token of the integration user."""
        return self.tokens.issue(self.users[0].id)

    def expire_tokens(self) -> None:
        """End all sessions. Refresh tokens stay valid."""
        self.tokens.expire()

    def revoke_tokens(self) -> None:
        """End all sessions and refresh tokens."""
        self.tokens.revoke()

    def user(self, user_id: str) -> User:
        """Return a user by id."""
        return next(user for user in self.users if user.id == user_id)
