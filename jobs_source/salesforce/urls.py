"""The addresses that a token may be sent to, and those of the logins."""

import re
from typing import Final, Optional
from urllib.parse import SplitResult, urlsplit

from jobs_source.exceptions import ConfigError
from jobs_source.settings import LOGIN_URL, SANDBOX_LOGIN_URL

_NETLOC: Final = re.compile(r"(\w[\w.-]*|\[[\da-fA-F:.]+\])(:\d+)?")


def base_url(url: str, key: str) -> str:
    """
    Reduce an address to scheme, host and port. *key* is the full name of its key: the error names it.

    Raises:
        ConfigError: If it is not https (http on loopback only), holds a user name, or is not an API host.
    """
    parts = _split(url.strip() if "://" in url else f"https://{url.strip()}")
    name, where = key.rpartition(".")[2], f"Check {key}."
    if not parts or not parts.hostname:
        raise ConfigError(f"{name} is not an address such as https://acme.my.salesforce.com. {where}")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise ConfigError(f"{name} must begin with https://, so that the token is sent encrypted. {where}")
    if parts.hostname.endswith((".lightning.force.com", ".salesforce-setup.com")):
        raise ConfigError(
            f"{name} is a browser address ({parts.hostname}); use https://NAME.my.salesforce.com. {where}"
        )
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _split(url: str) -> Optional[SplitResult]:
    try:
        parts = urlsplit(url)
        return parts if _NETLOC.fullmatch(parts.netloc) and parts.port != 0 else None
    except ValueError:  # odd brackets, or a port beyond 65535
        return None


def is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or re.fullmatch(r"127\.\d+\.\d+\.\d+", host) is not None


def token_url(url: str, key: str) -> str:
    return f"{base_url(url, key)}/services/oauth2/token"


def audience(login_url: str, key: str) -> str:
    """Return the `aud` that Salesforce expects: its login or test host, also if the login goes to a My Domain."""
    base = base_url(login_url, key)
    host = urlsplit(base).hostname or ""
    if not host.endswith(".my.salesforce.com"):
        return base
    return SANDBOX_LOGIN_URL if ".sandbox." in host or ".scratch." in host or "--" in host else LOGIN_URL
