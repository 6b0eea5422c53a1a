"""
Which rows of a walk go on to the destination, and when the cursor may move.

`systemModstamp` moves when a job changes state. Every run walks the whole listing and keeps the rows stamped between
the cursor less a lag and the moment that the walk began. The lag is there because a stamp can come to light late;
the end is there because a walk that takes a while cannot have seen every change made meanwhile: those wait for the
next run, so the cursor never passes a change that was missed.
"""

from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple, Optional

import dlt
import pyarrow as pa
import pyarrow.compute as pc
from dlt.common import logger
from dlt.common.configuration.container import Container
from dlt.common.pipeline import PipelineContext

from jobs_source.resources.job_walk import JobTable
from jobs_source.resources.run_log import Walk
from jobs_source.resources.walk_state import find_target, is_ahead, is_full_load_due, last_start, recall, remember
from jobs_source.rows.job_rows import join, parse_entries, parse_plain
from jobs_source.rows.unchanged import Pick, pick
from jobs_source.salesforce.client import Client
from jobs_source.salesforce.listing import walk_side_by_side
from jobs_source.schema import REJECTED_SCHEMA, RUN_ID, SCHEMA, TEXT, column_name
from jobs_source.settings import BATCH_JOBS

Cursor = dlt.sources.incremental[datetime]


class Changes(NamedTuple):
    """Rows to load, by table; `jobs` stands for `query_jobs` too and has unknown fields. None where there are none."""

    jobs: Optional[pa.Table] = None
    rejected: Optional[pa.Table] = None
    runs: Optional[pa.Table] = None


def find_changes(client: Client, table: JobTable, cursor: Optional[Cursor]) -> Iterator[Changes]:
    """
    Walk the listings of *table* and yield what is new, several pages at a time; the row of `runs` comes last.

    The cursor and the state move after the last page, and dlt keeps them only when all of it is extracted.
    """
    table.check_api_version()
    state, walk = dlt.current.resource_state(), Walk(table.endpoint)
    _begin(cursor, walk)
    if cursor is not None and walk.start is None:
        # The tables exist from the first run on, however empty the org is.
        yield Changes(*(_with_run_id(schema.empty_table(), walk) for schema in (SCHEMA, REJECTED_SCHEMA)))
    picks: list[Pick] = []
    waiting = 0
    for page in walk_side_by_side(client, table.listings):
        if walk.pages == 0:
            walk.started_at, walk.org_id, walk.target = page.walk_began, client.login.org_id, find_target()
            _look_ahead(client, table, walk, state)
            if cursor is not None and is_full_load_due(table, walk, state):
                walk.is_full, walk.start = True, None
                walk.cursor_after = None if is_ahead(walk) else walk.cursor_after
        picked = pick(page, walk.start, table.foreign_job_types)
        _note_page(client, table, picked, walk)
        picks += [picked] if picked.lines else []
        waiting += len(picked.lines)
        if waiting >= BATCH_JOBS:
            yield _build(picks, table, walk, state)
            picks, waiting = [], 0
    if picks:
        yield _build(picks, table, walk, state)
    if cursor is not None:
        cursor.advance(walk.cursor_after)  # type: ignore[arg-type]  # its docstring allows None
        walk.look_back(last_start(table, walk, state), recall(table, walk, state))
        remember(table, walk, state)
        yield Changes(runs=walk.row())
    dlt.current.resource_metrics().update(asdict(walk))


def _begin(cursor: Optional[Cursor], walk: Walk) -> None:
    """Take the filtering over from dlt. The lower bound stays None where nothing was loaded yet."""
    if cursor is not None:
        cursor.advance(None)  # type: ignore[arg-type]  # its docstring allows None
        walk.cursor_before = walk.cursor_after = cursor.get_state()["last_value"]
        walk.start = cursor.start_value


