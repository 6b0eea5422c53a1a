"""Removes one org's or one user's traces from all tables, for good: all of them, or none where it is ended half-way."""

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Optional

import dlt
from filelock import FileLock, Timeout

from jobs_source.configuration.orgs import configured_orgs
from jobs_source.dlt_compat import destination_id, find_columns
from jobs_source.exceptions import AlreadyRunningError
from jobs_source.runner.duckdb_file import database_path, wait_for
from jobs_source.runner.load import run_lock
from jobs_source.runner.orgs import make_pipeline, pipeline_name
from jobs_source.runner.publish import publishing
from jobs_source.runner.reading import nothing_loaded, refuse_files
from jobs_source.runner.traces import (
    Rows,
    State,
    Subject,
    change_state,
    delete_rows,
    find_rows,
    find_states,
    pipelines_of,
)
from jobs_source.runner.working_dir import own_folder, working_dir
from jobs_source.schema import JOB_RESULTS, TABLES
from jobs_source.settings import NAME


class Traces(NamedTuple):
    """
    What there is to remove.

    Attributes:
        dataset: Its name in the destination.
        path: The DuckDB file; None for other destinations.
        pipelines: All that have loaded into the dataset.
    """

    dataset: str
    path: Optional[Path]
    pipelines: Collection[str]
    rows: list[Rows]
    states: list[State]


def purge(subject: Subject, *, destination: str, dataset: str, confirm: Callable[[Traces], bool]) -> Optional[Traces]:
    """
    Remove all traces of *subject*, after *confirm* has said yes to what was found. Return what was removed, if it was.

    What killed runs have left on this machine goes too. A DuckDB file is written anew, without what was deleted;
    databases are changed in one transaction.

    Raises:
        AlreadyRunningError: If a load into the same place is in progress on this machine.
        NothingLoadedError: If nothing was loaded there yet.
        SalesforceJobsError: If the configuration or the destination is the reason; dlt's own errors otherwise.
    """
    with working_dir(NAME) as folder:
        pipeline = make_pipeline(None, destination, dataset, folder)
        target = destination_id()
        refuse_files(pipeline, destination, "purge")
        found = _look(pipeline, subject, destination)
        if not (found.rows or found.states):
            return found
        if not confirm(found):
            return None
        with _no_run(target, found.pipelines), publishing(pipeline, for_good=True) as client:
            return _remove(client, subject, found)


def _look(pipeline: dlt.Pipeline, subject: Subject, destination: str) -> Traces:
    """Find what there is, and change nothing."""
    path = database_path(pipeline)
    client: Any = pipeline.destination_client()
    with ExitStack() as stack:
        wait_for(path, lambda: stack.enter_context(client))
        if not any(find_columns(client, list(TABLES)).values()):
            raise nothing_loaded(destination, pipeline.dataset_name or "", path)
        return _find(client, subject, path, pipelines_of(client))


def _find(client: Any, subject: Subject, path: Optional[Path], pipelines: Collection[str]) -> Traces:
    rows = find_rows(client, subject, _staging_datasets(client, pipelines))
    tables = {part.table for part in rows if part.dataset == client.sql_client.dataset_name}
    return Traces(client.sql_client.dataset_name, path, pipelines, rows, find_states(client, subject, tables))


def _remove(client: Any, subject: Subject, seen: Traces) -> Traces:
    """Look again, since somebody may have taken time to confirm, and remove what there is now."""
    with client.sql_client.begin_transaction():
        found = _find(client, subject, seen.path, pipelines_of(client))
        for rows in found.rows:
            delete_rows(client, rows)
        for state in found.states:
            change_state(client, state)
    return found


def _staging_datasets(client: Any, pipelines: Collection[str]) -> list[str]:
    """Name the datasets where rows of our orgs wait to be merged: a broken-off load leaves them there."""
    base = client.sql_client.staging_dataset_name
    orgs = ["", *(name.removeprefix(NAME) for name in _known(pipelines) if name != NAME)]
    return [f"{base}{of}{org}" for org in orgs for of in ("", f"_{JOB_RESULTS.name}")]


def _known(pipelines: Collection[str]) -> list[str]:
    """Name the pipelines of our orgs: those that are configured here, and those that have loaded."""
    ours = {name for name in pipelines if name.startswith(f"{NAME}_")}
    return sorted({NAME, *ours, *map(pipeline_name, configured_orgs())})


@contextmanager
def _no_run(target: str, pipelines: Collection[str]) -> Iterator[None]:
    """Hold the lock of every run into *target*. Raises `AlreadyRunningError` where a run on this machine has one."""
    paths = {Path(run_lock(name, target).lock_file) for name in _known(pipelines)}
    with ExitStack() as stack:
        for path in sorted({*paths, *own_folder().glob(f"*-{target}.lock")}):
            try:
                stack.enter_context(FileLock(path).acquire(timeout=0))
            except Timeout:
                raise AlreadyRunningError(
                    "A load into the same place is in progress on this machine, so nothing was deleted. That load holds"
                    f" the lock {path}. Run `purge` again after the load has ended."
                ) from None
        yield
