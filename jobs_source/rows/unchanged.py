"""Picks from a page the entries that a run has to look at."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple, Optional

import msgspec

from jobs_source.rows.values import EARLIEST
from jobs_source.salesforce.page import Page


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


def pick(page: Page, start: Optional[datetime], foreign_job_types: Collection[str]) -> Pick:
    """
    Take the entries of *page* that are not surely stamped before *start*; all, where that is None.

    One that is was looked at by an earlier run, odd or not. No Arrow here: each call of it lets the thread that fetches
    have the interpreter, and waits to get it back.
    """
    if start is None or (marks := page.marks()) is None:
        return Pick(page.lines(), page)
    older, places = [], []
    for place, mark in enumerate(marks):
        if mark.system_modstamp and EARLIEST <= mark.system_modstamp < start:
            older.append(mark.job_type)
        else:
            places.append(place)
    page = page.pick(places)
    return Pick(page.lines(), page, sum(job_type not in foreign_job_types for job_type in older))
