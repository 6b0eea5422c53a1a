"""The source as dlt's users treat any source: what their guides show works here, or is refused with what to do."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Optional

import dlt
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from dlt.pipeline.exceptions import PipelineStepFailed

from jobs_source import salesforce_jobs
from jobs_source.commands.errors import explain
from jobs_source.exceptions import ConfigError
from jobs_source.resources import changes
from jobs_source.schema import JOBS
from jobs_source.standin import Clock, StandIn
from tests.conftest import ROOT, START
from tests.expected import expected_rows
from tests.warehouses import Warehouse

LogIn = Callable[..., None]
TABLES = Warehouse("duckdb", Path("own.duckdb"))
FIRST = [("jobs/ingest", True), ("jobs/query", True)]
LATER = [("jobs/ingest", False), ("jobs/query", False)]
long = pytest.mark.long
HOW = "An item is an Arrow table of many jobs, not a row."


@pytest.fixture
def org(standin: StandIn, log_in: LogIn) -> StandIn:
    """An org with jobs of each kind and an odd entry, a few to a page."""
    standin.org.page_size = 10
    standin.org.add_jobs(60)
    standin.org.add_raw_entry({"operation": "insert"})
    standin.org.clock.advance(seconds=5)
    log_in(standin)
    return standin


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "BATCH_JOBS", 10)


def an_hour_later(standin: StandIn) -> None:
    """Two jobs are new and the oldest one has changed."""
    standin.org.clock.advance(seconds=3_600)
    standin.org.add_jobs(2, job_type="V2Ingest", created=standin.org.clock.now())
    standin.org.change_job(expected_rows(standin.org, "ingest")[0]["id"], state="Aborted")
    standin.org.clock.advance(seconds=5)


def ingest_jobs(standin: StandIn, **values: Any) -> list[dict[str, Any]]:
    """The rows of `jobs` that have these values, as the org lists them."""
    rows = expected_rows(standin.org, "ingest")
    return [row for row in rows if values.items() <= row.items()]


def query_jobs(standin: StandIn) -> list[dict[str, Any]]:
    return expected_rows(standin.org, "query", job_type="V2Query")


def runs() -> list[tuple[Any, ...]]:
    """Of each walk, in order of time: which listing, and whether all was merged, whatever the cursor said."""
    return TABLES.query("select listing, is_full from runs order by started_at, listing")


@pytest.mark.long
@pytest.mark.parametrize("times", [3, pytest.param(30, marks=long)])
@pytest.mark.parametrize("parallelize", ["source", pytest.param("each resource", marks=long)])
def test_resources_can_be_parallelized(parallelize: str, times: int, log_in: LogIn, pipeline: dlt.Pipeline) -> None:
    """Each run has all rows, however the threads take turns."""
    for number in range(times):
        with StandIn(clock=Clock(START, frozen=True), seed=number) as standin:
            standin.org.page_size = 10
            standin.org.add_jobs(60)
            standin.org.clock.advance(seconds=5)
            log_in(standin)
            source = salesforce_jobs()
            for part in [source] if parallelize == "source" else [source.jobs, source.query_jobs]:
                part.parallelize()

            pipeline.run(source, refresh="drop_sources")

            assert TABLES.rows("jobs") == ingest_jobs(standin)
            assert TABLES.rows("query_jobs") == query_jobs(standin)
            assert len(runs()) == 2


@pytest.mark.long
@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("is_parallel", [False, pytest.param(True, marks=long)])
def test_a_limit_takes_the_first_jobs_and_leaves_the_rest_to_the_next_run(
    is_parallel: bool, org: StandIn, pipeline: dlt.Pipeline
) -> None:
    """All tables are there at once. The cursor stays where it was: the walk did not end."""
    jobs = salesforce_jobs().with_resources("jobs").add_limit(1)
    pipeline.run(jobs.parallelize() if is_parallel else jobs)
    taken = TABLES.rows("jobs")
    assert 0 < len(taken) < len(ingest_jobs(org))
    assert [row for row in taken if row not in ingest_jobs(org)] == []
    assert TABLES.rows("runs") == TABLES.rows("rejected_jobs") == []

    pipeline.run(salesforce_jobs())
    assert TABLES.rows("jobs") == ingest_jobs(org)
    assert runs() == FIRST

    an_hour_later(org)
    pipeline.run(salesforce_jobs().add_limit(0))
    pipeline.run(salesforce_jobs().with_resources("jobs"))
    assert TABLES.rows("jobs") == ingest_jobs(org)
    assert runs()[2:] == [("jobs/ingest", False)]


def test_a_map_changes_tables_of_jobs_only(org: StandIn, pipeline: dlt.Pipeline) -> None:
    """Rows of `rejected_jobs` and `runs` pass by; a function may take dlt's second argument."""
    seen = set[tuple[str, ...]]()

    def add_prefix(jobs: pa.Table, meta: Any = None) -> pa.Table:
        seen.add(tuple(jobs.schema.names))
        return jobs.append_column("prefix", pc.utf8_slice_codeunits(jobs["id"], 0, 3))

    source = salesforce_jobs().with_resources("jobs")
    source.jobs.add_map(add_prefix)
    pipeline.run(source)

    assert TABLES.rows("jobs") == [{**row, "prefix": "750"} for row in ingest_jobs(org)]
    assert seen == {tuple(JOBS.arrow_schema.names)}
    assert [row["reason"] for row in TABLES.rows("rejected_jobs")] == ["no id"]
    assert runs() == [("jobs/ingest", True)]


