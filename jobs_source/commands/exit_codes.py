"""Exit codes of commands, beside those of `jobs_source.exceptions`."""

from collections.abc import Sequence
from typing import Final

FAILED: Final = 1
MISCONFIGURED: Final = 2
INTERRUPTED: Final = 130  # what shells report for Ctrl-C
CUT_OFF: Final = 141  # the same for a closed pipe, as in `demo | head`


def worst(codes: Sequence[int]) -> int:
    """Choose among the exit codes of several orgs: 1 before 2 before 3 before 4, since 1 asks for another try."""
    return min((code for code in codes if code), default=0)
