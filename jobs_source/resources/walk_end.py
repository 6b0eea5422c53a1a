"""What is told of a walk after its last page."""

from datetime import timedelta

from dlt.common import logger

from jobs_source.resources import walk_state
from jobs_source.resources.job_walk import JobWalk
from jobs_source.resources.run_log import Counts, Run
from jobs_source.resources.walk_start import Start
from jobs_source.resources.walk_state import Past
from jobs_source.salesforce.client import Client
from jobs_source.settings import RETENTION_DAYS


def make_run(client: Client, walk: JobWalk, start: Start, counts: Counts, calls_wasted: int) -> Run:
    """Make the row of `runs`. This is the only place that knows where each figure comes from."""
    began = start.window.walk_began
    previous = start.past.started_at if walk.has_cursor else None
    is_cursor_wrong = start.is_full and walk_state.is_ahead(start.cursor, began)
    stamps = (None if is_cursor_wrong else start.cursor, counts.newest_written)
    used, limit = counts.usage or (None, None)
    return Run(
        run_id=start.run_id,
        org_id=start.scope.org_id,
        org=client.org,
        instance_url=client.session.instance_url,
        listing=walk.table.endpoint,
        started_at=began,
        ended_at=counts.ended_at,
        previous_started_at=previous,
        possible_gap=previous is not None and began - previous > timedelta(days=RETENTION_DAYS),
        is_full=start.is_full,
        pages=counts.pages,
        jobs_listed=counts.jobs_listed,
        jobs_written=counts.jobs_written,
        jobs_held=counts.jobs_held,
        entries_rejected=counts.entries_rejected,
        calls=counts.calls,
        calls_wasted=calls_wasted,
        api_used=used,
        api_limit=limit,
        cursor_before=start.cursor,
        cursor_after=max((stamp for stamp in stamps if stamp), default=None),
    )


def warn_if_empty(run: Run, past: Past) -> str:
    """Warn if a listing is empty without a reason. Return the warning."""
    if run.jobs_listed or past.jobs_listed == 0:
        return ""
    before = "" if past.jobs_listed is None else ", but it did before"
    warning = (
        f"{run.listing} listed no job{before}. If the org runs bulk jobs, the user lacks a permission: give it"
        " Manage Data Integrations, View Setup and Configuration and API Enabled."
    )
    logger.warning(warning)
    return warning
