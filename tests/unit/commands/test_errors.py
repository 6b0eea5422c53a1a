"""One paragraph and one exit code for whatever ends a run."""

import pytest
from dlt.common.destination.exceptions import DestinationCapabilitiesException
from dlt.common.exceptions import SignalReceivedException
from dlt.destinations.exceptions import DatabaseTerminalException, DestinationConnectionError

from jobs_source import exceptions
from jobs_source.commands.errors import explain
from jobs_source.exceptions import AlreadyRunningError


def raised(error: BaseException, *causes: BaseException) -> BaseException:
    """Chain *error* to what caused it, as `raise ... from` does."""
    outer = error
    for cause in causes:
        outer.__cause__ = cause
        outer = cause
    return error


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (exceptions.SalesforceJobsError("x"), 1),
        (exceptions.ApiError("x", 500), 1),
        (exceptions.ConnectionFailedError("x"), 1),
        (exceptions.ListingError("x"), 1),
        (exceptions.ConfigError("x"), 2),
        (exceptions.LoginError("x"), 2),
        (exceptions.SessionExpiredError("x"), 2),
        (exceptions.AccessError("x"), 2),
        (exceptions.AllowanceError("x"), 3),
        (AlreadyRunningError("x"), 4),
    ],
)
def test_each_of_our_errors_has_its_exit_code_and_its_own_words(error: BaseException, exit_code: int) -> None:
    """However deep dlt has wrapped it."""
    assert explain(error) == (exit_code, "x")
    assert explain(raised(RuntimeError("step failed"), ValueError("extract"), error)) == (exit_code, "x")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SignalReceivedException(15), RuntimeError("Query interrupted")])
def test_a_stop_is_no_failure(error: BaseException) -> None:
    """It says what the next run does."""
    assert explain(error) == (130, "Stopped. No rows are lost: the next run reads them again.")


def test_an_error_of_the_system_is_named_with_its_file() -> None:
    """As the operating system words it."""
    error = OSError(28, "No space left on device", "/data/jobs.duckdb")
    assert explain(raised(RuntimeError("x"), error)) == (
        1,
        "No space left on device (/data/jobs.duckdb). No rows are lost: the next run reads them again.",
    )


def test_what_nobody_foresaw_is_named_by_its_class_and_first_line() -> None:
    """Never an empty message."""
    assert explain(ZeroDivisionError("one\ntwo")).message.startswith("ZeroDivisionError: one.")
    assert explain(ZeroDivisionError()).message.startswith("ZeroDivisionError: ZeroDivisionError.")


def test_a_destination_that_refuses_is_quoted() -> None:
    """Its first line is enough to act on."""
    ending = explain(DatabaseTerminalException(ValueError("column x is of type y\nLINE 1")))
    assert ending.exit_code == 1
    assert "column x is of type y" in ending.message


def test_a_destination_out_of_reach_is_named_with_its_reason() -> None:
    """The driver's own words, to their end, without dlt's advice before them."""
    reason = f'IO Error: Cannot open file "/{"folder/" * 30}jobs.duckdb": Permission denied'
    assert explain(DestinationConnectionError("DuckDbSqlClient", "jobs", reason, OSError(reason))) == (
        2,
        f"The connection to the destination failed: {reason}. Check [destination.NAME.credentials].",
    )


@pytest.mark.parametrize(
    ("reason", "exit_code"),
    [
        ('FATAL:  password authentication failed for user "loader"', 2),
        ('FATAL:  role "loader" does not exist', 2),
        ('FATAL:  database "jobs" does not exist', 2),
        ("250001 (08001): Incorrect username or password was specified.", 2),
        ("403 Access Denied: Project acme: User does not have bigquery.jobs.create permission", 2),
        ("permission denied for schema salesforce_jobs", 2),
        ('IO Error: The file "jobs.duckdb" exists, but it is not a valid DuckDB database file!', 2),
        ("Out of Memory Error: failed to pin block of size 256.0 KiB (190.4 MiB/190.7 MiB used)", 2),
        ("Out of Memory Error: failed to offload data block of size 256.0 KiB (9.5 GiB/9.5 GiB used)", 1),
        ("FATAL:  sorry, too many clients already", 1),
        ('could not translate host name "warehouse" to address', 1),
        ('relation "jobs" does not exist', 1),
    ],
)
def test_what_only_a_change_mends_is_no_reason_to_try_again(reason: str, exit_code: int) -> None:
    """Whether the destination says it at the connection or at a statement."""
    inner = OSError(reason)
    assert explain(DestinationConnectionError("Client", "jobs", reason, inner)).exit_code == exit_code
    assert explain(DatabaseTerminalException(inner)).exit_code == exit_code
    assert explain(ValueError(reason)).exit_code == exit_code  # a driver's own error, as dlt lets some through


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), OSError(30, "Read-only file system")])
def test_a_place_that_may_not_be_written_is_for_somebody_to_change(error: OSError) -> None:
    """What was read waits meanwhile."""
    assert explain(error).exit_code == 2


def test_a_destination_that_cannot_merge_as_we_do_is_for_somebody_to_change() -> None:
    """Such as Delta and Iceberg tables: docs/reliability.md says why."""
    assert explain(DestinationCapabilitiesException("no delete-insert. Available: []")) == (
        2,
        "This destination cannot merge rows as these tables need: no delete-insert. Available: []. Use another"
        " destination or table format.",
    )
