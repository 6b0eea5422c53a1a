"""What dlt and our own code log while a command works, as short warnings: each kind once in a run, and in the JSON."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Final

from jobs_source.commands.pipes import can_rewrite, write

_OURS: Final = str(Path(__file__).parent.parent)
_LONGEST: Final = 300  # characters of a text of dlt
# What dlt warns of although nothing is wrong, or although we say it in other words.
_QUIET: Final = (
    "Due to normalization dataset name got changed",  # `dataset_name.py` says it
    "Falling back to `append`",  # `summary.py` says it
    '"dedup_sort" column hint',  # so does this
    "but the remote state contains a different dataset_name",  # it was another way to write the same name
    "differs from destination",  # a destination that has another name now
    "requires the filesystem staging destination",  # dlt chooses it, and names what is missing for it
    "Placeholder value encountered",  # an error of ours names it
    "sharing the same value of cursor",  # many jobs may end in the same second
)


class Notices(logging.Filter):
    """
    A filter of dlt's log, where ours goes too. It lets nothing pass from warnings on, and tells each kind of them once.

    A kind is a line of dlt's code, or a text of ours.
    """

    def __init__(self, as_json: bool = False, is_verbose: bool = False) -> None:
        super().__init__()
        self._as_json, self._is_verbose = as_json, is_verbose
        self._seen: set[object] = set()
        self._said: list[str] = []
        self._lock = Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell a warning, and keep it out of the log; with `--verbose` the log has it as well."""
        if record.levelno < logging.WARNING:  # somebody has asked for them
            return True
        text, is_ours = _text_of(record), record.pathname.startswith(_OURS)
        kind: object = text if is_ours else (record.pathname, record.lineno)
        if is_ours or not any(words in text for words in _QUIET):
            with self._lock:
                self._tell(kind, text)
        return self._is_verbose

    def take(self) -> list[str]:
        """Return what was told since the last call. From now on each kind may be told again: another run begins."""
        with self._lock:
            said, self._said = self._said, []
            self._seen.clear()
        return said

    def _tell(self, kind: object, text: str) -> None:
        if kind in self._seen:
            return
        self._seen.add(kind)
        self._said.append(text)
        if not (self._as_json or self._is_verbose):
            show(text)


_current = Notices()


@contextmanager
def listening(as_json: bool, is_verbose: bool) -> Iterator[None]:
    """Tell warnings on standard error; *as_json* keeps them for the JSON. What no JSON has taken is told at the end."""
    global _current
    before, _current = _current, Notices(as_json, is_verbose)
    logger, ours = logging.getLogger("dlt"), _current
    logger.addFilter(ours)
    try:
        yield
    finally:
        logger.removeFilter(ours)
        _current = before
        for text in ours.take() if as_json else ():
            show(text)


def take_notices() -> list[str]:
    """Return the warnings of the command since the last call."""
    return _current.take()


def show(text: str) -> None:
    """Write a warning on standard error, in the place of a line of progress if there is one."""
    if sys.stderr:  # None if the caller has closed it
        start = "\r\033[K" if can_rewrite(sys.stderr) else ""
        write(sys.stderr, f"{start}Warning: {text}\n")


def _text_of(record: logging.LogRecord) -> str:
    """Put the record in one line. Of a traceback, which dlt puts into its texts, only the last line is kept."""
    head, _, trace = record.getMessage().partition("Traceback (most recent call last):")
    text = " ".join(f"{head} {trace.strip().rpartition(chr(10))[2]}".split())
    return text if record.pathname.startswith(_OURS) or len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
