"""The bytes of a response as they go over a connection, also of one that ends too early."""

from collections.abc import Iterable, Iterator
from http import HTTPStatus

from jobs_source.standin.api.messages import Response

_A_FEW_PIECES = 200_000  # bytes


def write_response(response: Response) -> Iterator[bytes]:
    """Yield head and body. A body in pieces goes in chunks, since nobody knows its length."""
    if response.pieces is not None:
        yield _head(response, ["Transfer-Encoding: chunked"])
        yield from _cut(_chunks(response.pieces), response)
        return
    has_body = response.status != HTTPStatus.NO_CONTENT
    head = _head(response, [f"Content-Length: {len(response.body)}"] if has_body else [])
    yield head + b"".join(_cut([response.body], response))


def _head(response: Response, more: list[str]) -> bytes:
    lines = [f"HTTP/1.1 {response.status} {_phrase(response.status)}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    return "\r\n".join([*lines, *more, "", ""]).encode("latin-1")


def _chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        if piece:
            yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


def _cut(pieces: Iterable[bytes], response: Response) -> Iterator[bytes]:
    """Yield *pieces*, of a broken response only the first bytes."""
    if response.broken is None:
        yield from pieces
        return
    left = response.broken_after
    if left is None:
        left = len(response.body) // 2 if response.pieces is None else _A_FEW_PIECES
    for piece in pieces:
        yield piece[:left]
        left -= len(piece)
        if left <= 0:
            return


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
