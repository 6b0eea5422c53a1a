"""Loads with `job_errors`, and what they keep."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import pytest

from jobs_source.runner.load import load
from jobs_source.standin import StandIn
from tests.bad_rows import at_once
from tests.conftest import MOST_RESULTS
from tests.warehouses import Warehouse

LogIn = Callable[..., None]
Kept = Sequence[tuple[str, str, int]]
INCLUDE: Final = "SOURCES__JOBS_SOURCE__INCLUDE_JOB_ERRORS"
_PATHS: Final = ("failedResults", "/batch", "/describe")


def look_up_errors(monkeypatch: pytest.MonkeyPatch, standin: StandIn, log_in: LogIn) -> None:
    """Have loads look up results and errors in *standin*, whose jobs are done at once."""
    monkeypatch.delenv(MOST_RESULTS)
    monkeypatch.setenv(INCLUDE, "true")
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__PARALLEL_LOOKUPS", "25")  # too many failures in a row end a round
    at_once(standin)
    log_in(standin)


def load_next(standin: StandIn, warehouse: Warehouse) -> Any:
    standin.org.clock.advance(seconds=60)
    return load(destination=warehouse.destination)


def rows_of(standin: StandIn, jobs: Mapping[str, Kept]) -> list[dict[str, Any]]:
    """The rows of `job_errors` about these jobs."""
    return [
        {"org_id": standin.org.org_id, "job_id": job, "error_code": code, "fields": fields, "records": records}
        for job in sorted(jobs)
        for code, fields, records in sorted(jobs[job])
    ]


def kept(warehouse: Warehouse) -> list[dict[str, Any]]:
    """The rows of `job_errors`, whose counts are those of `job_results`."""
    found = sorted(warehouse.rows("job_errors"), key=lambda row: tuple(map(str, row.values())))
    sums = Counter[str]()
    for row in found:
        sums[row["job_id"]] += row["records"]
    counts: dict[str, int] = dict(
        warehouse.query("select id, number_records_failed from job_results where number_records_failed > 0")
    )
    assert sums == {job: counts[job] for job in sums}
    return found


def asked(standin: StandIn, since: int = 0) -> Counter[str]:
    """The calls for errors after the first ones: which kind, how often."""
    found = [request.path for request in standin.requests[since:] if request.method == "GET"]
    return Counter(kind for path in found for kind in _PATHS if kind in path)
