"""Shows the progress of a run: one line that is updated on a terminal, plain lines elsewhere."""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from typing import Final, Optional, TextIO

from jobs_source.commands.pipes import can_rewrite, write
from jobs_source.dlt_compat import Collector
from jobs_source.resources.look_up_run import LOOK_UPS, LOOK_UPS_DUE
from jobs_source.wording import counted

_TERMINAL_EVERY_SECONDS: Final = 0.1
_LOG_EVERY_SECONDS: Final = 5.0
_USUAL_COLUMNS: Final = 80  # where the terminal does not know its size


class Progress(Collector):
    """A dlt progress collector: what a walk has read, how many look-ups are done, and each later step."""

    def __init__(self, stream: Optional[TextIO] = None) -> None:
        self._stream = stream or sys.stderr or StringIO()  # the caller may have closed standard error
        self._is_terminal = can_rewrite(self._stream)
        self._every_seconds = _TERMINAL_EVERY_SECONDS if self._is_terminal else _LOG_EVERY_SECONDS
        self._counts: Counter[str] = Counter()
        self._began = self._shown = time.monotonic()

    def update(
        self,
        name: str,
        inc: int = 1,
        total: Optional[int] = None,
        inc_total: Optional[int] = None,
        message: Optional[str] = None,
        label: Optional[str] = None,
    ) -> None:
        _, is_ours, counter = name.partition(": ")  # dlt counts rows by the table's bare name
        if is_ours:
            self._counts[counter] += inc
        if time.monotonic() - self._shown >= self._every_seconds:
            self._show()

    def _start(self, step: str) -> None:
        self._counts.clear()
        self._began = self._shown = time.monotonic()
        if self._is_terminal:
            self._show()

    def _stop(self) -> None:
        if self._counts["pages"] or self._counts[LOOK_UPS_DUE]:
            self._show()
        if self._is_terminal:
            write(self._stream, "\r\033[K")

    def _show(self) -> None:
        self._shown = time.monotonic()
        if self._is_terminal:
            write(self._stream, f"\r{self._line(self._width())}\033[K")
        else:
            write(self._stream, f"{self._line()}\n")

    def _line(self, width: Optional[int] = None) -> str:
        """Say the step and its figures; of what does not fit into the *width* the step goes first."""
        step, _, _ = (self.step or "").partition(" in ")  # dlt adds the name of a file to some
        figures = ", ".join(self._figures())
        line = ": ".join(filter(None, (step, figures)))
        return (figures if width and figures and len(line) > width else line)[:width]

    def _figures(self) -> Iterator[str]:
        if pages := self._counts["pages"]:
            jobs = self._counts["jobs"]
            rate = jobs / max(self._shown - self._began, 0.001)
            yield f"{counted(pages, 'page')}, {counted(jobs, 'job')}, {rate:,.0f} jobs/s"
        if found := self._counts[LOOK_UPS_DUE]:
            done = self._counts[LOOK_UPS]
            yield f"{counted(done, 'look-up')} done, {found - done:,} due"

    def _width(self) -> int:
        """Return how many characters fit into a line of the terminal, which may change its size, without its end."""
        try:
            columns = os.get_terminal_size(self._stream.fileno()).columns
        except OSError:
            columns = 0
        return (columns or _USUAL_COLUMNS) - 1
