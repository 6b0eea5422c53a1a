"""
One configspec per OAuth flow. `log_in` returns a `Session`.

A flow only makes the form: `client.py` passes in the function that posts it to a token endpoint. Building
credentials does no I/O. Flows and replies: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flows.htm
"""

import time
from collections.abc import Callable, Collection
from typing import ClassVar, Optional, Union

from dlt.common.configuration import configspec
from dlt.common.configuration.exceptions import ConfigFieldMissingException
from dlt.common.configuration.specs import CredentialsConfiguration
from dlt.common.typing import TSecretStrValue

from jobs_source.exceptions import ConfigError
from jobs_source.salesforce import sf_cli
from jobs_source.salesforce.pasted import clean, find_flaw
from jobs_source.salesforce.private_key import read_key_file, sign
from jobs_source.salesforce.session import Reply, Session, make_session
from jobs_source.salesforce.token_file import TokenFile
from jobs_source.salesforce.urls import audience, token_url
from jobs_source.settings import CONFIG_SECTION, CREDENTIALS_SECTION, JWT_LIFETIME_SECONDS, LOGIN_URL

MakeForm = Callable[[], dict[str, str]]
"""Makes the form of a login. It is called for every attempt: an assertion ends, and a refresh token may change."""
Post = Callable[[str, MakeForm], Reply]
"""Posts a form to a token endpoint and returns its JSON object, or raises `LoginError`."""


@configspec
class SalesforceCredentials(CredentialsConfiguration):
    """What the flows share. `auth_flow` picks one if keys of several are present."""

    auth_flow: Optional[str] = None

    flow: ClassVar[str] = ""
    needs: ClassVar[tuple[tuple[str, ...], ...]] = ()
    can_renew: ClassVar[bool] = True
    address_key: ClassVar[str] = "instance_url"
    """The key that says where to log in."""

    @property
    def section(self) -> str:
        """The section of the configuration that the keys come from: messages name it."""
        return str(self.__dict__.get("_section", CREDENTIALS_SECTION))

    @section.setter
    def section(self, section: str) -> None:
        self._section = section

    @property
    def settings_section(self) -> str:
        """The section around it, where the settings of this org go."""
        around = self.section.rpartition(".")[0]
        return around if around.startswith(CONFIG_SECTION) else CONFIG_SECTION

    @classmethod
    def lacking(cls, keys: Collection[str]) -> list[str]:
        """List the keys that the login needs and that are not among *keys*."""
        return [" or ".join(names) for names in cls.needs if not any(name in keys for name in names)]

    def present(self) -> list[str]:
        """List the keys that have a value."""
        return [key for key, value in self.items() if value]

    def on_resolved(self) -> None:
        """Clean the values. Raises `ConfigError` for one that cannot be right."""
        for key, value in self.items():
            self[key] = clean(value) if isinstance(value, str) else value
            if self[key] and (flaw := find_flaw(key, str(self[key]))):
                raise ConfigError(f"{key} under [{self.section}] {flaw}. Set the value that Salesforce shows.")
        lacking = self.lacking(self.present())
        if lacking or self.auth_flow not in (None, self.flow):  # dlt tries the next login of the union then
            raise ConfigFieldMissingException(self, {key: [] for key in lacking or ["auth_flow"]})

    def parse_native_representation(self, native_value: object) -> None:
        """Refuse credentials in a single text: dlt would read it as a dictionary if it looks like JSON."""
        if not isinstance(native_value, str):
            return super().parse_native_representation(native_value)
        raise ConfigError(f"{self.section} is a single text. Set each of its keys separately.")

    def log_in(self, post: Post) -> Session:
        """Open a session. Raises `LoginError` or `ConfigError`."""
        raise NotImplementedError


