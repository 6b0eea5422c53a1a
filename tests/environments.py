"""Environments other than the one of the tests: the Pythons of this machine, the wheel, and what is installed where."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import ROOT

PYTHONS = re.findall(
    r'"Programming Language :: Python :: (3\.\d+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8")
)
"""Those that the package is for, by its classifiers."""
UV = [sys.executable, "-m", "uv"]
_SEES_ITSELF = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"


class Installed(NamedTuple):
    """The program where it was installed, the Python beside it, and the place and environment to start both in."""

    program: Sequence[str]
    python: Sequence[str]
    environment: dict[str, str]
    folder: Path

    def run(self, *arguments: str) -> tuple[int, str]:
        """The exit code of the program, and all that it said."""
        return self._start([*self.program, *arguments], self.environment)

    def run_python(self, *arguments: str) -> tuple[int, str]:
        """The same of Python; dlt reports nothing to its makers."""
        return self._start([*self.python, *arguments], {**self.environment, "RUNTIME__DLTHUB_TELEMETRY": "false"})

    def _start(self, command: Sequence[str], environment: dict[str, str]) -> tuple[int, str]:
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        return done.returncode, (done.stdout + done.stderr).strip()


def build(kind: str, folder: Path) -> Path:
    """Make the `wheel` or the `sdist` of this tree."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return built


def empty_places(folder: Path) -> tuple[Path, dict[str, str]]:
    """
    An empty folder, and an environment with an empty HOME and as little as a program needs.

    dlt keeps its own at home, too; for root it would be in /var, where one test finds what another one left.
    """
    for name in ("empty", "home"):
        (folder / name).mkdir()
    home = folder / "home"
    names = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(home), "DLT_DATA_DIR": str(home / ".dlt")}
    return folder / "empty", names


def install_beside(folder: Path, *requirements: str) -> dict[str, str]:
    """Put packages where they come before those of this environment; needs the network."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
    subprocess.run([*command, *requirements], check=True)
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(folder), str(ROOT)))}


def make_environment(version: str, folder: Path, *requirements: str) -> Path:
    """
    Install the newest of all that *requirements* need into an environment of its own. Needs the network.

    Returns the folder of its programs.
    """
    subprocess.run([find_python(version), "-m", "venv", folder], check=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "-qq", *requirements], check=True)
    subprocess.run([*pip, "list"], check=True)  # shown where the test fails
    return folder / "bin"


def extend_environment(folder: Path, *requirements: str) -> Path:
    """
    Make an environment that sees the packages of this one, and install what is missing for *requirements* there.

    Needs the network. Returns its Python.
    """
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    own = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    (Path(own) / "ours.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    subprocess.run([python, "-m", "pip", "install", "--quiet", *requirements], check=True)
    return python


def find_python(version: str) -> str:
    """A Python such as "3.12" that can make environments. Where this machine has none, the test is skipped."""
    for python in _candidates(version):
        try:
            done = subprocess.run([python, "-c", _SEES_ITSELF], capture_output=True, text=True, check=False)
        except OSError:
            continue
        if done.stdout.strip() == version:
            return python
    return pytest.skip(f"no Python {version} with venv and ensurepip on this machine")


def _candidates(version: str) -> Iterator[str]:
    """This one, those on PATH, pyenv's, and those that uv knows."""
    yield sys.executable
    yield from filter(None, [shutil.which(f"python{version}")])
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from map(str, sorted(pyenv.glob(f"versions/{version}*/bin/python")))
    listed = subprocess.run(
        [*UV, "python", "list", "--only-installed", "--no-python-downloads", "--output-format", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    for python in json.loads(listed.stdout or "[]"):
        yield python["path"]


def settings_for_uv() -> dict[str, str]:
    """What pip is configured to use, in uv's words: it reads no configuration of pip's."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    pips = {key.rpartition(".")[2]: value for key, value in re.findall(r"^(\S+)='(.*)'$", listed, re.MULTILINE)}
    names = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE"}
    return {ours: pips[theirs] for theirs, ours in names.items() if theirs in pips}
