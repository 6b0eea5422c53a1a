"""`job_results` from dlt alone: whatever a pipeline of one's own does, its jobs are due, and nothing waits for ever."""

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pytest

from jobs_source import salesforce_jobs
from jobs_source.resources import changes
from jobs_source.standin import StandIn
from tests.conftest import START
from tests.expected import expected_results, expected_rows
from tests.look_ups import add_finished, asked, sent
from tests.warehouses import Warehouse

LogIn = Callable[..., None]
long = pytest.mark.long
TABLES = Warehouse("duckdb", Path("own.duckdb"))


@pytest.fixture
def org(results_org: StandIn) -> StandIn:
    """Three kinds of finished jobs."""
    for job_type in ("V2Ingest", "V2Query", "Classic"):
        add_finished(results_org, 2, job_type=job_type, **{"number_batches_failed": 0} if job_type == "Classic" else {})
    return results_org


def results(standin: StandIn) -> list[dict[str, Any]]:
    """What the table should hold, but for the time of the look-up."""
    return [{**row, "looked_up_at": None} for row in expected_results(standin.org, START)]


def loaded(table: str = "job_results") -> list[dict[str, Any]]:
    return [{**row, "looked_up_at": None} for row in TABLES.rows(table)]


def both() -> Any:
    return salesforce_jobs().with_resources("jobs", "query_jobs", "job_results")


@pytest.mark.long
@pytest.mark.parametrize("is_parallel", [pytest.param(False, marks=long), True])
def test_jobs_of_the_same_run_are_due(is_parallel: bool, org: StandIn, pipeline: dlt.Pipeline) -> None:
    """A second run asks nothing; a third one only for the job that is new, with the same source object or another."""
    source = both().parallelize() if is_parallel else both()
    pipeline.run(source)
    assert (loaded(), len(asked(org)), len(sent(org))) == (results(org), 6, 8)
    org.requests.clear()
    pipeline.run(source)
    assert (loaded(), asked(org)) == (results(org), [])
    new = add_finished(org, 1)
    org.requests.clear()
    for each in (source, both()):
        pipeline.run(each)
    assert (loaded(), asked(org)) == (results(org), new)
    assert TABLES.rows("jobs") == expected_rows(org.org, "ingest")
    listings = TABLES.query("select listing, count(*) from runs group by 1 order by 1")
    assert listings == [("job_results", 2), ("jobs/ingest", 4), ("jobs/query", 4)]


CHANGES: dict[str, Callable[[Any], Any]] = {
    "all selected": lambda source: salesforce_jobs(),
    "everything": lambda source: salesforce_jobs().with_resources(*salesforce_jobs().resources),
    "parallel": lambda source: source.parallelize(),
    "parallel results": lambda source: source.job_results.parallelize() and source,
    "parallel jobs": lambda source: source.jobs.parallelize() and source,
    "limit": lambda source: source.add_limit(1_000),
    "jobs under another name": lambda source: [source.jobs.with_name("mine"), source.query_jobs, source.job_results],
    "results under another name": lambda source: [source.jobs, source.query_jobs, source.job_results.with_name("mine")],
    "results first": lambda source: [source.job_results, source.query_jobs, source.jobs],
    "a clone": lambda source: source.clone(),
}


