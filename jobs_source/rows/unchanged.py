"""Skips the entries of a page that did not change since the last run."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from jobs_source.rows.entries import Json, read_stamps, split_entries
from jobs_source.rows.stamp_window import StampWindow
from jobs_source.schema import Table


class Kept(NamedTuple):
    """
    What is left of one page.

    Attributes:
        lines: The entries to look at, each in JSON.
        skipped: How many of the others belong to this table.
    """

    lines: Sequence[msgspec.Raw]
    skipped: int


def skip_unchanged(records: Json, table: Table, window: StampWindow) -> Kept:
    """
    Keep of *records*, a page of the listing of *table* in JSON, what is not surely older than the *window*.

    A page with an odd entry is kept whole. No Arrow here: each call of it lets the thread that fetches have the
    interpreter, and waits to get it back.

    Raises:
        ListingError: If the page is broken JSON.
    """
    stamps = None if window.start is None else read_stamps(records)
    if stamps is None:
        return Kept(split_entries(records, table.endpoint), 0)
    places, skipped = [], 0
    for place, stamp in enumerate(stamps):
        if window.is_unchanged(stamp.system_modstamp):
            skipped += table.owns(stamp.job_type)
        else:
            places.append(place)
    lines = split_entries(records, table.endpoint) if places else []
    return Kept([lines[place].copy() for place in places], skipped)  # copies: nobody has to keep the whole page
