"""Walk, filter and cursor through random histories: whatever happens, the table holds what the model says."""

import re
import sys
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import strategies as st

from jobs_source.standin import Clock, Org
from tests.conftest import START
from tests.expected import expected_row
from tests.simulation.history import (
    CHANGES,
    MEANWHILE,
    WAITS,
    Change,
    Meanwhile,
    Model,
    Step,
    Wait,
    Walk,
    explore,
    often,
)
from tests.simulation.in_memory_runs import History, InMemoryRuns, Run, Setup
from tests.simulation.recording_standin import FAULTS
from tests.simulation.run_options import CHOICES, Choose

RUNS = st.builds(
    Run,
    st.sampled_from((False,) * 14 + (True,)),
    st.lists(MEANWHILE, max_size=6).map(tuple),
    st.sampled_from(("",) * 8 + tuple(FAULTS) + ("expired", "bad locator") * 2),
    st.integers(1, 5),
    st.sampled_from(("done",) * 7 + ("killed", "unloaded", "half")),
)
SETUPS = st.builds(
    Setup,
    st.sampled_from((0, 3, 6, *(9, 12, 15) * 3)),
    st.integers(2, 4),
    st.sampled_from(("jobs", "jobs", "jobs", "query_jobs")),
    st.booleans(),
    st.sampled_from((False, False, True)),
    st.booleans(),
    st.sampled_from((24.0, 10_000.0)),
    st.integers(1, 9),
    st.booleans(),
    st.sampled_from((1, 2, 3, 8, 8)),
    st.integers(0, 1_000),
    st.sampled_from(("offset",) * 4 + ("pages", "drifting", "opaque")),
    st.sampled_from(("any",) * 3 + ("named", "last", "next", "echo")),
    st.sampled_from(("empty", "refused", "broken")),
)
BETWEEN = often(*[CHANGES] * 6, *[WAITS] * 4, *[CHOICES] * 2)
ROUNDS = st.builds(lambda steps, *ending: (*steps, *ending), st.lists(BETWEEN, min_size=1, max_size=5), WAITS, RUNS)
HISTORIES = st.builds(
    History, SETUPS, st.lists(ROUNDS, min_size=2, max_size=7).map(lambda rounds: sum(rounds, start=()))
)


def go_through(history: History) -> None:
    InMemoryRuns(history.setup).go_through(history)


@pytest.mark.parametrize("examples", [50, pytest.param(5_000, marks=pytest.mark.long)])
def test_whatever_happens_the_table_holds_every_version_that_a_good_run_was_shown(
    examples: int, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """No version lost, none doubled, no older one over a newer, after every run of a random history."""
    said = explore(request, HISTORIES, examples, go_through)
    with capsys.disabled():
        print(f"\nwalk, filter and cursor: {said}", file=sys.stderr)


def moves(*picks: int, late_seconds: float = 0.0) -> tuple[Step, ...]:
    return tuple(Change("move", pick, "InProgress", late_seconds) for pick in picks)


HALF_READ = Meanwhile(4, (*moves(0, 1, 2, 3, 4, 5), Wait(700.0), *moves(6, 7, 8, 9, 10, 11)))
SEEN_TWICE = Run(fault="bad locator", at=4, meanwhile=(Meanwhile(5, moves(*range(6), late_seconds=30.0)),))
SLIPPING = Run(meanwhile=(Meanwhile(3, tuple(Change("delete", pick, "", 0.0) for pick in (0, 0, 0, 0))),))


LIKELY_MISTAKES = {
    "late stamp": History(
        Setup(jobs=3), (Change("create", 0, "Open", 0.0), Wait(5.0), Run(), Change("create", 0, "Open", 30.0))
    ),
    "changes on both sides of a page": History(
        Setup(jobs=12), (Wait(5.0), Run(), Wait(5.0), Run(meanwhile=(HALF_READ,)))
    ),
    "filter lifted": History(Setup(jobs=6), (Choose(1), Wait(5.0), Run(), Choose(0))),
    "two versions in one walk": History(Setup(jobs=9), (Wait(5.0), SEEN_TWICE)),
    "changes that slipped": History(
        Setup(jobs=12, is_shifting=True),
        (Wait(5.0), Run(), *moves(*range(12)), Wait(700.0), *moves(0, 1, 2, 3), Wait(5.0), SLIPPING),
    ),
    "broken walk": History(Setup(jobs=9), (Wait(5.0), Run(fault="no link", at=2))),
}


@pytest.mark.parametrize("name", LIKELY_MISTAKES)
def test_a_history_that_a_likely_mistake_does_not_live_through(name: str) -> None:
    """One for each rule of the walk, so that none depends on luck."""
    go_through(LIKELY_MISTAKES[name])


def listed_versions() -> list[dict[str, Any]]:
    """Two versions of one job, and another job, as they are listed."""
    org = Org(seed=1, clock=Clock(START, frozen=True))
    first, other = org.add_jobs(2, job_type="V2Ingest", state="Open", created=START - timedelta(hours=1))
    versions = [org.jobs[first].fields(), org.jobs[other].fields()]
    org.clock.advance(seconds=-60)
    org.change_job(first, state="Failed")
    return [versions[0], org.jobs[first].fields(), versions[1]]


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        ([1], "lost"),
        ([0, 2], "an older version is stored"),
        ([1, 1, 2], "stored twice"),
        ([1, 2, 3], "no walk was shown"),
    ],
)
def test_the_model_finds_what_is_wrong_with_a_table(stored: list[int], words: str) -> None:
    """A job lost, an older version, a job twice, and a row that no walk was shown."""
    versions = listed_versions()
    model = Model("00D", is_query=False)
    for listed in versions:
        model.note(listed)
    model.commit(Walk(START, versions), is_full=True)
    rows = [expected_row("00D", listed) for listed in [*versions, {**versions[2], "id": "750"}]]

    model.check([rows[1], rows[2]])
    with pytest.raises(AssertionError, match=words):
        model.check([rows[place] for place in stored])


def test_a_failing_history_prints_the_seed_that_repeats_it(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Given to the same test again, it fails at the same history and after as many good ones."""

    def refuse(history: History) -> None:
        seen.append(history)
        assert len(history.steps) < 20

    tries: list[Any] = []
    for seed in (None, lambda: tries[0][0]):
        seen: list[History] = []
        monkeypatch.setattr(request.config.option, "hypothesis_seed", seed and seed())
        with pytest.raises(AssertionError):
            explore(request, HISTORIES, 300, refuse, is_costly=True)
        said = capsys.readouterr().out
        tries.append((re.findall(r"--hypothesis-seed=(\d+)", said)[0], re.findall(r"Failed after \d+", said), seen))

    assert len(tries[0][2]) > 1
    assert tries[0] == tries[1]
