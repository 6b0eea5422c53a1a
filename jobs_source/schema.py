"""
Every table: its key, its columns and what they mean. `docs/tables.md` is made from it.

The fields of JobInfo are those of "Get All Jobs":
https://developer.salesforce.com/docs/platform/api-asynch/guide/get-all-jobs.html
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import pyarrow as pa

from jobs_source.settings import INGEST_ENDPOINT, INGEST_JOB_TYPES, QUERY_ENDPOINT, QUERY_JOB_TYPE

TEXT = pa.string()
TIME = pa.timestamp("us", tz="UTC")
COUNT = pa.int64()
FLAG = pa.bool_()
RUN_ID: Final = "run_id"
LOAD_ID: Final = "_dlt_load_id"  # dlt's own; dlt adds it only if it is configured so


class Column(NamedTuple):
    """One column of a table: its Arrow *type* and what it means."""

    name: str
    type: pa.DataType
    description: str
    is_nullable: bool = True


class Table(NamedTuple):
    """
    One table.

    Attributes:
        primary_key: The columns that rows are merged on.
        endpoint: The listing that fills a table of jobs.
        foreign_job_types: Job types of the other table of jobs. A job goes to the table of its type, whichever listing
            shows it. A job of an unknown type goes to the table of its listing.
    """

    name: str
    primary_key: tuple[str, ...]
    columns: tuple[Column, ...]
    endpoint: str = ""
    foreign_job_types: Sequence[str] = ()

    def owns(self, job_type: object) -> bool:
        """Tell whether a job of this type belongs here."""
        return job_type not in self.foreign_job_types

    @property
    def arrow_schema(self) -> pa.Schema:
        """The columns as an Arrow schema."""
        return pa.schema([pa.field(column.name, column.type, nullable=column.is_nullable) for column in self.columns])


class Field(NamedTuple):
    """One JobInfo field: its *key* in JSON, its *column*, the Arrow *type* and what it means."""

    key: str
    column: str
    type: pa.DataType
    description: str


FIELDS = (
    Field("id", "id", TEXT, "Id of the job: 18 characters that begin with 750."),
    Field("operation", "operation", TEXT, "What the job does, such as insert, upsert, hardDelete or queryAll."),
    Field("object", "object", TEXT, "API name of the object that is read or written, such as Account."),
    Field("createdById", "created_by_id", TEXT, "Id of the user that made the job: 18 characters that begin with 005."),
    Field("createdDate", "created_date", TIME, "When the job was made (UTC)."),
    Field("systemModstamp", "system_modstamp", TIME, "When the job last changed state (UTC): its end, once finished."),
    Field("state", "state", TEXT, "Open, UploadComplete, InProgress, JobComplete, Aborted, Failed; Closed (Classic)."),
    Field("concurrencyMode", "concurrency_mode", TEXT, "Parallel, or Serial for some Classic jobs."),
    Field(
        "contentType",
        "content_type",
        TEXT,
        "Format of the data: CSV; for Classic jobs also XML, JSON, ZIP_CSV and so on.",
    ),
    Field("apiVersion", "api_version", TEXT, "API version that the job was made with, such as 64.0."),
    Field(
        "contentUrl", "content_url", TEXT, "Where data is uploaded, below the instance URL; only while the job is open."
    ),
    Field("jobType", "job_type", TEXT, "BigObjectIngest, Classic, V2Ingest or V2Query."),
    Field("lineEnding", "line_ending", TEXT, "LF or CRLF; empty for Classic jobs."),
    Field(
        "columnDelimiter", "column_delimiter", TEXT, "COMMA, TAB, PIPE, SEMICOLON, CARET, BACKQUOTE; empty (Classic)."
    ),
)

_ORG_ID: Final = Column(
    "org_id", TEXT, "Id of the Salesforce org that the row comes from: 18 characters that begin with 00D.", False
)
_RUN_ID: Final = Column(RUN_ID, TEXT, "Id of the run that wrote the row last. It is the key of `runs`.")
_JOB_COLUMNS: Final = (
    _ORG_ID,
    *(Column(field.column, field.type, field.description, field.key != "id") for field in FIELDS),
    _RUN_ID,
)
_REJECTED_COLUMNS: Final = (
    Column("entry_hash", TEXT, "SHA-256 of the org, the listing, the reason and the entry.", False),
    _ORG_ID,
    Column("listing", TEXT, "Endpoint that listed the entry: jobs/ingest or jobs/query.", False),
    Column("reason", TEXT, "What is wrong with the entry, field by field.", False),
    Column("entry", TEXT, "The entry as JSON, as it was listed.", False),
    _RUN_ID,
)
_RUN_COLUMNS: Final = (
    Column(RUN_ID, TEXT, "Id of this walk. It is unique.", False),
    _ORG_ID,
    Column("listing", TEXT, "Endpoint that was walked: jobs/ingest or jobs/query.", False),
    Column("started_at", TIME, "When the first page was answered, by Salesforce's clock (UTC).", False),
    Column("ended_at", TIME, "When the last page was answered, by Salesforce's clock (UTC).", False),
    Column("previous_started_at", TIME, "When the last successful run before this one started; empty for the first."),
    Column(
        "possible_gap",
        FLAG,
        "True if the previous run started more than seven days before: Salesforce may have dropped jobs meanwhile.",
    ),
    Column("is_full", FLAG, "True if the run merged all listed jobs, also those before the cursor."),
    Column("pages", COUNT, "Pages that were read. If a walk began again, both attempts count, also in jobs_listed."),
    Column("jobs_listed", COUNT, "Jobs of this table on those pages, odd entries included."),
    Column(
        "jobs_written",
        COUNT,
        "Jobs that were taken: new, changed, or inside the lag. Filters of a pipeline of your own come later.",
    ),
    Column("jobs_held", COUNT, "Jobs that changed after the walk began. The next run takes them."),
    Column("entries_rejected", COUNT, "Entries that went to rejected_jobs."),
    Column("calls", COUNT, "API calls of this listing, retries included."),
    Column("calls_wasted", COUNT, "Those whose answers were not used: pages that were asked for too early."),
    Column("api_used", COUNT, "API calls of the whole org in the last 24 hours, from the newest answer."),
    Column("api_limit", COUNT, "API calls that the org may make in 24 hours."),
    Column("cursor_before", TIME, "Newest system_modstamp of all runs before; empty for the first."),
    Column("cursor_after", TIME, "Newest system_modstamp of the runs up to this one."),
)

JOBS: Final = Table("jobs", ("org_id", "id"), _JOB_COLUMNS, INGEST_ENDPOINT, (QUERY_JOB_TYPE,))
QUERY_JOBS: Final = Table("query_jobs", ("org_id", "id"), _JOB_COLUMNS, QUERY_ENDPOINT, INGEST_JOB_TYPES)
REJECTED_JOBS: Final = Table("rejected_jobs", ("entry_hash",), _REJECTED_COLUMNS)
RUNS: Final = Table("runs", (RUN_ID,), _RUN_COLUMNS)
JOB_TABLES: Final = (JOBS, QUERY_JOBS)
TABLES: Final = {table.name: table for table in (JOBS, QUERY_JOBS, REJECTED_JOBS, RUNS)}

KEYS: Final = frozenset(field.key for field in FIELDS)
# The columns from an entry. The id of the run comes last, after the columns of unknown fields.
JOB_SCHEMA: Final = pa.schema([field for field in JOBS.arrow_schema if field.name != RUN_ID])
REJECTED_SCHEMA: Final = pa.schema([field for field in REJECTED_JOBS.arrow_schema if field.name != RUN_ID])


def column_name(key: str) -> str:
    """
    Name the column of a field that is not in `FIELDS`: snake_case, and the same in every run.

    A key that is changed by the way to snake_case and back, or that has the name of a column of ours, gets a part of
    its hash, so that two keys never share a column. Only such names begin with `x_`. The maximum is 63 characters.
    """
    snake = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).lower()
    camel = re.sub(r"_([a-z])", lambda match: match[1].upper(), snake)
    is_plain = len(snake) <= 50 and re.fullmatch(r"(?!x_)[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*", snake)
    if is_plain and camel == key and snake not in {column.name for column in JOBS.columns}:
        return snake
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"x_{re.sub('[^a-z0-9]+', '_', snake)[:40].strip('_')}_{digest}".replace("__", "_")
