"""
Result files of jobs, as CSV in the job's own format. Those of seeded jobs are made up to fit their counts.
https://developer.salesforce.com/docs/platform/api-asynch/guide/get-job-failed-results.html

    "sf__Id","sf__Error","Name","External_Id__c"
    "","DUPLICATE_VALUE:duplicate value found: External_Id__c --","Name 17","X-000017"
"""

from collections.abc import Iterator
from typing import NamedTuple

from jobs_source.standin.org import details
from jobs_source.standin.org.csv_files import write_csv
from jobs_source.standin.org.draws import make_random
from jobs_source.standin.org.errors import ApiError
from jobs_source.standin.org.ids import make_id
from jobs_source.standin.org.jobs import Job
from jobs_source.standin.org.work import Work

_SEEDED_COLUMNS = ["Name", "External_Id__c"]
_SEEDED_ERRORS = (
    "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --",
    "DUPLICATE_VALUE:duplicate value found: External_Id__c duplicates value on another record:--",
    "UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record:--",
    "INVALID_EMAIL_ADDRESS:Email: invalid email address: nobody@:Email --",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION:Amount must be positive:Amount__c --",
    "STRING_TOO_LONG:Name: data value too large (max length=80):Name --",
)


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
        """Return where the part of *total* records starts and stops. Raises `ApiError` on a locator of no use."""
        start = 0 if self.locator is None else _decode(self.locator, total)
        return start, min(start + self.max_records, total)


def ingest(job: Job, kind: str, cut: Cut) -> Part:
    """Return part of the `successfulresults`, `failedresults` or `unprocessedrecords`. Raises `ApiError`."""
    columns = job.work.columns if job.work else _SEEDED_COLUMNS
    if kind == "unprocessedrecords":
        rows = list(_unprocessed(job))
    else:
        is_failed = kind == "failedresults"
        columns = ["sf__Id", "sf__Error" if is_failed else "sf__Created", *columns]
        rows = list(_worked(job.work, is_failed) if job.work else _seeded(job, is_failed))
    start, stop = cut.of(len(rows))
    return _part(job, columns, rows[start:stop], stop, len(rows))


def query(job: Job, cut: Cut) -> Part:
    """Return part of a query's result. Raises `ApiError`."""
    total = len(job.work.rows) if job.work else int(details.describe(job)["numberRecordsProcessed"])
    start, stop = cut.of(total)
    if job.work:
        columns = job.work.columns
        rows = [[row[name] for name in columns] for row in job.work.rows[start:stop]]
    else:
        columns = ["Id", "Name"]
        rows = [[make_id("001", number), f"Name {number}"] for number in range(start, stop)]
    return _part(job, columns, rows, stop, total)


def _part(job: Job, columns: list[str], rows: list[list[str]], stop: int, total: int) -> Part:
    return Part(write_csv(job, columns, rows), len(rows), _encode(stop) if stop < total else None)


def _worked(work: Work, is_failed: bool) -> Iterator[list[str]]:
    for row, outcome in zip(work.rows, work.outcomes, strict=False):
        if (outcome.error is not None) == is_failed:
            said = outcome.error if outcome.error is not None else str(outcome.is_created).lower()
            yield [outcome.id, said, *(row.get(name, "") for name in work.columns)]


def _seeded(job: Job, is_failed: bool) -> Iterator[list[str]]:
    info, random = details.describe(job), make_random("results", job.id)
    failed = int(info.get("numberRecordsFailed", 0))
    for number in range(int(info.get("numberRecordsProcessed", 0))):
        if (number < failed) != is_failed:
            continue
        id, said = make_id("001", number), str(job.kind.operation == "insert").lower()
        if is_failed:
            id, said = "", _SEEDED_ERRORS[int(random.random() ** 2 * len(_SEEDED_ERRORS))]
        yield [id, said, f"Name {number}", f"X-{number:06}"]


def _unprocessed(job: Job) -> Iterator[list[str]]:
    if job.work and job.state in ("Aborted", "Failed"):
        yield from ([row.get(name, "") for name in job.work.columns] for row in job.work.rows)


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
