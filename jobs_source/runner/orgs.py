"""Which orgs are configured, and the pipeline and source of each."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Optional

import dlt
from dlt.common.destination import Destination
from dlt.sources import DltSource

from jobs_source.configuration.credentials import read_own_credentials
from jobs_source.configuration.orgs import configured_orgs, credentials_section, name_orgs
from jobs_source.configuration.unknown_keys import check_settings
from jobs_source.configuration.words import nearest
from jobs_source.dlt_compat import NULL_COLLECTOR, Collector, resolve_arguments
from jobs_source.exceptions import ConfigError
from jobs_source.options import check_api_version, make_client, plan_walks
from jobs_source.runner.dataset_name import find_dataset_name
from jobs_source.runner.defaults import set_defaults
from jobs_source.runner.duckdb_file import is_duckdb, make_duckdb
from jobs_source.runner.placeholders import refuse_placeholders
from jobs_source.salesforce.org_check import Check, check_org
from jobs_source.salesforce.survey import survey_org
from jobs_source.schema import JOB_RESULTS
from jobs_source.settings import CONFIG_SECTION, NAME
from jobs_source.source import salesforce_jobs

RESULTS_NAME: Final = "salesforce_job_results"  # no org's pipeline can have it
_ORG: Final = re.compile(r"[a-z][a-z0-9_]*")  # dlt would change other names to this form, and make two of them equal
_SECTIONS: Final = tuple(CONFIG_SECTION.split("."))


def pipeline_name(org: Optional[str]) -> str:
    """Name the pipeline of *org*, one per org: two on one pipeline would share a cursor and lose rows."""
    return f"{NAME}_{org}" if org else NAME


def results_pipeline_name(org: Optional[str]) -> str:
    """Name the pipeline that loads the look-ups of *org*: a failure there must not touch its jobs."""
    return f"{RESULTS_NAME}_{org}" if org else RESULTS_NAME


def make_pipeline(
    org: Optional[str],
    destination: str,
    dataset: str,
    pipelines_dir: Path,
    progress: Collector = NULL_COLLECTOR,
    for_results: bool = False,
) -> dlt.Pipeline:
    """
    Build the pipeline of *org*, which works in *pipelines_dir*. It reads a DuckDB file and does not write to it.

    With *for_results* it is the one that loads look-ups.

    Its `dataset_name` is the one that the destination has.
    """
    set_defaults()
    refuse_placeholders(destination)

    own_name = results_pipeline_name(org) if for_results else pipeline_name(org)
    staging = "_".join(filter(None, ["%s_staging", "job_results" if for_results else "", org]))

    def make(name: str) -> dlt.Pipeline:
        return dlt.pipeline(
            own_name,
            destination=_make_destination(destination, own_name, name, staging),
            dataset_name=name,
            progress=progress,
            pipelines_dir=str(pipelines_dir),
        )

    pipeline = make(dataset)
    name = find_dataset_name(pipeline)
    return pipeline if name == dataset else make(name)


def _make_destination(name: str, own_name: str, dataset: str, staging_layout: str) -> Any:
    """
    Use one DuckDB file for all orgs, and a staging dataset for each pipeline.

    dlt's own defaults are a file per pipeline, and one staging dataset for all of them: the run of one org would delete
    the rows of another that are there and not yet merged.
    """
    staging: dict[str, Any] = {"staging_dataset_name_layout": staging_layout} if own_name != NAME else {}
    made = Destination.from_reference(name, **staging)
    if made and is_duckdb(made):
        return make_duckdb(made.destination_name, own_name, dataset, **staging)
    return made


def make_source(org: Optional[str], full: bool = False) -> DltSource:
    """
    Build the source of *org*; *full* takes all that is listed, whatever the cursor says.

    Raises:
        ConfigError: If *org* has no section, or its name cannot be part of the name of a pipeline and a dataset.
    """
    set_defaults()
    if org is not None and not _ORG.fullmatch(org):
        raise ConfigError(
            f"The name of an org must begin with a small letter and have only small letters, digits and _. Rename"
            f" {org!r}."
        )
    if org is not None and org.startswith(JOB_RESULTS.name):
        raise ConfigError(f"The name of an org must not begin with {JOB_RESULTS.name}. Rename {org!r}.")
    if org is not None and org not in (known := configured_orgs()):
        raise ConfigError(
            f"There is no org {org!r}.{nearest(org, filter(None, known))} Put its login under"
            f" [{credentials_section(org)}] in .dlt/secrets.toml. Configured orgs: {name_orgs(known)}."
        )
    check_settings((*_SECTIONS, org or NAME), is_strict=True)
    options: dict[str, Any] = {"full_load_every_hours": 0} if full else {}
    if org is None:
        return salesforce_jobs(**options)
    return salesforce_jobs.clone(name=org)(credentials=read_own_credentials((*_SECTIONS, org)), **options)


def check_salesforce(org: Optional[str]) -> Iterator[Check]:
    """Check what a run of *org* needs from Salesforce, with the configuration that its source would have."""
    options = _read_options(org)
    client = make_client(options.credentials, options.max_api_usage_percent, options.request_timeout_seconds)
    walks = plan_walks(options.api_version, options.job_types, options.is_pk_chunking_enabled, None, 0)
    yield from check_org(client, [walk.listings[0] for walk in walks], options.max_api_usage_percent)


def survey_salesforce(org: Optional[str]) -> dict[str, str]:
    """
    Survey *org* with the configuration that its source would have. The keys are questions, the values answers.

    Raises:
        SalesforceJobsError: If the configuration cannot work, or the login fails.
    """
    options = _read_options(org)
    limits = options.max_api_usage_percent, options.request_timeout_seconds
    check_api_version(options.api_version)
    return survey_org(make_client(options.credentials, *limits, max_attempts=1), options.api_version)


def _read_options(org: Optional[str]) -> Any:
    make_source(org)  # raises before anything is asked
    explicit = {"credentials": read_own_credentials((*_SECTIONS, org))} if org else None
    return resolve_arguments(salesforce_jobs, (*_SECTIONS, org or NAME), explicit)


def say_same_org(org_id: str, section: Optional[str], sections: dict[str, str]) -> Optional[str]:
    """Remember that *section* logs in to *org_id*. Return a warning if another section does too."""
    name = f"[{credentials_section(section)}]"
    first = sections.setdefault(org_id, name)
    if first == name:
        return None
    return f"{first} and {name} log in to the same org, {org_id}: its jobs are read twice. Remove one of the sections."
