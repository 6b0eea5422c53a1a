"""`salesforce_jobs()` as a plain dlt source inside somebody else's pipeline, without anything of `pipelines`."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import dlt
import pytest

from jobs_source import salesforce_jobs
from jobs_source.commands.errors import explain
from jobs_source.exceptions import ConfigError
from jobs_source.standin import StandIn
from tests.expected import expected_rows
from tests.warehouses import Warehouse

LogIn = Callable[..., None]


def listings(standin: StandIn) -> list[tuple[str, dict[str, str]]]:
    """The listing calls that came, in order of their text, locators left out."""
    found = [(request.path.partition("/jobs/")[2], request.query) for request in standin.requests]
    return sorted(
        [
            (path, {key: value for key, value in query.items() if key != "queryLocator"})
            for path, query in found
            if path
        ],
        key=str,
    )


def test_a_plain_pipeline_loads_it_twice(standin: StandIn, log_in: LogIn, pipeline: dlt.Pipeline) -> None:
    """With dlt's own `run`: the org's jobs, then what changed."""
    ids = standin.org.add_jobs(1_200)
    standin.org.clock.advance(seconds=5)
    log_in(standin)
    pipeline.run(salesforce_jobs())
    standin.org.clock.advance(seconds=3_600)
    standin.org.change_job(ids[7], state="Failed")
    standin.org.clock.advance(seconds=5)

    pipeline.run(salesforce_jobs())

    tables = Warehouse("duckdb", Path("own.duckdb"))
    assert tables.rows("jobs") == expected_rows(standin.org, "ingest")
    assert tables.rows("query_jobs") == expected_rows(standin.org, "query", job_type="V2Query")
    assert len(tables.rows("runs")) == 4


def test_what_was_loaded_can_be_asked_through_dlt(standin: StandIn, log_in: LogIn, pipeline: dlt.Pipeline) -> None:
    """As a table and by SQL. Releases of sqlglot have broken it; as Arrow, dlt 1.31 cannot with DuckDB 2."""
    ids = standin.org.add_jobs(5, job_type="V2Ingest")
    standin.org.clock.advance(seconds=5)
    log_in(standin)
    pipeline.run(salesforce_jobs())

    dataset = pipeline.dataset()

    assert sorted(dataset.jobs.select("id").fetchall()) == sorted((id_,) for id_ in ids)
    assert dataset("select count(*) from jobs").fetchall() == [(5,)]


def test_resources_can_be_selected(standin: StandIn, log_in: LogIn, pipeline: dlt.Pipeline) -> None:
    """What is not selected costs no call."""
    standin.org.add_jobs(20)
    standin.org.clock.advance(seconds=5)
    log_in(standin)

    pipeline.run(salesforce_jobs().with_resources("jobs"))

    assert listings(standin) == [("ingest", {})]
    tables = Warehouse("duckdb", Path("own.duckdb"))
    assert tables.rows("jobs") == expected_rows(standin.org, "ingest")
    assert tables.columns("query_jobs") == []


def test_every_parameter_goes_out_on_every_page(standin: StandIn, log_in: LogIn, pipeline: dlt.Pipeline) -> None:
    """One walk per job type, filters on the pages after the first too."""
    standin.org.page_size = 50
    standin.org.add_jobs(400)
    standin.org.clock.advance(seconds=5)
    log_in(standin)

    pipeline.run(salesforce_jobs(api_version="58.0", job_types=["V2Ingest", "Classic"], is_pk_chunking_enabled=False))

    assert {request.path.split("/")[3] for request in standin.requests[1:]} == {"v58.0"}
    asked = listings(standin)
    wanted = [{"jobType": type_, "isPkChunkingEnabled": "false"} for type_ in ("Classic", "V2Ingest", "V2Query")]
    assert [filters for filters in wanted if sum(query == filters for _, query in asked) < 2] == []
    assert all(query in wanted for _, query in asked)
    types = {row["job_type"] for row in Warehouse("duckdb", Path("own.duckdb")).rows("jobs")}
    assert types == {"Classic", "V2Ingest"}


def test_an_api_version_without_query_jobs_is_an_error_before_any_call(
    standin: StandIn, log_in: LogIn, pipeline: dlt.Pipeline
) -> None:
    """45.0 lists ingest jobs only: with `query_jobs` left out it works."""
    standin.org.add_jobs(20)
    standin.org.clock.advance(seconds=5)
    log_in(standin)

    with pytest.raises(Exception) as caught:
        pipeline.run(salesforce_jobs(api_version="45.0"))
    assert explain(caught.value).exit_code == 2
    assert "Salesforce lists query jobs only from 47.0 on" in explain(caught.value).message
    assert standin.requests == []

    pipeline.run(salesforce_jobs(api_version="45.0").with_resources("jobs"))
    assert Warehouse("duckdb", Path("own.duckdb")).rows("jobs") == expected_rows(standin.org, "ingest")


def test_it_is_so_where_only_the_other_table_was_loaded_before(
    standin: StandIn, log_in: LogIn, pipeline: dlt.Pipeline
) -> None:
    """dlt pulls both tables in turns."""
    log_in(standin)
    pipeline.run(salesforce_jobs(api_version="45.0").with_resources("jobs"))
    standin.requests.clear()

    with pytest.raises(Exception) as caught:
        pipeline.run(salesforce_jobs(api_version="45.0"))

    assert explain(caught.value).exit_code == 2
    assert standin.requests == []


@pytest.mark.parametrize("version", ["40.0", "64", "v64.0", "64.1", "latest"])
def test_an_api_version_that_cannot_be_is_an_error_at_building(version: str, standin: StandIn, log_in: LogIn) -> None:
    """It names the key."""
    log_in(standin)
    with pytest.raises(ConfigError, match=r"sources\.jobs_source\.api_version"):
        salesforce_jobs(api_version=version)
    assert standin.requests == []


def test_a_look_at_the_first_rows_does_not_move_the_cursor(
    standin: StandIn, log_in: LogIn, pipeline: dlt.Pipeline
) -> None:
    """dlt's `add_limit` ends a walk early; the next run takes everything."""
    standin.org.page_size = 10
    standin.org.add_jobs(95, job_type="V2Ingest")
    standin.org.clock.advance(seconds=5)
    log_in(standin)
    pipeline.run(salesforce_jobs().with_resources("jobs").add_limit(1))

    pipeline.run(salesforce_jobs().with_resources("jobs"))

    assert Warehouse("duckdb", Path("own.duckdb")).rows("jobs") == expected_rows(standin.org, "ingest")


