"""Words for missing keys of a Salesforce login."""

from typing import Final, Optional, get_args

from dlt.common.configuration.exceptions import ConfigFieldMissingException

from jobs_source.dlt_compat import LookupTraces
from jobs_source.salesforce.credentials import AnyCredentials
from jobs_source.settings import CREDENTIALS_SECTION, CREDENTIALS_VARIABLE

_FLOWS: Final = {flow.__name__ for flow in get_args(AnyCredentials)}


def explain_missing_keys(error: ConfigFieldMissingException) -> Optional[str]:
    """Name the login with the fewest missing keys, and where they go; None if no Salesforce login is the reason."""
    parts = [trace for traces in error.traces.values() for trace in traces if isinstance(trace, LookupTraces)]
    flows = [part for part in parts if part.spec_name in _FLOWS]
    if not flows:
        return None
    nearest = max(flows, key=lambda flow: (len(flow.resolved_fields_set), -len(flow.traces)))
    if not nearest.resolved_fields_set:
        return (
            "There are no Salesforce credentials. Add instance_url, client_id and client_secret (or the keys of another"
            f" login: see docs/setup-salesforce.md) under [{CREDENTIALS_SECTION}] in .dlt/secrets.toml, or as variables"
            f" {CREDENTIALS_VARIABLE}__CLIENT_ID and so on. `salesforce-jobs demo` needs none."
        )
    return (
        f"The Salesforce credentials are incomplete: {', '.join(nearest.resolved_fields_set)} found,"
        f" {', '.join(nearest.traces)} missing, under [{CREDENTIALS_SECTION}] in .dlt/secrets.toml or in variables"
        f" {CREDENTIALS_VARIABLE}__... See docs/setup-salesforce.md for the keys of each login."
    )
