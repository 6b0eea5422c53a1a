"""A session of one org, read from the answer to a login."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.auth import AuthBase

from jobs_source.exceptions import LoginError
from jobs_source.ids import is_org_id, long_id
from jobs_source.salesforce.responses import SESSION_HEADER
from jobs_source.salesforce.urls import base_url

Reply = Mapping[str, Any]


class _Bearer(AuthBase):
    """Adds the token when requests sends. Our headers and parameters never hold it, so no log or error can show it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _SessionHeader(AuthBase):
    """Adds the token as the Bulk API 1.0 takes it, and only so."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers[SESSION_HEADER] = self._token
        return request


@dataclass(frozen=True)
class Session:
    """What a login returns. *access_token* goes to *instance_url* only. *org_id* is empty if the reply has none."""

    access_token: str = field(repr=False)
    instance_url: str
    org_id: str

    @property
    def auth(self) -> AuthBase:
        """The token in the form that requests takes."""
        return _Bearer(self.access_token)

    @property
    def bulk_1_auth(self) -> AuthBase:
        """The token in the form that the Bulk API 1.0 takes."""
        return _SessionHeader(self.access_token)


def make_session(reply: Reply, section: str) -> Session:
    """
    Read the token reply of a login whose credentials are in *section*.

    The org is the first id of the reply's `id` address (`https://login.salesforce.com/id/00D.../005...`), else the
    prefix of the token itself (`00D...!...`).

    Raises:
        LoginError: If the reply holds no token, or no instance URL.
        ConfigError: If the instance URL cannot be used.
    """
    token, instance_url = reply.get("access_token"), reply.get("instance_url")
    if not isinstance(token, str) or not token or not isinstance(instance_url, str):
        raise LoginError(
            "Salesforce's answer to the login has no access_token or no instance_url. Check that the app has the scope"
            f" api. The login is that of {section}."
        )
    token = token.strip()
    if not re.fullmatch("[!-~]+", token):  # it would break its header, and the error would quote it
        raise LoginError(
            f"The access token has characters that no token has, such as spaces. Check {section}, from which it comes."
        )
    identity = re.search(r"/id/(00D\w{12,15})/", str(reply.get("id", "")))
    org_id = identity[1] if identity else token.partition("!")[0]
    return Session(
        token, base_url(instance_url, f"{section}.instance_url"), long_id(org_id) if is_org_id(org_id) else ""
    )
