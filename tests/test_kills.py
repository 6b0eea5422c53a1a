"""
The whole pipeline into DuckDB, killed for real: SIGKILL in extract, normalize, load, between them, and at a request.

`doomed.py` counts what the process does to the world and kills it at a drawn number; what the org does meanwhile and
afterwards is drawn too. The runs that live on are held against the model of `history.py`.
"""

import sys
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from dlt.common.storages.load_package import PackageStorage
from dlt.pipeline.exceptions import PipelineStepFailed
from hypothesis import strategies as st

from jobs_source.standin import StandIn
from pipelines.load import load
from tests.asked import CHOICES
from tests.expected import expected_rows
from tests.history import CHANGES, LONG_WAITS, MEANWHILE, PAUSES, Wait, explore, often
from tests.killed import Kill, KilledHistory, RealLife
from tests.warehouses import Warehouse

LogIn = Callable[..., None]
TOUCHES = {"extract": 50, "normalize": 55, "load": 125, "between": 20}
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
        st.integers(1, TOUCHES.get(step, 6)),
        st.sampled_from((0.0, 0.0, 0.0, 1.0, 4.0, 20.0)),
        IS_FULL,
    )


def histories(step: str) -> st.SearchStrategy[KilledHistory]:
    """One kill in *step*; now and then another before it, wherever."""
    earlier = st.sampled_from((*TOUCHES, "request")).flatmap(kills)
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
    [(step, 3 if step in ("normalize", "load") else 2) for step in (*TOUCHES, "request")]
    + [pytest.param(step, 60, marks=pytest.mark.long) for step in (*TOUCHES, "request")],
)
def test_a_run_that_is_killed_loses_nothing_and_doubles_nothing(
    step: str, examples: int, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wherever SIGKILL comes, the next run goes through, and after a quiet one the tables are what the org lists."""
    deaths = packages = 0

    def live(history: KilledHistory) -> None:
        nonlocal deaths, packages
        with tempfile.TemporaryDirectory() as folder:
            life = RealLife(history, Path(folder))
            life.live()
        deaths, packages = deaths + life.deaths, packages + life.packages

    said = explore(request, histories(step), examples, live, is_costly=True)
    assert deaths >= examples
    with capsys.disabled():
        print(f"\nkilled in {step}: {deaths} times, {packages} packages left and loaded; {said}", file=sys.stderr)


@pytest.mark.parametrize("is_begun", [False, True])
def test_a_package_that_was_normalized_and_not_cleared_is_loaded(
    is_begun: bool, standin: StandIn, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before or while dlt deletes what a normalized package was made from, the next run loads that package."""
    standin.org.add_jobs(20, created=standin.org.clock.now() - timedelta(hours=2))
    standin.org.clock.advance(seconds=5)
    log_in(standin)

    def stop(storage: PackageStorage, load_id: str, not_exists_ok: bool = False) -> None:
        if not not_exists_ok:
            if is_begun:
                storage.storage.delete_folder(str(Path(load_id, "new_jobs")), recursively=True)
            raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises((PipelineStepFailed, KeyboardInterrupt)):
        patched.setattr(PackageStorage, "delete_package", stop)
        load()

    assert load().loaded_pending
    tables = Warehouse("duckdb", Path("jobs_history.duckdb"))
    assert tables.rows("jobs") == expected_rows(standin.org, "ingest")
    assert tables.rows("query_jobs") == expected_rows(standin.org, "query", job_type="V2Query")
