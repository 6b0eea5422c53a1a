"""Says, line by line, whether a load would work, and what to do where it would not. It changes nothing."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

from jobs_source.commands.errors import explain
from jobs_source.exceptions import ConfigError, FileInUseError, FileUnusableError, SalesforceJobsError
from jobs_source.resources.jobs import columns_by_table
from jobs_source.resources.walk_state import find_target
from jobs_source.runner.catalogue import Differences, dlt_tables
from jobs_source.runner.duckdb_file import database_path, has_database
from jobs_source.runner.orgs import NAME, make_pipeline, make_source, say_same_org
from jobs_source.runner.repair import refuse_lost_keys
from jobs_source.runner.restore import restore
from jobs_source.runner.rights import check_rights
from jobs_source.runner.row_counts import is_database
from jobs_source.runner.working_dir import own_folder_path
from jobs_source.salesforce.org_check import Check


def check(org: Optional[str], destination: str, dataset: str, sections: dict[str, str], as_json: bool = False) -> int:
    """
    Print a line for everything that was tried and return the exit code that `load` would end with.

    *sections* collects the section of each org id, so that two sections of one org are found.
    """
    codes = []
    for item in _checks(org, destination, dataset, sections):
        codes.append(item.exit_code)
        if as_json:
            line = {"org": org, "name": item.name, "exit_code": item.exit_code, "text": item.text}
            print(json.dumps(line), flush=True)
        else:
            name = f"{org}, {item.name}" if org else item.name
            print(f"{'FAIL' if item.exit_code else 'ok':4}  {name}: {item.text}", flush=True)
    return min((code for code in codes if code), default=0)


def _checks(org: Optional[str], destination: str, dataset: str, sections: dict[str, str]) -> Iterator[Check]:
    try:
        for row in make_source(org).resources["org_checks"]:
            yield Check(**row)
            if row["org_id"] and (said := say_same_org(row["org_id"], org, sections)):
                yield Check("sections", ConfigError.exit_code, said)
    except Exception as error:
        yield Check("configuration", *explain(error))
    try:
        _check_working_dir()
    except Exception as error:
        yield Check("working directory", *explain(error))
    try:
        yield Check("destination", 0, _reach(org, destination, dataset))
    except Exception as error:
        yield Check("destination", *explain(error))


def _check_working_dir() -> None:
    """Raises `PermissionError` or `NotADirectoryError` where a run could make no folder for itself."""
    folder = own_folder_path()
    while not folder.exists():
        folder = folder.parent
    _try_to_write(folder)


def _try_to_write(folder: Path) -> None:
    """Raises `OSError` where *folder* may not be written. What the system says of rights is not all that counts."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".salesforce_jobs_check_"):
        pass


def _reach(org: Optional[str], destination: str, dataset: str) -> str:
    with tempfile.TemporaryDirectory() as folder:  # a pipeline makes a working directory; not in the real place
        pipeline = make_pipeline(org, destination, dataset, Path(folder))
        if path := database_path(pipeline):
            _check_folder(path.resolve())
        if not has_database(pipeline):
            return f"{destination}, {path} will be made by the first load"
        differences = restore(pipeline, find_target(), org or NAME).differences
        _refuse_differences(differences, dataset)
        with pipeline.destination_client() as client:
            if is_database(pipeline) and path is None:
                check_rights(client, list(columns_by_table()), list(dlt_tables(client.schema)))
            state = "is there" if client.is_storage_initialized() else "will be made by the first load"
        return f"{destination}, dataset {dataset} {state}"


def _check_folder(path: Path) -> None:
    """
    Look whether a load could put a copy of the DuckDB file beside it.

    Raises:
        FileUnusableError: If the folder may not be written.
        FileInUseError: If the copy would not fit.
    """
    try:
        _try_to_write(path.parent)
    except OSError as error:
        raise FileUnusableError(
            f"{path.parent} may not be written ({error.strerror}): a load puts a copy of the DuckDB file there."
        ) from None
    if path.exists() and shutil.disk_usage(path.parent).free < path.stat().st_size:
        raise FileInUseError(f"The disk of {path} has no room for a copy of it, which a load makes.")


def _refuse_differences(differences: Differences, dataset: str) -> None:
    """Raises `TableUnusableError` or, where the next load mends it, `SalesforceJobsError`."""
    refuse_lost_keys(differences)
    gone = (*differences.missing, *(f"the rows of {table}" for table in differences.emptied))
    if gone:
        raise SalesforceJobsError(
            f"{', '.join(gone)} gone from the dataset {dataset}. The next load makes it again, with all that Salesforce"
            " still lists; older rows are only in a backup, if there is one."
        )
