"""One value: converted to its column's type if that is exact, refused with the reason if it is not."""

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs_source.rows.stamp_window import EARLIEST, StampWindow
from jobs_source.rows.values import any_text, coerce_value
from jobs_source.schema import TEXT, TIME

LATEST = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
NO_TIME = "not a time with a zone"
NO_DAY = "not a time of the calendar"
NO_VERSION = "not an API version"
UNSTORABLE = "NUL or half a surrogate pair in the text"


def outcome(key: str, raw: Any) -> Any:
    """The value, or the text of the refusal in a list."""
    type_ = TIME if key in ("createdDate", "systemModstamp") else TEXT
    try:
        return coerce_value(key, type_, raw, StampWindow(None, LATEST - timedelta(days=1)))
    except ValueError as error:
        return [str(error)]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)  # type: ignore[arg-type, misc]


MOMENTS: list[tuple[Any, Any]] = [
    ("2026-11-20T12:34:56.789+0000", utc(2026, 11, 20, 12, 34, 56, 789_000)),
    ("2026-11-20T12:34:56.000+0000", utc(2026, 11, 20, 12, 34, 56)),
    ("2026-11-20T12:34:56+0000", utc(2026, 11, 20, 12, 34, 56)),
    ("2026-11-20T12:34:56Z", utc(2026, 11, 20, 12, 34, 56)),
    ("2026-11-20T12:34:56.7Z", utc(2026, 11, 20, 12, 34, 56, 700_000)),
    ("2026-11-20T12:34:56.789012Z", utc(2026, 11, 20, 12, 34, 56, 789_012)),
    ("2026-11-20T12:34:56.7890120Z", utc(2026, 11, 20, 12, 34, 56, 789_012)),
    ("2026-11-20T12:34:56.000+00:00", utc(2026, 11, 20, 12, 34, 56)),
    ("2026-11-20 12:34:56.000-00:00", utc(2026, 11, 20, 12, 34, 56)),
    ("2026-11-20T12:34:56.000+0530", utc(2026, 11, 20, 7, 4, 56)),
    ("2026-11-20T23:34:56.000-08:00", utc(2026, 11, 21, 7, 34, 56)),
    ("2026-11-20T12:34:56+14", utc(2026, 11, 19, 22, 34, 56)),
    ("2026-11-20T12:34Z", utc(2026, 11, 20, 12, 34)),
    ("2026-11-20T12Z", utc(2026, 11, 20, 12)),
    ("2024-02-29T00:00:00Z", utc(2024, 2, 29)),
    ("0001-01-01T00:00:00Z", utc(1, 1, 1)),
    ("9999-12-31T23:59:59.999999Z", utc(9999, 12, 31, 23, 59, 59, 999_999)),
]


def test_time() -> None:
    """A time with a zone becomes that moment in UTC, in each form that Salesforce sends and in similar ones."""
    made = [outcome("createdDate", raw) for raw, _ in MOMENTS]
    assert made == [moment for _, moment in MOMENTS]
    assert {moment.tzinfo for moment in made} == {timezone.utc}


NO_MOMENTS: list[tuple[Any, Any]] = [
    ("2026-11-20T12:34:56.000", NO_TIME),
    ("2026-11-20", NO_TIME),
    ("2026-11-20Z", NO_TIME),
    ("1795176000000", NO_TIME),
    (1795176000000, NO_TIME),
    (1795176000.5, NO_TIME),
    (True, NO_TIME),
    (["2026-11-20T12:34:56Z"], NO_TIME),
    ({}, NO_TIME),
    ("", NO_TIME),
    ("null", NO_TIME),
    (" 2026-11-20T12:34:56Z", NO_TIME),
    ("2026-11-20T12:34:56Z\n", NO_TIME),
    ("2026-11-20T12:34:56\0Z", NO_TIME),
    ("\uff12026-11-20T12:34:56Z", NO_TIME),
    ("2026-11-20T12:34:56.Z", NO_TIME),
    ("2026-11-20T12:34:56.1234567Z", NO_TIME),
    ("2026-11-20T24:00:00Z", NO_TIME),
    ("2026-11-20T12:34:56+00:60", NO_TIME),
    ("10000-01-01T00:00:00Z", NO_TIME),
    ("2026-11-20T12:34:56+24:00", NO_DAY),
    ("2026-11-20T12:34:61Z", NO_DAY),
    ("2026-11-20T12:34:60Z", NO_DAY),
    ("2026-11-20T12:60:00Z", NO_DAY),
    ("2026-02-30T12:34:56Z", NO_DAY),
    ("2025-02-29T12:34:56Z", NO_DAY),
    ("2026-13-01T12:34:56Z", NO_DAY),
    ("2026-00-10T12:34:56Z", NO_DAY),
    ("0000-01-01T00:00:00Z", NO_DAY),
    ("0001-01-01T00:00:00+0100", NO_DAY),
    ("9999-12-31T23:59:59-0100", NO_DAY),
]


