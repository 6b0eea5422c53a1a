"""Which orgs are configured, and the pipeline and source of each."""

import os
import re
from pathlib import Path
from typing import Any, Final, Optional

import dlt
from dlt.common.configuration.container import Container
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext
from dlt.common.runtime.collector import NULL_COLLECTOR
from dlt.common.runtime.collector_base import Collector
from dlt.destinations.impl.duckdb.configuration import DuckDbCredentials
from dlt.extract import DltSource

from jobs_source import salesforce_jobs
from jobs_source.exceptions import ConfigError

NAME: Final = "salesforce_jobs"
DUCKDB_FILE: Final = "jobs_history.duckdb"  # not that of the dataset: DuckDB would not know file from schema
# What needs more memory goes through the disk; rows need no order on their way into a table.
DUCKDB_SETTINGS: Final[dict[str, Any]] = {"memory_limit": "200MB", "preserve_insertion_order": "false"}
_ENVIRONMENT: Final = re.compile(r"SOURCES__JOBS_SOURCE__(?:([A-Z0-9_]+?)__)?CREDENTIALS(?:__\w+)?")


def configured_orgs() -> list[Optional[str]]:
    """List the orgs that have credentials, by section name; None is the org without a section of its own."""
    found: set[Optional[str]] = set()
    for provider in Container()[PluggableRunContext].providers.providers:
        section, _ = provider.get_value("jobs_source", dict, "", "sources")
        if isinstance(section, dict):
            found.update([None] if "credentials" in section else [])
            found.update(name for name, inner in section.items() if isinstance(inner, dict) and "credentials" in inner)
    for variable in os.environ:
        if match := _ENVIRONMENT.fullmatch(variable):
            found.add(match[1].lower() if match[1] else None)
    return sorted(found, key=lambda org: (org is not None, org or ""))


def pipeline_name(org: Optional[str]) -> str:
    """Name the pipeline of *org*, one per org: two on one pipeline would share a cursor and lose rows."""
    return f"{NAME}_{org}" if org else NAME


def make_pipeline(
    org: Optional[str],
    destination: str,
    dataset: str,
    progress: Collector = NULL_COLLECTOR,
    pipelines_dir: Optional[str] = None,
) -> dlt.Pipeline:
    """Build the pipeline of *org*."""
    return dlt.pipeline(
        pipeline_name(org),
        destination=_with_one_file(destination),
        dataset_name=dataset,
        progress=progress,
        pipelines_dir=pipelines_dir,  # type: ignore[arg-type]  # None is its default
    )


def _with_one_file(destination: str) -> Any:
    """Put all orgs into one DuckDB file: dlt's own default is a file per pipeline."""
    keys = ("destination.duckdb.credentials", "destination.duckdb.credentials.database")
    if destination != "duckdb" or any(dlt.secrets.get(key) for key in keys):
        return destination
    # Absolute: dlt would keep a relative one to where the pipeline first ran.
    path = str(Path(DUCKDB_FILE).absolute())
    return dlt.destinations.duckdb(DuckDbCredentials(path, global_config=DUCKDB_SETTINGS))


def make_source(org: Optional[str], full: bool = False) -> DltSource:
    """
    Build the source of *org*; *full* takes all that is listed, whatever the cursor says.

    Raises:
        ConfigError: If *org* has no section.
    """
    if org is not None and org not in (known := configured_orgs()):
        names = ", ".join(name for name in known if name) or "none"
        raise ConfigError(
            f"There is no org {org!r}: put its login under [sources.jobs_source.{org}.credentials] in"
            f" .dlt/secrets.toml. Orgs there now: {names}."
        )
    factory = salesforce_jobs.clone(name=org) if org else salesforce_jobs
    return factory(full_load_every_hours=0) if full else factory()
