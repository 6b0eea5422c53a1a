"""
One configspec per OAuth flow. `log_in` returns a `Session`.

A flow only makes the form: `client.py` passes in the function that posts it to a token endpoint. Building
credentials does no I/O. Flows and replies: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flows.htm
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Optional, Union

import dlt.common.configuration.exceptions as dlt_exceptions
from dlt.common.configuration import configspec
from dlt.common.configuration.specs import CredentialsConfiguration
from dlt.common.typing import TSecretStrValue

from jobs_source.dlt_compat import EXAMPLE_TEXT
from jobs_source.exceptions import ConfigError
from jobs_source.salesforce import sf_cli
from jobs_source.salesforce.session import Reply, Session, make_session
from jobs_source.salesforce.token_file import TokenFile
from jobs_source.salesforce.urls import audience, token_url
from jobs_source.settings import CREDENTIALS_SECTION, JWT_LIFETIME_SECONDS, LOGIN_URL

Post = Callable[[str, dict[str, str]], Reply]
"""Posts a form to a token endpoint and returns its JSON object, or raises `LoginError`."""


@configspec
class SalesforceCredentials(CredentialsConfiguration):
    """What the flows share. `auth_flow` picks one if keys of several are present."""

    auth_flow: Optional[str] = None

    flow: ClassVar[str] = ""
    can_renew: ClassVar[bool] = True

    @property
    def section(self) -> str:
        """The section of the configuration that the keys come from: messages name it."""
        return str(self.__dict__.get("_section", CREDENTIALS_SECTION))

    @section.setter
    def section(self, section: str) -> None:
        self._section = section

    def on_resolved(self) -> None:
        if self.auth_flow and self.auth_flow != self.flow:
            self._missing("auth_flow")
        for key, value in self.items():
            if value == EXAMPLE_TEXT:  # dlt would only warn and log in with it
                self._missing(key)

    def parse_native_representation(self, native_value: object) -> None:
        """Refuse credentials in a single text: dlt would read it as a dictionary if it looks like JSON."""
        if not isinstance(native_value, str):
            return super().parse_native_representation(native_value)
        raise ConfigError(
            f"{self.section} is a single text. Set each of its keys separately: see .dlt/example.secrets.toml."
        )

    def log_in(self, post: Post) -> Session:
        """Open a session. Raises `LoginError` or `ConfigError`."""
        raise NotImplementedError

    def _missing(self, key: str) -> None:
        """Tell dlt to try the next flow of the union."""
        raise dlt_exceptions.ConfigFieldMissingException(self, {key: []})


@configspec
class SfCliCredentials(SalesforceCredentials):
    """Salesforce CLI: the token of an org that the `sf` program is logged in to."""

    sf_cli_org: str = None  # type: ignore[assignment]

    flow: ClassVar[str] = "sf_cli"

    def log_in(self, post: Post) -> Session:
        return make_session(sf_cli.read_session(self.sf_cli_org))


@configspec
class RefreshTokenCredentials(SalesforceCredentials):
    """
    Refresh token, with or without rotation.

    If Salesforce rotates it, each token works once. The login saves the new one at once in `refresh_token_file`, which
    is used instead of `refresh_token` from then on.
    """

    client_id: str = None  # type: ignore[assignment]
    client_secret: Optional[TSecretStrValue] = None
    refresh_token: Optional[TSecretStrValue] = None
    refresh_token_file: Optional[str] = None
    login_url: str = LOGIN_URL

    flow: ClassVar[str] = "refresh_token"

    def on_resolved(self) -> None:
        super().on_resolved()
        if not self.refresh_token and not self.refresh_token_file:
            self._missing("refresh_token")

    def log_in(self, post: Post) -> Session:
        with TokenFile(self.refresh_token_file, self.refresh_token) as tokens:
            form = {"grant_type": "refresh_token", "client_id": self.client_id, "refresh_token": tokens.read()}
            if self.client_secret:
                form["client_secret"] = self.client_secret
            reply = post(token_url(self.login_url, "login_url"), form)
            if rotated := reply.get("refresh_token"):
                tokens.write(str(rotated))
                self.refresh_token = str(rotated)
        return make_session(reply)


@configspec
class JwtCredentials(SalesforceCredentials):
    """JWT bearer: an assertion signed with the private key whose certificate the app holds."""

    client_id: str = None  # type: ignore[assignment]
    username: str = None  # type: ignore[assignment]
    private_key: Optional[TSecretStrValue] = None
    private_key_path: Optional[str] = None
    login_url: str = LOGIN_URL

    flow: ClassVar[str] = "jwt"

    def on_resolved(self) -> None:
        super().on_resolved()
        if not self.private_key and not self.private_key_path:
            self._missing("private_key")

    def log_in(self, post: Post) -> Session:
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": self._make_assertion()}
        return make_session(post(token_url(self.login_url, "login_url"), form))

    def _make_assertion(self) -> str:
        import jwt  # imported here: it loads cryptography, and most runs need neither

        claims = {
            "iss": self.client_id,
            "sub": self.username,
            "aud": audience(self.login_url),
            "exp": int(time.time()) + JWT_LIFETIME_SECONDS,
        }
        key = self._read_key()
        try:
            return jwt.encode(claims, key, algorithm="RS256")
        except Exception:  # from three libraries; not chained, because it may quote the key
            raise ConfigError(
                f"The private key cannot be used: {self.section}.private_key or .private_key_path must hold an"
                " unencrypted RSA key in PEM form, from -----BEGIN to -----END."
            ) from None

    def _read_key(self) -> str:
        if self.private_key:
            return self.private_key.replace("\\n", "\n")  # as it comes from an environment variable
        try:
            return Path(self.private_key_path or "").expanduser().read_text(encoding="ascii")
        except (OSError, ValueError, RuntimeError) as error:
            is_key = "-----" in (self.private_key_path or "")
            path = "it holds the key itself, which belongs into private_key" if is_key else self.private_key_path
            raise ConfigError(
                f"The private key file cannot be read ({error.__class__.__name__}): {path}; check"
                f" {self.section}.private_key_path."
            ) from None


@configspec
class TokenCredentials(SalesforceCredentials):
    """A ready access token. It cannot be renewed: the run ends when it expires."""

    instance_url: str = None  # type: ignore[assignment]
    access_token: TSecretStrValue = None  # type: ignore[assignment]

    flow: ClassVar[str] = "token"
    can_renew: ClassVar[bool] = False

    def log_in(self, post: Post) -> Session:
        return make_session({"access_token": self.access_token, "instance_url": self.instance_url})


@configspec
class ClientCredentials(SalesforceCredentials):
    """Client credentials: the app logs in as its own run-as user, at the org's My Domain."""

    instance_url: str = None  # type: ignore[assignment]
    client_id: str = None  # type: ignore[assignment]
    client_secret: TSecretStrValue = None  # type: ignore[assignment]

    flow: ClassVar[str] = "client_credentials"

    def log_in(self, post: Post) -> Session:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }
        return make_session(post(token_url(self.instance_url, "instance_url"), form))


AnyCredentials = Union[SfCliCredentials, RefreshTokenCredentials, JwtCredentials, TokenCredentials, ClientCredentials]
"""The first flow whose keys are all present is taken, in this order, unless `auth_flow` names one."""
