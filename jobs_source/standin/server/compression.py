"""Compresses answers for clients that accept it."""

import zlib
from collections.abc import Iterable, Iterator

from jobs_source.standin.api.messages import Request, Response

_WORTH_COMPRESSING = 1000  # bytes


def compress(request: Request, response: Response) -> None:
    """Compress the body with gzip, if it is worth it and not yet done."""
    if "gzip" not in request.headers.get("Accept-Encoding", "") or "Content-Encoding" in response.headers:
        return
    if response.pieces is not None:
        response.pieces = _pack(response.pieces)
    elif len(response.body) > _WORTH_COMPRESSING:
        response.body = b"".join(_pack([response.body]))
    else:
        return
    response.headers["Content-Encoding"] = "gzip"


def _pack(pieces: Iterable[bytes]) -> Iterator[bytes]:
    compressor = zlib.compressobj(level=1, wbits=31)
    for piece in pieces:
        if packed := compressor.compress(piece):
            yield packed
    yield compressor.flush()
