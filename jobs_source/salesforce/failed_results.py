"""
Which records of a job failed, and why.

Bulk API 2.0, in parts: https://developer.salesforce.com/docs/platform/api-asynch/guide/get-job-failed-results.html
Bulk API 1.0, batch by batch: https://developer.salesforce.com/docs/platform/api-asynch/guide/asynch-api-batches-get-results.html

The bodies hold values of customers. They are handed on piece by piece, and no error quotes them.
"""

from typing import Optional, TypeVar

from jobs_source.salesforce.client import Client
from jobs_source.salesforce.taken import Read

T = TypeVar("T")


def read_failed_results(client: Client, api_version: str, job_id: str, read: Read[T]) -> Optional[list[T]]:
    """
    Have *read* read the failed results of a 2.0 ingest job, one part after the other; return what it made of each.

    *read* gets the CSV of one part in pieces. It is called again for a part that broke off, and for all parts after a
    new session. None if the job is gone.

    Raises:
        SalesforceJobsError: If a part cannot be fetched.
    """
    raise NotImplementedError


def read_batch_results(client: Client, api_version: str, job_id: str, read: Read[T]) -> Optional[list[T]]:
    """
    Have *read* read the results of those batches of a Classic job that have failed records.

    *read* gets the CSV, JSON or XML of one batch in pieces. Otherwise as `read_failed_results`.
    """
    raise NotImplementedError
