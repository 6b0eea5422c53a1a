"""
Looks up what became of one job.

https://developer.salesforce.com/docs/platform/api-asynch/guide/get-job-info.html
https://developer.salesforce.com/docs/platform/api-asynch/guide/asynch-api-jobs-get-details.html
"""

import json
from datetime import datetime
from typing import Any, Final, NamedTuple, Optional
from urllib.parse import quote

import requests

from jobs_source.exceptions import ApiError
from jobs_source.ids import long_id
from jobs_source.salesforce.bulk_1_answers import read_answer
from jobs_source.salesforce.client import Client
from jobs_source.salesforce.responses import BULK_1_PATH, answered_at, is_gone, is_success
from jobs_source.salesforce.session import Session
from jobs_source.salesforce.taken import Take
from jobs_source.settings import INGEST_ENDPOINT, INGEST_JOB_TYPES, QUERY_ENDPOINT, QUERY_JOB_TYPE

BULK_1: Final = "bulk_1"
# Nothing says which of the two makes the Bulk API 1.0 answer in JSON.
_ASK_FOR_JSON: Final = {"Accept": "application/json", "Content-Type": "application/json"}


class DueJob(NamedTuple):
    """
    A finished job whose result is not known.

    Attributes:
        endpoint: `jobs/ingest` or `jobs/query`: the listing that showed it.
        system_modstamp: As it was listed.
    """

    id: str
    job_type: Optional[str]
    endpoint: str
    system_modstamp: datetime

    @property
    def kind(self) -> str:
        """How it is looked up: `bulk_1`, `jobs/ingest` or `jobs/query`."""
        if self.job_type == "Classic":
            return BULK_1
        if self.job_type == QUERY_JOB_TYPE:
            return QUERY_ENDPOINT
        return INGEST_ENDPOINT if self.job_type in INGEST_JOB_TYPES else self.endpoint


class Details(NamedTuple):
    """
    What Salesforce answered about one job.

    Attributes:
        info: The answer of Get Job Info, or of the Bulk API 1.0, as JSON has it. None: the job is gone.
        batch_message: Why the first failed batch failed; Classic jobs only.
        answered_at: When the info was given, by Salesforce's clock.
    """

    job: DueJob
    info: Optional[dict[str, Any]]
    batch_message: Optional[str]
    answered_at: datetime


def look_up(client: Client, api_version: str, job: DueJob, session: Session) -> Details:
    """
    Ask what became of *job*. Costs one call, and a second one if batches of a Classic job failed.

    Raises:
        SessionExpiredError: If the session is over, which `Client.renew` may fix.
        NoCallLeftError: If the budget of this thread has no call left.
        SalesforceJobsError: A subclass of it, on any other failure.
    """
    id_ = quote(job.id, safe="")
    if job.kind != BULK_1:
        response = client.ask(f"/services/data/v{api_version}/{job.kind}/{id_}", {}, session)
        return Details(job, _read_info(client, job, response), None, answered_at(response))
    path = f"{BULK_1_PATH}{api_version}/job/{id_}"
    response = ask_bulk_1(client, path, session)
    info, message = _read_info(client, job, response), None
    if info and _count(info.get("numberBatchesFailed")) > 0:
        message = _first_message(_read(client, job, ask_bulk_1(client, f"{path}/batch", session)))
    return Details(job, info, message, answered_at(response))


def ask_bulk_1(client: Client, path: str, session: Session, take: Optional[Take] = None) -> requests.Response:
    """Send a GET to the Bulk API 1.0, which has another header for the session. Return the answer, good or bad."""
    return client.ask(path, {}, session, auth=session.bulk_1_auth, headers=_ASK_FOR_JSON, take=take)


def _read_info(client: Client, job: DueJob, response: requests.Response) -> Optional[dict[str, Any]]:
    info = _read(client, job, response)
    if info is not None and not _is_of(info.get("id"), job):
        raise _unreadable(response, job, "it is about no job, or about another one")
    return info


def _read(client: Client, job: DueJob, response: requests.Response) -> Optional[dict[str, Any]]:
    """Return what was answered about *job*; None if it is gone."""
    if is_gone(response):
        return None
    if not is_success(response):
        raise client.error_of(response)
    answer = read_answer(response.content)
    if not isinstance(answer, dict):
        raise _unreadable(response, job, "broken JSON or XML")
    return answer


def _is_of(id_: Any, job: DueJob) -> bool:
    return isinstance(id_, str) and len(id_) in (15, 18) and long_id(id_) == long_id(job.id)


def _unreadable(response: requests.Response, job: DueJob, flaw: str) -> ApiError:
    return ApiError(
        f"Salesforce's answer about job {job.id} cannot be used: {flaw} ({len(response.content)} bytes). The next run"
        " asks again.",
        response.status_code,
    )


def _first_message(answer: Optional[dict[str, Any]]) -> Optional[str]:
    """Return why the first failed batch failed. A list of one may come without brackets."""
    batches = (answer or {}).get("batchInfo")
    for batch in batches if isinstance(batches, list) else [batches]:
        if isinstance(batch, dict) and batch.get("state") == "Failed" and batch.get("stateMessage"):
            message = batch["stateMessage"]
            return message if isinstance(message, str) else json.dumps(message)
    return None


def _count(value: Any) -> int:
    """Read a count that is sent as a number or as text; anything else is none."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return 0
