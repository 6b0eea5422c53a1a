"""
Decides which rows of a walk go to the destination, and when the cursor moves.

`systemModstamp` moves when a job changes state. Every run walks the whole listing and keeps the rows stamped between
the cursor minus a lag and the start of the walk. The lag is needed because a stamp can appear late. The end is needed
because a walk takes time and cannot see every change made meanwhile: those changes wait for the next run, so the cursor
never passes a change that was missed.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain
from typing import Any, NamedTuple, Optional

import dlt
import msgspec
import pyarrow as pa

from jobs_source.dlt_compat import count_progress, destination_id
from jobs_source.resources import walk_state
from jobs_source.resources.job_walk import JobWalk
from jobs_source.resources.new_fields import warn_of_new_fields
from jobs_source.resources.run_jobs import RunJobs
from jobs_source.resources.run_log import Counts, with_run_id
from jobs_source.resources.states import StatesSeen, for_job_states
from jobs_source.resources.walk_end import make_run, warn_if_empty
from jobs_source.resources.walk_start import (
    Cursor,
    Start,
    plan_guessing,
    start_walk,
    take_over_cursor,
    warn_if_allowance_short,
)
from jobs_source.resources.walk_state import Scope, State
from jobs_source.rows.job_rows import make_job_rows
from jobs_source.rows.stamp_window import StampWindow
from jobs_source.rows.unchanged import skip_unchanged
from jobs_source.salesforce.client import Client
from jobs_source.salesforce.listing import walk_side_by_side
from jobs_source.salesforce.page import Page
from jobs_source.schema import REJECTED_JOBS, RUNS
from jobs_source.settings import BATCH_JOBS

Batch = list[Sequence[msgspec.Raw]]
"""Entries by page, each in JSON."""


class Changes(NamedTuple):
    """
    Rows to load.

    Attributes:
        jobs: Rows of `jobs` or `query_jobs`, with unknown fields as columns. None where the next page is not there
            yet: dlt then goes on with the other table.
        others: Rows of other tables, each marked with its table.
    """

    jobs: Optional[pa.Table] = None
    others: Sequence[Any] = ()


def find_changes(
    client: Client,
    walk: JobWalk,
    cursor: Optional[Cursor],
    states: StatesSeen,
    run_jobs: RunJobs,
    first_of_all: Iterable[Any] = (),
) -> Iterator[Changes]:
    """
    Walk the listings of *walk* and yield what is new, several pages at a time; the row of `runs` comes last.

    *first_of_all* is yielded before: dlt's filter would refuse it earlier. *states* and *run_jobs* take note of the
    jobs. The cursor and the state move after the last page. dlt keeps them only if the whole extract succeeds.
    """
    for listing in walk.listings:
        listing.check_api_version(client.settings_section)  # before any call: dlt pulls other resources in between
    state, bounds = dlt.current.resource_state(), take_over_cursor(cursor)
    yield Changes(others=tuple(first_of_all))
    scope = Scope(client.session.org_id, destination_id(), walk.filters)
    past = walk_state.read(state, scope, dlt.current.source_state().get("resources", {}).values())
    guessing = plan_guessing(walk, past)
    with closing(walk_side_by_side(client, walk.listings, guessing)) as pages:  # no thread goes on after an error
        while (first := next(pages)) is None:  # it tells the time by Salesforce's clock
            yield Changes()
        start, counts = start_walk(walk, scope, past, bounds, first.walk_began), Counts(first.answered_at)
        warn_if_allowance_short(client, walk, past)
        batches = _batches(client, walk, chain([first], pages), start.window, counts)
        del first  # a page is large
        for batch in batches:
            changes = _to_tables(batch, walk, start, counts, state) if batch else Changes()
            if changes.jobs is not None:
                states.add(changes.jobs)
                run_jobs.add(walk.table, changes.jobs)
            yield changes
            del changes
    if rows := states.to_table(start.scope.org_id):
        yield Changes(others=[for_job_states(with_run_id(rows, start.run_id))])
    run, warning = make_run(client, walk, start, counts, sum(listing.calls_wasted for listing in guessing)), ""
    if cursor is not None:
        cursor.advance(run.cursor_after)  # type: ignore[arg-type]  # its docstring allows None
        warning = warn_if_empty(run, start.past)
        walk_state.save(state, scope, run, counts.newest_written, guessing)
        yield Changes(others=[dlt.mark.with_table_name(run.to_table(), RUNS.name)])
    written = {"oldest_written": counts.oldest_written, "newest_written": counts.newest_written}
    look_ups = {"most_look_ups": run_jobs.most, "jobs_finished": run_jobs.count(walk.table)}
    dlt.current.resource_metrics().update(run._asdict(), **written, **look_ups, warning=warning)


def _batches(
    client: Client, walk: JobWalk, pages: Iterable[Optional[Page]], window: StampWindow, counts: Counts
) -> Iterator[Optional[Batch]]:
    """Collect what is new on the *pages* until there is enough for a table. None: the next page is not there yet."""
    batch: Batch = []
    waiting = 0
    for page in pages:
        if page is None:
            yield None
            continue
        kept = skip_unchanged(page.records, walk.table, window)
        counts.count_page(page.answered_at, kept.skipped, client.calls_by_path[walk.path], client.usage)
        count_progress(f"{walk.table.name}: pages", 1)
        count_progress(f"{walk.table.name}: jobs", kept.skipped + len(kept.lines))
        batch += [kept.lines] if kept.lines else []
        waiting += len(kept.lines)
        if waiting >= BATCH_JOBS:
            yield batch
            batch, waiting = [], 0
    if batch:
        yield batch


def _to_tables(batch: Batch, walk: JobWalk, start: Start, counts: Counts, state: State) -> Changes:
    rows, listed = make_job_rows(batch, start.scope.org_id, walk.table, start.window)
    batch.clear()  # it is not needed while dlt writes the rows
    jobs, held = start.window.take(rows.jobs)
    counts.count_rows(jobs, listed, held, rows.rejected.num_rows)
    warn_of_new_fields(state, walk.table, walk.table.endpoint, rows.unknown)
    rejected = with_run_id(rows.rejected, start.run_id)
    return Changes(
        with_run_id(jobs, start.run_id) if jobs.num_rows else None,
        [dlt.mark.with_table_name(rejected, REJECTED_JOBS.name)] if rejected.num_rows else (),
    )
