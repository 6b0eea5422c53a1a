"""Checks, without changing anything, whether a load could write to the destination."""

from typing import Any, Optional

from jobs_source.dlt_compat import destination_id, dlt_tables, is_sql_database
from jobs_source.exceptions import SalesforceJobsError
from jobs_source.runner.catalogue import Differences
from jobs_source.runner.duckdb_file import database_path, has_database
from jobs_source.runner.duckdb_place import refuse_place
from jobs_source.runner.folders import temporary_folder
from jobs_source.runner.orgs import make_pipeline
from jobs_source.runner.repair import refuse_lost_keys
from jobs_source.runner.restore import restore
from jobs_source.runner.rights import check_rights
from jobs_source.runner.traces import pipelines_of
from jobs_source.schema import TABLES
from jobs_source.settings import NAME


def check_destination(org: Optional[str], destination: str, dataset: str) -> str:
    """
    Try what a load of *org* needs from the destination, and say what is there.

    Raises:
        SalesforceJobsError: If a load would fail, with what to do; dlt's own errors otherwise.
    """
    with temporary_folder() as folder:  # a pipeline makes a working directory: not the real one
        pipeline = make_pipeline(org, destination, dataset, folder)
        dataset = pipeline.dataset_name or dataset
        if path := database_path(pipeline):
            refuse_place(path.resolve())
        if not has_database(pipeline):
            return f"{destination}, {path} will be made by the first load"
        restored = restore(pipeline, destination_id(), org or NAME)
        refuse_lost_keys(restored.differences)
        with pipeline.destination_client() as client:
            owners = _other_owners(client) if is_sql_database(pipeline) and not restored.version else ()
            if not owners:
                _refuse_gone(restored.differences, dataset)
            if is_sql_database(pipeline) and path is None:
                check_rights(client, list(TABLES), list(dlt_tables(client.schema)))
            state = "is there" if client.is_storage_initialized() else "will be made by the first load"
        new = ", ".join(restored.differences.missing)
        lacking = f", made by {', '.join(owners)}; the first `load` into it will add {new}" if owners and new else ""
        return f"{destination}, dataset {dataset} {state}{lacking}"


def _other_owners(client: Any) -> list[str]:
    """Name the pipelines that have loaded into the dataset, if none of them is ours."""
    names = pipelines_of(client)
    return [] if any(name == NAME or name.startswith(f"{NAME}_") for name in names) else sorted(names)


def _refuse_gone(differences: Differences, dataset: str) -> None:
    """Raises `SalesforceJobsError` if something is gone, which the next load repairs."""
    gone = (*differences.missing, *(f"the rows of {table}" for table in differences.emptied))
    if gone:
        raise SalesforceJobsError(
            f"Missing in dataset {dataset}: {', '.join(gone)}. The next load brings back all that Salesforce still"
            " lists. Older rows are only in a backup, if there is one."
        )
