"""All keys that a user can set: settings with their defaults, and the logins with their keys."""

from typing import Any, Final, NamedTuple, get_args

from jobs_source import settings
from jobs_source.salesforce.credentials import AnyCredentials


class Setting(NamedTuple):
    """What a text of the environment is turned into, and what holds if nothing is configured."""

    hint: Any
    default: Any


SETTINGS: Final[dict[str, Setting]] = {
    "api_version": Setting(str, settings.DEFAULT_API_VERSION),
    "job_types": Setting(Any, None),
    "is_pk_chunking_enabled": Setting(bool, None),
    "query_locator": Setting(str, None),
    "lag_seconds": Setting(float, settings.LAG_SECONDS),
    "full_load_every_hours": Setting(float, settings.FULL_LOAD_EVERY_HOURS),
    "max_api_usage_percent": Setting(float, settings.MAX_API_USAGE_PERCENT),
    "request_timeout_seconds": Setting(float, settings.REQUEST_TIMEOUT_SECONDS),
    "pages_ahead": Setting(int, settings.PAGES_AHEAD),
    "max_results_per_run": Setting(int, settings.MAX_RESULTS_PER_RUN),
    "max_results_api_percent": Setting(float, settings.MAX_RESULTS_API_PERCENT),
    "parallel_lookups": Setting(int, settings.PARALLEL_LOOKUPS),
    "include_job_errors": Setting(bool, False),
    "include_users": Setting(bool, False),
}
FLOWS: Final[dict[str, type[AnyCredentials]]] = {flow.flow: flow for flow in get_args(AnyCredentials)}
CREDENTIALS_KEYS: Final[dict[str, Any]] = {  # with the type of each
    key: hint for flow in FLOWS.values() for key, hint in flow.get_resolvable_fields().items()
}
