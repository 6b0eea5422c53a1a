"""The row of `runs` about a round of look-ups."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

import dlt
import pyarrow as pa
from dlt.common import logger

from jobs_source.resources.run_log import Run
from jobs_source.salesforce.call_budget import ALLOWANCE
from jobs_source.salesforce.client import Client
from jobs_source.salesforce.look_up_tally import FAILURES, LOGIN, LookUpTally
from jobs_source.schema import RUN_ID, RUNS, TEXT, Table
from jobs_source.wording import counted

_STOPS: Final = {
    ALLOWANCE: "The other API calls that max_api_usage_percent allows are kept for listings.",
    FAILURES: "Too many failed in a row.",
    LOGIN: "There is no session.",
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

    def with_run_id(self, rows: pa.Table) -> pa.Table:
        """Say in *rows* which run wrote them."""
        return rows.append_column(pa.field(RUN_ID, TEXT), pa.repeat(self.run_id, rows.num_rows))

    def report(self, tally: LookUpTally) -> None:
        """Log what went wrong, and leave the *tally* to the runner."""
        warning = " ".join(_warnings(self.table, tally))
        if warning:
            logger.warning(warning)
        used, _ = self.client.usage or (None, None)
        dlt.current.resource_metrics().update(vars(tally), api_used=used, warning=warning)

    def to_item(self, calls: int) -> Any:
        """Return the row of `runs`, marked for that table."""
        return dlt.mark.with_table_name(self._make_run(calls).to_table(), RUNS.name)

    def _make_run(self, calls: int) -> Run:
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
        yield f"The look-ups for {table.name} stopped before the end. {_STOPS[tally.stopped_by]}"
        yield tally.stop_reason or ""
    elif tally.failed:
        yield f"{counted(tally.failed, 'look-up')} for {table.name} failed. The next run tries again."
        yield from dict.fromkeys(tally.errors)