@pytest.mark.parametrize(
    "choose",
    [lambda jobs: pc.equal(jobs["state"], "Failed"), lambda jobs: pc.field("state") == "Failed"],
    ids=["column", "expression"],
)
def test_a_filter_chooses_jobs(choose: Callable[[pa.Table], Any], org: StandIn, pipeline: dlt.Pipeline) -> None:
    """By a column of booleans or by an expression; the other resource and the side tables stay whole."""
    source = salesforce_jobs()
    source.jobs.add_filter(choose)
    pipeline.run(source)

    assert TABLES.rows("jobs") == ingest_jobs(org, state="Failed") != []
    assert TABLES.rows("query_jobs") == query_jobs(org)
    assert {row["reason"] for row in TABLES.rows("rejected_jobs")} == {"no id"}
    assert len(runs()) == 2


@pytest.mark.long
@pytest.mark.parametrize("jobs", [0, pytest.param(60, marks=long)])
def test_a_filter_may_leave_nothing(jobs: int, standin: StandIn, log_in: LogIn, pipeline: dlt.Pipeline) -> None:
    """The tables are there, with the column that a map after it adds, and the next run goes on."""
    standin.org.add_jobs(jobs)
    log_in(standin)
    for _ in range(2):
        standin.org.clock.advance(seconds=3_600)
        source = salesforce_jobs()
        source.jobs.add_filter(lambda jobs: pc.equal(jobs["state"], "Nothing"))
        source.jobs.add_map(lambda jobs: jobs.append_column("is_mine", pa.repeat(True, len(jobs))))
        pipeline.run(source)
    assert TABLES.rows("jobs") == TABLES.rows("rejected_jobs") == []
    assert TABLES.columns("jobs")[-1] == "is_mine"
    assert TABLES.rows("query_jobs") == query_jobs(standin)
    assert len(runs()) == 4


