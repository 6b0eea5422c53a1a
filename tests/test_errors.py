"""One paragraph and one exit code for whatever ends a run."""

import pytest
from dlt.common.exceptions import SignalReceivedException
from dlt.destinations.exceptions import DatabaseTerminalException, DestinationConnectionError

from jobs_source import exceptions
from pipelines.errors import AlreadyRunning, explain


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
        (exceptions.ConnectionFailed("x"), 1),
        (exceptions.ListingError("x"), 1),
        (exceptions.ConfigError("x"), 2),
        (exceptions.LoginError("x"), 2),
        (exceptions.SessionExpired("x"), 2),
        (exceptions.AccessError("x"), 2),
        (exceptions.AllowanceError("x"), 3),
        (AlreadyRunning("x"), 4),
    ],
)
def test_each_of_our_errors_has_its_exit_code_and_its_own_words(error: BaseException, exit_code: int) -> None:
    """However deep dlt has wrapped it."""
    assert explain(error) == (exit_code, "x")
    assert explain(raised(RuntimeError("step failed"), ValueError("extract"), error)) == (exit_code, "x")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SignalReceivedException(15)])
def test_a_stop_is_no_failure(error: BaseException) -> None:
    """It says what the next run does."""
    assert explain(error) == (130, "Stopped. Nothing is lost: the next run goes on from here.")


def test_an_error_of_the_system_is_named_with_its_file() -> None:
    """As the operating system words it."""
    error = OSError(28, "No space left on device", "/data/jobs.duckdb")
    assert explain(raised(RuntimeError("x"), error)) == (
        1,
        "No space left on device (/data/jobs.duckdb). Nothing is lost: whatever was read is kept, and the next run"
        " loads it first.",
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
        1,
        f"The destination cannot be reached or is in use: {reason}. Nothing is lost: whatever was read is kept, and the"
        " next run loads it first.",
    )
