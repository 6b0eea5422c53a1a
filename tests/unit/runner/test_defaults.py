"""Our runs behave the same from any folder."""

from collections.abc import Callable
from pathlib import Path

import dlt
import pytest
from dlt.common.configuration import resolve_configuration
from dlt.load.configuration import LoaderConfiguration

from jobs_source.runner import defaults
from jobs_source.runner.orgs import check_salesforce, make_pipeline
from jobs_source.standin import StandIn


def settings() -> tuple[bool, int]:
    """Whether what is staged is emptied after a load, and how many rows dlt writes at a time."""
    loading = resolve_configuration(LoaderConfiguration(), sections=("load",), accept_partial=True)
    return loading.truncate_staging_dataset, dlt.config.get("data_writer.buffer_max_items", int) or 5_000


def test_what_we_want_of_dlt_holds_without_a_file_and_what_is_configured_wins(
    workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder without any configuration."""
    (workplace / ".dlt" / "config.toml").unlink()
    dlt.current.run_context().reload()
    assert settings() == (False, 5_000)

    for number in range(2):  # a second pipeline of the process sets nothing twice
        make_pipeline(None, "duckdb", "salesforce_jobs", workplace / str(number))

    assert settings() == (True, 50_000)
    assert dlt.config.get("runtime.request_max_attempts") == 5
    monkeypatch.setenv("LOAD__TRUNCATE_STAGING_DATASET", "false")
    assert settings() == (False, 50_000)


def test_retries_hold_for_a_source_before_there_is_a_pipeline(
    workplace: Path, standin: StandIn, log_in: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What asks Salesforce is made first; three tries here, so that they are not dlt's own five."""
    (workplace / ".dlt" / "config.toml").unlink()
    dlt.current.run_context().reload()
    log_in(standin)
    monkeypatch.setitem(defaults._DEFAULTS["runtime"], "request_max_attempts", 3)
    standin.misbehave(path="jobs/ingest", kind="status", status=503, body="", times=None)

    assert [check.exit_code for check in check_salesforce(None)] == [0, 0, 0, 1, 0]
    assert len([request for request in standin.requests if "jobs/ingest" in request.path]) == 3

    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "2")
    assert [check.exit_code for check in check_salesforce(None)] == [0, 0, 0, 1, 0]
    assert len([request for request in standin.requests if "jobs/ingest" in request.path]) == 5
