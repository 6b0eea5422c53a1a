"""Numbers and times are written the same everywhere."""

import re
from datetime import datetime, timedelta, timezone

import pytest

from jobs_source.wording import counted, listed, time_text
from tests.conftest import ROOT

NEVER_ONE = (("TABLE_ROWS", "rows"), ("limit", "calls"))  # a constant; the allowance of an org


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 odd entries"), (1, "1 odd entry"), (2, "2 odd entries"), (1_000, "1,000 odd entries")]
)
def test_one_of_a_thing_has_no_plural(number: int, text: str) -> None:
    """The plural is the noun with an s, or the one that is given."""
    assert counted(number, "odd entry", "odd entries") == text
    assert (counted(1, "row"), counted(2, "row")) == ("1 row", "2 rows")


def test_no_plural_is_made_anywhere_else() -> None:
    """Neither by hand nor by hope: a number before a plural is made by `counted`, or cannot be 1."""
    found = []
    for path in sorted((ROOT / "jobs_source").rglob("*.py")):
        if path.name != "wording.py" and "standin" not in path.parts:
            text = path.read_text(encoding="utf-8")
            found += re.findall(r"\{\w[^{}]*:,\} (?:jobs|rows|pages|calls|entries|users|states|requests)\b", text)
            found += re.findall(r"\w\(s\)|'' if \w+ == 1", text)
    assert found == [f"{{{name}:,}} {noun}" for name, noun in NEVER_ONE]


def test_names_are_one_phrase() -> None:
    """With an and before the last."""
    assert [listed(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


def test_a_time_is_utc_to_the_millisecond() -> None:
    """Or to the microsecond if there are any. One without a zone is in UTC already."""
    naive = datetime(2026, 11, 20, 12, 0, 0, 195_000)
    assert time_text(naive) == "2026-11-20T12:00:00.195Z"
    assert time_text(naive.replace(microsecond=7)) == "2026-11-20T12:00:00.000007Z"
    assert time_text(naive.replace(tzinfo=timezone(timedelta(hours=13)))) == "2026-11-19T23:00:00.195Z"
