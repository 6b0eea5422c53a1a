"""Fetches pages in a thread while earlier pages are processed."""

from collections.abc import Iterator
from contextlib import suppress
from queue import Full, Queue
from threading import Event, Thread
from typing import TypeVar, Union

from jobs_source.settings import READ_AHEAD_PAGES

T = TypeVar("T")


def read_ahead(items: Iterator[T], abandoned: Event) -> Iterator[T]:
    """Read *items* in a thread until *abandoned* is set. The thread is a daemon: it never delays exit."""
    queue: Queue[Union[T, BaseException, None]] = Queue(maxsize=READ_AHEAD_PAGES)

    def put(item: Union[T, BaseException, None]) -> bool:
        while not abandoned.is_set():
            with suppress(Full):
                queue.put(item, timeout=0.1)
                return True
        return False

    def read() -> None:
        try:
            for item in items:
                if not put(item):
                    return
            put(None)
        except BaseException as error:  # passed on to the reader
            put(error)

    def follow() -> Iterator[T]:
        while (item := queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item

    Thread(target=read, name="read-ahead", daemon=True).start()
    return follow()
