"""Makes the rows of `users`."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pyarrow as pa

from jobs_source.ids import is_user_id, long_id
from jobs_source.rows.values import text_or_none
from jobs_source.schema import USERS


def make_user_rows(asked: Iterable[str], records: Iterable[Any], org_id: str, looked_up_at: datetime) -> pa.Table:
    """
    Return one row per id *asked*, in this order. All but its id and the time is empty if no record has that id.

    A value of the wrong kind is left empty. Ids of 15 and 18 characters are the same user.
    """
    found = {long_id(record["Id"]): record for record in records if _has_id(record)}
    rows = [
        {"org_id": org_id, "id": id_, **_values(found.get(long_id(id_), {})), "looked_up_at": looked_up_at}
        for id_ in dict.fromkeys(asked)
    ]
    return pa.Table.from_pylist(rows, USERS.content_schema)


def _has_id(record: Any) -> bool:
    return isinstance(record, dict) and isinstance(record.get("Id"), str) and is_user_id(record["Id"])


def _values(record: dict[str, Any]) -> dict[str, Any]:
    profile, is_active = record.get("Profile"), record.get("IsActive")
    return {
        "name": text_or_none(record.get("Name")),
        "username": text_or_none(record.get("Username")),
        "profile_name": text_or_none(profile.get("Name")) if isinstance(profile, dict) else None,
        "is_active": is_active if isinstance(is_active, bool) else None,
    }
