"""Turns what look-ups brought into the rows of `job_results`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, Optional

import pyarrow as pa

from jobs_source.rows.outcome import GONE, Counts, find_outcome
from jobs_source.rows.rejected import reject
from jobs_source.rows.stamp_window import StampWindow
from jobs_source.rows.values import any_text, coerce_value
from jobs_source.schema import (
    COUNT,
    JOB_RESULTS,
    KEYS,
    RESULT_ALIASES,
    RESULT_FIELDS,
    TEXT,
    TIME,
    Field,
    column_name,
)
from jobs_source.settings import QUERY_JOB_TYPE

_SCHEMA: Final = JOB_RESULTS.content_schema
_KNOWN: Final = KEYS | {field.key for field in RESULT_FIELDS} | RESULT_ALIASES.keys()
_STATE: Final = (Field("state", "state", TEXT, ""), Field("systemModstamp", "system_modstamp", TIME, ""))
_QUERIES: Final = ("query", "queryAll")
_BATCHES: Final = {
    "numberBatchesCompleted": "batches_completed",
    "numberBatchesQueued": "batches_queued",
    "numberBatchesInProgress": "batches_in_progress",
}


class Result(NamedTuple):
    """
    What a look-up brought.

    Attributes:
        job_type: As it was listed.
        listed_stamp: The `systemModstamp` of the listing.
        info: All fields of the job, as in JSON; None if the job is gone.
        batch_message: Why the first failed batch failed.
        answered_at: When Salesforce answered.
    """

    job_id: str
    job_type: Optional[str]
    listed_stamp: datetime
    info: Optional[dict[str, Any]]
    batch_message: Optional[str]
    answered_at: datetime


class ResultRows(NamedTuple):
    """
    The rows of some look-ups.

    Attributes:
        results: One row per look-up: the columns of `JOB_RESULTS` without `run_id`, then a text column for each other
            field that the listings do not have.
        rejected: One row per look-up with a value of the wrong kind: `schema.REJECTED_SCHEMA`.
        unknown: Keys of such fields that the documentation of Salesforce did not have either.
    """

    results: pa.Table
    rejected: pa.Table
    unknown: set[str]


def make_result_rows(results: Sequence[Result], org_id: str) -> ResultRows:
    """
    Turn *results* into typed rows; none is lost.

    A value that does not fit its column becomes null, and all fields of the job are also in `ResultRows.rejected`.
    """
    rows, odd = [], []
    for result in results:
        reader = _Reader(result)
        rows.append({"org_id": org_id, "id": result.job_id, **_make_row(result, reader)})
        if reader.reasons:
            odd.append((reader.entry, reader.reasons))
    others = {key for result in results for key in result.info or () if key not in _KNOWN}
    table = pa.Table.from_pylist(rows, _SCHEMA)
    for key in sorted(others):
        texts = [any_text((result.info or {}).get(key)) for result in results]
        table = table.append_column(column_name(key, JOB_RESULTS), pa.array(texts, type=TEXT))
    return ResultRows(table, reject(odd, org_id, JOB_RESULTS.name), others - _BATCHES.keys())


class _Reader:
    """
    Reads typed values of one result.

    Attributes:
        reasons: What could not be read, and why.
    """

    def __init__(self, result: Result) -> None:
        self._info: Mapping[str, Any] = result.info or {}
        self._message = result.batch_message
        self._window = StampWindow(None, result.answered_at)
        self.reasons: list[str] = []

    @property
    def entry(self) -> dict[str, Any]:
        """All that was answered."""
        return {**self._info, **({} if self._message is None else {"stateMessage": self._message})}

    def read(self, key: str, type_: pa.DataType) -> Any:
        value = self._message if key == "stateMessage" else self._info.get(key)
        try:
            return coerce_value(key, type_, value, self._window)
        except ValueError as error:
            self.reasons.append(f"{key}: {error}")
            return None


def _make_row(result: Result, reader: _Reader) -> dict[str, Any]:
    row = {field.column: reader.read(_key_in(result.info, field.key), field.type) for field in RESULT_FIELDS}
    row |= {field.column: reader.read(field.key, field.type) for field in _STATE}
    row["first_failed_batch_message"] = reader.read("stateMessage", TEXT)
    stamps = [stamp for stamp in (row["system_modstamp"], result.listed_stamp) if stamp]
    row["system_modstamp"] = max(stamps, default=None)
    row["outcome"] = GONE if result.info is None else _judge(result, row, reader)
    row["looked_up_at"] = result.answered_at
    return row


def _key_in(info: Optional[Mapping[str, Any]], key: str) -> str:
    """Return *key* as the answer spells it: the Bulk API 1.0 has other names."""
    aliases = (alias for alias, name in RESULT_ALIASES.items() if name == key)
    return key if info is None or key in info else next((alias for alias in aliases if alias in info), key)


def _judge(result: Result, row: Mapping[str, Any], reader: _Reader) -> str:
    counts = Counts(
        row["number_records_processed"],
        row["number_records_failed"],
        row["number_batches_failed"],
        **{name: reader.read(key, COUNT) for key, name in _BATCHES.items()},
    )
    is_query = result.job_type == QUERY_JOB_TYPE or (result.info or {}).get("operation") in _QUERIES
    return find_outcome(row["state"], is_query, counts)
