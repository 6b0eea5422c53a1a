"""Our runs behave the same from any folder."""

from pathlib import Path

import dlt
import pytest
from dlt.common.configuration import resolve_configuration
from dlt.load.configuration import LoaderConfiguration

from jobs_source.runner.orgs import make_pipeline


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
    monkeypatch.setenv("LOAD__TRUNCATE_STAGING_DATASET", "false")
    assert settings() == (False, 50_000)
