"""`make` makes the environment, mends a broken one, and says what it lacks. A script stands in for Python."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

FAKE = """#!/bin/sh
case "$*" in
    *"import pip"*) test -e "$(dirname "$0")/pip" ;;
    *version_info*) exit {is_old} ;;
    *"-m venv"*) rm -rf .venv; mkdir -p .venv/bin; cp "{itself}" .venv/bin/python; {pip}; echo made ;;
    *pipelines*) echo demo ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder whose name a shell would split and misread."""
    folder = tmp_path / "it's a checkout"
    folder.mkdir()
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "requirements.txt").touch()
    return folder


def python(checkout: Path, is_old: int = 0, pip: str = "touch .venv/bin/pip") -> str:
    path = checkout.parent / "python"
    path.write_text(FAKE.format(is_old=is_old, itself=path, pip=pip))
    path.chmod(0o755)
    return str(path)


def make(checkout: Path, python: str) -> tuple[int, list[str]]:
    environment = {key: text for key, text in os.environ.items() if key not in ("MAKEFLAGS", "PYTHON")}
    done = subprocess.run(
        ["make", "-s", "-C", str(checkout), "demo", f"PYTHON={python}"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    return done.returncode, [line for line in done.stdout.splitlines() if not line.startswith(("make", "Or, "))]


def test_an_environment_is_made_once(checkout: Path) -> None:
    """From another folder, too."""
    assert make(checkout, python(checkout)) == (0, ["made", "demo"])
    assert make(checkout, python(checkout)) == (0, ["demo"])


@pytest.mark.parametrize("broken", ["no pip", "no Python", "a Python that fails"])
def test_a_broken_environment_is_made_anew(broken: str, checkout: Path) -> None:
    """Whatever it says of itself: its Python was removed, or it was made half."""
    make(checkout, python(checkout))
    inside = checkout / ".venv" / "bin"
    (inside / ("pip" if broken == "no pip" else "python")).unlink()
    if broken == "a Python that fails":
        (inside / "python").symlink_to("/nowhere/python")

    assert make(checkout, python(checkout)) == (0, ["made", "demo"])


def test_what_debian_leaves_without_its_venv_package_is_mended(checkout: Path) -> None:
    """The first try fails in Python's own words, and leaves an environment without pip."""
    assert make(checkout, python(checkout, pip="echo apt install python3-venv; exit 1"))[0] == 2
    assert (checkout / ".venv" / "bin" / "python").exists()

    assert make(checkout, python(checkout)) == (0, ["made", "demo"])


def test_a_python_that_is_not_there_or_too_old_is_said_in_a_line(checkout: Path) -> None:
    """With what to type instead."""
    assert make(checkout, "nosuch") == (2, ["There is no nosuch. Name another Python: make PYTHON=python3.12 ..."])
    assert make(checkout, python(checkout, is_old=1)) == (2, [])
