"""The files for other people's machines say what is true: the workflow, the hooks, git's attributes."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT
from tests.environments import PYTHONS

WORKFLOW = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
JOBS: dict[str, Any] = yaml.safe_load(WORKFLOW)["jobs"]
STEPS = [step for job in JOBS.values() for step in job["steps"]]


def pins(file: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.\-]+)==(\S+)", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE))


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def test_workflow_may_only_read_and_always_ends() -> None:
    """No permission but one, no secret, no two runs of one branch at once, and a limit on each job."""
    workflow = yaml.safe_load(WORKFLOW)
    assert workflow["permissions"] == {"contents": "read"}
    assert [name for name, job in JOBS.items() if "permissions" in job or not 1 <= job["timeout-minutes"] <= 30] == []
    assert workflow["concurrency"]["cancel-in-progress"] is True
    assert "secrets." not in WORKFLOW


def test_workflow_knows_every_python_that_the_package_is_for() -> None:
    """Tests and wheel are tried on each, and every other job runs on one of them."""
    matrices = {name: job["strategy"]["matrix"]["python"] for name, job in JOBS.items() if "strategy" in job}
    assert matrices == {"test": PYTHONS, "installed": PYTHONS}
    chosen = {step["with"]["python-version"] for step in STEPS if "setup-python" in step.get("uses", "")}
    assert chosen - set(PYTHONS) == {"${{ matrix.python }}"}


def test_workflow_calls_what_there_is() -> None:
    """Every target of make exists, each action has its major version, and a job needs only jobs of the file."""
    called = re.findall(r"\bmake ([a-z-]+)", "\n".join(step.get("run", "") for step in STEPS))
    assert called == ["lint", "test-browser", "test", "wheel", "newest"]
    assert set(called) <= make_targets()
    used = [step["uses"] for step in STEPS if "uses" in step]
    assert [action for action in used if not re.fullmatch(r"actions/[a-z-]+@v\d+", action)] == []
    assert {job["needs"] for job in JOBS.values() if "needs" in job} <= set(JOBS)


def test_newest_packages_are_tried_every_week() -> None:
    """On one day of the week, and where somebody asks for it; not at every change."""
    triggers = yaml.safe_load(WORKFLOW)[True]  # `on` is a yes in YAML
    assert set(triggers) == {"push", "pull_request", "schedule", "workflow_dispatch"}
    (cron,) = [entry["cron"] for entry in triggers["schedule"]]
    assert re.fullmatch(r"\d+ \d+ \* \* [0-6]", cron)
    assert re.findall(r"'(\w+)'", JOBS["newest"]["if"]) == ["schedule", "workflow_dispatch"]


def test_our_own_check_calls_what_there_is() -> None:
    """`.ci/run` names targets of make."""
    called = re.findall(r"^make (\S+)$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)
    assert called == ["lint", "test", "test-browser", "demo", "test-installed"]
    assert set(called) <= make_targets()


def test_hooks_are_of_the_pinned_versions() -> None:
    """A commit is checked as `make lint` checks it."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    found = {repo["repo"]: (repo["rev"], [hook["id"] for hook in repo["hooks"]]) for repo in hooks["repos"]}
    locked = pins("requirements-dev.txt")
    assert found == {
        "https://github.com/astral-sh/ruff-pre-commit": (f"v{locked['ruff']}", ["ruff-check", "ruff-format"]),
        "https://github.com/codespell-project/codespell": (f"v{locked['codespell']}", ["codespell"]),
    }


@pytest.mark.parametrize(
    ("file", "attributes"),
    [
        ("README.md", {"text": "auto", "eol": "lf", "linguist-generated": "unspecified"}),
        ("requirements-dev.txt", {"text": "auto", "eol": "lf", "linguist-generated": "true"}),
        ("demo.duckdb", {"text": "unset", "diff": "unset", "merge": "unset"}),
        ("demo.duckdb.wal", {"text": "unset", "diff": "unset", "merge": "unset"}),
        ("tests/runs/data/before_run_id.sql.gz", {"text": "unset", "diff": "unset", "merge": "unset"}),
    ],
)
def test_git_understands_its_attributes(file: str, attributes: dict[str, str], tmp_path: Path) -> None:
    """Text has the line ends of Linux everywhere, and what is no text is left alone."""
    git = ["git", "-c", f"core.attributesFile={tmp_path / 'none'}", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    shutil.copy(ROOT / ".gitattributes", tmp_path)
    done = subprocess.run([*git, "check-attr", *attributes, "--", file], capture_output=True, text=True, check=True)
    wanted = [f"{file}: {name}: {is_}" for name, is_ in attributes.items()]
    assert (done.stdout.splitlines(), done.stderr) == (wanted, "")
