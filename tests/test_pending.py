"""What a killed run left in the working directory, at its worst."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import dlt
import pytest
from dlt.common.configuration.container import Container
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext
from dlt.common.storages import LoadStorage
from dlt.common.storages.load_package import PackageStorage
from dlt.pipeline.exceptions import PipelineStepFailed

from jobs_source.standin import StandIn
from pipelines.errors import WaitsForAnotherPlace
from pipelines.load import load
from pipelines.orgs import make_pipeline, make_source
from tests.expected import expected_rows
from tests.warehouses import Warehouse


def test_a_package_that_was_marked_and_not_moved_is_put_away(
    standin: StandIn, log_in: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """dlt by itself refuses it in every run after a kill between its last two steps."""
    clock = standin.org.clock
    ids = standin.org.add_jobs(20, job_type="V2Ingest", created=clock.now() - timedelta(hours=2))
    clock.advance(seconds=5)
    log_in(standin)

    def mark_only(storage: LoadStorage, load_id: str, aborted: bool) -> None:
        storage.normalized_packages.complete_loading_package(load_id, "loaded")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises((PipelineStepFailed, KeyboardInterrupt)):
        patched.setattr(LoadStorage, "complete_load_package", mark_only)
        load()
    clock.advance(seconds=3_600)
    standin.org.change_job(ids[3], state="Failed")
    clock.advance(seconds=5)

    summary = load()

    assert (summary.loaded_pending, summary.jobs_new, summary.jobs_changed) == (False, 0, 1)
    assert Warehouse("duckdb", Path("jobs_history.duckdb")).rows("jobs") == expected_rows(standin.org, "ingest")


@pytest.mark.parametrize("name", ["3502e6d5abe7a3fd", "e3e63b3a27f837aa"])
def test_a_schema_that_was_written_and_not_put_in_its_place_is_no_schema(
    standin: StandIn, log_in: Callable[..., None], name: str
) -> None:
    """dlt by itself takes its temporary file's name for one of a schema, and fails where a digit begins it."""
    log_in(standin)
    load()
    folder = Path(dlt.pipeline("salesforce_jobs").working_dir) / "schemas"
    before = sorted(folder.iterdir())
    (folder / name).write_text("{", encoding="utf-8")

    assert load().loaded_pending is False
    assert sorted(folder.iterdir()) == before


