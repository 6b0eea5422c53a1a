"""
The tables that the listings fill: jobs, their states, and list entries that could be no row.

The fields of JobInfo are those of "Get All Jobs":
https://developer.salesforce.com/docs/platform/api-asynch/guide/get-all-jobs.html
"""

import hashlib
import re
from typing import Final

from jobs_source.schema.table import ORG_ID_COLUMN, RUN_ID_COLUMN, TEXT, TIME, Column, Field, Table
from jobs_source.settings import INGEST_ENDPOINT, INGEST_JOB_TYPES, QUERY_ENDPOINT, QUERY_JOB_TYPE

FIELDS: Final = (
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

_JOB_COLUMNS: Final = (
    ORG_ID_COLUMN,
    *(field.as_column(is_nullable=field.key != "id") for field in FIELDS),
    RUN_ID_COLUMN,
)
_STATE_COLUMNS: Final = (
    ORG_ID_COLUMN,
    Column("job_id", TEXT, "Id of the job, as in `jobs` and `query_jobs`.", False),
    Column("state", TEXT, "A state that a run saw the job in.", False),
    Column("system_modstamp", TIME, "When the job came into this state (UTC), by the first run that saw it."),
    RUN_ID_COLUMN,
)
_REJECTED_COLUMNS: Final = (
    Column("entry_hash", TEXT, "SHA-256 of the org, the listing, the reason and the entry.", False),
    ORG_ID_COLUMN,
    Column(
        "listing",
        TEXT,
        "Where the entry was: jobs/ingest, jobs/query, or job_results for a look-up.",
        False,
    ),
    Column("reason", TEXT, "What is wrong with the entry, field by field.", False),
    Column("entry", TEXT, "The entry as JSON, as Salesforce sent it.", False),
    RUN_ID_COLUMN,
)

JOBS: Final = Table("jobs", ("org_id", "id"), _JOB_COLUMNS, INGEST_ENDPOINT, (QUERY_JOB_TYPE,))
QUERY_JOBS: Final = Table("query_jobs", ("org_id", "id"), _JOB_COLUMNS, QUERY_ENDPOINT, INGEST_JOB_TYPES)
JOB_STATES: Final = Table("job_states", ("org_id", "job_id", "state"), _STATE_COLUMNS, is_written_once=True)
REJECTED_JOBS: Final = Table("rejected_jobs", ("entry_hash",), _REJECTED_COLUMNS)

KEYS: Final = frozenset(field.key for field in FIELDS)


def column_name(key: str, table: Table = JOBS) -> str:
    """
    Name the column of a field that *table* does not know: snake_case, and the same in every run.

    A key that is changed by the way to snake_case and back, or that has the name of a column of ours, gets a part of
    its hash, so that two keys never share a column. Only such names begin with `x_`. The maximum is 63 characters.
    """
    snake = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).lower()
    camel = re.sub(r"_([a-z])", lambda match: match[1].upper(), snake)
    is_plain = len(snake) <= 50 and re.fullmatch(r"(?!x_)[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*", snake)
    if is_plain and camel == key and snake not in {column.name for column in table.columns}:
        return snake
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"x_{re.sub('[^a-z0-9]+', '_', snake)[:40].strip('_')}_{digest}".replace("__", "_")
