"""
Which records of a job failed, and why.

Bulk API 2.0, in parts: https://developer.salesforce.com/docs/platform/api-asynch/guide/get-job-failed-results.html

The bodies hold values of customers. They are handed on piece by piece, and no error quotes them.
"""

from typing import Final, Optional, TypeVar

from jobs_source.exceptions import ApiError, ListingError
from jobs_source.salesforce.client import Client
from jobs_source.salesforce.guesses import BAD_LOCATOR
from jobs_source.salesforce.renewal import with_renewal
from jobs_source.salesforce.responses import is_gone
from jobs_source.salesforce.session import Session
from jobs_source.salesforce.taken import Read, Taken, taking
from jobs_source.settings import INGEST_ENDPOINT

T = TypeVar("T")

_LOCATOR: Final = "Sforce-Locator"
_LAST: Final = ("", "null")
_ACCEPT: Final = {"Accept": "text/csv, */*;q=0.5"}  # other clients ask for CSV; an error may have another form


def read_failed_results(client: Client, api_version: str, job_id: str, read: Read[T]) -> Optional[list[T]]:
    """
    Have *read* read the failed results of a 2.0 ingest job, one part after the other; return what it made of each.

    *read* gets the CSV of one part in pieces. It is called again for a part that broke off. It is called again for
    all parts if the session ended in the midst, or Salesforce refused a locator; each is survived once.
    None if the job is gone.

    Raises:
        SalesforceJobsError: If a part cannot be fetched.
    """
    path = f"/services/data/v{api_version}/{INGEST_ENDPOINT}/{job_id}/failedResults"
    has_restarted = False
    while True:
        try:
            return with_renewal(client, lambda session: _read_parts(client, path, read, session))
        except ApiError as error:
            if error.error_code != BAD_LOCATOR or has_restarted:
                raise
            has_restarted = True


def _read_parts(client: Client, path: str, read: Read[T], session: Session) -> Optional[list[T]]:
    parts: list[T] = []
    locators: list[str] = []
    while True:
        params = {"locator": locators[-1]} if locators else {}
        answer = client.ask(path, params, session, headers=_ACCEPT, take=taking(read, ("csv",)))
        if not isinstance(answer, Taken):
            if is_gone(answer):
                return None
            raise client.error_of(answer)
        parts.append(answer.value)
        locator = answer.headers.get(_LOCATOR, "").strip()
        if locator in _LAST:
            return parts
        if locator in locators:
            raise ListingError(f"A part of {path} names a part that was already read. The next run asks again.")
        locators.append(locator)
