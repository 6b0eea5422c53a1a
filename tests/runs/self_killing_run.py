"""
`python -m pipelines` that kills itself: `python -m tests.runs.self_killing_run STEP NUMBER DELAY_MS load ...`

SIGKILL comes DELAY_MS after the NUMBER-th thing that the run does to the world in STEP (extract, normalize, load, or
between them; `results extract` and so on belong to the look-ups), and in any case before STEP ends well. Such a thing
is a file or folder that is written, moved or removed, a connection, or a statement for DuckDB. With NUMBER 0 the kill
is aimed: the system ends the process DELAY_MS after STEP has begun, whatever it is doing; STEP may then be one of
publishing too (copy, complete, close, fsync, rename). Any other STEP leaves the kill to somebody else, until the run
has ended well.
"""

import itertools
import os
import runpy
import signal
import sys
from collections.abc import Callable
from functools import wraps
from threading import Timer
from typing import Any

from dlt import Pipeline
from dlt.destinations.impl.duckdb.configuration import DuckDbConnectionPool
from dlt.destinations.impl.duckdb.sql_client import DuckDbSqlClient
from dlt.destinations.job_client_impl import SqlJobClientBase

from jobs_source.runner import publish
from jobs_source.runner.orgs import RESULTS_NAME

COUNTED_EVENTS = (
    "os.rename",
    "os.link",
    "os.remove",
    "os.rmdir",
    "os.mkdir",
    "os.truncate",
    "shutil.move",
    "socket.connect",
)


AIMED_STEPS: tuple[tuple[str, Any, str], ...] = (
    ("copy", publish, "copy_file"),
    ("complete", SqlJobClientBase, "complete_load"),
    ("fsync", publish, "_finish"),
    ("rename", publish, "_replace"),
)


class KillSwitch:
    """Counts what is done in *step* and ends it all at *number*."""

    def __init__(self, step: str, number: int, delay_ms: float) -> None:
        self._step, self._number, self._delay_ms = step, number, delay_ms
        self._now, self._counter = "between", itertools.count(1)

    def on_audit_event(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take one of Python's audit events."""
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if writes or event in COUNTED_EVENTS:
            self.count()

    def count(self) -> None:
        """Count one thing, and end the process if it is the one."""
        if self._now == self._step and next(self._counter) == self._number:
            if self._delay_ms:
                Timer(self._delay_ms / 1000, kill_this_process).start()
            else:
                kill_this_process()

    def watching(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Tell when the step *name* begins and ends."""

        @wraps(function)
        def watched(*arguments: Any, **options: Any) -> Any:
            step = f"results {name}" if _is_of_results(*arguments) else name
            outer, self._now = self._now, step
            if step == self._step and self._number == 0:
                signal.setitimer(signal.ITIMER_REAL, max(self._delay_ms / 1000, 1e-6))  # nobody handles its signal
            try:
                done = function(*arguments, **options)
                self.kill_after(step)
                return done
            finally:
                self._now = outer

        return watched

    def counting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Count the calls of *function*."""

        @wraps(function)
        def counted(*arguments: Any, **options: Any) -> Any:
            self.count()
            return function(*arguments, **options)

        return counted

    def kill_after(self, step: str) -> None:
        """End the process here at the latest."""
        if step == self._step:
            kill_this_process()


def _is_of_results(owner: Any = None, *_: Any) -> bool:
    return isinstance(owner, Pipeline) and owner.pipeline_name.startswith(RESULTS_NAME)


def kill_this_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(step: str, number: str, delay_ms: str) -> None:
    switch = KillSwitch(step, int(number), float(delay_ms))
    for name in ("extract", "normalize", "load"):
        setattr(Pipeline, name, switch.watching(name, getattr(Pipeline, name)))
    for step, owner, name in AIMED_STEPS:
        setattr(owner, name, switch.watching(step, getattr(owner, name)))
    close: Any = DuckDbConnectionPool._close_conn
    closing = switch.watching("close", close)
    DuckDbConnectionPool._close_conn = lambda pool: (close if pool.credentials.read_only else closing)(pool)  # type: ignore[method-assign,assignment]
    for name in ("execute_query", "begin_transaction", "commit_transaction"):
        setattr(DuckDbSqlClient, name, switch.counting(getattr(DuckDbSqlClient, name)))
    sys.addaudithook(switch.on_audit_event)
    try:
        runpy.run_module("pipelines", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if not ended.code:  # the run ended well before its moment came
            kill_this_process()
        raise


if __name__ == "__main__":
    own, sys.argv[1:] = sys.argv[1:4], sys.argv[4:]
    main(*own)
