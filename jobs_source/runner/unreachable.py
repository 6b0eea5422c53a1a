"""Says why there is no connection to a destination."""

import re
from typing import Final, Optional

from dlt.destinations.exceptions import DestinationConnectionError

from jobs_source.dlt_compat import running_pipeline
from jobs_source.exceptions import ConfigError, SalesforceJobsError

OUT_OF_MEMORY: Final = "Out of Memory Error: (?!failed to offload)"  # that one means a full disk
# Systems, drivers and databases share no error code for this, but they use much the same words.
_LASTING: Final = re.compile(
    r"permission denied|must be owner of|access denied|read-only|authentication failed|incorrect username or password"
    r"|no pg_hba.conf entry|no password supplied|(role|database) \".*?\" does not exist|not a valid DuckDB"
    r"|is a directory|" + OUT_OF_MEMORY,
    re.IGNORECASE,
)
_TOO_NEW_DUCKDB: Final = "Relations no longer have fetchone"  # what dlt 1.31 asks of duckdb 2, for DuckLake
# Of a database driver, where dlt puts nothing around it: dlt does so for statements, and not for every connection.
_DRIVERS: Final = ("OperationalError", "InterfaceError", "DatabaseError")


def is_lasting(reason: str) -> bool:
    """Tell whether somebody has to change something before another try can help."""
    return _LASTING.search(reason) is not None


def is_of_driver(error: BaseException) -> bool:
    """Tell whether *error* is that of a database driver, whichever it is."""
    return type(error).__name__ in _DRIVERS


def explain_unreachable(error: BaseException) -> Optional[SalesforceJobsError]:
    """Say why there is no connection: `ConfigError` if that lasts. None if *error* is about something else."""
    if isinstance(error, DestinationConnectionError):
        error = error.inner_exc  # dlt puts a long text before it
    elif not is_of_driver(error):
        return None
    reason = first_line(error)
    if reason.startswith(_TOO_NEW_DUCKDB):
        return ConfigError(f'This destination needs an older DuckDB: pip install "duckdb<2". {reason}')
    place = _credentials_place()
    if is_lasting(reason):
        return ConfigError(f"The connection to the destination failed: {reason} Check {place}.")
    return SalesforceJobsError(
        f"The connection to the destination failed: {reason} Check {place}, and that the database can be reached from"
        " this machine."
    )


def first_line(error: BaseException) -> str:
    """Take the first line of what *error* says, as a sentence."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:400].rstrip(".") + "."


def _credentials_place() -> str:
    """Name the section that holds the login of the destination at work."""
    pipeline = running_pipeline()
    name = pipeline.destination.destination_name if pipeline and pipeline.destination else "NAME"
    return f"[destination.{name}.credentials]"
