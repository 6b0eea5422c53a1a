"""The rows of `job_errors`, and how many there may be."""

from collections import Counter
from typing import Optional

import pytest

from jobs_source.rows.error_counts import MOST_KEYS, Counts, count, make_error_rows
from jobs_source.schema import JOB_ERRORS

ORG, JOB = "00DRm00009EeSOjMAN", "750Rm00000AbCdEIAV"


def row(code: str, fields: str, records: int) -> dict[str, object]:
    return {"org_id": ORG, "job_id": JOB, "error_code": code, "fields": fields, "records": records}


PARTS: list[Counts] = [
    Counter({("TIMEOUT", ""): 2, ("DUPLICATE_VALUE", "Email"): 1}),
    Counter(),
    Counter({("TIMEOUT", ""): 3, ("", ""): 1}),
]
PLAIN = [row("", "", 1), row("DUPLICATE_VALUE", "Email", 1), row("TIMEOUT", "", 5)]


@pytest.mark.parametrize(
    ("parts", "failed", "rows"),
    [
        (PARTS, 7, PLAIN),
        (PARTS, 6, PLAIN),
        (PARTS, 10, [row("", "", 4), *PLAIN[1:]]),
        (PARTS[:1], 4, [row("", "", 1), row("DUPLICATE_VALUE", "Email", 1), row("TIMEOUT", "", 2)]),
        ([], 5, [row("", "", 5)]),
        (None, 5, [row("", "", 5)]),
        (None, 0, [row("", "", 0)]),
        ([Counter()], 0, [row("", "", 0)]),
    ],
    ids=["all", "more than said", "fewer than said", "cut off", "nothing", "gone", "gone, none", "none"],
)
def test_every_failed_record_is_in_one_row(
    parts: Optional[list[Counts]], failed: int, rows: list[dict[str, object]]
) -> None:
    """What no result tells of has neither code nor fields; a job without any results has one row too."""
    table = make_error_rows(parts, ORG, JOB, failed)
    assert table.schema == JOB_ERRORS.content_schema
    assert table.to_pylist() == rows


def test_a_job_has_a_limited_number_of_rows() -> None:
    """Beyond it, records count under their code, and beyond twice as many under nothing; all are counted."""
    counts: Counts = Counter()
    for number in range(MOST_KEYS):
        count(counts, ("A", f"F{number}"))
    for number in range(5):
        count(counts, ("A", f"G{number}"))
        count(counts, ("A", "F7"))
    for number in range(2 * MOST_KEYS):
        count(counts, (f"B{number}", "F1"))
    assert (len(counts), counts.total()) == (2 * MOST_KEYS + 1, 3 * MOST_KEYS + 10)
    assert (counts["A", ""], counts["A", "F7"], counts["B0", ""]) == (5, 6, 1)
    assert counts["", ""] == MOST_KEYS + 1


def test_parts_together_keep_to_the_limit() -> None:
    parts: list[Counts] = [Counter({("A", f"F{part} {number}"): 1 for number in range(600)}) for part in range(5)]
    rows = make_error_rows(parts, ORG, JOB, 3000).to_pylist()
    assert len(rows) == MOST_KEYS + 1
    assert rows[0] == row("A", "", 3000 - MOST_KEYS)
