"""Puts the figures of a race into words: one table per case."""

import os
import platform
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from importlib.metadata import version
from statistics import median
from typing import Any, Final

from benchmarks import data
from benchmarks.cases import Case
from benchmarks.competitors import COMPETITORS, LOOK_UPS
from benchmarks.race import Run

_LIBRARIES: Final = ("dlt", "duckdb", "pyarrow", "msgspec", "orjson", "urllib3", "requests")
_AT_A_TIME: Final = 8  # look-ups
_MB: Final = 1e6
_BASES: Final = {
    "parse": "fetch and parse alone",
    "bare": "the bare script",
    "yardstick": "the yardstick (bare script, then floor)",
    "urllib3": "the network",
}
_HEADINGS: Final = (
    f"{'':<40}{'wall s':>8}{'min-max':>15}{'CPU s':>8}{'x floor':>9}{'CPU x':>7}{'x ours':>8}"
    f"{'peak MB':>9}{'calls':>7}{'wire MB':>9}"
)


def header() -> str:
    """Say when, with what and on what machine."""
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return (
        f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC; Python {platform.python_version()}, {libraries};"
        f" {os.cpu_count()} cores, {memory_gb:.0f} GB; load average {os.getloadavg()[0]:.2f}"
    )


def describe(case: Case, runs: Sequence[Run]) -> str:
    """
    Make the table of one case: medians, and the spread of the wall seconds.

    `x floor` and `CPU x` are a competitor's seconds as multiples of the floor's, `x ours` as multiples of ours.
    """
    repeats = len(runs) // len(case.competitors)
    lines = [f"\n{case.title}; {repeats} runs each; load average {runs[0].load_average:.2f} at the start", _HEADINGS]
    lines += [_line(name, runs) for name in case.competitors]
    lines += [f"  {note}" for note in (*_notes(case, runs), case.left_out) if note]
    return "\n".join(lines)


def raw(case: Case, runs: Sequence[Run]) -> dict[str, Any]:
    """Return the case and every single run as plain values."""
    return {"title": case.title, **case._asdict(), "runs": [run._asdict() for run in runs]}


def _of(name: str, runs: Sequence[Run]) -> list[Run]:
    return [run for run in runs if run.competitor == name]


def _median(name: str, runs: Sequence[Run], field: str) -> float:
    return float(median(getattr(run, field) for run in _of(name, runs)))


def _line(name: str, runs: Sequence[Run]) -> str:
    walls = [run.wall_seconds for run in _of(name, runs)]
    spread = f"{min(walls):.2f}-{max(walls):.2f}"
    return (
        f"{COMPETITORS[name].label:<40}{median(walls):>8.2f}{spread:>15}{_median(name, runs, 'cpu_seconds'):>8.2f}"
        f"{_ratio(name, 'floor', runs, 'wall_seconds'):>9}{_ratio(name, 'floor', runs, 'cpu_seconds'):>7}"
        f"{_ratio(name, 'ours', runs, 'wall_seconds'):>8}{_median(name, runs, 'peak_bytes') / _MB:>9.0f}"
        f"{_median(name, runs, 'calls'):>7.0f}{_median(name, runs, 'wire_bytes') / _MB:>9.2f}"
    )


def _ratio(name: str, base: str, runs: Sequence[Run], field: str) -> str:
    return f"{_median(name, runs, field) / _median(base, runs, field):.2f}" if _of(base, runs) else "-"


def _notes(case: Case, runs: Sequence[Run]) -> Iterator[str]:
    """Say what the columns do not: ratios that have a target of their own."""
    for base, label in _BASES.items():
        if _of("ours", runs) and _of(base, runs):
            yield f"this project to {label}: {_ratio('ours', base, runs, 'wall_seconds')}"
    if _of("ours-one-by-one", runs):
        yield f"pages ahead to one by one: {_ratio('ours', 'ours-one-by-one', runs, 'wall_seconds')}"
    if _of("no-results", runs):
        yield f"nothing due to --no-results: {_ratio('all-results', 'no-results', runs, 'wall_seconds')}"
    if _of("no-states", runs):
        yield f"with job_states to without: {_ratio('states', 'no-states', runs, 'wall_seconds')}"
    if _of("results", runs):
        waiting = LOOK_UPS * case.latency_ms / 1000 / _AT_A_TIME
        ratio = _median("results", runs, "wall_seconds") / waiting
        yield f"with look-ups to look-ups x latency / {_AT_A_TIME}: {ratio:.2f}"
    elif case.latency_ms and _of("ours", runs):
        waiting = case.latency_ms / 1000 * -(-case.jobs // data.PAGE_JOBS)
        yield f"this project to pages x latency: {_median('ours', runs, 'wall_seconds') / waiting:.2f}"
    if _of("ours-types", runs):
        yield f"three walks side by side to one: {_ratio('ours-types', 'ours', runs, 'wall_seconds')}"
    if case.state == "none" and _of("ours", runs):
        per_10k = _median("ours", runs, "cpu_seconds") / case.jobs * 10_000
        yield f"this project, nothing new: {per_10k:.3f} CPU seconds per 10,000 jobs, the start of the process included"
