"""Checks the options before any call to Salesforce, and plans the walks."""

import re
from collections.abc import Sequence
from typing import Any, Final, Optional, Union

from dlt.common.configuration import resolve_configuration
from dlt.common.configuration.specs import RuntimeConfiguration

from jobs_source.exceptions import ConfigError
from jobs_source.resources.job_walk import JobWalk
from jobs_source.resources.look_up_plan import LookUpPlan
from jobs_source.salesforce.client import Client, Retries
from jobs_source.salesforce.credentials import SalesforceCredentials
from jobs_source.salesforce.listing import Listing
from jobs_source.schema import JOBS, QUERY_JOBS
from jobs_source.settings import (
    CONFIG_SECTION,
    INGEST_ENDPOINT,
    INGEST_JOB_TYPES,
    MAX_PAGES_AHEAD,
    MAX_PARALLEL_LOOKUPS,
    OLDEST_INGEST_API_VERSION,
    QUERY_ENDPOINT,
    QUERY_JOB_TYPE,
)

_LARGEST: Final = 1e9  # seconds, 31 years: much larger ones overflow a date
_MOST_LOOK_UPS: Final = 1_000_000


def make_client(
    credentials: SalesforceCredentials,
    max_api_usage_percent: float,
    request_timeout_seconds: float,
    max_attempts: Optional[int] = None,
) -> Client:
    """
    Build the client; it sends nothing yet. Without *max_attempts*, dlt's section `[runtime]` says how often it tries.

    Raises:
        ConfigError: If a value cannot work.
    """
    check_number("max_api_usage_percent", max_api_usage_percent, maximum=100)
    check_number("request_timeout_seconds", request_timeout_seconds, minimum=0.001)
    runtime = resolve_configuration(RuntimeConfiguration())
    return Client(
        credentials,
        max_api_usage_percent=max_api_usage_percent,
        timeout_seconds=request_timeout_seconds,
        retries=Retries(
            max_attempts or runtime.request_max_attempts,
            runtime.request_backoff_factor,
            runtime.request_max_retry_delay,
        ),
    )


def plan_walks(
    api_version: str,
    job_types: Optional[Union[str, Sequence[str]]],
    is_pk_chunking_enabled: Optional[bool],
    query_locator: Optional[str],
    full_load_every_hours: float,
    pages_ahead: int = 1,
) -> tuple[JobWalk, JobWalk]:
    """
    Plan the walks of `jobs` and `query_jobs`.

    Raises:
        ConfigError: If a value cannot work.
    """
    check_api_version(api_version)
    check_number("full_load_every_hours", full_load_every_hours)
    _check_whole("pages_ahead", pages_ahead, 1, MAX_PAGES_AHEAD)
    types = _check_job_types(job_types)
    if not (is_pk_chunking_enabled is None or isinstance(is_pk_chunking_enabled, bool)):
        raise ConfigError(
            f"{CONFIG_SECTION}.is_pk_chunking_enabled must be true, false or unset, not {is_pk_chunking_enabled!r}."
        )
    if query_locator and len(types) > 1:
        raise ConfigError(
            f"{CONFIG_SECTION}.query_locator works with one job type only, and job_types has {len(types)}. Remove"
            " query_locator, or all job types but one."
        )
    chunking = {} if is_pk_chunking_enabled is None else {"isPkChunkingEnabled": str(is_pk_chunking_enabled).lower()}
    filters = [{"jobType": type_, **chunking} for type_ in types] or [chunking]
    ingest = [Listing(INGEST_ENDPOINT, api_version, filter_, query_locator) for filter_ in filters]
    query = [Listing(QUERY_ENDPOINT, api_version, {"jobType": QUERY_JOB_TYPE, **chunking})]
    return (
        JobWalk(JOBS, ingest, full_load_every_hours, pages_ahead, has_cursor=not query_locator),
        JobWalk(QUERY_JOBS, query, full_load_every_hours, pages_ahead),
    )


def plan_look_ups(api_version: str, most: int, api_percent: float, at_a_time: int) -> LookUpPlan:
    """
    Plan the look-ups of what became of the jobs.

    Raises:
        ConfigError: If a value cannot work.
    """
    _check_whole("max_results_per_run", most, 0, _MOST_LOOK_UPS)
    check_number("max_results_api_percent", api_percent, maximum=100)
    _check_whole("parallel_lookups", at_a_time, 1, MAX_PARALLEL_LOOKUPS)
    return LookUpPlan(api_version, most, api_percent, at_a_time)


def check_flag(key: str, value: Any) -> None:
    """Accept true and false."""
    if not isinstance(value, bool):
        raise ConfigError(f"{CONFIG_SECTION}.{key} must be true or false, not {value!r}.")


def check_api_version(api_version: Any) -> None:
    """Accept `NN.0` from 41.0 on. Salesforce answers 404 to `64` and `v64.0`."""
    if not isinstance(api_version, str) or not re.fullmatch(r"[1-9]\d{1,2}\.0", api_version, re.ASCII):
        raise ConfigError(f'{CONFIG_SECTION}.api_version must look like "64.0", in quotes, not {api_version!r}.')
    if float(api_version) < OLDEST_INGEST_API_VERSION:
        raise ConfigError(
            f"{CONFIG_SECTION}.api_version is {api_version}, but Salesforce lists jobs only from"
            f" {OLDEST_INGEST_API_VERSION} on. Set that or a newer version."
        )


def check_number(key: str, value: Any, minimum: float = 0, maximum: float = _LARGEST) -> None:
    """Accept a number within the bounds; NaN is within none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not minimum <= value <= maximum:
        raise ConfigError(f"{CONFIG_SECTION}.{key} must be a number from {minimum:g} to {maximum:,.0f}, not {value!r}.")


def _check_whole(key: str, value: Any, minimum: int, maximum: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= maximum:
        raise ConfigError(
            f"{CONFIG_SECTION}.{key} must be a whole number from {minimum} to {maximum:,}, not {value!r}."
        )


def _check_job_types(job_types: Any) -> list[str]:
    if isinstance(job_types, str):  # from an environment variable: one, several with commas, or a JSON list
        job_types = re.findall(r"[^\s,\[\]\"']+", job_types)
    types = [] if job_types is None else job_types if isinstance(job_types, (list, tuple, set)) else [job_types]
    for job_type in types:
        if job_type not in INGEST_JOB_TYPES:
            raise ConfigError(f"{CONFIG_SECTION}.job_types can be {', '.join(INGEST_JOB_TYPES)}, not {job_type!r}.")
    return sorted(set(types))
