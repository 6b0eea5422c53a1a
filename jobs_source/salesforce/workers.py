"""A few threads that make calls. They are daemons: they never delay exit."""

from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import Generic, Optional, TypeVar

T = TypeVar("T")


class Workers(Generic[T]):
    """Up to *most* threads, each started when it is needed first. `concurrent.futures` would wait for them at exit."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._threads = 0
        self._tasks: SimpleQueue[Optional[tuple[Future[T], Callable[[], T]]]] = SimpleQueue()

    def submit(self, call: Callable[[], T]) -> "Future[T]":
        """Have a thread make *call*."""
        future: Future[T] = Future()
        self._tasks.put((future, call))
        if self._threads < self._most:
            self._threads += 1
            Thread(target=self._work, name="guess", daemon=True).start()
        return future

    def end(self) -> None:
        """Let the threads end after what they were given."""
        for _ in range(self._threads):
            self._tasks.put(None)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            future, call = task
            try:
                future.set_result(call())
            except BaseException as error:  # passed on to whoever asks for the result
                future.set_exception(error)
            del future, task, call  # a page is large