@pytest.mark.long
def test_a_yield_map_makes_several_tables_of_one(org: StandIn, pipeline: dlt.Pipeline) -> None:
    """And `|` does the same with a generator function."""

    def halves(jobs: pa.Table) -> Iterator[pa.Table]:
        yield jobs.slice(0, len(jobs) // 2)
        yield jobs.slice(len(jobs) // 2)

    source = salesforce_jobs()
    source.jobs.add_yield_map(halves)
    _ = source.query_jobs | halves
    pipeline.run(source)

    assert TABLES.rows("jobs") == ingest_jobs(org)
    assert TABLES.rows("query_jobs") == query_jobs(org)
    assert len(runs()) == 2


def set_item(row: Any) -> Any:
    row["x"] = 1
    return row


def yield_items(row: Any) -> Iterator[Any]:
    yield from row.items()


@pytest.mark.parametrize(
    ("method", "function", "said"),
    [
        ("add_filter", lambda row: row["state"] == "Failed", "returned a bool, not a column of booleans"),
        ("add_filter", lambda row: row.get("state"), "ended with AttributeError: 'pyarrow.lib.Table' object has no"),
        ("add_filter", lambda row: row["status"], "ended with KeyError: 'Field \"status\" does not exist in schema'"),
        ("add_filter", lambda jobs: jobs, "returned a Table, not a column of booleans"),
        ("add_filter", lambda jobs: jobs["state"], "ended with ArrowNotImplementedError: "),
        ("add_map", set_item, "ended with TypeError: 'pyarrow.lib.Table' object does not support item assignment"),
        ("add_map", lambda row: {"id": row["id"]}, "returned a dict, not an Arrow table"),
        ("add_map", lambda row: row["id"], "returned a ChunkedArray, not an Arrow table"),
        ("add_map", lambda jobs: jobs.to_pylist(), "returned a list, not an Arrow table"),
        (
            "add_yield_map",
            yield_items,
            "ended with AttributeError: 'pyarrow.lib.Table' object has no attribute 'items'",
        ),
        ("add_yield_map", lambda jobs: None, "ended with TypeError: 'NoneType' object is not iterable"),
        ("add_yield_map", lambda jobs: [{"id": 1}], "returned a dict, not an Arrow table"),
    ],
)
def test_a_function_for_rows_is_refused(
    method: str, function: Callable[[Any], Any], said: str, org: StandIn, pipeline: dlt.Pipeline
) -> None:
    """It would keep all jobs or none. The error says what an item is and how to do it instead; nothing was asked."""
    source = salesforce_jobs().with_resources("jobs")
    getattr(source.jobs, method)(function)

    with pytest.raises(PipelineStepFailed) as caught:
        pipeline.run(source)

    reason = explain(caught.value)
    assert reason.exit_code == 2
    assert reason.message.startswith(f"The function given to jobs.{method} {said}")
    assert HOW in reason.message
    assert org.requests == []


def test_tables_can_be_selected(org: StandIn, pipeline: dlt.Pipeline) -> None:
    """With dlt's `select_tables`: the others get nothing."""
    source = salesforce_jobs().with_resources("jobs")
    source.jobs.select_tables("jobs", "rejected_jobs")
    pipeline.run(source)
    assert TABLES.rows("jobs") == ingest_jobs(org)
    assert [row["reason"] for row in TABLES.rows("rejected_jobs")] == ["no id"]
    assert TABLES.columns("runs") == []


@pytest.mark.long
def test_one_resource_goes_under_another_name(org: StandIn, pipeline: dlt.Pipeline) -> None:
    """With a cursor of its own, and its side tables; a resource that is called is a copy too."""
    for _ in range(2):
        pipeline.run([salesforce_jobs().jobs.with_name("bulk_jobs"), salesforce_jobs().query_jobs()])
        an_hour_later(org)
    pipeline.run(salesforce_jobs().jobs.with_name("bulk_jobs"))

    assert TABLES.rows("bulk_jobs") == ingest_jobs(org)
    assert [row["reason"] for row in TABLES.rows("rejected_jobs")] == ["no id"]
    assert runs() == [*FIRST, *LATER, ("jobs/ingest", False)]


@pytest.mark.long
@pytest.mark.parametrize(
    ("hints", "table", "rows_in_all"),
    [
        ({"write_disposition": "replace"}, "jobs", "each once"),
        pytest.param({"write_disposition": {"disposition": "merge"}}, "jobs", "each once", marks=long),
        pytest.param({"write_disposition": "append"}, "jobs", "each version", marks=long),
        pytest.param({"primary_key": "id"}, "jobs", "each once", marks=long),
        pytest.param({"table_name": "bulk_jobs"}, "bulk_jobs", "each once", marks=long),
        pytest.param({"columns": {"object": {"description": "Mine."}}}, "jobs", "each once", marks=long),
    ],
)
def test_hints_can_be_applied(
    hints: dict[str, Any], table: str, rows_in_all: str, org: StandIn, pipeline: dlt.Pipeline
) -> None:
    """They concern the table of jobs: the side tables are merged as ever."""
    oldest = ingest_jobs(org)[0]
    for hours in range(2):
        if hours:
            an_hour_later(org)
        source = salesforce_jobs()
        source.jobs.apply_hints(**hints)
        pipeline.run(source)

    found = TABLES.rows(table)
    newest = {row["id"]: row for row in sorted(found, key=lambda row: row["system_modstamp"])}
    assert sorted(newest.values(), key=lambda row: row["id"]) == ingest_jobs(org)
    assert (len(found) == len(newest)) is (rows_in_all == "each once")
    assert (oldest in found) is (rows_in_all == "each version")
    assert TABLES.rows("query_jobs") == query_jobs(org)
    assert [row["reason"] for row in TABLES.rows("rejected_jobs")] == ["no id"]
    replaces = hints.get("write_disposition") == "replace"
    assert runs() == [*FIRST, ("jobs/ingest", replaces), ("jobs/query", False)]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"write_disposition": "skip"}, "write_disposition 'skip' would lose or duplicate rows of jobs"),
    (
        {"write_disposition": {"disposition": "merge", "strategy": "upsert"}},
        "To leave a table out, use with_resources.",
    ),
    (
        {"write_disposition": {"disposition": "merge", "strategy": "scd2"}},
        "Use merge (with the strategy delete-insert)",
    ),
    ({"table_name": lambda jobs: "bulk_jobs"}, "Split or change the table in SQL, after the load."),
    ({"primary_key": "object"}, "primary_key object would lose or duplicate rows of jobs"),
    ({"primary_key": ["org_id", "object"]}, "primary_key org_id, object would lose or duplicate rows of jobs"),
    ({"primary_key": []}, "primary_key without a column would lose or duplicate rows of jobs"),
    ({"columns": {"object": {"merge_key": True}}}, "merge_key object would delete rows of jobs"),
    ({"columns": {"system_modstamp": {"hard_delete": True}}}, "hard_delete on system_modstamp would delete rows"),
    ({"columns": [{"name": "mine", "hard_delete": True}]}, "hard_delete on mine would delete rows of jobs"),
    ({"columns": {"system_modstamp": {"dedup_sort": "asc"}}}, "dedup_sort of jobs must stay desc on system_modstamp"),
    ({"columns": {"created_date": {"dedup_sort": "desc"}}}, "dedup_sort of jobs must stay desc on system_modstamp"),
    ({"columns": {}}, "dedup_sort of jobs must stay desc on system_modstamp"),
    ({"columns": lambda jobs: {}}, "columns of jobs must be a value, not a function"),
]


