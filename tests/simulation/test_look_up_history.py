"""Look-ups through random histories: whatever happens, every finished job gets the right result, or is gone."""

import sys

import pytest
from hypothesis import strategies as st

from tests.simulation.history import WAITS, Change, Meanwhile, Wait, explore, often
from tests.simulation.look_up_mistakes import MISTAKES
from tests.simulation.look_up_runs import WALK_FAULTS, LookUpHistory, LookUpRun, LookUpRuns, LookUpSetup, Switch
from tests.simulation.look_up_standin import LOOK_UP_FAULTS

STATES = ("InProgress", "JobComplete", "JobComplete", "JobComplete", "Failed", "Aborted")
CHANGES = st.builds(
    Change,
    st.sampled_from(("move", "move", "move", "move", "create", "create", "delete", "again", "end")),
    st.integers(0, 20),
    st.sampled_from(STATES),
    st.sampled_from((0.0, 0.0, 0.5, 30.0)),
)
PAUSES = st.sampled_from((0.3, 1.0, 40.0, 700.0)).map(Wait)
MEANWHILE = st.builds(
    Meanwhile, st.integers(1, 9), st.lists(often(CHANGES, CHANGES, PAUSES), min_size=1, max_size=3).map(tuple)
)
RUNS = st.builds(
    LookUpRun,
    st.sampled_from((False, False, False, True)),
    st.lists(MEANWHILE, max_size=2).map(tuple),
    st.sampled_from(("",) * 8 + ("expired", *WALK_FAULTS, *LOOK_UP_FAULTS)),
    st.integers(1, 6),
    st.sampled_from(("done",) * 7 + ("killed", "walked", "unloaded", "half")),
    st.sampled_from((True,) * 9 + (False,)),
)
SETUPS = st.builds(
    LookUpSetup,
    st.sampled_from((0, 5, 10, 15)),
    st.sampled_from((1, 2, 3, 5, 2_000, 2_000)),
    st.sampled_from((2, 3, 7, 20, 10_000, 10_000, 10_000)),
    st.sampled_from((0, 0, 0, 8_070, 8_090)),
    st.sampled_from((1, 2, 3, 8)),
    st.sampled_from((False, False, True)),
    st.integers(1, 5),
    st.sampled_from(("asked", "xml", "json", "job")),
    st.booleans(),
    st.sampled_from((24.0, 10_000.0)),
    st.integers(0, 1_000),
)
BETWEEN = often(*[CHANGES] * 8, *[WAITS] * 4, st.booleans().map(Switch))
ROUNDS = st.builds(lambda steps, *ending: (*steps, *ending), st.lists(BETWEEN, min_size=1, max_size=6), WAITS, RUNS)
HISTORIES = st.builds(
    LookUpHistory, SETUPS, st.lists(ROUNDS, min_size=1, max_size=5).map(lambda rounds: sum(rounds, start=()))
)


def go_through(history: LookUpHistory) -> None:
    LookUpRuns(history.setup).go_through(history)


@pytest.mark.parametrize("examples", [10, pytest.param(1_500, marks=pytest.mark.long)])
def test_whatever_happens_every_finished_job_gets_the_right_result(
    examples: int, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """Right or gone, none doubled, every state once, and never a call more than allowed."""
    said = explore(request, HISTORIES, examples, go_through)
    with capsys.disabled():
        print(f"\nlook-ups: {said}", file=sys.stderr)


@pytest.mark.long
@pytest.mark.parametrize("name", MISTAKES)
def test_a_history_that_a_likely_mistake_does_not_live_through(name: str) -> None:
    """One for each rule of what is looked up when, so that none depends on luck: it ends well without one."""
    mistake = MISTAKES[name]
    go_through(mistake.history)
    with mistake.made(), pytest.raises(AssertionError, match=mistake.words):
        go_through(mistake.history)
