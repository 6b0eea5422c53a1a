"""
This project with and without `job_states`, in the same process otherwise: what that table costs.

    python -m benchmarks.states with | without load --json
"""

import sys
from typing import Any

from jobs_source.commands.process import run
from jobs_source.resources.states import StatesSeen


def _forget(self: StatesSeen, jobs: Any) -> None:
    """Take no note of *jobs*: there are no rows then."""


if __name__ == "__main__":
    if sys.argv.pop(1) == "without":
        StatesSeen.add = _forget  # type: ignore[method-assign]
    run()