@pytest.mark.parametrize(
    ("hints", "said"),
    [
        *REFUSED,
        ({"merge_key": "object"}, "merge_key object would delete rows of jobs"),
        ({"incremental": dlt.sources.incremental("created_date")}, "must be on system_modstamp, not on 'created_date'"),
        ({"additional_table_hints": {"x-merge-strategy": "upsert"}}, "write_disposition 'upsert' would lose"),
    ],
)
def test_hints_that_would_lose_or_duplicate_jobs_are_refused(hints: dict[str, Any], said: str, org: StandIn) -> None:
    """With what to do instead; a copy under another name refuses them too."""
    with pytest.raises(ConfigError, match=re.escape(said)):
        salesforce_jobs().jobs.apply_hints(**hints)
    with pytest.raises(ConfigError, match=re.escape(said.replace(" jobs", " bulk_jobs"))):
        salesforce_jobs().jobs.with_name("bulk_jobs").apply_hints(**hints)
    assert org.requests == []


@pytest.mark.parametrize(
    ("hints", "said"), [REFUSED[0], REFUSED[4], *(pytest.param(*row, marks=long) for row in REFUSED[5:] + REFUSED[1:4])]
)
def test_a_run_refuses_the_same_hints(hints: dict[str, Any], said: str, org: StandIn, pipeline: dlt.Pipeline) -> None:
    """As arguments, before anything is asked."""
    with pytest.raises(PipelineStepFailed) as caught:
        pipeline.run(salesforce_jobs().with_resources("jobs"), **hints)
    reason = explain(caught.value)
    assert reason.exit_code == 2
    assert said in reason.message
    assert org.requests == []


