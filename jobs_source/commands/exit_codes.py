"""What a command ends with, beyond the exit codes of `jobs_source.exceptions`."""

from collections.abc import Sequence
from typing import Final

FAILED: Final = 1
MISCONFIGURED: Final = 2
INTERRUPTED: Final = 130  # what shells report for Ctrl-C
CUT_OFF: Final = 141  # and where nobody reads the output to its end, as in `demo | head`


def worst(codes: Sequence[int]) -> int:
    """Of several orgs' exit codes take the one that most asks for another try: 1 before 2 before 3 before 4."""
    return min((code for code in codes if code), default=0)
