"""What a client asked, what it was told, and the rows that come of it."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from jobs_source.standin import Org, StandIn
from jobs_source.standin.server.server import Logged
from tests.expected import expected_row, expected_rows
from tests.warehouses import Warehouse


class Asked:
    """
    The requests that come to a stand-in from now on.

    Names are short: `POST jobs/ingest`, `GET jobs/ingest/ID`, `POST oauth2/token`, `GET data` for the
    versions; ` 404` at the end if refused.
    """

    def __init__(self, standin: StandIn) -> None:
        self._standin, self._first = standin, len(standin.requests)

    def take(self) -> Counter[str]:
        """Count those since the last time."""
        taken = self._standin.requests[self._first :]
        self._first = len(self._standin.requests)
        return Counter(map(_name, taken))


def _name(request: Logged) -> str:
    path = re.sub(r"^/services/(data/(v\d+\.0/?)?)?", "", request.path).rstrip("/")
    path = re.sub(r"(?<=/)\d\w{17}(?=/|$)", "ID", path) or "resources"
    query = "?columns" if "columns" in request.query else ""
    return f"{request.method} {path}{query}" + (f" {request.status}" if request.status >= 400 else "")


def say(name: str, counts: Sequence[Counter[str]]) -> str:
    """How many requests of which kinds came from a client, in one line."""
    total = sum(counts, Counter[str]())
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(total.items()))
    return f"{name}: {sum(total.values())} requests: {kinds}"


def assert_loaded(org: Org, warehouse: Warehouse, told: Iterable[dict[str, Any]]) -> None:
    """The tables hold all jobs of the org, row for row, and those that the client was told of as it was told."""
    rows = {"jobs": warehouse.rows("jobs"), "query_jobs": warehouse.rows("query_jobs")}
    assert rows == {
        "jobs": expected_rows(org, "ingest"),
        "query_jobs": expected_rows(org, "query", job_type="V2Query"),
    }
    found = {row["id"]: row for row in [*rows["jobs"], *rows["query_jobs"]]}
    jobs = [expected_row(org.org_id, _as_listed(info)) for info in told]
    assert {job["id"]: job for job in jobs} == {job["id"]: found[job["id"]] for job in jobs}


def _as_listed(info: dict[str, Any]) -> dict[str, Any]:
    """JavaScript writes 64.0 as 64."""
    return {**info, "apiVersion": float(info["apiVersion"])}
