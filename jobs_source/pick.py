"""Picks from a page the entries that a run has to look at."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Optional

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from jobs_source.coerce import EARLIEST
from jobs_source.fields import TEXT, TIME
from jobs_source.page import Mark, Page


class Pick(NamedTuple):
    """
    Some entries of one page.

    Attributes:
        lines: These entries, each in JSON.
        page: Their page, without the others.
        passed_over: How many of the others are of this table.
    """

    lines: Sequence[msgspec.Raw]
    page: Page
    passed_over: int = 0


def pick(page: Page, start: Optional[datetime], foreign_job_types: Sequence[str]) -> Pick:
    """
    Take the entries of *page* that are not surely stamped before *start*; all, where that is None.

    One that is was looked at by an earlier run, odd or not.
    """
    marks = page.marks() if start else None
    is_older = _is_older(marks, start) if marks is not None and start else None
    if marks is None or is_older is None:
        return Pick(page.lines(), page)
    is_foreign = pc.is_in(pa.array([mark.job_type for mark in marks], TEXT), pa.array(foreign_job_types, TEXT))
    passed_over: int = pc.sum(pc.and_not(is_older, is_foreign), min_count=0).as_py()
    page = page.pick(pc.indices_nonzero(pc.invert(is_older)).to_pylist())
    return Pick(page.lines(), page, passed_over)


def _is_older(marks: Sequence[Mark], start: datetime) -> Optional[pa.BooleanArray]:
    """Tell which entries are surely stamped before *start*; None where one has a stamp that is no time."""
    try:
        times = pa.array([mark.system_modstamp for mark in marks], TEXT).cast(TIME)
    except pa.ArrowException:
        return None
    return pc.and_(pc.greater_equal(times, EARLIEST), pc.less(times, start)).fill_null(False)
