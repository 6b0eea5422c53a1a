"""The fields of JobInfo as Salesforce documents them for "Get All Jobs", and the columns that they become."""

import hashlib
import re
from typing import NamedTuple

import pyarrow as pa

TEXT = pa.string()
TIME = pa.timestamp("us", tz="UTC")


class Field(NamedTuple):
    """One JobInfo field: its *key* in JSON, its *column*, the Arrow *type* and what it means."""

    key: str
    column: str
    type: pa.DataType
    description: str


# https://developer.salesforce.com/docs/platform/api-asynch/guide/get-all-jobs.html
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
RUN_ID = "run_id"
RUN_ID_DESCRIPTION = "Id of the run that wrote the row last: its row in `runs`."
ORG_ID_DESCRIPTION = "Id of the Salesforce org that the row comes from: 18 characters that begin with 00D."

KEYS = frozenset(field.key for field in FIELDS)
SCHEMA = pa.schema(
    [
        pa.field("org_id", TEXT, nullable=False),
        *(pa.field(field.column, field.type, nullable=field.key != "id") for field in FIELDS),
    ]
)
REJECTED_SCHEMA = pa.schema(
    pa.field(name, TEXT, nullable=False) for name in ("entry_hash", "org_id", "listing", "reason", "entry")
)
REJECTED_DESCRIPTIONS = {
    "entry_hash": "SHA-256 of the org, the listing, the reason and the entry.",
    "org_id": ORG_ID_DESCRIPTION,
    "listing": "Endpoint that listed the entry: jobs/ingest or jobs/query.",
    "reason": "What is wrong with the entry, field by field.",
    "entry": "The entry as JSON, as it was listed.",
}


def with_run_id(schema: pa.Schema) -> pa.Schema:
    """Add the column that each table has last; rows of before it existed are empty there."""
    return schema.append(pa.field(RUN_ID, TEXT))


def column_name(key: str) -> str:
    """
    Name the column of a field that is not in `FIELDS`: snake_case, and the same in every run.

    A key that does not survive the way to snake_case and back, or that would take a column of ours, gets a piece
    of its own hash, so that two keys never share a column. Only such names begin with `x_`, and none is longer than 63.
    """
    snake = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).lower()
    camel = re.sub(r"_([a-z])", lambda match: match[1].upper(), snake)
    is_plain = len(snake) <= 50 and re.fullmatch(r"(?!x_)[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*", snake)
    if is_plain and camel == key and snake not in (*SCHEMA.names, RUN_ID):
        return snake
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"x_{re.sub('[^a-z0-9]+', '_', snake)[:40].strip('_')}_{digest}".replace("__", "_")