def test_no_time() -> None:
    """A value that is not one moment, in microseconds, between the years 1 and 9999 is refused."""
    for key in ("createdDate", "systemModstamp"):
        assert [(raw, outcome(key, raw)) for raw, _ in NO_MOMENTS] == [(raw, [reason]) for raw, reason in NO_MOMENTS]


@pytest.mark.parametrize(
    ("moment", "is_possible"),
    [
        (EARLIEST, True),
        (EARLIEST - timedelta(microseconds=1), False),
        (LATEST - timedelta(microseconds=1), True),
        (LATEST, False),
        (utc(9999, 12, 31), False),
        (utc(1, 1, 1), False),
    ],
)
def test_impossible_stamp(moment: datetime, is_possible: bool) -> None:
    """A stamp before Salesforce existed, or too late, is refused. A date of creation is not checked so."""
    raw = moment.isoformat(timespec="microseconds")
    assert outcome("systemModstamp", raw) == (moment if is_possible else [f"{moment.isoformat()} cannot be right"])
    assert outcome("createdDate", raw) == moment


VERSIONS: list[tuple[Any, Any]] = [
    (64.0, "64.0"),
    (64, "64.0"),
    ("64.0", "64.0"),
    ("64", "64.0"),
    ("v64.0", "64.0"),
    (64.5, "64.5"),
    (9, "9.0"),
    (0, "0.0"),
    (-0.0, "0.0"),
    (9999.0, "9999.0"),
    (10_000, [NO_VERSION]),
    (10**30, [NO_VERSION]),
    (-64.0, [NO_VERSION]),
    (64.05, [NO_VERSION]),
    (float("nan"), [NO_VERSION]),
    (float("inf"), [NO_VERSION]),
    (True, [NO_VERSION]),
    ([64.0], [NO_VERSION]),
    ({"major": 64}, [NO_VERSION]),
    ("", [NO_VERSION]),
    ("sixty-four", [NO_VERSION]),
    ("64.00", [NO_VERSION]),
    ("64.", [NO_VERSION]),
    ("64.0\n", [NO_VERSION]),
    ("٦٤.0", [NO_VERSION]),
    ("64.0\0", [NO_VERSION]),
    (None, None),
]


def test_version() -> None:
    """An API version becomes text with one decimal, from a number or from text. A boolean is refused."""
    assert [(raw, outcome("apiVersion", raw)) for raw, _ in VERSIONS] == VERSIONS


TEXTS: list[tuple[Any, Any]] = [
    ("Account", "Account"),
    ("", ""),
    (" \t\n\u200b\u202e\x01😀é", " \t\n\u200b\u202e\x01😀é"),
    ("x" * 1_000_000, "x" * 1_000_000),
    (0, "0"),
    (-(10**25), "-10000000000000000000000000"),
    (None, None),
    (1.0, ["float where text belongs"]),
    (False, ["bool where text belongs"]),
    ([], ["list where text belongs"]),
    ({"a": 1}, ["dict where text belongs"]),
    ("a\0b", [UNSTORABLE]),
    ("\ud800", [UNSTORABLE]),
    ("a\udfffb", [UNSTORABLE]),
]


def test_text() -> None:
    """Text stays as it is, and a whole number becomes its digits. Anything else is refused."""
    assert [(raw, outcome("object", raw)) for raw, _ in TEXTS] == TEXTS


ANY_TEXTS: list[tuple[Any, Any]] = [
    (None, None),
    ("text", "text"),
    ("", ""),
    ("😀", "😀"),
    (True, "true"),
    (7, "7"),
    (1.5, "1.5"),
    ([1, None, "é"], '[1, null, "\\u00e9"]'),
    ({"a": [False]}, '{"a": [false]}'),
    ("a\0", '"a\\u0000"'),
    ("\ud800", '"\\ud800"'),
    (["\0", "\ud800"], '["\\u0000", "\\ud800"]'),
]


def test_any_text() -> None:
    """Any JSON value becomes text that warehouses accept: text unchanged, anything else as JSON."""
    assert [(raw, any_text(raw)) for raw, _ in ANY_TEXTS] == ANY_TEXTS


@given(st.text(st.characters(categories=["L", "N", "Zs", "Cc", "Cs"]), max_size=20))
def test_any_text_is_storable_and_tells_what_it_was(raw: str) -> None:
    """A text is stored as it is or as its JSON, and never with a NUL or half a surrogate pair."""
    raw = json.loads(json.dumps(raw))  # as a parser gives it: pairs joined
    text = any_text(raw)
    assert text is not None
    assert b"\0" not in text.encode()
    assert text == raw or json.loads(text) == raw
