"""The states that a walk has seen jobs in: rows of `job_states`."""

from typing import Any, Final

import dlt
import pyarrow as pa
import pyarrow.compute as pc

from jobs_source.dlt_compat import can_insert_only
from jobs_source.resources.hints import column_hints
from jobs_source.schema import FLAG, JOB_STATES, TEXT
from jobs_source.settings import INGEST_JOB_TYPES, QUERY_JOB_TYPE

_COLUMNS: Final = ("id", "state", "system_modstamp")
_KNOWN_TYPES: Final = pa.array([*INGEST_JOB_TYPES, QUERY_JOB_TYPE])
Seen = dict[tuple[str, str], str]  # job and state, and the resource that tells of it


class StatesSeen:
    """
    Collects the states of one walk. A job may be listed twice, so its rows are made at the end.

    *told* is shared by the walks of one source. It has the states of jobs of unknown types: both listings may show
    them, and the first *resource* that meets one tells of it.
    """

    def __init__(self, told: Seen, resource: str) -> None:
        self._told, self._resource = told, resource
        self._parts: list[pa.Table] = []

    def add(self, jobs: pa.Table) -> None:
        """Take note of the states of *jobs*."""
        seen = jobs.select(_COLUMNS).set_column(1, "state", jobs["state"].dictionary_encode())
        is_known = pc.is_in(jobs["job_type"], _KNOWN_TYPES)
        if not pc.all(is_known, min_count=0).as_py():
            odd = seen.filter(pc.invert(is_known))
            seen = pa.concat_tables([seen.filter(is_known), odd.filter(pa.array(map(self._tells, *_keys(odd)), FLAG))])
        self._parts.append(seen)

    def to_table(self, org_id: str) -> pa.Table:
        """Return a row for each job and state, with the earliest stamp."""
        if not self._parts:
            return JOB_STATES.content_schema.empty_table()
        seen = pa.concat_tables(self._parts).unify_dictionaries()
        first = _earliest(seen.filter(pc.is_valid(seen["state"])))
        columns = [first["id"], first["state"].cast(TEXT), first["system_modstamp"]]
        return pa.table([pa.repeat(org_id, first.num_rows), *columns], schema=JOB_STATES.content_schema)

    def _tells(self, id_: str, state: str) -> bool:
        return self._told.setdefault((id_, state), self._resource) == self._resource


def _keys(jobs: pa.Table) -> tuple[list[Any], list[Any]]:
    return jobs["id"].to_pylist(), jobs["state"].to_pylist()


def _earliest(seen: pa.Table) -> pa.Table:
    """Keep of each job and state the earliest stamp."""
    if pc.count_distinct(seen["id"]).as_py() == seen.num_rows:  # nearly always, and a fifth of the work
        return seen
    first = seen.group_by(["id", "state"]).aggregate([("system_modstamp", "min")])
    return first.rename_columns({"system_modstamp_min": "system_modstamp"})


def for_job_states(rows: pa.Table) -> Any:
    """
    Mark *rows* for `job_states`, whose rows are written once.

    Where the destination cannot do that, a later row of a key takes the place of the earlier one.
    """
    if can_insert_only():
        return dlt.mark.with_table_name(rows, JOB_STATES.name)
    hints = dlt.mark.make_hints(
        table_name=JOB_STATES.name,
        primary_key=JOB_STATES.primary_key,
        write_disposition={"disposition": "merge", "strategy": "delete-insert"},
        columns=column_hints(JOB_STATES),
    )
    return dlt.mark.with_hints(rows, hints, create_table_variant=True)
