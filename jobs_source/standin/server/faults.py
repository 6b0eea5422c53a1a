"""
Misbehaviour that a test orders: what happens to a request instead of, before or after its answer.

Each kind is a function of the request and of the call that would answer it. Its keyword arguments are the details that
`misbehave` takes.
"""

import inspect
import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

from jobs_source.standin.api.messages import Request, Response, raw_json_response
from jobs_source.standin.org.org import Org

Proceed = Callable[[], Response]

_OUTAGE_PAGE = (
    b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body>We are down for maintenance.</body></html>"
)
_OUTAGE = [{"errorCode": "SERVER_UNAVAILABLE", "message": "The server is unavailable"}]


class Fault:
    """
    One ordered misbehaviour.

    Attributes:
        kind: Its name in `KINDS`.
        fired: How often it has happened.
    """

    def __init__(
        self, org: Org, kind: str, at: int, times: int | None, path: str | None, details: dict[str, Any]
    ) -> None:
        if kind not in KINDS:
            raise ValueError(f"No misbehaviour {kind!r}; there are {', '.join(KINDS)}.")
        inspect.signature(KINDS[kind]).bind(org, None, None, **details)
        self.kind, self.fired = kind, 0
        self._org, self._at, self._times, self._path, self._details = org, at, times, path, details
        self._seen = 0
        self._lock = threading.Lock()

    def strikes(self, request: Request) -> bool:
        """Count the request if its path matches, and tell whether the fault happens to it."""
        if self._path is not None and self._path not in request.path:
            return False
        with self._lock:
            self._seen += 1
            strikes = self._seen >= self._at and (self._times is None or self._seen < self._at + self._times)
            self.fired += strikes
            return strikes

    def answer(self, request: Request, proceed: Proceed) -> Response:
        """Answer the request, badly."""
        return KINDS[self.kind](self._org, request, proceed, **self._details)


def _status(
    org: Org,
    request: Request,
    proceed: Proceed,
    *,
    status: int = 503,
    body: Any = _OUTAGE,
    headers: Mapping[str, str] | None = None,
) -> Response:
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    response = raw_json_response(raw, status)
    response.headers.update(headers or {})
    return response


def _html(org: Org, request: Request, proceed: Proceed, *, status: int = 503, body: bytes = _OUTAGE_PAGE) -> Response:
    return Response(status, body, {"Content-Type": "text/html;charset=UTF-8"})


def _reset(org: Org, request: Request, proceed: Proceed, *, after: int | None = None) -> Response:
    if after is None:
        return Response(0, broken="reset")
    response = proceed()
    response.broken, response.broken_after = "reset", after
    return response


def _cut(org: Org, request: Request, proceed: Proceed, *, after: int | None = None) -> Response:
    response = proceed()
    response.broken, response.broken_after = "cut", after
    return response


def _bad_gzip(org: Org, request: Request, proceed: Proceed) -> Response:
    response = proceed()
    response.pieces = None
    response.body = b"\x1f\x8b\x08\x00 this was never compressed"
    response.headers["Content-Encoding"] = "gzip"
    return response


def _empty(org: Org, request: Request, proceed: Proceed) -> Response:
    return Response(200, b"", {"Content-Type": "application/json;charset=UTF-8"})


def _hang_up(org: Org, request: Request, proceed: Proceed) -> Response:
    response = proceed()
    response.headers["Connection"] = "close"
    return response


def _slow(org: Org, request: Request, proceed: Proceed, *, seconds: float) -> Response:
    response = proceed()
    response.delay_seconds += seconds
    return response


def _expired_token(org: Org, request: Request, proceed: Proceed) -> Response:
    org.tokens.expire(request.bearer or request.session)
    return proceed()


def _replace_json(org: Org, request: Request, proceed: Proceed, *, transform: Callable[[Any], Any]) -> Response:
    response = proceed()
    if response.status == 200:  # an error stays what it is
        response.body = json.dumps(transform(json.loads(response.body))).encode()
    return response


def _replace_body(org: Org, request: Request, proceed: Proceed, *, transform: Callable[[bytes], bytes]) -> Response:
    response = proceed()
    if response.status == 200:
        response.body = transform(response.body)
    return response


def _redirect(org: Org, request: Request, proceed: Proceed, *, location: str, status: int = 302) -> Response:
    return Response(status, b"", {"Location": location})


def _call(org: Org, request: Request, proceed: Proceed, *, do: Callable[[], object]) -> Response:
    do()
    return proceed()


def _drop_header(org: Org, request: Request, proceed: Proceed, *, name: str) -> Response:
    response = proceed()
    response.headers = {key: value for key, value in response.headers.items() if key.lower() != name.lower()}
    return response


KINDS: dict[str, Callable[..., Response]] = {
    "status": _status,
    "html": _html,
    "reset": _reset,
    "cut": _cut,
    "bad_gzip": _bad_gzip,
    "empty": _empty,
    "hang_up": _hang_up,
    "slow": _slow,
    "expired_token": _expired_token,
    "replace_json": _replace_json,
    "replace_body": _replace_body,
    "redirect": _redirect,
    "call": _call,
    "drop_header": _drop_header,
}
