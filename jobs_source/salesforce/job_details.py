"""
Looks up what became of one job.

https://developer.salesforce.com/docs/platform/api-asynch/guide/get-job-info.html
https://developer.salesforce.com/docs/platform/api-asynch/guide/asynch-api-jobs-get-details.html
"""

from datetime import datetime
from typing import Any, Final, NamedTuple, Optional

from jobs_source.settings import INGEST_ENDPOINT, INGEST_JOB_TYPES, QUERY_ENDPOINT, QUERY_JOB_TYPE

BULK_1: Final = "bulk_1"


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
