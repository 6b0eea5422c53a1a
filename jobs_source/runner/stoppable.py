"""Waits for a database in a way that hears signals: Python hears none while a driver waits in the main thread."""

from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from threading import Thread
from typing import Any, Final, TypeVar

T = TypeVar("T")
_STOP_EVERY_SECONDS: Final = 0.1  # a query that has not begun yet does not hear the first one


def wait_for_answer(connection: Any, ask: Callable[[], T]) -> T:
    """
    Run *ask*, which waits for *connection*; where a signal ends the wait, stop the query in the database first.

    Only DuckDB and Postgres can be stopped from another thread. With other drivers this is a plain call.
    """
    stop = getattr(connection, "interrupt", None) or getattr(connection, "cancel", None)
    if stop is None:
        return ask()
    answer: Future[T] = Future()
    try:
        Thread(target=_answer, args=(answer, ask), daemon=True).start()
        return answer.result()
    except KeyboardInterrupt:
        while not (answer.cancel() or answer.done()):
            with suppress(KeyboardInterrupt):  # some programs send several signals
                stop()
                wait([answer], timeout=_STOP_EVERY_SECONDS)
        raise


def _answer(answer: "Future[T]", ask: Callable[[], T]) -> None:
    if not answer.set_running_or_notify_cancel():
        return
    try:
        answer.set_result(ask())
    except BaseException as error:  # the main thread raises it
        answer.set_exception(error)
