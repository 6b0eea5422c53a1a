"""The dlt source: checks the keys, plans the walks and hands the resources to dlt."""

from collections.abc import Iterable, Sequence
from typing import Optional, Union

import dlt
from dlt.sources import DltResource

from jobs_source import settings
from jobs_source.options import check_number, make_client, plan_walks
from jobs_source.resources.jobs import make_job_resource
from jobs_source.salesforce.credentials import AnyCredentials


@dlt.source(name=settings.NAME, section=settings.SOURCE_SECTION)
def salesforce_jobs(
    credentials: AnyCredentials = dlt.secrets.value,
    api_version: str = settings.DEFAULT_API_VERSION,
    job_types: Optional[Union[str, Sequence[str]]] = None,
    is_pk_chunking_enabled: Optional[bool] = None,
    query_locator: Optional[str] = None,
    lag_seconds: float = settings.LAG_SECONDS,
    full_load_every_hours: float = settings.FULL_LOAD_EVERY_HOURS,
    max_api_usage_percent: float = settings.MAX_API_USAGE_PERCENT,
    request_timeout_seconds: float = settings.REQUEST_TIMEOUT_SECONDS,
) -> Iterable[DltResource]:
    """
    Read "Get All Jobs". Building the source asks nothing of Salesforce; a run walks each listing whole.

    Args:
        credentials: One of five logins, by dlt's configuration or as an object of `jobs_source.salesforce.credentials`.
        api_version: `NN.0` from 41.0 on; `query_jobs` needs 47.0.
        job_types: BigObjectIngest, Classic, V2Ingest: one walk of `jobs/ingest` per type, side by side. None: one
            walk of all.
        is_pk_chunking_enabled: Only jobs with, or only jobs without, PK chunking. None: all.
        query_locator: Start the walk of `jobs/ingest` there, take all that follows, and leave the cursor alone.
        lag_seconds: How far behind the newest change of the last run a run looks again.
        full_load_every_hours: How often a run merges all that is listed, whatever the cursor says. 0: every run.
        max_api_usage_percent: Stop asking when this much of the org's 24-hour API allowance is used.
        request_timeout_seconds: Longest wait for a connection, and between two pieces of an answer.

    Raises:
        ConfigError: If a value cannot work.
    """
    jobs, query_jobs = plan_walks(api_version, job_types, is_pk_chunking_enabled, query_locator, full_load_every_hours)
    check_number("lag_seconds", lag_seconds)
    client = make_client(credentials, max_api_usage_percent, request_timeout_seconds)
    # dlt pulls the first one first: an API version too old for query_jobs is found out before any call.
    return [make_job_resource(client, walk, lag_seconds) for walk in (query_jobs, jobs)]
