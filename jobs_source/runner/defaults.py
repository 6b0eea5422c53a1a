"""Our defaults for settings of dlt, for what is not configured, so that runs behave the same from any folder."""

import os
from typing import Any, Final

import dlt
from dlt.common.configuration.providers import CustomLoaderDocProvider

_PROVIDER: Final = "salesforce-jobs"
_DEFAULTS: Final[dict[str, Any]] = {
    "runtime": {
        "request_max_attempts": 5,  # tries of a request before the run fails
        "request_backoff_factor": 1,  # seconds before the second try, doubled each time
        "request_max_retry_delay": 300,  # seconds, the longest pause
    },
    "load": {"truncate_staging_dataset": True},  # what was merged is not kept a second time
    "data_writer": {"buffer_max_items": 50_000},  # rows that dlt writes at a time: two of our batches
}


def set_defaults() -> None:
    """
    Give dlt our defaults. The environment and the files come first.

    dlt takes a variable CREDENTIALS for the destination if it finds no other. It belongs to another program.
    """
    os.environ.pop("CREDENTIALS", None)
    if all(provider.name != _PROVIDER for provider in dlt.config.config_providers):
        # Without a list of places dlt cannot say that a key is missing: its error fails in turn.
        provider = CustomLoaderDocProvider(_PROVIDER, lambda: _DEFAULTS, supports_secrets=False, locations=[])
        dlt.config.register_provider(provider)
