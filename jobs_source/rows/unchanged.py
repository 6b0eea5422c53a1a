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
        lines: The entries to read, each in JSON.
        skipped: How many of the other entries belong to this table.
    """

    lines: Sequence[msgspec.Raw]
    skipped: int


def skip_unchanged(records: Json, table: Table, window: StampWindow) -> Kept:
    """
    Drop the entries that are surely older than the *window*. *records* is a page of the listing of *table* in JSON.

    A page with an odd entry is kept whole. Arrow is not used here: each of its calls would give the interpreter to the
    thread that fetches, and wait to get it back.

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
    return Kept([lines[place].copy() for place in places], skipped)  # copies, so that the page can be freed
