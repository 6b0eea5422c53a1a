"""Fetches pages in a thread while earlier pages are processed."""

from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Optional, TypeVar, Union

from jobs_source.settings import WAIT_FOR_PAGE_SECONDS

T = TypeVar("T")


def read_ahead(items: Generator[T, None, None], abandoned: Event, most: int) -> Iterator[Optional[T]]:
    """
    Read up to *most* of *items* ahead in a thread, a daemon that never delays exit, until *abandoned* is set.

    None comes where the next item is not there yet, so that others can do something meanwhile.
    """
    queue: Queue[Union[T, BaseException, None]] = Queue(maxsize=most)

    def put(item: Union[T, BaseException, None]) -> bool:
        while not abandoned.is_set():
            with suppress(Full):
                queue.put(item, timeout=0.1)
                return True
        return False

    def read() -> None:
        try:
            with closing(items):
                for item in items:
                    if not put(item):
                        return
            put(None)
        except BaseException as error:  # passed on to the reader
            put(error)

    def follow() -> Iterator[Optional[T]]:
        while True:
            try:
                item = queue.get(timeout=WAIT_FOR_PAGE_SECONDS)
            except Empty:
                yield None
                continue
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item

    Thread(target=read, name="read-ahead", daemon=True).start()
    return follow()
