"""Made-up histories of jobs that end now, in DuckDB files."""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

from tests.kept_rows import given, keep, make_views
from tests.warehouses import Warehouse

Row = tuple[str, dict[str, Any]]
ORGS: Final = ("00DRm0000000001MA0", "00DRm0000000002MA0")
TAG: Final = "<img src=x onerror=window.hit=1>"
MARKUP: Final = "**bold** $x^2$ <script>window.hit=1</script> [a](javascript:window.hit=1) {{7*7}}"
_USERS: Final = {"u1": "Ann", "u2": "Ann", "u3": MARKUP, "u4": None}
_OBJECTS: Final = ("Account", "Contact", TAG, None)
_STATES: Final = ("JobComplete", "JobComplete", "JobComplete", "Failed", "Aborted", "InProgress")
_REASON: Final = "InvalidBatch : Field name not found : "


def make_history(folder: Path, *rows: Row) -> Warehouse:
    """Make a file with these *rows*, and the views over them."""
    warehouse = Warehouse("duckdb", folder / "jobs_history.duckdb")
    assert make_views(warehouse) == []
    keep(warehouse, *rows)
    return warehouse


def draw_rows(seed: int, now: datetime, jobs: int = 400, days: int = 120) -> Sequence[Row]:
    """Draw jobs of the last *days*, what became of them, their users, and a run of each org at each end."""
    drawn = random.Random(seed)
    rows = [row for number in range(jobs) for row in _draw_job(drawn, number, now, days)]
    rows += [given("users", org_id=org, id=id_, name=name) for org in ORGS for id_, name in _USERS.items() if name]
    return [*rows, *(run for org in ORGS for run in _runs(org, now, days))]


def _draw_job(drawn: random.Random, number: int, now: datetime, days: int) -> Iterator[Row]:
    table = drawn.choice(("jobs", "jobs", "query_jobs"))
    org, id_, state = drawn.choice(ORGS), f"750Rm{number:010}IAM", drawn.choice(_STATES)
    created = now - timedelta(days=days * drawn.random() ** 2, minutes=5)
    starts = created + timedelta(seconds=drawn.randrange(1, 90))
    ends = starts + timedelta(seconds=drawn.randrange(1, 200))
    yield given(
        table, org_id=org, id=id_, state=state, created_date=created, system_modstamp=ends,
        object=drawn.choice(_OBJECTS), created_by_id=drawn.choice([*_USERS]),
    )  # fmt: skip
    yield given("job_states", org_id=org, job_id=id_, system_modstamp=starts)
    if state in ("JobComplete", "Failed") and table == "jobs":
        yield _draw_result(drawn, org, id_, state)


def _draw_result(drawn: random.Random, org: str, id_: str, state: str) -> Row:
    failed = drawn.choice((0, 0, 1_234)) if state == "JobComplete" else 0
    reason = f"{_REASON}{drawn.choice((MARKUP, 'Region__c'))}" if state == "Failed" else None
    return given(
        "job_results", org_id=org, id=id_, number_records_processed=5_000, number_records_failed=failed,
        outcome="all_failed" if state == "Failed" else "some_failed" if failed else "ok", error_message=reason,
    )  # fmt: skip


def _runs(org: str, now: datetime, days: int) -> Iterator[Row]:
    for age in (days, 2, 1, 0):
        at = now - timedelta(days=age, minutes=1)
        yield given(
            "runs", org_id=org, run_id=f"{org}-{age}", instance_url="https://a.my.salesforce.com", started_at=at,
            ended_at=at, possible_gap=age == 1, previous_started_at=at - timedelta(days=1), calls=100 + age,
            api_used=1_000,
        )  # fmt: skip


def this_second() -> datetime:
    """Now, without what would make rows differ in their last digits."""
    return datetime.now(timezone.utc).replace(microsecond=0)
