"""
Turns the entries of "Get All Jobs" into Arrow tables.

Pages take the fast path: many at once, without dicts. If anything is odd, each page is read alone, and the odd page
entry by entry. Every path gives the same table for the same plain entries.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple, Optional

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json as arrow_json

from jobs_source.rows.entries import Json, parse_entries
from jobs_source.rows.rejected import reject
from jobs_source.rows.stamp_window import StampWindow
from jobs_source.rows.values import any_text, coerce_value
from jobs_source.schema import FIELDS, JOB_SCHEMA, KEYS, REJECTED_SCHEMA, TEXT, TIME, Table, column_name

_NUMERIC_VERSION = pa.struct([(f.key, pa.float64() if f.key == "apiVersion" else TEXT) for f in FIELDS])
_TEXT_VERSION = pa.struct([(f.key, TEXT) for f in FIELDS])
# On two cores, a second thread beside the one that fetches gains at most 3 %, and needs a tenth more memory.
_ONE_THREAD = arrow_json.ReadOptions(use_threads=False)
_PLAIN = arrow_json.ParseOptions(explicit_schema=pa.schema(list(_NUMERIC_VERSION)), unexpected_field_behavior="error")
_ODD = (pa.ArrowException, TypeError, ValueError, OverflowError)


class JobRows(NamedTuple):
    """
    The rows of some entries.

    Attributes:
        jobs: One row per entry that has an id: `schema.JOB_SCHEMA`, then a text column per unknown field.
        rejected: One row per entry that is not, or not completely, in `jobs`: `schema.REJECTED_SCHEMA`.
        unknown: Keys that `schema.FIELDS` does not have.
    """

    jobs: pa.Table
    rejected: pa.Table
    unknown: set[str]


def make_job_rows(
    pages: Sequence[Sequence[Json]], org_id: str, table: Table, window: StampWindow
) -> tuple[JobRows, int]:
    """
    Turn the entries of some *pages* of the listing of *table*, each a piece of JSON, into typed rows.

    No entry is lost, but rows of the other table are left out. Also return how many entries belong to this table.

    Raises:
        ListingError: If an entry is not JSON.
    """
    rows = parse_plain(list(chain.from_iterable(pages)), org_id, window)
    if rows is not None:
        own = _keep_own(rows.jobs, table)
        return rows._replace(jobs=own), own.num_rows
    entries = [parse_entries(lines, table.endpoint) for lines in pages]
    rows = _join([make_rows(page, org_id, table.endpoint, window) for page in entries])
    listed = sum(not isinstance(entry, dict) or table.owns(entry.get("jobType")) for page in entries for entry in page)
    return rows._replace(jobs=_keep_own(rows.jobs, table)), listed


def _keep_own(jobs: pa.Table, table: Table) -> pa.Table:
    foreign = [job_type for job_type in jobs["job_type"].unique().to_pylist() if not table.owns(job_type)]
    return jobs.filter(pc.invert(pc.is_in(jobs["job_type"], pa.array(foreign, TEXT)))) if foreign else jobs


def _join(parts: Sequence[JobRows]) -> JobRows:
    jobs = pa.concat_tables((part.jobs for part in parts), promote_options="default")
    rejected = pa.concat_tables(part.rejected for part in parts)
    return JobRows(jobs, rejected, set().union(*(part.unknown for part in parts)))


def parse_plain(lines: Sequence[Json], org_id: str, window: StampWindow) -> Optional[JobRows]:
    """
    Return the same as `make_rows`, for all entries at once. *lines* are the entries in JSON.

    None if any of them is odd: then each page has to be read alone.
    """
    text = b"\n".join(lines)
    if text.startswith(b"null") or b"\nnull" in text:
        return None  # pyarrow crashes on repeated nulls
    try:
        raw = arrow_json.read_json(
            pa.BufferReader(text), read_options=_ONE_THREAD, parse_options=_PLAIN
        ).combine_chunks()
        raw.validate(full=True)  # the reader takes text that is not UTF-8
        if raw.num_rows != len(lines):
            raise pa.ArrowInvalid("not an object a line")
        jobs = _all_at_once([column.chunk(0) for column in raw.columns], org_id, window)
        return JobRows(jobs, REJECTED_SCHEMA.empty_table(), set())
    except _ODD:
        return None


def make_rows(entries: Sequence[Any], org_id: str, endpoint: str, window: StampWindow) -> JobRows:
    """
    Turn parsed *entries* of *endpoint* into typed rows; none is lost.

    `createdDate` and `systemModstamp` become UTC timestamps in microseconds, `apiVersion` becomes text such as `64.0`.
    A value that does not fit its column becomes null, and the whole entry is also in `JobRows.rejected`. So does a
    `systemModstamp` that the *window* calls impossible. An entry without a usable id is only in `JobRows.rejected`.
    """
    try:
        unknown = _unknown_keys(entries)
        jobs = _all_at_once(_array(entries).flatten(), org_id, window)
        rejected = REJECTED_SCHEMA.empty_table()
    except _ODD:
        rows = list(_one_by_one(entries, window))
        jobs = pa.Table.from_pylist([{"org_id": org_id} | row.values for row in rows if row.values], JOB_SCHEMA)
        rejected = reject([(row.entry, row.reasons) for row in rows if row.reasons], org_id, endpoint)
        entries = [row.entry for row in rows if row.values]
        unknown = _unknown_keys(entries)
    for key in sorted(unknown):
        jobs = jobs.append_column(column_name(key), _unknown_column(key, entries))
    return JobRows(jobs, rejected, unknown)


def _unknown_keys(entries: Sequence[Any]) -> set[str]:
    if set(map(type, entries)) - {dict}:
        raise TypeError("an entry that is not an object")
    return set().union(*entries) - KEYS


def _array(entries: Sequence[Any]) -> pa.StructArray:
    as_text = bool(entries) and isinstance(entries[0].get("apiVersion"), str)
    return pa.array(entries, type=_TEXT_VERSION if as_text else _NUMERIC_VERSION)


def _all_at_once(raw: Sequence[pa.Array], org_id: str, window: StampWindow) -> pa.Table:
    """Build the table in bulk from a column per field, or raise one of `_ODD` if an entry is odd."""
    columns = dict(zip((field.column for field in FIELDS), raw, strict=True))
    columns["api_version"] = _version_column(columns["api_version"])
    for name in ("created_date", "system_modstamp"):
        columns[name] = columns[name].cast(TIME)
    table = pa.table({"org_id": pa.repeat(org_id, len(raw[0])), **columns}, schema=JOB_SCHEMA)
    _refuse_odd(table, window)
    return table


def _version_column(versions: pa.Array) -> pa.Array:
    coded = versions.dictionary_encode()  # there are few
    texts = coded.dictionary
    if versions.type != TEXT:
        texts = pc.binary_join_element_wise(texts.cast(TEXT), "0", ".")
    # Two digits at least: Arrow makes 1.0 of true and 0.0 of false.
    if not pc.all(pc.match_substring_regex(texts, r"^\d{2,4}\.\d$"), min_count=0).as_py():
        raise pa.ArrowInvalid("an odd apiVersion")
    return texts.take(coded.indices)


def _refuse_odd(table: pa.Table, window: StampWindow) -> None:
    if not pc.all(pc.not_equal(table["id"], "").fill_null(False), min_count=0).as_py():
        raise pa.ArrowInvalid("an entry without an id")
    pc.min_max(table["created_date"]).as_py()  # raises if Python has no such year
    if not window.are_possible(table["system_modstamp"]):
        raise pa.ArrowInvalid("an impossible systemModstamp")
    for chunk in (chunk for column in table.columns for chunk in column.chunks if column.type == TEXT):
        if b"\0" in (chunk.buffers()[2] or pa.py_buffer(b"")).to_pybytes():
            raise pa.ArrowInvalid("a NUL character, which warehouses such as Postgres refuse")


class _Row(NamedTuple):
    entry: Any
    values: dict[str, Any]
    reasons: list[str]


def _one_by_one(entries: Sequence[Any], window: StampWindow) -> Iterator[_Row]:
    for entry in entries:
        if not isinstance(entry, dict):
            yield _Row(entry, {}, ["not an object"])
            continue
        values, reasons = {}, []
        for field in FIELDS:
            try:
                values[field.column] = coerce_value(field.key, field.type, entry.get(field.key), window)
            except ValueError as error:
                values[field.column] = None
                reasons.append(f"{field.key}: {error}")
        if not values["id"]:
            yield _Row(entry, {}, [*reasons, "no id"])
        else:
            yield _Row(entry, values, reasons)


def _unknown_column(key: str, entries: Sequence[Any]) -> pa.Array:
    return pa.array([any_text(entry.get(key)) for entry in entries], type=TEXT)
