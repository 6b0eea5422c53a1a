"""
The whole pipeline into DuckDB, killed for real: SIGKILL in extract, normalize, load, between them, and at a request.

`self_killing_run.py` counts what the process does to the world and kills it at a drawn number; what the org does
meanwhile and afterwards is drawn too. The runs that live on are held against the model of `history.py`.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import strategies as st

from tests.simulation.history import CHANGES, LONG_WAITS, MEANWHILE, PAUSES, Wait, explore, often
from tests.simulation.killed_runs import Kill, KilledHistory, KilledRuns
from tests.simulation.run_options import CHOICES

LogIn = Callable[..., None]
ACTIONS = {"extract": 50, "normalize": 55, "load": 125, "between": 20}
"""How many things a run does in each step, more or less; past the last it is killed at the step's end."""
BETWEEN = often(*[CHANGES] * 6, *[PAUSES] * 3, LONG_WAITS, CHOICES)
STEPS = st.lists(BETWEEN, min_size=1, max_size=5).map(lambda steps: (*steps, Wait(1.0)))
IS_FULL = st.sampled_from((False, False, False, True))


def kills(step: str) -> st.SearchStrategy[Kill]:
    return st.builds(
        Kill,
        STEPS,
        st.lists(MEANWHILE, max_size=2).map(tuple),
        st.sampled_from(("", "", "busy", "expired", "bad locator")),
        st.just(step),
        st.integers(1, ACTIONS.get(step, 6)),
        st.sampled_from((0.0, 0.0, 0.0, 1.0, 4.0, 20.0)),
        IS_FULL,
    )


def histories(step: str) -> st.SearchStrategy[KilledHistory]:
    """One kill in *step*; now and then another before it, wherever."""
    earlier = st.sampled_from((*ACTIONS, "request")).flatmap(kills)
    return st.builds(
        KilledHistory,
        st.sampled_from((9, 5, 12)),
        st.booleans(),
        st.booleans(),
        st.sampled_from((False, False, True)),
        often(st.just(()), st.just(()), st.just(()), st.tuples(earlier)).flatmap(
            lambda before: kills(step).map(lambda last: (*before, last))
        ),
        STEPS,
        IS_FULL,
    )


@pytest.mark.parametrize(
    ("step", "examples"),
    [("request", 1), *(pytest.param(step, 60, marks=pytest.mark.long) for step in (*ACTIONS, "request"))],
)
def test_a_run_that_is_killed_loses_nothing_and_doubles_nothing(
    step: str, examples: int, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wherever SIGKILL comes, the next run goes through, and after a quiet one the tables are what the org lists."""
    processes_killed = 0

    def go_through(history: KilledHistory) -> None:
        nonlocal processes_killed
        with tempfile.TemporaryDirectory() as folder:
            runs = KilledRuns(history, Path(folder))
            runs.go_through()
        processes_killed += runs.processes_killed

    said = explore(request, histories(step), examples, go_through, is_costly=True)
    assert processes_killed >= examples
    with capsys.disabled():
        print(f"\nkilled in {step}: {processes_killed} times; {said}", file=sys.stderr)
