"""What one run did, in figures and in words."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Optional

from jobs_source.runner.results import Results
from jobs_source.wording import counted

_APPENDS: Final = (
    "This destination cannot merge, so rows are only added: a job has a row for each run that loaded it, and the row"
    " with the newest system_modstamp is the valid one."
)
_WHY_DUE: Final = {
    "budget": "max_results_api_percent of the day's API calls is used",
    "allowance": "the other API calls are kept for listings",
}
_SUMS: Final = ("jobs_listed", "jobs_written", "jobs_held", "entries_rejected", "pages", "calls")


@dataclass(frozen=True)
class Summary:
    """
    What one run did, both tables together.

    `jobs_written` were sent to the destination: new, changed, or inside the lag. `jobs_new` and `jobs_changed` among
    them are None if they cannot be counted there. `jobs_held` were stamped after the walk began and wait for the next
    run. `dataset` is its name in the destination. `calls` are all calls to the org, without the login; `api_used` and
    `api_limit` are those of the org for 24 hours. `results_looked_up`
    is how many results are loaded, `results_due` how many jobs are still without one.
    """

    org: Optional[str]
    org_id: str
    destination: str
    dataset: str
    jobs_listed: int
    jobs_written: int
    jobs_new: Optional[int]
    jobs_changed: Optional[int]
    jobs_held: int
    entries_rejected: int
    is_full: bool
    possible_gap: bool
    pages: int
    calls: int
    api_used: Optional[int]
    api_limit: Optional[int]
    seconds: float
    warnings: list[str]
    results_looked_up: int = 0
    results_failed: int = 0
    results_due: int = 0
    results_stopped_by: Optional[str] = None
    results_have_failed: bool = False
    results_error: Optional[Exception] = field(default=None, repr=False)

    def notes(self) -> list[str]:
        """Put in lines for a person what is no figure: the org, the place, and whatever is out of the ordinary."""
        place = f"{self.destination} ({self.dataset})"
        notes = [
            f"{self.org or 'org'} {self.org_id}: loaded into {place}",
            "full load" if self.is_full else "",
            self._usage(),
            f"{counted(self.results_failed, 'look-up')} failed" if self.results_failed else "",
            f"look-ups ended early: {_WHY_DUE[self.results_stopped_by]}" if self.results_stopped_by in _WHY_DUE else "",
        ]
        if self.possible_gap:
            notes.append("more than seven days since the last good run, so jobs in between may be missing")
        return ["; ".join(note for note in notes if note), *(f"Warning: {warning}" for warning in self.warnings)]

    def _usage(self) -> str:
        if self.api_used is None or not self.api_limit:
            return "API calls of the org unknown"
        share = f"{self.api_used / self.api_limit:.0%}"
        return f"{self.api_used:,} of {self.api_limit:,} API calls used in 24 hours ({share})"


def summarize(
    walks: Collection[Mapping[str, Any]], results: Results, warnings: Iterable[str], appends: bool, **rest: Any
) -> Summary:
    """Put the figures of each table's walk (a `run_log.Run` as a dict) together with the *rest* of a run's."""
    said = (*warnings, *(walk["warning"] for walk in walks), *results.warnings, _APPENDS if appends else "")
    some_walk = next(iter(walks))
    figures = {"org_id": some_walk["org_id"]}
    figures |= {key: max(walk[key] or 0 for walk in walks) or None for key in ("api_used", "api_limit")}
    figures |= {key: sum(walk[key] for walk in walks) for key in _SUMS}
    figures["api_used"] = max(figures["api_used"] or 0, results.api_used) or None
    figures["calls"] += results.calls
    figures |= {key: any(walk[key] for walk in walks) for key in ("is_full", "possible_gap")}
    return Summary(
        **rest,
        **figures,
        results_looked_up=results.looked_up,
        results_failed=results.failed,
        results_due=results.due,
        results_stopped_by=results.stopped_by,
        results_have_failed=results.has_failed,
        results_error=results.error,
        warnings=[text for text in said if text],
    )
