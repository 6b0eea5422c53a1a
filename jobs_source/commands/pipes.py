"""Who reads our output: a terminal or not, and whether they have closed it, or read no further."""

import os
import select
from typing import Optional, TextIO


def is_cut_off(stream: Optional[TextIO]) -> bool:
    """Tell whether the reader of *stream* has closed it."""
    return bool(_events(stream, 0) & select.POLLERR)


def is_stuck(stream: Optional[TextIO]) -> bool:
    """Tell whether *stream* takes nothing now: its reader reads no further."""
    return _events(stream, select.POLLOUT) == 0


def can_rewrite(stream: TextIO) -> bool:
    """Tell whether *stream* is a terminal that can go back to the start of a line and clear it."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def drop(stream: TextIO) -> None:
    """Go on without *stream*, which cannot be written: Python would try it again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def write(stream: TextIO, text: str) -> None:
    """Write what is only said by the way. That nobody reads it, or that its disk is full, is no reason to end a run."""
    try:
        stream.write(text)
        stream.flush()
    except OSError:
        drop(stream)


def _events(stream: Optional[TextIO], otherwise: int) -> int:
    """Ask the system; what is no file of the system is *otherwise*."""
    poller = select.poll()
    try:
        poller.register(stream, select.POLLOUT)  # type: ignore[arg-type]
    except (OSError, TypeError, ValueError):
        return otherwise
    return sum(event for _, event in poller.poll(0))
