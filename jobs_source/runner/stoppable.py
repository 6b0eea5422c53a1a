"""Waits for a database in a way that hears signals: Python hears none while a driver waits in the main thread."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
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
    with ThreadPoolExecutor(1) as own_thread:
        answer = own_thread.submit(ask)
        try:
            return answer.result()
        except KeyboardInterrupt:
            while not answer.done():
                stop()
                wait([answer], timeout=_STOP_EVERY_SECONDS)
            raise