def _look_ahead(client: Client, table: JobTable, walk: Walk, state: MutableMapping[str, Any]) -> None:
    """Warn where the allowance may not last to the last page. What the last run took is all that is known of it."""
    pages = recall(table, walk, state).get("pages", 0)
    if client.calls_left is not None and pages - client.calls_by_path[table.listings[0].path] > client.calls_left:
        logger.warning(
            f"{table.endpoint} had {pages:,} pages in the last run, and {client.calls_left:,} calls are left until"
            " max_api_usage_percent is used: this run may not get to the last page. Nothing would be lost."
        )


def _build(picks: Sequence[Pick], table: JobTable, walk: Walk, state: MutableMapping[str, Any]) -> Changes:
    began = picks[0].page.walk_began
    lines = list(chain.from_iterable(each.lines for each in picks))
    parsed = parse_plain(lines, walk.org_id, began)
    pages = [] if parsed else [each.page.entries for each in picks]
    if parsed is None:
        parsed = join([parse_entries(entries, walk.org_id, table.endpoint, began) for entries in pages])
    jobs = _keep(parsed.jobs, pc.invert(pc.is_in(parsed.jobs["job_type"], pa.array(table.foreign_job_types, TEXT))))
    walk.jobs_listed += sum(_is_own(entry, table) for entry in chain.from_iterable(pages)) if pages else jobs.num_rows
    jobs = _select(jobs, walk)
    _note_unknown(parsed.unknown, table, state)
    walk.entries_rejected += parsed.rejected.num_rows
    return Changes(*(_with_run_id(rows, walk) if rows.num_rows else None for rows in (jobs, parsed.rejected)))


def _with_run_id(rows: pa.Table, walk: Walk) -> pa.Table:
    return rows.append_column(pa.field(RUN_ID, TEXT), pa.repeat(walk.run_id, rows.num_rows))


def _is_own(entry: Any, table: JobTable) -> bool:
    return not isinstance(entry, dict) or entry.get("jobType") not in table.foreign_job_types


def _select(jobs: pa.Table, walk: Walk) -> pa.Table:
    """Keep the rows that are stamped in time, or not at all."""
    selected = _keep(jobs, pc.less(jobs["system_modstamp"], walk.started_at))
    walk.jobs_held += jobs.num_rows - selected.num_rows
    if walk.start is not None:
        selected = _keep(selected, pc.greater_equal(selected["system_modstamp"], walk.start))
    walk.jobs_written += selected.num_rows
    oldest, newest = pc.min_max(selected["system_modstamp"]).as_py().values()
    if newest is not None:
        walk.oldest_written = min(walk.oldest_written or oldest, oldest)
        walk.newest_written = max(walk.newest_written or newest, newest)
        walk.cursor_after = max(walk.cursor_after or newest, newest)
    return selected


def _keep(table: pa.Table, mask: pa.ChunkedArray) -> pa.Table:
    """Keep the rows that *mask* has no false for; where that is all of them, the table as it is: a filter copies."""
    return table if pc.all(mask, min_count=0).as_py() else table.filter(mask.fill_null(True))


def _note_unknown(unknown: set[str], table: JobTable, state: MutableMapping[str, Any]) -> None:
    known = state.setdefault("unknown_columns", [])
    for column, key in sorted((column_name(key), key) for key in unknown):
        if column not in known:
            known.append(column)
            logger.warning(f"{table.endpoint} has a new field, {key!r}: kept as {table.name}.{column}")


def _note_page(client: Client, table: JobTable, picked: Pick, walk: Walk) -> None:
    walk.pages += 1
    walk.jobs_listed += picked.passed_over
    walk.ended_at = picked.page.answered_at
    walk.calls = client.calls_by_path[table.listings[0].path]
    walk.api_used, walk.api_limit = client.usage or (None, None)
    running = Container()[PipelineContext]
    if running.is_active():
        running.pipeline().collector.update(f"{table.name}: pages", 1)
        running.pipeline().collector.update(f"{table.name}: jobs", picked.passed_over + len(picked.lines))
