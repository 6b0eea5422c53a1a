"""
Which rows of a walk go on to the destination, and when the cursor may move.

`systemModstamp` moves when a job changes state. Every run walks the whole listing and keeps the rows stamped between
the cursor less a lag and the moment that the walk began. The lag is there because a stamp can come to light late;
the end is there because a walk that takes a while cannot have seen every change made meanwhile: those wait for the
next run, so the cursor never passes a change that was missed.
"""

from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Optional

import dlt
import pyarrow as pa
import pyarrow.compute as pc
from dlt.common import logger
from dlt.common.configuration.container import Container
from dlt.common.pipeline import PipelineContext

from jobs_source.client import Client
from jobs_source.exceptions import ConfigError
from jobs_source.fields import REJECTED_SCHEMA, SCHEMA, column_name
from jobs_source.job_info import Parsed, parse_entries
from jobs_source.listing import Listing, Page, walk_side_by_side
from jobs_source.runs import Walk
from jobs_source.settings import BATCH_ROWS, OLDEST_QUERY_API_VERSION, QUERY_JOB_TYPE

Cursor = dlt.sources.incremental[datetime]


@dataclass(frozen=True)
class JobTable:
    """
    One table of jobs and how it is filled.

    Attributes:
        name: The table, and the resource.
        listings: What to walk for it, side by side; all of one endpoint.
        is_query: Whether it holds query jobs. A row belongs to the table of its job type, whichever listing shows it.
        full_load_every_hours: How often the cursor is not looked at, so that nothing hidden from a walk stays lost.
        has_cursor: False where the walk begins in the middle: everything listed from there is taken.
    """

    name: str
    listings: Sequence[Listing]
    is_query: bool
    full_load_every_hours: float
    has_cursor: bool = True

    @property
    def endpoint(self) -> str:
        return self.listings[0].endpoint

    def check_api_version(self) -> None:
        """Raises `ConfigError` where the API version cannot list query jobs. Not at building: it may be left out."""
        if self.is_query and float(self.listings[0].api_version) < OLDEST_QUERY_API_VERSION:
            raise ConfigError(
                f"sources.jobs_source.api_version is {self.listings[0].api_version}, and query jobs are listed from"
                " 47.0 on; raise it, or leave query_jobs out."
            )

    @property
    def filters(self) -> list[dict[str, str]]:
        return [listing.filters for listing in self.listings]


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
        yield Changes(SCHEMA.empty_table(), REJECTED_SCHEMA.empty_table())
    batch: list[Parsed] = []
    for page in walk_side_by_side(client, table.listings):
        if walk.pages == 0:
            walk.started_at, walk.org_id = page.walk_began, client.login.org_id
            walk.is_full = cursor is not None and _is_full_load_due(table, walk, state)
            walk.start = None if walk.is_full else walk.start
        parsed = parse_entries(page.entries, walk.org_id, table.endpoint, page.walk_began)
        batch.append(parsed._replace(jobs=_select(parsed.jobs, table.is_query, walk)))
        _note_unknown(parsed.unknown, table, state)
        _note_page(client, table, page, parsed, walk)
        if sum(part.jobs.num_rows for part in batch) >= BATCH_ROWS:
            yield _join(batch)
            batch = []
    if batch:
        yield _join(batch)
    if cursor is not None:
        _move_cursor(table, cursor, state, walk)
        yield Changes(runs=walk.finish(state))
        dlt.current.resource_metrics().update(asdict(walk))


def _begin(cursor: Optional[Cursor], walk: Walk) -> None:
    """Take the filtering over from dlt. The lower bound stays None where nothing was loaded yet."""
    if cursor is not None:
        cursor.advance(None)  # type: ignore[arg-type]  # its docstring allows None
        walk.cursor_before = walk.cursor_after = cursor.get_state()["last_value"]
        walk.start = cursor.start_value


def _is_full_load_due(table: JobTable, walk: Walk, state: MutableMapping[str, Any]) -> bool:
    """Tell whether the last full load is old, or the cursor was made with other filters or by another org."""
    last: Optional[datetime] = state.get("full_load_at")
    if last is None or walk.started_at is None:
        return True
    is_old = walk.started_at - last >= timedelta(hours=table.full_load_every_hours)
    return is_old or (state.get("org_id"), state.get("filters")) != (walk.org_id, table.filters)


def _select(jobs: pa.Table, is_query: bool, walk: Walk) -> pa.Table:
    """Keep the rows that belong to the table and are stamped in time, or not at all."""
    is_query_job = pc.equal(jobs["job_type"], QUERY_JOB_TYPE).fill_null(is_query)
    jobs = jobs.filter(is_query_job if is_query else pc.invert(is_query_job))
    listed = jobs.num_rows
    jobs = jobs.filter(pc.less(jobs["system_modstamp"], walk.started_at).fill_null(True))
    walk.jobs_listed += listed
    walk.jobs_held += listed - jobs.num_rows
    if walk.start is not None:
        jobs = jobs.filter(pc.greater_equal(jobs["system_modstamp"], walk.start).fill_null(True))
    walk.jobs_written += jobs.num_rows
    newest = pc.max(jobs["system_modstamp"]).as_py()
    if newest is not None:
        walk.cursor_after = max(walk.cursor_after or newest, newest)
    return jobs


def _join(batch: Sequence[Parsed]) -> Changes:
    jobs = pa.concat_tables((part.jobs for part in batch), promote_options="default")
    rejected = pa.concat_tables(part.rejected for part in batch)
    return Changes(jobs if jobs.num_rows else None, rejected if rejected.num_rows else None)


def _note_unknown(unknown: set[str], table: JobTable, state: MutableMapping[str, Any]) -> None:
    known = state.setdefault("unknown_columns", [])
    for column, key in sorted((column_name(key), key) for key in unknown):
        if column not in known:
            known.append(column)
            logger.warning(f"{table.endpoint} has a new field, {key!r}: kept as {table.name}.{column}")


def _note_page(client: Client, table: JobTable, page: Page, parsed: Parsed, walk: Walk) -> None:
    walk.pages += 1
    walk.ended_at = page.answered_at
    walk.entries_rejected += parsed.rejected.num_rows
    walk.calls = client.calls_by_path[table.listings[0].path]
    walk.api_used, walk.api_limit = client.usage or (None, None)
    dlt.current.resource_metrics().update(asdict(walk))
    running = Container()[PipelineContext]
    if running.is_active():
        running.pipeline().collector.update(f"{table.name}: pages", 1)
        running.pipeline().collector.update(f"{table.name}: jobs", len(page.entries))


def _move_cursor(table: JobTable, cursor: Cursor, state: MutableMapping[str, Any], walk: Walk) -> None:
    if walk.cursor_after is not None:
        cursor.advance(walk.cursor_after)
    state["org_id"], state["filters"] = walk.org_id, table.filters
    if walk.is_full:
        state["full_load_at"] = walk.started_at
