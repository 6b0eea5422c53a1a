"""Serves the dashboard, to this machine, or to others that know a token."""

import ipaddress
import re
import secrets
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any, Final, Optional

import marimo
import uvicorn
from starlette.middleware.trustedhost import TrustedHostMiddleware

from jobs_source.exceptions import ConfigError

_Scope = MutableMapping[str, Any]
_App = Callable[[_Scope, Any, Any], Awaitable[None]]
_ANY: Final = ("0.0.0.0", "::", "")  # noqa: S104 - what such a host is called for others
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_APP: Final = Path(__file__).with_name("app.py")
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1", "[::1]", "[")  # as versions of Starlette read the last


def serve(
    host: str, port: int, token_file: Optional[Path], public_host: Optional[str], say: Callable[[str], None]
) -> None:
    """
    Serve the dashboard until the process is stopped. *say* is called with its address once it listens.

    On loopback no token is needed, and only pages of this server may ask: a page of another site that is open in the
    same browser may not. Elsewhere a token is: that of *token_file*, or one that is made for this time.
    *public_host* is the name under which a proxy on this machine, which asks for a login, passes visitors on.

    Raises:
        ConfigError: If it cannot listen there, the file has no token, or *public_host* is no name.
    """
    if public_host and not _HOST.fullmatch(public_host):
        raise ConfigError(f"--public-host {public_host}: it has to be a name without port, such as jobs.example.com.")
    listening = _listen(host, port)
    token = None if _is_loopback(host) and token_file is None else _token(token_file)
    app = marimo.create_asgi_app(quiet=True, token=token).with_app(path="", root=str(_APP)).build()
    if _is_loopback(host):
        app = TrustedHostMiddleware(app, allowed_hosts=[*_LOOPBACK, host, *([public_host] if public_host else [])])
    server = uvicorn.Server(uvicorn.Config(_SameOrigin(app), log_level="warning", timeout_graceful_shutdown=1))
    address = f"http://{_in_address(host)}:{listening.getsockname()[1]}/"
    say(f"{address}?access_token={token}" if token and token_file is None else address)
    server.run(sockets=[listening])


class _SameOrigin:
    """Refuses what a page of another site asks: marimo answers all, and a websocket is open to all."""

    def __init__(self, app: _App) -> None:
        self._app = app

    async def __call__(self, scope: _Scope, receive: Any, send: Any) -> None:
        headers = dict(scope.get("headers") or [])
        origin = headers.get(b"origin")
        if origin is None or origin.partition(b"://")[2] == headers.get(b"host"):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await send({"type": "http.response.start", "status": 403, "headers": []})
            await send({"type": "http.response.body", "body": b"Only pages of the dashboard itself may ask it."})


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as error:
        raise ConfigError(
            f"The dashboard cannot listen on {host}, port {port}: {getattr(error, 'strerror', None) or error}."
            " Choose another one with --host or --port."
        ) from error


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _in_address(host: str) -> str:
    if host in _ANY:
        return socket.gethostname()
    return f"[{host}]" if ":" in host else host


def _token(file: Optional[Path]) -> str:
    if file is None:
        return secrets.token_urlsafe(24)
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise ConfigError(f"The file of --token-file cannot be read: {error}") from error
    if not token:
        raise ConfigError(f"The file of --token-file, {file}, is empty. Write a long random text into it.")
    return token
