"""A part of a run that another part waits for: dlt pulls all resources of a source at the same time."""

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final, Optional

import dlt

from jobs_source.dlt_compat import load_package

_BEGIN_WITHIN_SECONDS: Final = 5.0  # dlt starts a parallelized resource in another thread
_POLL_SECONDS: Final = 0.01


class Stage:
    """The resources of these *names*. They say when they begin and end. Threads may share it, and runs."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = names
        self._lock = Lock()
        self._under_way = 0
        self._begun_in: Optional[str] = None  # a load package

    @property
    def has_begun(self) -> bool:
        """Whether one of them has begun, in this run or in an earlier one."""
        return self._begun_in is not None

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Say that a resource of this stage begins, and at the end that it is over."""
        with self._lock:
            self._begun_in, _ = load_package()
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1

    def wait(self) -> Iterator[None]:
        """Yield None until no resource of this stage is under way, if one of them is extracted at all."""
        (run, _), give_up_at = load_package(), time.monotonic() + _BEGIN_WITHIN_SECONDS
        yield None  # dlt now starts the others
        is_expected = any(name in self._names for name in dlt.current.source().selected_resources)
        while is_expected and self._begun_in != run and time.monotonic() < give_up_at:
            time.sleep(_POLL_SECONDS)
            yield None
        while self._under_way:
            time.sleep(_POLL_SECONDS)
            yield None
