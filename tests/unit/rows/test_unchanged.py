"""Which entries of a page are read: all that are not surely older than the start of the run."""

import json
from datetime import datetime, timedelta
from typing import Any, Optional
from unittest.mock import patch

import pytest

from jobs_source.rows import unchanged
from jobs_source.rows.stamp_window import StampWindow
from jobs_source.rows.unchanged import Kept, skip_unchanged
from jobs_source.schema import JOBS
from tests.pages import NOON, take_records


def entry(stamp: Any, job_type: Any = "V2Ingest") -> dict[str, Any]:
    return {"id": "750A", "systemModstamp": stamp, "jobType": job_type}


def keep(start: Optional[datetime], *entries: Any) -> tuple[list[Any], int]:
    """The entries that are kept of a page of jobs/ingest with *entries*, and how many are skipped."""
    kept = skip_unchanged(take_records(json.dumps(entries).encode()), JOBS, StampWindow(start, NOON))
    return [json.loads(bytes(line)) for line in kept.lines], kept.skipped


def test_all_is_taken_where_no_start_is_known() -> None:
    old = entry("2026-11-23T11:00:00.000+0000")
    assert keep(None, old, None, 1) == ([old, None, 1], 0)


def test_what_is_stamped_before_the_start_is_skipped() -> None:
    """A stamp equal to the start is kept, in any time zone."""
    new = [entry("2026-11-23T12:00:00.000+0000"), entry("2026-11-23T14:00:00.000+0200"), entry("2026-11-23T12:00:01Z")]
    old = [entry("2026-11-23T11:59:59.999+0000"), entry("2026-11-23T12:59:59.000+01:00")]
    assert keep(NOON, old[0], new[0], new[1], old[1], new[2]) == (new, 2)


@pytest.mark.parametrize("stamp", [None, "1998-12-31T23:59:59.999+0000", "0001-01-01T00:00:00.000+0000"])
def test_a_stamp_that_says_nothing_is_looked_at(stamp: Any) -> None:
    """A missing stamp, and one before Salesforce existed."""
    assert keep(NOON, entry(stamp), entry("1999-01-01T00:00:00.000+0000")) == ([entry(stamp)], 1)


def test_jobs_of_the_other_table_are_skipped_and_not_counted() -> None:
    """A job of no type or of an unknown type belongs to the table of its listing."""
    stamp = "2026-11-23T11:00:00.000+0000"
    types = ("V2Query", "V2Ingest", None, "V9Dream", "V2Query")
    assert keep(NOON, *(entry(stamp, job_type) for job_type in types)) == ([], 3)


@pytest.mark.parametrize(
    "odd",
    [None, 7, [], entry(0), entry(""), entry("yesterday"), entry("2026-11-23T11:00:00"), entry(None, 1)],
    ids=str,
)
def test_a_page_with_an_odd_entry_is_looked_at_whole(odd: Any) -> None:
    old = entry("2026-11-23T11:00:00.000+0000")
    assert keep(NOON + timedelta(hours=1), old, odd) == ([old, odd], 0)


def test_a_page_where_nothing_changed_is_not_taken_apart() -> None:
    """The page is not split, even if a byte in it is not UTF-8."""
    records = b'[{"systemModstamp": "2026-11-23T11:00:00.000+0000", "jobType": "V2Ingest", "state": "\xff"}]'
    with patch.object(unchanged, "split_entries", side_effect=AssertionError):
        assert skip_unchanged(records, JOBS, StampWindow(NOON, NOON)) == Kept([], 1)
