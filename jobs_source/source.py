"""The dlt source: checks the keys, plans the walks and hands the resources to dlt."""

from collections.abc import Iterable, Sequence
from typing import Optional, Union

import dlt
from dlt.sources import DltResource

from jobs_source import settings
from jobs_source.configuration.places import naming_places
from jobs_source.configuration.source_settings import SourceSettings
from jobs_source.options import check_flag, check_number, make_client, plan_look_ups, plan_walks
from jobs_source.resources.job_errors import make_errors_resource
from jobs_source.resources.jobs import make_job_resource
from jobs_source.resources.results import make_results_resource
from jobs_source.resources.run_jobs import RunJobs
from jobs_source.resources.run_results import RunResults
from jobs_source.resources.states import Seen
from jobs_source.resources.users import make_users_resource
from jobs_source.salesforce.credentials import AnyCredentials


@dlt.source(name=settings.NAME, section=settings.SOURCE_SECTION, spec=SourceSettings)
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
    pages_ahead: int = settings.PAGES_AHEAD,
    max_results_per_run: int = settings.MAX_RESULTS_PER_RUN,
    max_results_api_percent: float = settings.MAX_RESULTS_API_PERCENT,
    parallel_lookups: int = settings.PARALLEL_LOOKUPS,
    include_job_errors: bool = False,
    include_users: bool = False,
) -> Iterable[DltResource]:
    """
    Read "Get All Jobs". Building the source sends nothing to Salesforce; each run walks every listing to its end.

    Args:
        credentials: One of five logins, by dlt's configuration or as an object of `jobs_source.salesforce.credentials`.
        api_version: `NN.0`, 41.0 or newer; `query_jobs` needs 47.0.
        job_types: BigObjectIngest, Classic, V2Ingest: one walk of `jobs/ingest` per type, in parallel. None: one
            walk of all types.
        is_pk_chunking_enabled: Only jobs with, or only jobs without, PK chunking. None: all.
        query_locator: Start the walk of `jobs/ingest` there and take everything after it. The cursor does not move.
        lag_seconds: A run takes changes again that are up to this much older than the cursor.
        full_load_every_hours: How often a run merges every listed job, not only what changed. 0: every run.
        max_api_usage_percent: Stop when this share of the org's 24-hour API allowance is used.
        request_timeout_seconds: Longest wait for a connection, and for the next part of an answer.
        pages_ahead: Most pages of one listing that are asked for at a time. 1: one page after the other.
        max_results_per_run: Most finished jobs that `job_results` asks about in a run, one call each. 0: none.
        max_results_api_percent: Share of the org's 24-hour API allowance that look-ups may take.
        parallel_lookups: Look-ups at a time.
        include_job_errors: Whether `job_errors` is selected: the errors of failed records, counted.
        include_users: Whether `users` is selected: who made the jobs.

    Raises:
        ConfigError: If a value is not allowed.
    """
    with naming_places():
        jobs, query_jobs = plan_walks(
            api_version, job_types, is_pk_chunking_enabled, query_locator, full_load_every_hours, pages_ahead
        )
        plan = plan_look_ups(api_version, max_results_per_run, max_results_api_percent, parallel_lookups)
        check_number("lag_seconds", lag_seconds)
        check_flag("include_job_errors", include_job_errors)
        check_flag("include_users", include_users)
        client = make_client(credentials, max_api_usage_percent, request_timeout_seconds)
    run_jobs, run_results, states_told = RunJobs(plan.most), RunResults(), Seen()
    # dlt pulls the first one first: an API version too old for query_jobs is found before any call.
    walks = (query_jobs, jobs)
    return [
        *(make_job_resource(client, walk, lag_seconds, run_jobs, states_told) for walk in walks),
        make_results_resource(client, plan, run_jobs, run_results),
        make_errors_resource(client, plan, run_results, include_job_errors),
        make_users_resource(client, plan, run_jobs, run_results, include_users),
    ]
