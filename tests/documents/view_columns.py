"""What each column of the views means. Grain, key and question stand in the views' own files."""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from jobs_source import views
from tests.conftest import ROOT

FOLDER: Final = ROOT / "jobs_source" / "views"
NO_NAME: Final = "empty without `include_users = true`"


class ViewColumn(NamedTuple):
    """One column: its type, whether it may be empty, and what it means."""

    name: str
    type: str
    is_nullable: bool
    description: str


class View(NamedTuple):
    """One view: what a row is, the columns that tell rows apart, what it answers, and its columns."""

    name: str
    grain: str
    key: tuple[str, ...]
    question: str
    columns: tuple[ViewColumn, ...]


_JOB: Final = {
    "org_id": ("text", False, "Id of the Salesforce org: 18 characters that begin with 00D."),
    "id": ("text", False, "Id of the job: 18 characters that begin with 750."),
    "kind": ("text", False, "ingest or query: a job of `jobs`, or of `query_jobs`."),
    "job_type": ("text", True, "BigObjectIngest, Classic, V2Ingest or V2Query."),
    "operation": ("text", True, "What the job does, such as insert, upsert, hardDelete or queryAll."),
    "object": ("text", True, "API name of the object that is read or written, such as Account."),
    "state": ("text", True, "State of the job, as Salesforce lists it."),
    "created_by": ("text", True, f"Name of the user that made the job; {NO_NAME}."),
    "created_at": ("timestamp", True, "When the job was made (UTC)."),
    "last_change_at": ("timestamp", True, "When the job last changed state (UTC): its end, once finished."),
    "outcome": (
        "text",
        True,
        "What became of a finished job, as in `job_results`; unknown if no look-up has said it.",
    ),
    "records_processed": ("bigint", True, "Records that Salesforce has worked on, failed ones included."),
    "records_failed": ("bigint", True, "Records among them that failed."),
    "error_message": ("text", True, "Why the whole job, or its first failed batch, failed, as Salesforce says it."),
}
_COLUMNS: Final[Mapping[str, Mapping[str, tuple[str, bool, str]]]] = {
    "job_history": {
        **{name: _JOB[name] for name in ("org_id", "id", "kind", "job_type", "operation", "object", "state")},
        "outcome": _JOB["outcome"],
        "created_by_id": ("text", True, "Id of the user that made the job: 18 characters that begin with 005."),
        "created_by": _JOB["created_by"],
        "api_version": ("text", True, "API version that the job was made with, such as 64.0."),
        "created_at": _JOB["created_at"],
        "last_change_at": _JOB["last_change_at"],
        "is_finished": ("bool", False, "Whether the state is JobComplete, Aborted, Failed or Closed (Classic)."),
        "is_failed": (
            "bool",
            True,
            "Whether the whole job or all of its records failed. Empty for a Closed job (Classic) without a result.",
        ),
        "is_failed_in_part": (
            "bool",
            True,
            "Whether some records failed and others did not. Empty for a finished job without counts.",
        ),
        "records_processed": _JOB["records_processed"],
        "records_failed": _JOB["records_failed"],
        "queue_seconds": (
            "number",
            True,
            "Seconds from the upload to the start, as runs saw the states; else the time that Salesforce did not spend"
            " on the job, by its result.",
        ),
        "run_seconds": (
            "number",
            True,
            "Seconds from the start to the end, as runs saw the states; else the processing time of the result.",
        ),
        "total_seconds": ("number", True, "Seconds from created_at to the end. Empty for Closed jobs (Classic)."),
        "error_message": _JOB["error_message"],
        "is_retiring_api_version": (
            "bool",
            False,
            "Whether Salesforce has retired the API version, or has said when it will: all below 41.0.",
        ),
    },
    "jobs_daily": {
        "org_id": _JOB["org_id"],
        "date": ("date", False, "The day (UTC)."),
        "kind": ("text", True, "ingest or query; empty on a day without jobs."),
        "object": ("text", True, "API name of the object; empty on a day without jobs."),
        "operation": ("text", True, "What the jobs do; empty on a day without jobs."),
        "jobs_created": ("bigint", False, "Jobs that were made on this day."),
        "jobs_finished": ("bigint", False, "Jobs that came to a final state on this day."),
        "jobs_failed": ("bigint", False, "Jobs among them that failed, or all of whose records did."),
        "jobs_failed_in_part": ("bigint", False, "Jobs among the finished ones that lost some of their records."),
        "records_processed": ("bigint", True, "Records of the finished jobs, failed ones included."),
        "records_failed": ("bigint", True, "Records among them that failed."),
        "failure_rate": (
            "number",
            True,
            "jobs_failed by those of which it is known, 0 to 1. Empty if there are none.",
        ),
    },
    "job_failures": {
        **{name: _JOB[name] for name in ("org_id", "id", "kind", "object", "operation", "created_by")},
        "failed_at": ("timestamp", True, "When the job ended (UTC)."),
        "outcome": _JOB["outcome"],
        "records_processed": _JOB["records_processed"],
        "records_failed": _JOB["records_failed"],
        "error_message": _JOB["error_message"],
        "top_error_code": (
            "text",
            True,
            "Error code of most failed records; empty without `include_job_errors = true`.",
        ),
    },
    "unfinished_jobs": {
        **{name: _JOB[name] for name in ("org_id", "id", "kind", "object", "operation", "state", "created_by")},
        "created_at": _JOB["created_at"],
        "last_change_at": _JOB["last_change_at"],
        "age_seconds": ("number", True, "Seconds from created_at until now."),
        "is_stuck": ("bool", False, "Whether it is older than an hour, and than twenty times the median of its peers."),
    },
    "run_health": {
        "org_id": _JOB["org_id"],
        "org": ("text", True, "Section of the org's credentials; empty for `[sources.jobs_source.credentials]`."),
        "newest_run_at": ("timestamp", True, "When the newest run started that read a list (UTC)."),
        "hours_since_newest_run": ("number", True, "Hours from then until now."),
        "last_gap_from": (
            "timestamp",
            True,
            "Start of the last possible gap (UTC): more than seven days without a run. Empty if there is none.",
        ),
        "last_gap_to": ("timestamp", True, "End of the last possible gap (UTC)."),
        "jobs_unfinished": ("bigint", False, "Jobs in no final state."),
        "jobs_failed_last_day": ("bigint", False, "Jobs that failed in the last 24 hours."),
        "api_calls_last_day": ("bigint", False, "API calls of this program in the last 24 hours, look-ups included."),
        "api_limit": ("bigint", True, "API calls that the org may make in 24 hours, all programs together."),
    },
}


def all_views() -> Iterator[View]:
    """The five, in the order of the package."""
    for name in views.VIEWS:
        columns = tuple(ViewColumn(column, *rest) for column, rest in _COLUMNS[name].items())
        text = (FOLDER / f"{name}.sql").read_text(encoding="utf-8")
        grain, key, question = (_said(word, text) for word in ("Grain", "Key", "Question"))
        yield View(name, grain, tuple(key.split(", ")), question, columns)


def _said(word: str, text: str) -> str:
    """What the first lines of a view say, such as "-- Grain: one row per org. Key: org_id."."""
    found = re.search(rf"^-- (?:.*\. )?{word}: (.*?)(?:\.(?: .*)?)?$", text, re.MULTILINE)
    assert found is not None, f"no {word}"
    return found[1]
