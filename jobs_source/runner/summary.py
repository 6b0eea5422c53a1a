"""What one run did, in figures and in words."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Optional

_APPENDS: Final = (
    "this destination cannot merge, so dlt appends: a job has a row for each run that loaded it, and the row with the"
    " newest system_modstamp is the valid one"
)
_SUMS: Final = ("jobs_listed", "jobs_held", "entries_rejected", "pages", "calls")


@dataclass(frozen=True)
class Summary:
    """
    What one run did, both tables together.

    `jobs_held` were stamped after the walk began and wait for the next run. `jobs_new` and `jobs_changed` are None if
    they cannot be counted in the destination. `calls` are all calls to the org, without the login; `api_used` and
    `api_limit` are those of the org for 24 hours.
    """

    org: Optional[str]
    org_id: str
    destination: str
    dataset: str
    jobs_listed: int
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

    def describe(self) -> str:
        """Put the run in two lines for a person."""
        new, changed = ("?" if count is None else f"{count:,}" for count in (self.jobs_new, self.jobs_changed))
        notes = [
            f"{self.org or 'org'} {self.org_id}: {self.jobs_listed:,} jobs listed, {new} new, {changed} changed",
            "full load" if self.is_full else "",
            f"{self.jobs_held:,} changed during the run and wait for the next run" if self.jobs_held else "",
            f"{self.entries_rejected:,} odd entries in rejected_jobs" if self.entries_rejected else "",
        ]
        if self.possible_gap:
            notes.append("more than seven days since the last good run, so jobs in between may be missing")
        lines = [
            "; ".join(note for note in notes if note),
            f"{self.calls:,} API calls, {self._usage()}; {self.seconds:.1f} s into {self.destination} ({self.dataset})",
            *(f"Warning: {warning}" for warning in self.warnings),
        ]
        return "\n".join(lines)

    def _usage(self) -> str:
        if self.api_used is None or not self.api_limit:
            return "usage unknown"
        return f"{self.api_used:,} of {self.api_limit:,} used in 24 hours ({self.api_used / self.api_limit:.0%})"


def summarize(walks: Collection[Mapping[str, Any]], warnings: Iterable[str], appends: bool, **rest: Any) -> Summary:
    """Put the figures of each table's walk (a `run_log.Run` as a dict) together with the *rest* of a run's."""
    said = (*warnings, *(walk["warning"] for walk in walks), _APPENDS if appends else "")
    some_walk = next(iter(walks))
    figures = {"org_id": some_walk["org_id"]}
    figures |= {key: max(walk[key] or 0 for walk in walks) or None for key in ("api_used", "api_limit")}
    figures |= {key: sum(walk[key] for walk in walks) for key in _SUMS}
    figures |= {key: any(walk[key] for walk in walks) for key in ("is_full", "possible_gap")}
    return Summary(
        **rest,
        **figures,
        warnings=[text for text in said if text],
    )
