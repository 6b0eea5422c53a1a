"""
The jobs that every competitor is given: the same ones from the same number, in the same pages.

A listing is seven days of jobs in the order in which they were made, a thousand to a page. `records(...)` is the
JSON array of one page:

    [{"id":"750...","operation":"insert","object":"Account",...,"lineEnding":"LF","columnDelimiter":"COMMA"}]

State `first` is the org at `BEGAN`; the others are the org an hour later. In `none` nothing happened in that hour, in
`scattered` and `clustered` it brought `CHANGED` jobs to another state: spread over all pages, or those made last.

`details(...)` is what a look-up of one job answers.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Final, NamedTuple, Optional

PAGE_JOBS: Final = 1000  # Salesforce's page size
CHANGED: Final = 1000  # jobs
BEGAN: Final = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
LATER: Final = BEGAN + timedelta(hours=1)
STATES: Final = ("first", "none", "scattered", "clustered")
JOB_TYPES: Final = ("V2Ingest", "Classic", "BigObjectIngest")

_WEEK_MS: Final = 7 * 86_400_000
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_USERS: Final = tuple(f"0055g00000{name}QAR" for name in ("AbC1x", "AbC2y", "AbC3z", "AbC4a", "AbC5b"))
_FIRST_ID: Final = 56_800_235_584
_ID_STEP: Final = 37
_CSV: Final = ',"lineEnding":"LF","columnDelimiter":"COMMA"'


_COUNTS: Final = (
    ',"retries":0,"numberRecordsProcessed":1500,"numberRecordsFailed":0,"totalProcessingTime":48213,'
    '"apiActiveProcessingTime":30127,"apexProcessingTime":2048,"numberBatchesTotal":1,"numberBatchesCompleted":1,'
    '"numberBatchesFailed":0,"numberBatchesQueued":0,"numberBatchesInProgress":0'
)


class Kind(NamedTuple):
    """What jobs of one integration have in common; `tail` are the keys that Classic jobs lack."""

    job_type: str
    operation: str
    object: str
    content_type: str
    api_version: str
    tail: str


_KINDS: Final = {
    "V2Ingest": (
        Kind("V2Ingest", "upsert", "Account", "CSV", "64.0", _CSV),
        Kind("V2Ingest", "insert", "Invoice__c", "CSV", "60.0", ',"lineEnding":"CRLF","columnDelimiter":"SEMICOLON"'),
        Kind("V2Ingest", "update", "Opportunity", "CSV", "62.0", _CSV),
        Kind("V2Ingest", "hardDelete", "Task", "CSV", "66.0", ',"lineEnding":"LF","columnDelimiter":"PIPE"'),
    ),
    "Classic": (
        Kind("Classic", "insert", "Contact", "XML", "45.0", ""),
        Kind("Classic", "query", "Opportunity", "ZIP_CSV", "58.0", ""),
    ),
    "BigObjectIngest": (Kind("BigObjectIngest", "insert", "Audit_Entry__b", "CSV", "63.0", _CSV),),
}


def page_count(jobs: int, job_type: str = "") -> int:
    """Say how many pages a listing has; that of an empty org is one page too."""
    return max(-(-len(_places(jobs, job_type)) // PAGE_JOBS), 1)


def changed_pages(jobs: int, state: str, job_type: str = "") -> list[int]:
    """List the pages that differ from those of the state `first`."""
    places = _places(jobs, job_type)
    return sorted({places.index(place) // PAGE_JOBS for place in _changed_places(jobs, state) if place in places})


def records(jobs: int, state: str, page: int, job_type: str = "") -> bytes:
    """Write the JSON array of page number *page*, counted from 0."""
    places = _places(jobs, job_type)[page * PAGE_JOBS : (page + 1) * PAGE_JOBS]
    changed = _changed_places(jobs, state)
    return f"[{','.join(_entries(places, jobs, changed))}]".encode()


def details(jobs: int, state: str, id_: str) -> Optional[bytes]:
    """Write what Salesforce has to say of one job, as both of its APIs do; None if there is no such job."""
    place, rest = divmod(
        sum(_ALPHABET.index(digit) * 62**at for at, digit in enumerate(id_[14:4:-1])) - _FIRST_ID, _ID_STEP
    )
    if rest or place not in range(jobs):
        return None
    (entry,) = _entries(range(place, place + 1), jobs, _changed_places(jobs, state))
    return f"{entry[:-1]}{_COUNTS}}}".encode()


@cache
def count_finished(jobs: int, state: str) -> int:
    """Count the jobs that are in a final state."""
    entries = _entries(range(jobs), jobs, _changed_places(jobs, state))
    return sum('"state":"Open"' not in entry for entry in entries)


def _places(jobs: int, job_type: str) -> range:
    """Every third job is of one type."""
    return range(JOB_TYPES.index(job_type), jobs, 3) if job_type else range(jobs)


@cache
def _changed_places(jobs: int, state: str) -> range:
    if state == "scattered":
        step = max(jobs // CHANGED, 1)
        return range(step // 2, jobs, step)
    return range(max(jobs - CHANGED, 0), jobs) if state == "clustered" else range(0)


def _entries(places: range, jobs: int, changed: range) -> Iterator[str]:
    for place in places:
        noise = (place * 2_654_435_761 + 12_345) & 0xFFFFFFFF
        kinds = _KINDS[JOB_TYPES[place % 3]]
        kind = kinds[noise % len(kinds)]
        age_ms = _WEEK_MS - _WEEK_MS * place // jobs
        stamp_ms = -max(age_ms - 900 - noise % 400_000, 1000)
        state = _state(kind, noise)
        if place in changed:
            state, stamp_ms = "Failed", 1000 + noise % 3_000_000
        yield _entry(place, kind, noise, (-age_ms, stamp_ms), state)


def _entry(place: int, kind: Kind, noise: int, moments_ms: tuple[int, int], state: str) -> str:
    id_ = f"7505g{_base62(place * _ID_STEP + _FIRST_ID, 10)}QAB"
    created, stamped = map(_moment, moments_ms)
    url = f',"contentUrl":"services/data/v{kind.api_version}/jobs/ingest/{id_}/batches"' if state == "Open" else ""
    return (
        f'{{"id":"{id_}","operation":"{kind.operation}","object":"{kind.object}","createdById":"{_USERS[noise % 5]}",'
        f'"createdDate":"{created}","systemModstamp":"{stamped}","state":"{state}","concurrencyMode":"Parallel",'
        f'"contentType":"{kind.content_type}","apiVersion":{kind.api_version},"jobType":"{kind.job_type}"{url}'
        f"{kind.tail}}}"
    )


def _state(kind: Kind, noise: int) -> str:
    roll = noise // 7 % 1000
    if roll < 950:
        return "Closed" if kind.job_type == "Classic" else "JobComplete"
    return "Failed" if roll < 980 else "Aborted" if roll < 990 or kind.job_type != "V2Ingest" else "Open"


def _base62(number: int, width: int) -> str:
    digits = ""
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits = _ALPHABET[digit] + digits
    return digits


def _moment(offset_ms: int) -> str:
    """Write the moment that lies *offset_ms* after `BEGAN` as Salesforce does."""
    seconds, ms = divmod(offset_ms, 1000)
    return f"{_second(seconds)}.{ms:03d}+0000"


@cache
def _second(offset: int) -> str:
    return (BEGAN + timedelta(seconds=offset)).strftime("%Y-%m-%dT%H:%M:%S")
