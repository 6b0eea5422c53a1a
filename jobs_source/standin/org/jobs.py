"""
One job as the org keeps it, and its row in "Get All Jobs".

    {"id": "750...", "operation": "insert", "object": "Account", "createdById": "005...",
     "createdDate": "2026-11-20T21:28:28.104+0000", "systemModstamp": "2026-11-20T21:28:28.104+0000",
     "state": "Open", "concurrencyMode": "Parallel", "contentType": "CSV", "apiVersion": 64.0,
     "jobType": "V2Ingest", "contentUrl": "services/data/v64.0/jobs/ingest/750.../batches",
     "lineEnding": "LF", "columnDelimiter": "COMMA"}

A row has no counters, durations or errors. Get Job Info has them.
"""

import json
import re
from datetime import datetime
from typing import Any, NamedTuple

from jobs_source.standin.org.clock import DAY_MS, stamp, to_ms
from jobs_source.standin.org.work import Work

RETENTION_DAYS = 7
TERMINAL_STATES = frozenset({"JobComplete", "Failed", "Aborted", "Closed"})
DETAIL_KEYS = frozenset(
    {
        "apexProcessingTime",
        "apiActiveProcessingTime",
        "assignmentRuleId",
        "errorMessage",
        "externalIdFieldName",
        "isPkChunkingSupported",
        "numberRecordsFailed",
        "numberRecordsProcessed",
        "retries",
        "totalProcessingTime",
    }
)
BATCH_KEYS = frozenset(
    {
        "numberBatchesCompleted",
        "numberBatchesFailed",
        "numberBatchesInProgress",
        "numberBatchesQueued",
        "numberBatchesTotal",
        "stateMessage",
    }
)
_NOT_LISTED = DETAIL_KEYS | BATCH_KEYS
_encode = json.JSONEncoder(separators=(",", ":")).encode


class Kind(NamedTuple):
    """What a job was asked to do. Jobs of one integration share it. None means that the row lacks the key."""

    job_type: str
    operation: str
    object: str | None
    api_version: float = 64.0
    content_type: str = "CSV"
    concurrency_mode: str = "Parallel"
    line_ending: str | None = "LF"
    column_delimiter: str | None = "COMMA"
    is_pk_chunking_enabled: bool = False


class Job:
    """
    A job. Times are milliseconds since 1970.

    Attributes:
        row: The job in a listing, as JSON; `render` brings it up to date.
        listed: False once it is deleted.
        place: Its place in a listing that shifts.
        more: Values by API name that replace those of the answer.
    """

    __slots__ = (
        "created_by_id", "created_ms", "id", "kind", "listed", "more", "place", "row", "stamped_ms", "state", "work",
    )  # fmt: skip

    def __init__(
        self, id: str, kind: Kind, created_by_id: str, created_ms: int, stamped_ms: int, state: str, place: int = 0
    ):
        self.id, self.kind, self.created_by_id = id, kind, created_by_id
        self.created_ms, self.stamped_ms, self.state = created_ms, stamped_ms, state
        self.listed, self.place = True, place
        self.more: dict[str, Any] | None = None
        self.work: Work | None = None
        self.row = b""

    @property
    def leaves_ms(self) -> int:
        """When it leaves the listing: seven days after its end, or after its creation if it never ended."""
        return (self.stamped_ms if self.state in TERMINAL_STATES else self.created_ms) + RETENTION_DAYS * DAY_MS

    def render(self) -> None:
        """Write the row anew."""
        self.row = _encode(self.fields()).encode()

    def fields(self) -> dict[str, Any]:
        """Return the row as a dict."""
        kind = self.kind
        row: dict[str, Any] = {
            "id": self.id,
            "operation": kind.operation,
            "object": kind.object,
            "createdById": self.created_by_id,
            "createdDate": stamp(self.created_ms),
            "systemModstamp": stamp(self.stamped_ms),
            "state": self.state,
            "concurrencyMode": kind.concurrency_mode,
            "contentType": kind.content_type,
            "apiVersion": kind.api_version,
            "jobType": kind.job_type,
        }
        if self.state == "Open" and kind.job_type == "V2Ingest":
            row["contentUrl"] = f"services/data/v{kind.api_version}/jobs/ingest/{self.id}/batches"
        if kind.line_ending is not None:
            row["lineEnding"] = kind.line_ending
        if kind.column_delimiter is not None:
            row["columnDelimiter"] = kind.column_delimiter
        if self.more:
            row.update((key, value) for key, value in self.more.items() if key not in _NOT_LISTED)
        return row

    def change(self, fields: dict[str, Any]) -> None:
        """Set values by name, `job_type` or `jobType`. A name that the API does not have becomes a key of its own."""
        for key, value in fields.items():
            name = snake(key)
            if name in Kind._fields:
                self.kind = self.kind._replace(**{name: value})
            elif name in ("created", "created_date"):
                self.created_ms = _ms(value)
            elif name == "system_modstamp":
                self.stamped_ms = _ms(value)
            elif name in ("id", "state", "created_by_id"):
                setattr(self, name, value)
            else:
                self.more = {**(self.more or {}), _camel(key): value}
        self.render()


class RawEntry:
    """An entry of a listing that is not a proper job. Its bytes are sent unchanged."""

    leaves_ms = 1 << 62
    listed = True

    def __init__(self, row: bytes, place: int) -> None:
        self.row, self.place = row, place


def _ms(value: datetime | int) -> int:
    return value if isinstance(value, int) else to_ms(value)


def snake(name: str) -> str:
    """Return `job_type` for `jobType`."""
    return re.sub(r"(?<=[a-z])([A-Z])", r"_\1", name).lower()


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)
