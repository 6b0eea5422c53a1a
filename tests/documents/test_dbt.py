"""docs/dbt/sources.yml in a real dbt, as docs/bi.md has it; in an environment of its own."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from jobs_source.runner.load import load
from jobs_source.schema import TABLES
from jobs_source.standin import StandIn
from jobs_source.views import VIEWS
from tests.conftest import MOST_RESULTS, ROOT
from tests.documents.dbt_sources import DOCUMENT
from tests.environments import make_environment

PROJECT = """
name: bulk
version: "1.0"
profile: your_profile
flags: {send_anonymous_usage_stats: false}
vars: {salesforce_jobs_database: history}
"""


@pytest.mark.long
def test_dbt_takes_the_sources_and_their_tests_pass(
    standin: StandIn, log_in: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a word about anything that is deprecated; freshness is measured."""
    monkeypatch.delenv(MOST_RESULTS)
    standin.org.add_jobs(60)
    standin.org.clock.advance(seconds=60)
    log_in(standin)
    load()
    page = (ROOT / "docs" / "bi.md").read_text(encoding="utf-8")
    profile = page.partition("```yaml\n")[2].partition("```")[0].replace("/data", str(tmp_path))
    project = tmp_path / "project"
    (project / "models").mkdir(parents=True)
    (project / "dbt_project.yml").write_text(PROJECT)
    (project / "profiles.yml").write_text(profile)
    shutil.copy(DOCUMENT, project / "models")
    version = f"3.{sys.version_info.minor}"
    # The first version after these downloads a part of itself from elsewhere while it is installed.
    dbt = make_environment(version, tmp_path / "new", "dbt-core>=1.10,<1.12", "dbt-duckdb") / "dbt"

    def run(*arguments: str) -> str:
        done = subprocess.run([dbt, "--no-use-colors", *arguments], cwd=project, capture_output=True, text=True)
        return done.stdout

    parsed, tested = run("parse", "--show-all-deprecations"), run("test", "--select", "source:salesforce_jobs")
    run("source", "freshness")

    assert "deprecat" not in parsed.lower(), parsed
    assert " ERROR=0 " in tested and " WARN=0 " in tested, tested
    assert len(json.loads((project / "target" / "manifest.json").read_text())["sources"]) == len([*VIEWS, *TABLES])
    (freshness,) = json.loads((project / "target" / "sources.json").read_text())["results"]
    assert freshness["status"] in {"pass", "warn", "error"}  # and not "runtime error"
    assert yaml.safe_load(profile)["your_profile"]["outputs"]["dev"]["attach"][0]["read_only"] is True
