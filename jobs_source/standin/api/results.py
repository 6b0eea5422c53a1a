"""
Result files of jobs, part by part, as CSV in the job's own format.
https://developer.salesforce.com/docs/platform/api-asynch/guide/get-job-failed-results.html

    "sf__Id","sf__Error","Name","External_Id__c"
    "","DUPLICATE_VALUE:duplicate value found: External_Id__c --","Name 17","X-000017"
"""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from jobs_source.standin.api.csv_files import write_pieces
from jobs_source.standin.org.errors import ApiError
from jobs_source.standin.org.jobs import Job
from jobs_source.standin.org.result_rows import Table, count_query_rows, query_rows

_LAST = "null"


class Part(NamedTuple):
    """
    Part of a result as CSV.

    Attributes:
        records: How many it has. None: too many to keep in memory, and nobody has counted.
        locator: That of the next part, `null` in the last one; None if there are no parts.
    """

    pieces: Iterable[bytes]
    records: int | None
    locator: str | None


class Cut(NamedTuple):
    """Which part is wanted: from where, and at most how many records. Without a maximum there are no parts."""

    locator: str | None
    max_records: int | None


def ingest(job: Job, table: Table, cut: Cut) -> Part:
    """Return the part of the results of an ingest job. Raises `ApiError` on a wrong locator."""
    if cut.max_records is None:
        records = len(table.rows) if isinstance(table.rows, list) else None
        return Part(write_pieces(job, *table), records, None)
    start = _decode(cut.locator)
    rows = list(islice(table.rows, start, start + cut.max_records + 1))
    if start and not rows:
        raise _invalid_locator()
    return _part(job, table.columns, rows[: cut.max_records], start, has_more=len(rows) > cut.max_records)


def query(job: Job, cut: Cut) -> Part:
    """Return part of a query's result. Raises `ApiError` on a wrong locator."""
    total, start = count_query_rows(job), _decode(cut.locator)
    if start and start >= total:
        raise _invalid_locator()
    stop = min(start + (cut.max_records or total), total)
    columns, rows = query_rows(job, start, stop)
    return _part(job, columns, list(rows), start, has_more=stop < total)


def _part(job: Job, columns: Sequence[str], rows: list[Sequence[str]], start: int, has_more: bool) -> Part:
    locator = _encode(start + len(rows)) if has_more else _LAST
    return Part(write_pieces(job, columns, rows), len(rows), locator)


def _encode(offset: int) -> str:
    return f"MT{offset:X}"


def _decode(locator: str | None) -> int:
    """Return the number of records before the part."""
    if locator is None:
        return 0
    try:
        offset = int(locator.removeprefix("MT"), 16)
    except ValueError:
        offset = -1
    if not locator.startswith("MT") or offset <= 0:
        raise _invalid_locator()
    return offset


def _invalid_locator() -> ApiError:
    return ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
