"""
Reads the credentials of a named org, from its own section only.

dlt would take missing keys from the default org. With a misspelt key, a run would load the default org under the name
of the other, or send the default org's secret to the other's host.
"""

from typing import Any, Final, Optional, get_args

import dlt
from dlt.common.configuration.exceptions import ConfigFieldMissingException

from jobs_source.dlt_compat import is_optional_type
from jobs_source.exceptions import ConfigError
from jobs_source.salesforce.credentials import AnyCredentials
from jobs_source.settings import CONFIG_SECTION, CREDENTIALS_SECTION

_FLOWS: Final[tuple[type[AnyCredentials], ...]] = get_args(AnyCredentials)


def credentials_section(org: Optional[str]) -> str:
    """Name the section of the configuration that holds the login of *org*; None is the default org."""
    return f"{CONFIG_SECTION}.{org}.credentials" if org else CREDENTIALS_SECTION


def read_org_credentials(org: str) -> AnyCredentials:
    """
    Take the first login whose keys are all in the section of *org*, in dlt's files or in the environment.

    Raises:
        ConfigError: If no login is complete.
    """
    lacking = []
    for flow in _FLOWS:
        values = {key: value for key in flow.get_resolvable_fields() if (value := _look_up(org, key)) is not None}
        credentials = flow(**values)
        credentials.section = credentials_section(org)
        missing = _missing(credentials)
        if not missing:
            return credentials
        lacking.append((-len(values), len(missing), missing, sorted(values)))
    _, _, missing, there = min(lacking)
    raise ConfigError(
        f"The credentials of {org} are incomplete: {', '.join(there) or 'nothing'} found, {', '.join(missing)} missing"
        f" or not valid, under [{credentials_section(org)}]. The keys of the default org are not used for another org."
    )


def _missing(credentials: AnyCredentials) -> list[str]:
    fields = credentials.get_resolvable_fields().items()
    missing = [key for key, hint in fields if credentials[key] is None and not is_optional_type(hint)]
    if not missing:
        try:
            credentials.resolve()
        except ConfigFieldMissingException as error:
            missing = list(error.traces)
    return missing


def _look_up(org: str, key: str) -> Any:
    for provider in dlt.config.config_providers:
        value, _ = provider.get_value(key, str, "", *credentials_section(org).split("."))
        if value is not None:
            return value
    return None
