"""What the environment says about proxies and certificates, and whether such a proxy can be used at all."""

import os
from importlib.util import find_spec
from typing import Any, Final, Optional

import requests
from requests.utils import get_environ_proxies, select_proxy
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from jobs_source.exceptions import ConfigError

_SOCKS: Final = ("socks4", "socks4a", "socks5", "socks5h")


def read_environment(base_url: str) -> dict[str, Any]:
    """
    Return what `requests` takes from the environment for *base_url*. The look-up takes a fifth as long as a call.

    Raises:
        ConfigError: If the proxy for it cannot be used. The address is not quoted: it may hold a password.
    """
    settings: dict[str, Any] = dict(requests.Session().merge_environment_settings(base_url, {}, False, None, None))
    if proxy := select_proxy(base_url, settings["proxies"]):
        _check(proxy)
    return settings


def _check(proxy: str) -> None:
    scheme = _scheme(proxy)
    if scheme in _SOCKS and find_spec("socks") is None:
        raise ConfigError(
            f"{_variable(proxy)} names a {scheme} proxy, which needs the Python package PySocks. Install it into the"
            " environment of this program: pip install PySocks. Or set an http proxy, or name the hosts that need no"
            " proxy in NO_PROXY."
        )
    if scheme not in ("http", "https", *_SOCKS):
        raise ConfigError(
            f"{_variable(proxy)} is not the address of a proxy. Write http://HOST:PORT, or unset it. In a user's"
            " name or a password write %40 for @."
        )


def _scheme(proxy: str) -> Optional[str]:
    """Return the scheme of an address, http if it has none; None if it is no address."""
    try:
        parts = parse_url(proxy if "://" in proxy else f"http://{proxy.removeprefix('//')}")
    except LocationParseError:
        return None
    return parts.scheme if parts.host else None


def proxy_variable(base_url: str) -> str:
    """Name the variable of the environment that holds the proxy for *base_url*."""
    try:
        proxy = select_proxy(base_url, get_environ_proxies(base_url))
    except ValueError:  # no address
        proxy = None
    return _variable(proxy) if proxy else "HTTPS_PROXY"


def bundle_variable() -> str:
    """Name the variable of the environment that holds the path of the trusted certificates."""
    is_curls = os.environ.get("CURL_CA_BUNDLE") and not os.environ.get("REQUESTS_CA_BUNDLE")
    return "CURL_CA_BUNDLE" if is_curls else "REQUESTS_CA_BUNDLE"


def _variable(proxy: str) -> str:
    """Name the variable of the environment that holds *proxy*."""
    names = [name for name in os.environ if name.lower().endswith("_proxy") and os.environ[name] == proxy]
    return names[0] if names else "The proxy of this system"