@pytest.mark.usefixtures("org")
def test_hints_that_cost_no_job_are_taken() -> None:
    """Each is there afterwards, beside the key and the order that jobs are merged by."""
    jobs = salesforce_jobs().jobs
    jobs.apply_hints(primary_key=("org_id", "id"), columns={"system_modstamp": {"description": "Mine."}})
    jobs.apply_hints("bulk_jobs", incremental=dlt.sources.incremental("system_modstamp"))
    jobs.write_disposition = "append"

    table: Any = jobs.compute_table_schema()
    assert (table["name"], table["write_disposition"]) == ("bulk_jobs", "append")
    assert [name for name, column in table["columns"].items() if column.get("primary_key")] == ["org_id", "id"]
    stamp = table["columns"]["system_modstamp"]
    assert (stamp["description"], stamp["dedup_sort"]) == ("Mine.", "desc")


@pytest.mark.long
@pytest.mark.parametrize(
    ("how", "loaded"),
    [
        ("|", "both"),
        ("data_from", "transformer"),
        pytest.param("data_from", "both", marks=long),
        pytest.param("|", "transformer", marks=long),
        pytest.param("parallel", "both", marks=long),
        pytest.param("called", "both", marks=long),
        pytest.param("with_name", "both", marks=long),
    ],
)
def test_a_transformer_gets_tables_of_jobs_only(how: str, loaded: str, org: StandIn, pipeline: dlt.Pipeline) -> None:
    """A table of its own comes of them. The side tables are loaded if `jobs` is, each row once."""
    jobs = salesforce_jobs().jobs
    if how == "called":
        jobs = jobs()
    elif how == "with_name":
        jobs = jobs.with_name("jobs")

    def ids(table: pa.Table) -> Iterator[Any]:
        for row in table.to_pylist():
            yield {"job_id": row["id"]}

    mine: Any
    if how == "data_from":
        mine = dlt.transformer(ids, data_from=jobs, name="ids", table_name="job_ids")
    else:
        mine = jobs | dlt.transformer(ids, name="ids", table_name="job_ids", parallelized=how == "parallel")
    pipeline.run([jobs, mine] if loaded == "both" else mine)

    listed = ingest_jobs(org)
    assert sorted(TABLES.query("select job_id from job_ids")) == [(row["id"],) for row in listed]
    if loaded == "both":
        assert TABLES.rows("jobs") == listed
        assert [row["reason"] for row in TABLES.rows("rejected_jobs")] == ["no id"]
        assert runs() == [("jobs/ingest", True)]
    else:
        assert TABLES.columns("runs") == TABLES.columns("rejected_jobs") == TABLES.columns("jobs") == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("refresh", "selected"),
    [
        ("drop_sources", ("jobs", "query_jobs")),
        pytest.param("drop_resources", ("jobs",), marks=long),
        pytest.param("drop_data", ("jobs",), marks=long),
        pytest.param("drop_sources", ("jobs",), marks=long),
        pytest.param("drop_resources", ("jobs", "query_jobs"), marks=long),
        pytest.param("drop_data", ("jobs", "query_jobs"), marks=long),
    ],
)
def test_a_refresh_loads_all_that_is_listed_anew(
    refresh: Any, selected: tuple[str, ...], org: StandIn, pipeline: dlt.Pipeline
) -> None:
    """Of the selected resources; with the cursor the data goes. A plain run after it brings the rest, and goes on."""
    pipeline.run(salesforce_jobs())
    an_hour_later(org)

    pipeline.run(salesforce_jobs().with_resources(*selected), refresh=refresh)

    assert TABLES.rows("jobs") == ingest_jobs(org)
    newest = TABLES.query("select is_full from runs where listing = 'jobs/ingest' order by started_at desc limit 1")
    assert newest == [(True,)]

    an_hour_later(org)
    pipeline.run(salesforce_jobs())
    assert TABLES.rows("jobs") == ingest_jobs(org)
    assert TABLES.rows("query_jobs") == query_jobs(org)
    assert runs()[-2] == ("jobs/ingest", False)


