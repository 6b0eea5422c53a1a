"""Requests and responses as plain values, without sockets."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from jobs_source.standin.org.errors import ApiError


class Headers(Mapping[str, str]):
    """The headers that a client sent. Names are looked up without regard to case."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = dict(headers)
        self._lower = {name.lower(): value for name, value in headers.items()}

    def __getitem__(self, name: str) -> str:
        return self._lower[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self._headers)

    def __repr__(self) -> str:
        return repr(self._headers)


@dataclass(frozen=True)
class Request:
    """
    A request of a client.

    Attributes:
        path: Without the query.
        target: Path and query as they came.
    """

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=lambda: Headers({}))
    body: bytes = b""
    target: str = ""

    @property
    def bearer(self) -> str:
        """The access token, or nothing if there is none."""
        kind, _, token = self.headers.get("Authorization", "").partition(" ")
        return token.strip() if kind.lower() == "bearer" else ""

    @property
    def session(self) -> str:
        """The access token as the Bulk API 1.0 wants it, or nothing."""
        return self.headers.get("X-SFDC-Session", "").strip()

    @property
    def form(self) -> dict[str, str]:
        """The body as the fields of a form."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object. Raises `ApiError` (JSON_PARSER_ERROR) if it is not one."""
        try:
            value = json.loads(self.body)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise ApiError(400, "JSON_PARSER_ERROR", "The HTTP entity body is required to be a JSON object")
        return value


@dataclass
class Response:
    """
    An answer.

    Attributes:
        pieces: A body that is too long for the memory, piece by piece, instead of `body`.
        broken: How the connection ends too early: with `reset` or `cut`, None if it does not.
        broken_after: How many bytes of the body are sent before. None: half of it, or a few pieces; of a reset, not
            even the head.
        delay_seconds: How long to wait before the answer.
        is_unexpected: Whether Salesforce has no such address, as far as the stand-in knows.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    pieces: Iterable[bytes] | None = None
    broken: str | None = None
    broken_after: int | None = None
    delay_seconds: float = 0.0
    is_unexpected: bool = False


def json_response(value: Any, status: int = 200) -> Response:
    """Answer with JSON."""
    return raw_json_response(json.dumps(value, separators=(",", ":")).encode(), status)


def raw_json_response(body: bytes, status: int = 200) -> Response:
    """Answer with bytes, declared as JSON."""
    return Response(status, body, {"Content-Type": "application/json;charset=UTF-8"})


def error_response(error: ApiError) -> Response:
    """Answer as the REST and Bulk APIs refuse: an array with one error."""
    return json_response([{"message": error.message, "errorCode": error.code}], error.status)
