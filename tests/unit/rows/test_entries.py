"""A page that is read in part gives the same as a page that is read completely."""

import json
import re
from datetime import datetime
from typing import Any, Optional

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jobs_source.exceptions import ListingError
from jobs_source.rows.entries import JobStamp, parse_entries, read_stamps, split_entries
from jobs_source.rows.job_rows import make_rows, parse_plain
from jobs_source.rows.stamp_window import StampWindow
from tests.pages import NOON, take_records

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=()))
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)
KEYS = st.sampled_from(("id", "systemModstamp", "jobType", "state")) | st.text(st.characters(exclude_categories=()))
ZONES = st.sampled_from(("+0000", "+00:00", "Z", "-0730", "+14:00"))
TIMES = st.builds(lambda time, zone: time.isoformat(timespec="milliseconds") + zone, st.datetimes(), ZONES)
STAMPS = st.sampled_from((None, "2026-11-23T12:00:00.000+0000", "2026-11-23T12:00:00Z")) | TIMES
PLAIN = st.fixed_dictionaries({}, optional={"id": st.text(), "systemModstamp": STAMPS, "jobType": st.text()})
SALESFORCE_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?)(?:Z|([+-]\d\d):?(\d\d))", re.ASCII)
ENTRIES = st.lists(PLAIN | st.dictionaries(KEYS, VALUES) | VALUES, max_size=6)


def as_text(entries: Any) -> str:
    """As text, because NaN does not equal itself."""
    return json.dumps(entries)


def parse(records: bytes) -> list[Any]:
    return parse_entries(split_entries(records, "jobs/ingest"), "jobs/ingest")


@given(ENTRIES, st.data())
def test_kept_entries_are_those_of_the_whole_page(entries: list[Any], data: st.DataObject) -> None:
    """Entries with any content are split, also with NaN, infinity or half a surrogate pair."""
    records = take_records(json.dumps(entries).encode())
    places = data.draw(st.lists(st.integers(0, len(entries) - 1), unique=True) if entries else st.just([]))
    lines, whole = split_entries(records, "jobs/ingest"), parse(records)

    kept = parse_entries([lines[place].copy() for place in places], "jobs/ingest")

    assert as_text(kept) == as_text([whole[place] for place in places])


def read_stamp(entry: Any) -> Optional[JobStamp]:
    """Read the two fields in another way; None if one has a wrong type, or *entry* is not an object."""
    stamp, job_type = (entry.get("systemModstamp"), entry.get("jobType")) if isinstance(entry, dict) else (0, 0)
    if not isinstance(job_type, (str, type(None))):
        return None
    if stamp is None:
        return JobStamp(None, job_type)
    time = SALESFORCE_TIME.fullmatch(stamp) if isinstance(stamp, str) else None
    if not time:
        return None
    return JobStamp(datetime.fromisoformat(f"{time[1]}{time[2] or '+00'}:{time[3] or '00'}"), job_type)


@given(ENTRIES | st.lists(PLAIN, max_size=6))
@example([{"systemModstamp": float("inf")}])
@example([{"systemModstamp": ""}])
@example([{"systemModstamp": "2026-11-23T12:00:00"}])
def test_stamps_are_those_of_the_entries_or_none(listed: list[Any]) -> None:
    """The result is None, and the page is read completely, if a stamp, a type or an entry has a wrong form."""
    records = take_records(json.dumps(listed).encode())
    stamps, entries = read_stamps(records), parse(records)
    expected = [read_stamp(entry) for entry in entries]

    if stamps is None:
        assert None in expected or "\\ud" in json.dumps(entries)
    else:
        assert stamps == expected


def test_a_number_keeps_all_its_digits() -> None:
    """A long number, as in an unknown field, stays exact."""
    assert parse(b'[{"rows": 123456789012345678901234567890}]') == [{"rows": 123456789012345678901234567890}]


def test_a_page_that_cannot_be_read_whole_says_so() -> None:
    """A byte that is not UTF-8 is an error, even in a field that is not read for the stamps."""
    records = take_records(b'[{"systemModstamp": "2026-11-23T12:00:00.000+0000", "state": "\xff"}]')

    assert read_stamps(records) == [JobStamp(NOON)]
    with pytest.raises(ListingError, match=r"A page of jobs/ingest is broken JSON \(66 bytes\)\. Run again\."):
        parse(records)
    with pytest.raises(ListingError):
        parse_entries(split_entries(records, "jobs/ingest")[:1], "jobs/ingest")


def test_entries_that_msgspec_refuses_are_split_all_the_same() -> None:
    """An entry with half a surrogate pair is split too."""
    assert parse(b'[{"a": 1}, {"\\ud800": null}]') == [{"a": 1}, {"\ud800": None}]


PLAIN_ENTRY = json.dumps(
    {"id": "750Rm00000AbCdEIAV", "apiVersion": 64.0, "systemModstamp": "2026-11-20T09:00:59.000+0000", "object": "A"}
).encode()
PIECES = st.sampled_from(
    [b"null", b"{}", b'"', b"\\u0000", b"\\ud800", b"\xff", b",", b"-0", b"1e9", b"\n", b'"id":"x",']
)


@given(st.lists(st.tuples(st.integers(0, 2 * len(PLAIN_ENTRY)), st.integers(0, 3), PIECES | st.binary()), max_size=2))
def test_a_damaged_page_is_the_same_read_either_way(damages: list[tuple[int, int, bytes]]) -> None:
    """Entries that go to Arrow as JSON give the same rows as one by one. Odd entries do not go to Arrow."""
    text = PLAIN_ENTRY + b"," + PLAIN_ENTRY
    for place, length, piece in damages:
        text = text[:place] + piece + text[place + length :]
    try:
        lines = split_entries(take_records(b"[" + text + b"]"), "jobs/ingest")
        entries = parse_entries(lines, "jobs/ingest")
    except ListingError:
        return

    window = StampWindow(None, NOON)

    assert parse_plain(lines, "00D", window) in (None, make_rows(entries, "00D", "jobs/ingest", window))
