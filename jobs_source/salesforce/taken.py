"""Answers whose body is read while it comes, since it may be too large for memory."""

from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any, Final, Generic, TypeVar

import requests

T = TypeVar("T")
Read = Callable[[Iterator[bytes]], T]
Take = Callable[..., requests.Response]

_CHUNK_BYTES: Final = 65_536


class Taken(requests.Response, Generic[T]):
    """
    A good answer whose body was read while it came.

    Attributes:
        value: What its reader made of the body.
    """

    def __init__(self, response: requests.Response, value: T) -> None:
        super().__init__()
        self.__dict__.update(response.__dict__)
        self.value = value


def taking(read: Read[Any], kinds: Collection[str]) -> Take:
    """
    Return what `Client.ask` needs to have *read* read the body of a good answer, in pieces, as a `Taken`.

    Good is 200 with a content type that has one of *kinds* in it, or with none. Any other answer stays as it is. *read*
    is called again if the body breaks off. It need not read to the end. Its ValueError means that the body is damaged.
    """
    return partial(_take, read, kinds)


def _take(read: Read[T], kinds: Collection[str], response: requests.Response, **_: Any) -> requests.Response:
    with response:
        if not _is_wanted(response, kinds):
            response.content  # noqa: B018  # as without streaming: errors are read from it
            return response
        return Taken(response, read(response.iter_content(_CHUNK_BYTES)))


def _is_wanted(response: requests.Response, kinds: Collection[str]) -> bool:
    content_type = response.headers.get("Content-Type", "").lower()
    return response.status_code == 200 and (not content_type or any(kind in content_type for kind in kinds))
