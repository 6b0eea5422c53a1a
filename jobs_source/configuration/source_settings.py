"""What dlt is told of the arguments of the source: it hands them on, and we look up those that are not given."""

from typing import Any, Final, Optional

from dlt.common.configuration import configspec
from dlt.common.configuration.specs import BaseConfiguration

from jobs_source.configuration.credentials import read_credentials
from jobs_source.configuration.known_keys import SETTINGS
from jobs_source.configuration.lookup import look_up
from jobs_source.configuration.places import setting_sections
from jobs_source.configuration.unknown_keys import check_settings
from jobs_source.dlt_compat import coerce, current_section
from jobs_source.salesforce.pasted import clean

_NOT_GIVEN: Final = object()


@configspec
class SourceSettings(BaseConfiguration):
    """The arguments of the source. dlt does not look up what is `Final`."""

    credentials: Final[Optional[Any]] = _NOT_GIVEN
    api_version: Final[Optional[Any]] = _NOT_GIVEN
    job_types: Final[Optional[Any]] = _NOT_GIVEN
    is_pk_chunking_enabled: Final[Optional[Any]] = _NOT_GIVEN
    query_locator: Final[Optional[Any]] = _NOT_GIVEN
    lag_seconds: Final[Optional[Any]] = _NOT_GIVEN
    full_load_every_hours: Final[Optional[Any]] = _NOT_GIVEN
    max_api_usage_percent: Final[Optional[Any]] = _NOT_GIVEN
    request_timeout_seconds: Final[Optional[Any]] = _NOT_GIVEN
    pages_ahead: Final[Optional[Any]] = _NOT_GIVEN
    max_results_per_run: Final[Optional[Any]] = _NOT_GIVEN
    max_results_api_percent: Final[Optional[Any]] = _NOT_GIVEN
    parallel_lookups: Final[Optional[Any]] = _NOT_GIVEN
    include_job_errors: Final[Optional[Any]] = _NOT_GIVEN
    include_users: Final[Optional[Any]] = _NOT_GIVEN

    def on_resolved(self) -> None:
        """Look up what was not given. Raises `ConfigError`."""
        section, pipeline_name = current_section()
        check_settings(section, is_strict=False)
        for key, (hint, default) in SETTINGS.items():
            if self[key] is _NOT_GIVEN:
                found = look_up(key, hint, setting_sections(section), pipeline_name)
                found = clean(found) if isinstance(found, str) else found  # Docker leaves quotes around it
                self[key] = default if found is None else coerce(found, hint)
        given = None if self.credentials is _NOT_GIVEN else self.credentials
        self["credentials"] = read_credentials(section, pipeline_name, given)