@pytest.mark.long
def test_dev_mode_has_a_dataset_and_a_cursor_of_its_own(org: StandIn, pipeline: dlt.Pipeline) -> None:
    """Each time: all jobs are loaded anew, and the tables of before stay."""
    pipeline.run(salesforce_jobs())
    trial = dlt.pipeline("own", destination=pipeline.destination, dataset_name="salesforce_jobs", dev_mode=True)
    trial.run(salesforce_jobs())

    assert trial.dataset_name.startswith("salesforce_jobs_2")
    ids = [(row["id"],) for row in ingest_jobs(org)]
    assert sorted(trial.dataset().jobs.select("id").fetchall()) == ids
    assert TABLES.rows("jobs") == ingest_jobs(org)
    assert len(runs()) == 2


@pytest.mark.long
def test_a_dropped_pipeline_goes_on_from_its_destination(org: StandIn, pipeline: dlt.Pipeline) -> None:
    """`drop` takes away what is on the machine only."""
    pipeline.run(salesforce_jobs())
    an_hour_later(org)

    pipeline.drop().run(salesforce_jobs())

    assert TABLES.rows("jobs") == ingest_jobs(org)
    assert runs() == [*FIRST, *LATER]


@long
def test_one_source_object_can_run_again(org: StandIn, pipeline: dlt.Pipeline) -> None:
    """As orchestrators do that keep it."""
    source = salesforce_jobs()
    pipeline.run(source)
    an_hour_later(org)
    pipeline.run(source)
    assert TABLES.rows("jobs") == ingest_jobs(org)
    assert runs() == [*FIRST, *LATER]


def test_a_table_comes_back_as_arrow_in_pieces(org: StandIn, pipeline: dlt.Pipeline) -> None:
    """With any DuckDB; `arrow()` of dlt 1.31 needs one below 2."""
    pipeline.run(salesforce_jobs())
    jobs = pa.concat_tables(pipeline.dataset().jobs.select("id", "state").iter_arrow(chunk_size=20))
    rows = [{"id": row["id"], "state": row["state"]} for row in ingest_jobs(org)]
    assert sorted(jobs.to_pylist(), key=lambda row: row["id"]) == rows


