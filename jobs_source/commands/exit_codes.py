"""Exit codes of commands, beside those of `jobs_source.exceptions`, and the reason for one."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

FAILED: Final = 1
MISCONFIGURED: Final = 2
INTERRUPTED: Final = 130  # what shells report for Ctrl-C
CUT_OFF: Final = 141  # the same for a closed pipe, as in `demo | head`
IN_WORDS: Final[Mapping[int, str]] = {
    0: "ok",
    FAILED: "failed, try again",
    MISCONFIGURED: "setup is wrong",
    3: "no API calls left",
    4: "another run is under way",
    INTERRUPTED: "stopped",
}


class ExitReason(NamedTuple):
    """Why a command ends: the exit code, and one short paragraph."""

    exit_code: int
    message: str


def worst(codes: Sequence[int]) -> int:
    """Choose among the exit codes of several orgs: 1 before 2 before 3 before 4, since 1 asks for another try."""
    return min((code for code in codes if code), default=0)