@long
@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("mode", ["round_robin", "fifo"])
def test_nothing_hangs_and_nothing_is_lost(
    name: str, mode: str, org: StandIn, pipeline: dlt.Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the resources are chosen, named, limited and ordered: after a second run all is there."""
    monkeypatch.setenv("EXTRACT__NEXT_ITEM_MODE", mode)
    for _ in range(2):
        pipeline.run(CHANGES[name](both()))
    if name == "all selected":  # results are not, unless somebody names them
        assert asked(org) == []
        return
    assert loaded("mine" if name.startswith("results under") else "job_results") == results(org)
    assert len([id_ for id_ in asked(org) if "/" not in id_]) == 6


@long
def test_results_alone_are_those_of_jobs_that_are_there(org: StandIn, pipeline: dlt.Pipeline) -> None:
    """Without a walk, in an empty dataset nothing is due; afterwards it is what the tables of jobs say."""
    alone = salesforce_jobs().with_resources("job_results")
    pipeline.run(alone)
    pipeline.run(salesforce_jobs())
    assert asked(org) == []

    pipeline.run(alone)
    pipeline.run(alone)

    assert loaded() == results(org)
    assert len(asked(org)) == 6


@long
def test_a_limit_leaves_results_to_the_next_run(
    org: StandIn, pipeline: dlt.Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of jobs that it has cut off too: nothing is looked up for a job that is not loaded."""
    monkeypatch.setattr(changes, "BATCH_JOBS", 2)
    org.org.page_size = 2
    pipeline.run(both().add_limit(1))
    known = {row["id"] for table in ("jobs", "query_jobs") for row in TABLES.rows(table)}
    assert {row["id"] for row in TABLES.rows("job_results")} <= known < {row["id"] for row in every_job(org)}

    pipeline.run(both())

    assert loaded() == results(org)


def every_job(standin: StandIn) -> list[dict[str, Any]]:
    return [*expected_rows(standin.org, "ingest"), *expected_rows(standin.org, "query", job_type="V2Query")]


@long
@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_on_files_the_jobs_of_each_run_are_due(kind: Any, org: StandIn, tmp_path: Path, pipeline: dlt.Pipeline) -> None:
    """They cannot be asked. A run asks for what it has taken itself, with the source object of an earlier run too."""
    files = dlt.destinations.filesystem(str(tmp_path / "files"))
    to_files = dlt.pipeline("files", destination=files, dataset_name="bulk")
    source = both()
    to_files.run(source, loader_file_format=kind)
    first = asked(org)
    new = add_finished(org, 1)
    org.requests.clear()
    to_files.run(source, loader_file_format=kind)

    again = {row["id"] for row in every_job(org) if row["job_type"] != "V2Ingest"} & set(first)  # inside the lag
    assert (len(first), set(asked(org))) == (6, {*new, *again})
    paths = (tmp_path / "files" / "bulk" / "job_results").glob(f"*.{kind}*")
    assert sorted(id_ for path in paths for id_ in ids_in(path)) == sorted([*first, *asked(org)])


def ids_in(path: Path) -> list[str]:
    if path.suffix == ".parquet":
        return [id_ for (id_,) in duckdb.read_parquet(str(path)).project("id").fetchall()]
    with gzip.open(path) as lines:
        return [json.loads(line)["id"] for line in lines]


@long
@pytest.mark.parametrize("refresh", ["drop_sources", "drop_resources", "drop_data"])
def test_after_a_refresh_the_results_are_there_again(refresh: Any, org: StandIn, pipeline: dlt.Pipeline) -> None:
    """The tables are dropped at the load; until then they tell of results that are lost with them."""
    pipeline.run(both())
    org.requests.clear()

    pipeline.run(both(), refresh=refresh)

    assert loaded() == results(org)
    assert TABLES.rows("jobs") == expected_rows(org.org, "ingest")
    assert len(asked(org)) == 6


@long
def test_in_dev_mode_each_run_has_a_dataset_of_its_own(org: StandIn, pipeline: dlt.Pipeline) -> None:
    """And looks up all of its jobs."""
    for _ in range(2):
        org.requests.clear()
        dlt.pipeline("dev", destination=pipeline.destination, dataset_name="dev", dev_mode=True).run(both())
        assert len(asked(org)) == 6


@long
def test_a_file_that_another_program_has_open_is_asked_later(org: StandIn, pipeline: dlt.Pipeline) -> None:
    """While it is held, the jobs of the run are due; it is let go when the load begins."""
    pipeline.run(both())
    new = add_finished(org, 1)
    held = "import duckdb, sys; open = duckdb.connect('own.duckdb'); print(1, flush=True); sys.stdin.read()"
    holder = subprocess.Popen([sys.executable, "-c", held], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout and holder.stdout.readline()
    org.requests.clear()
    org.misbehave("call", path="750", do=holder.communicate)

    pipeline.run(both())

    assert new[0] in asked(org)
    assert loaded() == results(org)
