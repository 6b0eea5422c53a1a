"""
Runs `python -m pipelines load` and kills it with SIGKILL at a chosen moment: `python -m tests.killer MOMENT BEFORE`.

Moments are counted over all that a run does to the world: each page it parses, each file it renames or removes, each
statement it sends to DuckDB. So every state that a kill can leave behind has its number. Moment 0 kills nothing and
prints how many there are.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from dlt.destinations.impl.duckdb.sql_client import DuckDbSqlClient

from jobs_source import changes
from pipelines.__main__ import main


class Moments:
    """Counts moments, and ends the process at the chosen one, before or after the deed."""

    def __init__(self, chosen: int, before: bool) -> None:
        self.count, self._chosen, self._before = 0, chosen, before

    def watch(self, owner: Any, name: str) -> None:
        deed: Callable[..., Any] = getattr(owner, name)

        def watched(*args: Any, **kwargs: Any) -> Any:
            self.count += 1
            is_now = self.count == self._chosen
            if is_now and self._before:
                os.kill(os.getpid(), signal.SIGKILL)
            done = deed(*args, **kwargs)
            if is_now:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        setattr(owner, name, watched)


if __name__ == "__main__":
    moments = Moments(int(sys.argv[1]), sys.argv[2] == "before")
    for name in ("rename", "replace", "remove", "unlink", "rmdir"):
        moments.watch(os, name)
    moments.watch(changes, "parse_entries")
    moments.watch(DuckDbSqlClient, "execute_sql")
    moments.watch(DuckDbSqlClient, "execute_many")
    exit_code = main(["load"])
    print(f"{moments.count} moments")
    sys.exit(exit_code)
