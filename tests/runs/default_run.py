"""Where a plain `load` in the current folder loads to, and the lock that it takes for it."""

from pathlib import Path

from filelock import FileLock

from jobs_source.dlt_compat import destination_id
from jobs_source.runner.load import run_lock
from jobs_source.runner.orgs import make_pipeline


def default_target() -> str:
    """Return the short name of the place, as the state has it."""
    make_pipeline(None, "duckdb", "salesforce_jobs", Path("unused").absolute())
    return destination_id()


def lock_of_default_run() -> FileLock:
    return run_lock("salesforce_jobs", default_target())
