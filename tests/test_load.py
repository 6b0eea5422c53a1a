"""`load`, into DuckDB and into a real Postgres: what is in the org is in the table, whatever happened in between."""

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from jobs_source.standin import StandIn
from pipelines.load import load
from tests.expected import expected_rows
from tests.warehouses import Warehouse


@pytest.mark.parametrize("jobs", [0, 1, 999, 1_000, 1_001])
def test_table_equals_the_org_for_any_number_of_jobs(
    jobs: int, standin: StandIn, log_in: Callable[..., None], warehouse: Warehouse
) -> None:
    """Field by field, for no job, one, and around the size of a page."""
    standin.org.add_jobs(jobs, job_type="V2Ingest")
    standin.org.clock.advance(seconds=5)
    log_in(standin)

    summary = load(destination=warehouse.destination)

    assert warehouse.rows("jobs") == expected_rows(standin.org, "ingest")
    assert warehouse.rows("query_jobs") == []
    assert (summary.jobs_listed, summary.jobs_new, summary.jobs_changed) == (jobs, jobs, 0)
