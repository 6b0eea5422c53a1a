"""The row of `runs` about a round of look-ups."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

import dlt
import pyarrow as pa
from dlt.common import logger

from jobs_source.dlt_compat import count_progress
from jobs_source.resources.run_log import Run, with_run_id
from jobs_source.salesforce.call_budget import ALLOWANCE
from jobs_source.salesforce.client import Client
from jobs_source.salesforce.look_up_tally import FAILURES, LOGIN, LookUpTally
from jobs_source.schema import RUNS, Table
from jobs_source.wording import counted

LOOK_UPS: Final = "look-ups"  # counters of the progress
LOOK_UPS_DUE: Final = "look-ups due"
_STOPS: Final = {
    ALLOWANCE: "the API calls that max_api_usage_percent still allows are kept for the lists of jobs",
    FAILURES: "too many failed in a row",
    LOGIN: "there was no session for them",
}


@dataclass
class Round:
    """
    One round of look-ups for the rows of *table*.

    Attributes:
        due: What there was to look up.
        began: When the round began, by Salesforce's clock.
        answered: How many look-ups were answered.
    """

    client: Client
    table: Table
    due: int
    began: datetime
    run_id: str = field(default_factory=lambda: uuid4().hex)
    answered: int = 0
    rejected: int = 0

    def __post_init__(self) -> None:
        if self.due:
            count_progress(f"{self.table.name}: {LOOK_UPS_DUE}", self.due)

    def count(self, answered: int) -> None:
        """Count look-ups that were answered."""
        self.answered += answered
        count_progress(f"{self.table.name}: {LOOK_UPS}", answered)

    def with_run_id(self, rows: pa.Table) -> pa.Table:
        """Say in *rows* which run wrote them."""
        return with_run_id(rows, self.run_id)

    def report(self, tally: LookUpTally) -> None:
        """Log what went wrong, and leave the *tally* to the runner."""
        warning = " ".join(filter(None, _warnings(self.table, tally)))
        if warning:
            logger.warning(warning)
        used, _ = self.client.usage or (None, None)
        run = self.make_run(tally.calls)._asdict() if tally.calls else None
        dlt.current.resource_metrics().update(vars(tally), api_used=used, warning=warning, run=run)

    def to_item(self, calls: int) -> Any:
        """Return the row of `runs`, marked for that table."""
        return dlt.mark.with_table_name(self.make_run(calls).to_table(), RUNS.name)

    def make_run(self, calls: int) -> Run:
        """Make the row of `runs`, of a round that has cost so many *calls*."""
        used, limit = self.client.usage or (None, None)
        return Run(
            run_id=self.run_id,
            org_id=self.client.session.org_id,
            org=self.client.org,
            instance_url=self.client.session.instance_url,
            listing=self.table.name,
            started_at=self.began,
            ended_at=self.client.now,
            previous_started_at=None,
            possible_gap=False,
            is_full=False,
            pages=0,
            jobs_listed=self.due,
            jobs_written=self.answered,
            jobs_held=0,
            entries_rejected=self.rejected,
            calls=calls,
            calls_wasted=0,
            api_used=used,
            api_limit=limit,
            cursor_before=None,
            cursor_after=None,
        )


def _warnings(table: Table, tally: LookUpTally) -> Iterator[str]:
    if tally.stopped_by in _STOPS:
        yield f"The look-ups for {table.name} stopped early: {_STOPS[tally.stopped_by]}. The next run goes on."
        yield tally.stop_reason or ""
    elif tally.failed:
        yield f"{counted(tally.failed, 'look-up')} for {table.name} failed, and stay due."
        yield from dict.fromkeys(tally.errors)
