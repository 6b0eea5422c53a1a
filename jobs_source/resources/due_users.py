"""Which users are due: those that made a job and are not known yet, or were looked up more than a day ago."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from jobs_source.ids import can_be_user
from jobs_source.resources.kept_tables import KeptTables
from jobs_source.schema import JOB_TABLES
from jobs_source.settings import REFRESH_USERS_AFTER_HOURS

_DUE: Final = (
    "select distinct j.{created_by_id} from {A_TABLE} j"
    " left join {users} u on u.{org_id} = j.{org_id} and u.{id} = j.{created_by_id}"
    " where j.{org_id} = %s and j.{created_by_id} is not null and (u.{id} is null or u.{looked_up_at} < %s)"
)
_FRESH: Final = "select {id} from {users} u where {org_id} = %s and {looked_up_at} >= %s"


def find_due_users(kept: KeptTables, org_id: str, now: datetime, seen: Iterable[str] = ()) -> list[str]:
    """
    Return the ids of users of *org_id* that are due at *now*; those *seen* in this run may be among them.

    What can be no id of a user is left out: Salesforce would not be asked for it, so it would be due for ever.
    """
    oldest = now - timedelta(hours=REFRESH_USERS_AFTER_HOURS)
    due = {id_ for table in JOB_TABLES for (id_,) in kept.ask(_DUE.replace("A_TABLE", table.name), org_id, oldest)}
    if seen := set(seen) - due:
        due |= seen - {id_ for (id_,) in kept.ask(_FRESH, org_id, oldest)}
    return sorted(filter(can_be_user, due))
