"""
What became of the records of a Classic job, batch by batch:
https://developer.salesforce.com/docs/platform/api-asynch/guide/asynch-api-batches-get-results.html

No error quotes a result: messages in it hold values of customers.
"""

from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Any, Final, Optional, TypeVar
from urllib.parse import quote

from jobs_source.exceptions import ListingError
from jobs_source.salesforce.bulk_1_answers import read_answer
from jobs_source.salesforce.client import Client
from jobs_source.salesforce.job_details import ask_bulk_1
from jobs_source.salesforce.renewal import with_renewal
from jobs_source.salesforce.responses import (
    BULK_1_PATH,
    canonical,
    error_code_and_message,
    is_gone,
    is_success,
)
from jobs_source.salesforce.session import Session
from jobs_source.salesforce.taken import Read, Taken, taking

T = TypeVar("T")

_KINDS: Final = ("csv", "json", "xml")
_WITHOUT_RESULTS: Final = ("FAILED", "INPROGRESS", "NOTPROCESSED", "QUEUED")


def read_batch_results(client: Client, api_version: str, job_id: str, read: Read[T]) -> Optional[list[T]]:
    """
    Have *read* read the results of each batch of a Classic job that has failed records; return what it made of each.

    *read* gets the CSV, JSON or XML of one batch in pieces, and again for a batch that broke off. Costs one call, and
    one for each such batch. A batch that is gone is left out. None if the job is gone.

    Raises:
        SalesforceJobsError: If the batches or a result cannot be fetched.
    """
    path = f"{BULK_1_PATH}{api_version}/job/{quote(job_id, safe='')}/batch"
    batches = with_renewal(client, partial(_list_batches, client, path))
    if batches is None:
        return None
    results = (f"{path}/{quote(batch, safe='')}/result" for batch in batches)
    return list(chain.from_iterable(with_renewal(client, partial(_read_batch, client, it, read)) for it in results))


def _list_batches(client: Client, path: str, session: Session) -> Optional[list[str]]:
    """Return the ids of the batches with failed records; None if the job is gone."""
    response = ask_bulk_1(client, path, session)
    if is_gone(response):
        return None
    if not is_success(response):
        raise client.error_of(response)
    answer = read_answer(response.content)
    if not isinstance(answer, dict):
        raise ListingError(f"The answer of {path} is no list of batches. The next run asks again.")
    return list(_with_failures(answer.get("batchInfo")))


def _with_failures(batches: Any) -> Iterator[str]:
    for batch in batches if isinstance(batches, list) else [batches]:  # a list of one may come without brackets
        if isinstance(batch, dict) and isinstance(id_ := batch.get("id"), str):
            has_results = canonical(str(batch.get("state")).replace(" ", "")) not in _WITHOUT_RESULTS
            if has_results and batch.get("numberRecordsFailed") not in (0, "0"):
                yield id_


def _read_batch(client: Client, path: str, read: Read[T], session: Session) -> list[T]:
    """Return what *read* made of one batch; nothing if it is gone."""
    answer = ask_bulk_1(client, path, session, taking(read, _KINDS))
    if isinstance(answer, Taken):
        return [answer.value]
    code = canonical(error_code_and_message(answer)[0])
    if is_gone(answer) or (answer.status_code == 400 and code.startswith("INVALIDBATCH")):
        return []
    raise client.error_of(answer)
