"""One short paragraph and one exit code for whatever ends a run."""

import argparse
import json
import re
import sys
import traceback
from collections.abc import Iterator
from typing import Final, Optional

from dlt.common.configuration.exceptions import ConfigFieldMissingException, ConfigurationException
from dlt.common.destination.exceptions import (
    DestinationCapabilitiesException,
    DestinationException,
    UnknownDestinationModule,
)
from dlt.common.exceptions import MissingDependencyException
from dlt.destinations.exceptions import DestinationConnectionError

from jobs_source.commands.broken_files import explain_broken_file
from jobs_source.commands.destinations import (
    explain_destination_keys,
    explain_scheme,
    explain_unknown,
)
from jobs_source.commands.exit_codes import FAILED, INTERRUPTED, MISCONFIGURED, ExitReason
from jobs_source.commands.json_lines import print_line
from jobs_source.commands.notices import take_notices
from jobs_source.commands.packages import explain_missing, explain_missing_package
from jobs_source.dlt_compat import TomlProviderReadException
from jobs_source.exceptions import SalesforceJobsError
from jobs_source.runner.duckdb_file import SETTINGS, explain_file
from jobs_source.runner.unreachable import OUT_OF_MEMORY, explain_unreachable, first_line, is_lasting

_ADVICE: Final = {
    "foreign key constraint": "Remove the foreign key that references this table.",
    "not-null constraint|not null constraint": "Allow NULL in this column, or give it a default: the rows of a"
    " load have no value in it.",
    "unique constraint|primary key constraint|duplicate key": "Remove the constraint or unique index from the table.",
}
_MORE_MEMORY: Final = (
    " DuckDB needs more memory for this many jobs. Raise its limit with the variable"
    f" DESTINATION__DUCKDB__CREDENTIALS__GLOBAL_CONFIG='{json.dumps(SETTINGS | {'memory_limit': '1GB'})}'."
)
_STOPPED_DUCKDB: Final = "Query interrupted"  # DuckDB says so if a signal comes during a query


def explain(error: BaseException) -> ExitReason:
    """Say what ended a run: what happened, where, what to do. Our own errors win over those around them."""
    chain = list(_chain(error))
    if any(map(_is_stop, chain)):  # before all else: it may come while another error is handled
        return ExitReason(INTERRUPTED, "Stopped. No rows are lost: the next run reads them again.")
    for cause in chain:
        if isinstance(cause, SalesforceJobsError):
            return ExitReason(cause.exit_code, str(cause))
    for cause in reversed(chain):
        if reason := _explain_foreign(cause):
            return reason
    if raw := next(filter(None, map(explain_unreachable, chain)), None):
        return ExitReason(raw.exit_code, str(raw))
    last = f"{type(chain[-1]).__name__}: {first_line(chain[-1])}"
    return ExitReason(_code(last), f"{last} No rows are lost. Run again with --verbose to see where it happened.")


def report_error(error: BaseException, options: argparse.Namespace, org: Optional[str] = None) -> int:
    """Print what ended a run, with *org* if there are several, and return the exit code."""
    reason = explain(error)
    if options.verbose:
        traceback.print_exception(strip_values(error))
    if options.json:
        print_line({"org": org, "error": reason.message, "exit_code": reason.exit_code})
    else:
        take_notices()  # they are told already
        print(f"{org}: {reason.message}" if org else reason.message, file=sys.stderr, flush=True)
    return reason.exit_code


def strip_values(error: BaseException) -> BaseException:
    """Remove the causes of dlt's configuration errors from *error*: they may quote a value, such as a password."""
    for cause in list(_chain(error)):
        if isinstance(cause, ConfigurationException):
            cause.__cause__ = cause.__context__ = None
    return error


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    inner: Optional[BaseException] = error
    while inner is not None and id(inner) not in seen:
        seen.add(id(inner))
        yield inner
        inner = inner.__cause__ or inner.__context__


def _is_stop(error: BaseException) -> bool:
    return isinstance(error, KeyboardInterrupt) or (isinstance(error, RuntimeError) and str(error) == _STOPPED_DUCKDB)


def _explain_foreign(error: BaseException) -> Optional[ExitReason]:
    if isinstance(error, ConfigFieldMissingException):
        return explain_destination_keys(error)
    if isinstance(error, UnknownDestinationModule):
        return explain_unknown(error)
    if isinstance(error, ValueError) and (odd_scheme := explain_scheme(error)):
        return odd_scheme
    if isinstance(error, MissingDependencyException):
        return explain_missing(error.caller, error.dependencies)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return explain_missing_package(error.name.partition(".")[0])
    if isinstance(error, TomlProviderReadException):
        return ExitReason(MISCONFIGURED, explain_broken_file(error))
    if isinstance(error, ConfigurationException):
        return ExitReason(MISCONFIGURED, f"The configuration is wrong: {first_line(error)}")
    if isinstance(error, DestinationCapabilitiesException):
        return ExitReason(
            MISCONFIGURED,
            f"This destination cannot merge rows as these tables need: {first_line(error)} Use another destination or"
            " table format.",
        )
    if isinstance(error, DestinationException) and (known := explain_file(str(getattr(error, "inner_exc", error)))):
        return ExitReason(known.exit_code, str(known))
    if isinstance(error, DestinationConnectionError) and (unreachable := explain_unreachable(error)):
        return ExitReason(unreachable.exit_code, str(unreachable))
    if isinstance(error, OSError) and error.strerror:
        where = f" ({error.filename})" if error.filename else ""
        return _unloaded(f"{error.strerror}{where}.")
    if isinstance(error, DestinationException):
        reason = first_line(getattr(error, "client_exception", error))  # set after dlt's five tries
        advice = _MORE_MEMORY if re.match(OUT_OF_MEMORY, reason) else _advise(reason)
        return _unloaded(f"The destination refused the load: {reason}{advice}")
    return None


def _advise(reason: str) -> str:
    """Say what a user who changed a table has to undo; empty if that is not the reason."""
    return next((f" {advice}" for words, advice in _ADVICE.items() if re.search(words, reason, re.IGNORECASE)), "")


def _unloaded(reason: str) -> ExitReason:
    return ExitReason(_code(reason), f"{reason} No rows are lost: the next run reads them again.")


def _code(reason: str) -> int:
    return MISCONFIGURED if is_lasting(reason) or _advise(reason) else FAILED
