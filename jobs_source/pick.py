"""Picks from a page the entries that a run has to look at."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Optional

import pyarrow as pa
import pyarrow.compute as pc

from jobs_source.coerce import EARLIEST
from jobs_source.fields import TEXT, TIME
from jobs_source.job_info import plain_array
from jobs_source.page import Page


class Pick(NamedTuple):
    """
    Some entries of one page.

    Only their Arrow form is kept: a page of Python objects that is given back at once costs half of one that is not.

    Attributes:
        page: What is left of their page without the others.
        size: How many they are.
        plain: What `job_info.plain_array` makes of them.
        listed: How many entries of the whole page are of this table.
    """

    page: Page
    size: int
    plain: Optional[pa.StructArray]
    listed: int


def pick(page: Page, start: Optional[datetime], foreign_job_types: Sequence[str]) -> Pick:
    """
    Take the entries of *page* that are not surely stamped before *start*; all, where that is None.

    One that is was looked at by an earlier run, odd or not.
    """
    glance = None if start is None else _glance(page, start)
    if glance is None:
        entries = page.entries
        job_types: list[Any] = [entry.get("jobType") if isinstance(entry, dict) else None for entry in entries]
    else:
        job_types, places = glance
        page = page.pick(places)
        entries = page.entries
    listed = len(job_types) - sum(map(job_types.count, foreign_job_types))
    return Pick(page, len(entries), plain_array(entries), listed)


def _glance(page: Page, start: datetime) -> Optional[tuple[list[Optional[str]], list[int]]]:
    """Return all job types, and the places of stamps that are not surely before *start*; None where one is odd."""
    marks = page.marks()
    if marks is None:
        return None
    try:
        times = pa.array([mark.system_modstamp for mark in marks], TEXT).cast(TIME)
    except pa.ArrowException:
        return None
    is_older = pc.and_(pc.greater_equal(times, EARLIEST), pc.less(times, start)).fill_null(False)
    return [mark.job_type for mark in marks], pc.indices_nonzero(pc.invert(is_older)).to_pylist()