def test_a_schedulers_interval_is_not_taken_for_a_filter(
    standin: StandIn, log_in: LogIn, pipeline: dlt.Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """dlt can take a range from the environment of a scheduler; here that would lose rows."""
    now = standin.org.clock.now()
    standin.org.add_jobs(30, job_type="V2Ingest")
    standin.org.clock.advance(seconds=5)
    log_in(standin)
    monkeypatch.setenv("DLT_INTERVAL_START", (now - timedelta(hours=1)).isoformat())
    monkeypatch.setenv("DLT_INTERVAL_END", now.isoformat())

    pipeline.run(salesforce_jobs())

    assert Warehouse("duckdb", Path("own.duckdb")).rows("jobs") == expected_rows(standin.org, "ingest")


def test_rows_can_be_had_without_a_pipeline(standin: StandIn, log_in: LogIn) -> None:
    """As dlt's resources are: iterate, and get Arrow tables."""
    standin.org.add_jobs(30, job_type="V2Ingest")
    standin.org.clock.advance(seconds=5)
    log_in(standin)

    items: list[Any] = list(salesforce_jobs().with_resources("jobs"))

    ids = {id_ for item in items if "object" in item.schema.names for id_ in item["id"].to_pylist()}
    assert ids == {row["id"] for row in expected_rows(standin.org, "ingest")}