@configspec
class SfCliCredentials(SalesforceCredentials):
    """Salesforce CLI: the token of an org that the `sf` program is logged in to."""

    sf_cli_org: str = None  # type: ignore[assignment]

    flow: ClassVar[str] = "sf_cli"
    needs: ClassVar[tuple[tuple[str, ...], ...]] = (("sf_cli_org",),)
    address_key: ClassVar[str] = "sf_cli_org"

    def log_in(self, post: Post) -> Session:
        return make_session(sf_cli.read_session(self.sf_cli_org, self.section), self.section)


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
    needs: ClassVar[tuple[tuple[str, ...], ...]] = (("client_id",), ("refresh_token", "refresh_token_file"))
    address_key: ClassVar[str] = "login_url"

    def log_in(self, post: Post) -> Session:
        with TokenFile(self.refresh_token_file, self.refresh_token, self.section) as tokens:

            def make_form() -> dict[str, str]:
                form = {"grant_type": "refresh_token", "client_id": self.client_id, "refresh_token": tokens.read()}
                return {**form, "client_secret": self.client_secret} if self.client_secret else form

            reply = post(token_url(self.login_url, f"{self.section}.login_url"), make_form)
            if rotated := reply.get("refresh_token"):
                tokens.write(str(rotated))
                self.refresh_token = str(rotated)
        return make_session(reply, self.section)


@configspec
class JwtCredentials(SalesforceCredentials):
    """JWT bearer: an assertion signed with the private key whose certificate the app holds."""

    client_id: str = None  # type: ignore[assignment]
    username: str = None  # type: ignore[assignment]
    private_key: Optional[TSecretStrValue] = None
    private_key_path: Optional[str] = None
    login_url: str = LOGIN_URL

    flow: ClassVar[str] = "jwt"
    needs: ClassVar[tuple[tuple[str, ...], ...]] = (("client_id",), ("username",), ("private_key", "private_key_path"))
    address_key: ClassVar[str] = "login_url"

    def log_in(self, post: Post) -> Session:
        reply = post(token_url(self.login_url, f"{self.section}.login_url"), self._make_form)
        return make_session(reply, self.section)

    def _make_form(self) -> dict[str, str]:
        return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": self._make_assertion()}

    def _make_assertion(self) -> str:
        claims = {
            "iss": self.client_id,
            "sub": self.username,
            "aud": audience(self.login_url, f"{self.section}.login_url"),
            "exp": int(time.time()) + JWT_LIFETIME_SECONDS,
        }
        name = "private_key" if self.private_key else "private_key_path"
        where = f"{self.section}.{name}"
        return sign(claims, self.private_key or read_key_file(self.private_key_path or "", where), where)


@configspec
class TokenCredentials(SalesforceCredentials):
    """A ready access token. It cannot be renewed: the run ends when it expires."""

    instance_url: str = None  # type: ignore[assignment]
    access_token: TSecretStrValue = None  # type: ignore[assignment]

    flow: ClassVar[str] = "token"
    needs: ClassVar[tuple[tuple[str, ...], ...]] = (("instance_url",), ("access_token",))
    can_renew: ClassVar[bool] = False

    def log_in(self, post: Post) -> Session:
        return make_session({"access_token": self.access_token, "instance_url": self.instance_url}, self.section)


@configspec
class ClientCredentials(SalesforceCredentials):
    """Client credentials: the app logs in as its own run-as user, at the org's My Domain."""

    instance_url: str = None  # type: ignore[assignment]
    client_id: str = None  # type: ignore[assignment]
    client_secret: TSecretStrValue = None  # type: ignore[assignment]

    flow: ClassVar[str] = "client_credentials"
    needs: ClassVar[tuple[tuple[str, ...], ...]] = (("instance_url",), ("client_id",), ("client_secret",))

    def log_in(self, post: Post) -> Session:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }
        reply = post(token_url(self.instance_url, f"{self.section}.instance_url"), lambda: form)
        return make_session(reply, self.section)


AnyCredentials = Union[SfCliCredentials, RefreshTokenCredentials, JwtCredentials, TokenCredentials, ClientCredentials]
"""A user has the keys of one of them, or names one in `auth_flow`."""
