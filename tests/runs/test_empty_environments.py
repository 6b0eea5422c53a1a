"""The wheel where nothing else is installed, with the newest packages it allows: by pip on each Python, pipx and uv."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs_source.standin import StandIn
from tests.environments import (
    PYTHONS,
    UV,
    Installed,
    build,
    empty_places,
    find_python,
    make_environment,
    settings_for_uv,
)
from tests.installed_program import try_all

pytestmark = pytest.mark.long


@pytest.mark.parametrize("version", PYTHONS)
def test_pip_installs_all_that_is_needed(version: str, standin: StandIn, tmp_path: Path) -> None:
    """Into a new environment, whatever is newest that day."""
    programs = make_environment(version, tmp_path / "new", str(build("wheel", tmp_path / "dist")))
    folder, environment = empty_places(tmp_path)
    try_all(Installed([str(programs / "salesforce-jobs")], [str(programs / "python")], environment, folder), standin)


def test_pipx_installs_the_program(standin: StandIn, tmp_path: Path) -> None:
    """With an environment of its own, and one name on PATH."""
    version = f"3.{sys.version_info.minor}"
    pipx = make_environment(version, tmp_path / "pipx", "pipx") / "pipx"
    places = {"PIPX_HOME": str(tmp_path / "tools"), "PIPX_BIN_DIR": str(tmp_path / "bin")}
    wheel = build("wheel", tmp_path / "dist")
    subprocess.run([pipx, "install", "--quiet", wheel], env={**os.environ, **places}, check=True)
    assert [path.name for path in (tmp_path / "bin").iterdir()] == ["salesforce-jobs"]

    folder, environment = empty_places(tmp_path)
    python = str(tmp_path / "tools" / "venvs" / "salesforce-jobs" / "bin" / "python")
    try_all(Installed([str(tmp_path / "bin" / "salesforce-jobs")], [python], environment, folder), standin)


def test_uv_runs_the_program_without_installing_it(standin: StandIn, tmp_path: Path) -> None:
    """As `uvx` does: each command line names the wheel. README's pipeline likewise."""
    wheel = str(build("wheel", tmp_path / "dist"))
    folder, environment = empty_places(tmp_path)
    environment |= settings_for_uv() | {"UV_CACHE_DIR": str(tmp_path / "cache"), "UV_PYTHON_DOWNLOADS": "never"}
    with_python = ["--quiet", "--python", find_python(f"3.{sys.version_info.minor}")]
    program = [*UV, "tool", "run", *with_python, "--from", wheel, "salesforce-jobs"]
    python = [*UV, "run", "--no-project", *with_python, "--with", wheel, "python"]
    subprocess.run([*program, "--version"], env=environment, cwd=folder, check=True)  # takes its time to download
    try_all(Installed(program, python, environment, folder), standin)
