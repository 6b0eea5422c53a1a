"""
Result files of jobs, part by part, as CSV in the job's own format.
https://developer.salesforce.com/docs/platform/api-asynch/guide/get-job-failed-results.html

    "sf__Id","sf__Error","Name","External_Id__c"
    "","DUPLICATE_VALUE:duplicate value found: External_Id__c --","Name 17","X-000017"
"""

from typing import NamedTuple

from jobs_source.standin.api.csv_files import write_csv
from jobs_source.standin.org.errors import ApiError
from jobs_source.standin.org.jobs import Job
from jobs_source.standin.org.result_rows import Table, count_query_rows, ingest_rows, query_rows


class Part(NamedTuple):
    """Part of a result: its CSV, how many records it has, and the locator of the next part."""

    text: str
    records: int
    locator: str | None


class Cut(NamedTuple):
    """Which part is wanted: from where, and at most how many records."""

    locator: str | None
    max_records: int

    def of(self, total: int) -> tuple[int, int]:
        """Return where the part of *total* records starts and stops. Raises `ApiError` on a wrong locator."""
        start = 0 if self.locator is None else _decode(self.locator, total)
        return start, min(start + self.max_records, total)


def ingest(job: Job, kind: str, cut: Cut) -> Part:
    """Return part of the `successfulresults`, `failedresults` or `unprocessedrecords`. Raises `ApiError`."""
    columns, rows = ingest_rows(job, kind)
    start, stop = cut.of(len(rows))
    return _part(job, Table(columns, rows[start:stop]), stop, len(rows))


def query(job: Job, cut: Cut) -> Part:
    """Return part of a query's result. Raises `ApiError`."""
    total = count_query_rows(job)
    start, stop = cut.of(total)
    return _part(job, query_rows(job, start, stop), stop, total)


def _part(job: Job, table: Table, stop: int, total: int) -> Part:
    return Part(write_csv(job, *table), len(table.rows), _encode(stop) if stop < total else None)


def _encode(offset: int) -> str:
    return f"MT{offset:X}"


def _decode(locator: str, total: int) -> int:
    try:
        offset = int(locator.removeprefix("MT"), 16)
    except ValueError:
        offset = -1
    if not locator.startswith("MT") or not 0 < offset < total:
        raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    return offset