def test_a_package_that_was_normalized_and_not_deleted_is_loaded_once(
    standin: StandIn, log_in: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """dlt by itself finds the place taken in every run after a kill between these two steps."""
    clock = standin.org.clock
    standin.org.add_jobs(20, job_type="V2Ingest", created=clock.now() - timedelta(hours=2))
    clock.advance(seconds=5)
    log_in(standin)

    def die(storage: PackageStorage, load_id: str, not_exists_ok: bool = False) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises((PipelineStepFailed, KeyboardInterrupt)):
        commit = LoadStorage.commit_new_load_package
        patched.setattr(
            LoadStorage,
            "commit_new_load_package",
            lambda storage, load_id: (commit(storage, load_id), patched.setattr(PackageStorage, "delete_package", die)),
        )
        load()

    assert load().loaded_pending
    tables = Warehouse("duckdb", Path("jobs_history.duckdb"))
    assert tables.rows("jobs") == expected_rows(standin.org, "ingest")
    assert len(tables.rows("runs")) == 4


def test_a_package_that_runs_elsewhere_have_overtaken_is_put_away(
    standin: StandIn, log_in: Callable[..., None], workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loaded late, it would put its old versions over newer ones, for good where Salesforce lists them no more."""

    def move_to(machine: str) -> None:
        monkeypatch.setenv("DLT_DATA_DIR", str(workplace / machine))
        Container()[PluggableRunContext].reload(str(workplace))

    org, clock = standin.org, standin.org.clock
    ids = org.add_jobs(5, job_type="V2Ingest", created=clock.now() - timedelta(hours=1), state="InProgress")
    clock.advance(seconds=5)
    log_in(standin)
    move_to("dlt")
    load()
    make_pipeline(None, "duckdb", "salesforce_jobs").extract(make_source(None, full=True))
    move_to("dlt/elsewhere")
    clock.advance(seconds=3_600)
    for id_ in ids:
        org.change_job(id_, state="JobComplete")
    clock.advance(seconds=60)
    load()
    finished = expected_rows(org, "ingest")
    for id_ in ids:
        org.delete_job(id_)
    move_to("dlt")

    summary = load()

    assert (summary.loaded_pending, summary.is_full, summary.jobs_changed) == (False, True, 0)
    assert summary.warnings[0].startswith("What an earlier run here had read was put away")
    assert Warehouse("duckdb", Path("jobs_history.duckdb")).rows("jobs") == finished


def test_a_package_is_not_loaded_into_another_dataset_than_it_was_read_for(
    standin: StandIn, log_in: Callable[..., None]
) -> None:
    """Its rows would be missing where they belong; the run that asks for that does nothing and says so."""
    standin.org.add_jobs(5, job_type="V2Ingest", created=standin.org.clock.now() - timedelta(hours=1))
    standin.org.clock.advance(seconds=5)
    log_in(standin)
    make_pipeline(None, "duckdb", "salesforce_jobs").extract(make_source(None))
    asked = len(standin.requests)

    with pytest.raises(
        WaitsForAnotherPlace, match="for another destination, dataset or file than this run's"
    ) as caught:
        load(dataset="other")

    assert f"remove {make_pipeline(None, 'duckdb', 'salesforce_jobs').working_dir}: what it holds" in str(caught.value)

    assert len(standin.requests) == asked
    assert load().loaded_pending
    assert Warehouse("duckdb", Path("jobs_history.duckdb")).rows("jobs") == expected_rows(standin.org, "ingest")


def test_a_package_is_loaded_though_the_run_was_killed_before_its_state_was_written(
    standin: StandIn, log_in: Callable[..., None]
) -> None:
    """The destination knows as much as the working directory then, so no run elsewhere has gone on."""
    clock = standin.org.clock
    ids = standin.org.add_jobs(5, job_type="V2Ingest", created=clock.now() - timedelta(hours=1), state="InProgress")
    clock.advance(seconds=5)
    log_in(standin)
    load()
    clock.advance(seconds=3_600)
    standin.org.change_job(ids[0], state="Failed")
    clock.advance(seconds=5)
    pipeline = make_pipeline(None, "duckdb", "salesforce_jobs")
    state = Path(pipeline.working_dir, "state.json")
    before = state.read_bytes()
    pipeline.extract(make_source(None))
    state.write_bytes(before)

    summary = load()

    assert (summary.loaded_pending, [text for text in summary.warnings if "put away" in text]) == (True, [])
    assert Warehouse("duckdb", Path("jobs_history.duckdb")).rows("jobs") == expected_rows(standin.org, "ingest")


def test_loads_of_long_ago_are_removed_from_the_working_directory(
    standin: StandIn, log_in: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    dlt keeps the rows of every load for good. The newest stay for a while; what was put away unloaded, or failed in
    part, stays; what a kill left half removed goes.
    """
    monkeypatch.setattr("pipelines.pending._KEPT_LOADS", 2)
    log_in(standin)
    loaded = Path(dlt.pipeline("salesforce_jobs").working_dir) / "load" / "loaded"
    packages: list[Path] = []
    for _ in range(3):
        load()
        packages += sorted(set(loaded.iterdir()) - set(packages))
    (packages[0] / "package_completed.json").write_text("aborted")
    (packages[1] / "failed_jobs" / "jobs.0123456789.0.sql").touch()
    (packages[2] / "package_completed.json").unlink()
    for _ in range(3):
        load()
        packages += sorted(set(loaded.iterdir()) - set(packages))

    assert len(packages) == 6
    assert sorted(loaded.iterdir()) == [*packages[:2], *packages[3:]]
