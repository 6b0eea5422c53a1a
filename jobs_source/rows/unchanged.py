"""Skips the entries of a page that a run need not look at: those of the other table, and those that did not change."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from jobs_source.rows.entries import Json, read_stamps, read_types, split_entries
from jobs_source.rows.stamp_window import StampWindow
from jobs_source.schema import Table


class Kept(NamedTuple):
    """
    What is left of one page.

    Attributes:
        lines: The entries to look at, each in JSON.
        skipped: How many entries of this table did not change.
    """

    lines: Sequence[msgspec.Raw]
    skipped: int

    @property
    def jobs(self) -> int:
        """How many entries of this table the page has."""
        return self.skipped + len(self.lines)


def skip_unchanged(records: Json, table: Table, window: StampWindow) -> Kept:
    """
    Keep of *records*, a page in JSON, what belongs to *table* and is not surely older than the *window*.

    No Arrow here: each call of it lets the thread that fetches have the interpreter, and waits to get it back.

    Raises:
        ListingError: If the page is broken JSON.
    """
    skipped = 0
    if window.start is None:
        types = read_types(records, table.endpoint)
        places = [place for place, entry in enumerate(types) if entry.job_type not in table.foreign_job_types]
    else:
        places = []
        for place, entry in enumerate(read_stamps(records, table.endpoint)):
            if entry.job_type not in table.foreign_job_types:
                if window.is_unchanged(entry.system_modstamp):
                    skipped += 1
                else:
                    places.append(place)
    lines = split_entries(records, table.endpoint) if places else []
    if len(places) < len(lines):
        lines = [lines[place].copy() for place in places]  # so that nobody has to keep the whole page
    return Kept(lines, skipped)
