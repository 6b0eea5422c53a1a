"""The results of a job, row by row. The rows of a seeded job are invented to match its counts."""

from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import Any, NamedTuple

from jobs_source.standin.org.details import describe
from jobs_source.standin.org.draws import make_random
from jobs_source.standin.org.ids import make_id
from jobs_source.standin.org.jobs import Job
from jobs_source.standin.org.records import Outcome
from jobs_source.standin.org.soql import value_of
from jobs_source.standin.org.work import Batch, Work

_SEEDED_COLUMNS = ["Name", "LastName", "Email", "Amount__c", "External_Id__c"]
_SEEDED_ERRORS = (
    "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --",
    "DUPLICATE_VALUE:duplicate value found: External_Id__c duplicates value on another record:--",
    "UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record:--",
    "INVALID_EMAIL_ADDRESS:Email: invalid email address: nobody@:Email --",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION:Amount must be positive:Amount__c --",
    "STRING_TOO_LONG:Name: data value too large (max length=80):Name --",
)


class Table(NamedTuple):
    """Columns, and rows with one text for each of them. Where there are very many, they come one by one."""

    columns: Sequence[str]
    rows: Iterable[Sequence[str]]


def ingest_rows(job: Job, kind: str) -> Table:
    """Return the `successfulresults`, `failedresults` or `unprocessedrecords` of an ingest job."""
    columns = job.work.columns if job.work else _SEEDED_COLUMNS
    if kind == "unprocessedrecords":
        return Table(columns, list(_unprocessed(job)))
    is_failed = kind == "failedresults"
    columns = ["sf__Id", "sf__Error" if is_failed else "sf__Created", *columns]
    return Table(columns, list(_worked(job.work, is_failed) if job.work else _seeded(job, is_failed)))


def count_query_rows(job: Job) -> int:
    """Return the number of records that a query has found."""
    return len(job.work.rows) if job.work else int(describe(job)["numberRecordsProcessed"])


def query_rows(job: Job, start: int, stop: int) -> Table:
    """Return the records that a query has found, from *start* to *stop*."""
    if job.work:
        return found_table(job.work.rows[start:stop], job.work.columns)
    return Table(["Id", "Name"], [[make_id("001", number), f"Name {number}"] for number in range(start, stop)])


def found_table(records: Iterable[dict[str, Any]], columns: Sequence[str]) -> Table:
    """Return the given columns of *records*, as text."""
    return Table(list(columns), [[_text(value_of(record, name)) for name in columns] for record in records])


def batch_outcomes(job: Job, batch: Batch) -> list[Outcome]:
    """Return what became of each record of a batch."""
    if job.work:
        return batch.outcomes
    random, is_new = make_random("results", batch.id), job.kind.operation == "insert"
    failed = [Outcome("", False, _draw_error(random)) for _ in range(batch.failed)]
    first = random.randrange(62**4, 62**5)
    return failed + [
        Outcome(make_id("001", first + number), is_new) for number in range(batch.processed - batch.failed)
    ]


def _draw_error(random: Random) -> str:
    return _SEEDED_ERRORS[int(random.random() ** 2 * len(_SEEDED_ERRORS))]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value or "")


def _worked(work: Work, is_failed: bool) -> Iterator[list[str]]:
    for row, outcome in zip(work.rows, work.outcomes, strict=False):
        if (outcome.error is not None) == is_failed:
            said = outcome.error if outcome.error is not None else str(outcome.is_created).lower()
            yield [outcome.id, said, *(row.get(name, "") for name in work.columns)]


def _seeded(job: Job, is_failed: bool) -> Iterator[list[str]]:
    info, random = describe(job), make_random("results", job.id)
    failed = int(info.get("numberRecordsFailed", 0))
    for number in range(int(info.get("numberRecordsProcessed", 0))):
        if (number < failed) != is_failed:
            continue
        id, said = make_id("001", number), str(job.kind.operation == "insert").lower()
        if is_failed:
            id, said = "", _draw_error(random)
        yield [id, said, f"Name {number}", f"Last {number}", f"{number}@example.com", str(number), f"X-{number:06}"]


def _unprocessed(job: Job) -> Iterator[list[str]]:
    if job.work and job.state in ("Aborted", "Failed"):
        yield from ([row.get(name, "") for name in job.work.columns] for row in job.work.rows)
