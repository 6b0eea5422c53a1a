"""The table with which `load` ends: a row for each org, with the figures of its run and how it ended."""

from collections.abc import Sequence
from typing import Final, NamedTuple, Optional

from rich.text import Text

from jobs_source.commands.exit_codes import IN_WORDS
from jobs_source.commands.tables import Row, plain, without_unused
from jobs_source.runner.summary import Summary

_FIGURES: Final = {
    "jobs listed": "jobs_listed",
    "new": "jobs_new",
    "changed": "jobs_changed",
    "written": "jobs_written",
    "waiting": "jobs_held",
    "rejected": "entries_rejected",
    "looked up": "results_looked_up",
    "still due": "results_due",
    "calls": "calls",
    "seconds": "seconds",
}


class Ended(NamedTuple):
    """How the run of an *org* ended: its exit code, and what it did if its jobs are loaded."""

    org: Optional[str]
    exit_code: int
    summary: Optional[Summary] = None


def run_table(runs: Sequence[Ended]) -> str:
    """Draw *runs*, at least one. An only org needs no name; a column without news is left out where that is usual."""
    found = [run.summary for run in runs if run.summary]
    unused = {"waiting", "rejected", "still due"} if found else set(_FIGURES)
    unused |= set() if any(each.results_due for each in found) else {"looked up"}
    gone = {"org"} if len(runs) == 1 else set()
    gone |= {"new", "changed"} if all(each.jobs_new is None for each in found) else set()
    gone |= {"written"} if all(each.jobs_new is not None for each in found) else set()
    rows = [{name: value for name, value in _row(run).items() if name not in gone} for run in runs]
    return plain(without_unused(rows, *unused - gone))


def _row(run: Ended) -> Row:
    return {
        "org": run.org or getattr(run.summary, "org_id", "default org"),
        **{title: getattr(run.summary, name, None) for title, name in _FIGURES.items()},
        "result": Text(IN_WORDS[run.exit_code], "red" if run.exit_code else "green"),
    }
