"""The clients that are Node packages, and their Node: installed once a machine, outside of the repository."""

import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from filelock import FileLock

_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
NODE = "22.23.3"
PACKAGES = {"@salesforce/cli": "2.150.6", "jsforce": "3.10.26"}


class NodePackages(NamedTuple):
    """The folder of the programs `sf` and `node`, and that of the packages."""

    programs: Path
    modules: Path


def install_node_packages() -> NodePackages:
    """
    Install what is not yet there. Needs the network the first time, and a minute; the test is skipped without npm.

    None of the packages runs a script of its own.
    """
    if shutil.which("npm") is None:
        return pytest.skip("no npm on this machine: sf and jsforce cannot be installed")
    wanted = [f"{_node()}@{NODE}", *(f"{name}@{version}" for name, version in PACKAGES.items())]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "salesforce-jobs-tests"
    folder = cache / "+".join(text.replace("/", "-") for text in wanted)
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / "lock"):
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            _install(folder, wanted)
            (folder / "complete").touch()
    return NodePackages(folder / "node_modules" / ".bin", folder / "node_modules")


def _node() -> str:
    return f"node-{platform.system().lower()}-{_MACHINES.get(platform.machine().lower(), platform.machine())}"


def _install(folder: Path, wanted: list[str]) -> None:
    options = ["--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    command = ["npm", "install", "--prefix", str(folder), *options, *wanted]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-3_000:]
    programs = folder / "node_modules" / ".bin"
    if not (programs / "node").exists():
        (programs / "node").symlink_to(folder / "node_modules" / _node() / "bin" / "node")
