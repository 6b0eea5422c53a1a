"""The rows of `users`: one for each that was asked for."""

from datetime import datetime, timezone
from typing import Any

import pytest

from jobs_source.rows.user_rows import make_user_rows
from jobs_source.schema import USERS

ORG, NOON = "00DRm00009EeSOjMAN", datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)
ADA, BOB = "0055g00000ABcdEAAT", "0055g00000FGhiJAAT"
RECORD: dict[str, Any] = {
    "attributes": {"type": "User"},
    "Id": ADA,
    "Name": "Ada",
    "Username": "ada@acme.com",
    "IsActive": True,
    "Profile": {"attributes": {"type": "Profile"}, "Name": "API Only"},
}
ROW = {
    "org_id": ORG,
    "id": ADA,
    "name": "Ada",
    "username": "ada@acme.com",
    "profile_name": "API Only",
    "is_active": True,
    "looked_up_at": NOON,
}
EMPTY = {**ROW, "name": None, "username": None, "profile_name": None, "is_active": None}


def rows(asked: list[str], *records: Any) -> list[dict[str, Any]]:
    table = make_user_rows(asked, records, ORG, NOON)
    assert table.schema == USERS.content_schema
    return list(table.to_pylist())


def test_each_user_that_was_asked_for_has_a_row() -> None:
    """Those that did not come back have one without values; others that came are left out."""
    assert rows([BOB, ADA, BOB], RECORD, {**RECORD, "Id": "0055g00000OthErAAT"}) == [{**EMPTY, "id": BOB}, ROW]


@pytest.mark.parametrize("asked", [ADA, ADA[:15]])
@pytest.mark.parametrize("came", [ADA, ADA[:15]])
def test_both_forms_of_an_id_are_one_user(asked: str, came: str) -> None:
    """The row has the id as the job has it."""
    assert rows([asked], {**RECORD, "Id": came}) == [{**ROW, "id": asked}]


@pytest.mark.parametrize("odd", [None, 1, [], "x", {}, {"Id": None}, {"Id": 5}, {"Id": "005"}, {"Id": "001" + ADA[3:]}])
def test_an_odd_record_is_no_user(odd: Any) -> None:
    assert rows([ADA], odd, RECORD) == [ROW]


@pytest.mark.parametrize("odd", [1, 1.5, [], {}, "a\0b", "\ud800", None], ids=repr)
def test_an_odd_value_is_left_empty(odd: Any) -> None:
    assert rows([ADA], {**RECORD, "Name": odd, "Username": odd, "IsActive": odd, "Profile": {"Name": odd}}) == [EMPTY]
    assert rows([ADA], {**RECORD, "Profile": odd}) == [{**ROW, "profile_name": None}]


@pytest.mark.parametrize("odd", ["true", 1, 0])
def test_only_true_and_false_say_whether_a_user_is_active(odd: Any) -> None:
    assert rows([ADA], {**RECORD, "IsActive": odd}) == [{**ROW, "is_active": None}]
