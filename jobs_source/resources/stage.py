"""A part of a run that another part waits for: dlt pulls all resources of a source at the same time."""

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

import dlt

_BEGIN_WITHIN_SECONDS: Final = 5.0  # dlt starts a parallelized resource in another thread
_POLL_SECONDS: Final = 0.01


class Stage:
    """
    The resources of these *names*. They say when they begin and end. Threads may share it.

    Attributes:
        has_begun: Whether one of them has begun.
    """

    def __init__(self, names: Collection[str]) -> None:
        self._names = names
        self._lock = Lock()
        self._under_way = 0
        self.has_begun = False

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Say that a resource of this stage begins, and at the end that it is over."""
        with self._lock:
            self.has_begun = True
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1

    def wait(self) -> Iterator[None]:
        """Yield None until no resource of this stage is under way, if one of them is extracted at all."""
        give_up_at = time.monotonic() + _BEGIN_WITHIN_SECONDS
        yield None  # dlt now starts the others
        is_expected = any(name in self._names for name in dlt.current.source().selected_resources)
        while is_expected and not self.has_begun and time.monotonic() < give_up_at:
            time.sleep(_POLL_SECONDS)
            yield None
        while self._under_way:
            time.sleep(_POLL_SECONDS)
            yield None