@pytest.mark.parametrize("place", ["run", *(pytest.param(place, marks=long) for place in ("source", "resource"))])
@pytest.mark.parametrize(
    ("contract", "is_loaded", "has_column"),
    [
        ({"columns": "freeze"}, False, False),
        pytest.param({"tables": "freeze"}, True, True, marks=long),
        pytest.param("evolve", True, True, marks=long),
        pytest.param({"columns": "discard_value"}, True, False, marks=long),
    ],
)
def test_a_schema_contract_decides_about_a_new_field(
    contract: Any, is_loaded: bool, has_column: bool, place: str, org: StandIn, pipeline: dlt.Pipeline
) -> None:
    """A run that it ends loads nothing and moves no cursor: the next one without it brings all."""
    pipeline.run(salesforce_jobs())
    before = TABLES.rows("jobs")
    an_hour_later(org)
    (new,) = org.org.add_jobs(1, job_type="V2Ingest", created=org.org.clock.now())
    org.org.add_raw_entry({**next(job for job in org.org.listed("ingest") if job["id"] == new), "colour": "blue"})
    org.org.clock.advance(seconds=5)

    source, arguments = salesforce_jobs(), {"schema_contract": contract} if place == "run" else {}
    if place == "source":
        source.schema_contract = contract
    elif place == "resource":
        source.jobs.apply_hints(schema_contract=contract)
    error: Optional[PipelineStepFailed] = None
    try:
        pipeline.run(source, **arguments)
    except PipelineStepFailed as failed:
        error = failed

    assert (error is None) is is_loaded
    assert error is None or "Can't add table column `colour` to table `jobs`" in str(error)
    assert ("colour" in TABLES.columns("jobs")) is has_column
    if not is_loaded:
        assert TABLES.rows("jobs") == before
    pipeline.run(salesforce_jobs())
    columns = list(ingest_jobs(org)[0])
    assert TABLES.rows("jobs", *columns) == ingest_jobs(org)


@pytest.fixture
def other_org() -> Iterator[StandIn]:
    with StandIn(clock=Clock(START, frozen=True), seed=2) as running:
        running.org.add_jobs(40)
        running.org.clock.advance(seconds=5)
        yield running


@pytest.mark.long
@pytest.mark.parametrize(
    "how", ["another name", *(pytest.param(how, marks=long) for how in ("one pipeline", "one run", "two pipelines"))]
)
def test_two_orgs_lose_nothing(
    how: str, org: StandIn, other_org: StandIn, log_in: LogIn, pipeline: dlt.Pipeline
) -> None:
    """In one pipeline they share a cursor, so that each run merges all. With a name or a pipeline each, none does."""
    second = dlt.pipeline("second", destination=pipeline.destination, dataset_name="salesforce_jobs")
    for _ in range(2):
        log_in(org)
        ours = salesforce_jobs()
        log_in(other_org)
        theirs = (salesforce_jobs.clone(name="prod") if how == "another name" else salesforce_jobs)()
        if how == "one run":
            pipeline.run([ours, theirs])
        else:
            pipeline.run(ours)
            (second if how == "two pipelines" else pipeline).run(theirs)

        both = sorted(ingest_jobs(org) + ingest_jobs(other_org), key=lambda row: (row["org_id"], row["id"]))
        assert TABLES.rows("jobs") == both
        an_hour_later(org)
        an_hour_later(other_org)

    counts = TABLES.query("select org_id, count(*), count_if(is_full) from runs group by 1")
    full = 4 if how in ("one pipeline", "one run") else 2
    assert sorted(counts) == sorted((standin.org.org_id, 4, full) for standin in (org, other_org))


SCRIPT = """
import dlt
from {package} import salesforce_jobs

pipeline = dlt.pipeline("own", destination=dlt.destinations.duckdb("own.duckdb"), dataset_name="salesforce_jobs")
pipeline.run(salesforce_jobs())
"""


@pytest.mark.parametrize("package", [pytest.param("jobs_source", marks=long), "my_project.sources.jobs_source"])
def test_the_folder_can_be_copied(package: str, org: StandIn, tmp_path: Path) -> None:
    """To the top of a project. Deeper it is refused, since its files know each other by full names."""
    project = tmp_path / "project"
    shutil.copytree(ROOT / "jobs_source", project / package.replace(".", "/"))
    (project / "own.py").write_text(SCRIPT.format(package=package))

    done = subprocess.run([sys.executable, "own.py"], cwd=project, capture_output=True, text=True)

    if package == "jobs_source":
        assert done.returncode == 0, done.stderr
        assert Warehouse("duckdb", project / "own.duckdb").rows("jobs") == ingest_jobs(org)
    else:
        assert done.stderr.splitlines()[-1].startswith(f"ImportError: This copy of the folder jobs_source is {package}")
