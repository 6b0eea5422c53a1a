"""Walk, filter and cursor through random histories: whatever happens, the table holds what the model says."""

import sys

import pytest
from hypothesis import strategies as st

from tests.history import CHANGES, MEANWHILE, WAITS, explore, often
from tests.played import FILTERS, Choose, History, Life, LoseFolder, Run, Setup
from tests.witness import FAULTS

RUNS = st.builds(
    Run,
    st.sampled_from((False,) * 14 + (True,)),
    st.lists(MEANWHILE, max_size=6).map(tuple),
    st.sampled_from(("",) * 8 + tuple(FAULTS) + ("expired", "bad locator") * 2),
    st.integers(1, 5),
    st.sampled_from(("done",) * 7 + ("killed", "pending", "half")),
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
)
CHOICES = st.builds(Choose, st.integers(0, len(FILTERS) - 1))
BETWEEN = often(*[CHANGES] * 6, *[WAITS] * 4, *[CHOICES] * 2, st.builds(LoseFolder))
ROUNDS = st.builds(lambda steps, *ending: (*steps, *ending), st.lists(BETWEEN, min_size=1, max_size=5), WAITS, RUNS)
HISTORIES = st.builds(
    History, SETUPS, st.lists(ROUNDS, min_size=2, max_size=7).map(lambda rounds: sum(rounds, start=()))
)


def live(history: History) -> None:
    Life(history.setup).live(history)


@pytest.mark.parametrize("examples", [300, pytest.param(5_000, marks=pytest.mark.long)])
def test_whatever_happens_the_table_holds_every_version_that_a_good_run_was_shown(
    examples: int, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """No version lost, none doubled, no older one over a newer, after every run of a random history."""
    said = explore(request, HISTORIES, examples, live)
    with capsys.disabled():
        print(f"\nwalk, filter and cursor: {said}", file=sys.stderr)
