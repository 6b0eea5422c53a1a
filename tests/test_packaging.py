"""What is built from this tree: the metadata, the wheel, the sdist, and the program that is installed from it."""

import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Optional

import pytest

import jobs_source
from jobs_source.standin import StandIn
from tests.conftest import ROOT
from tests.environments import PYTHONS, Installed, build, empty_places
from tests.installed_program import FEW_COMMANDS, try_all, try_commands


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", tmp_path_factory.mktemp("dist"))


def read_metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return message_from_bytes(archive.read(name))


def test_metadata_says_what_is_true(wheel: Path) -> None:
    """One version, a licence, no person or address that is made up, and every Python from the oldest on."""
    found = read_metadata(wheel)
    fields = ("Version", "License-Expression", "License-File", "Author", "Author-email", "Home-page", "Project-URL")
    assert [found[field] for field in fields] == [
        jobs_source.__version__, "Apache-2.0", "LICENSE", "salesforce-jobs contributors", None, None, None,
    ]  # fmt: skip
    assert found["Requires-Python"] == f">={PYTHONS[0]}"
    assert [f"3.{minor}" for minor in range(10, 10 + len(PYTHONS))] == PYTHONS
    assert (ROOT / "pyproject.toml").read_text(encoding="utf-8").count(jobs_source.__version__) == 0


def test_wheel_builds_and_holds_everything_it_needs(wheel: Path, tmp_path: Path) -> None:
    """Unpacked into an empty folder it is importable as `jobs_source`, stand-in and types marker included."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "site")
    files = (path.relative_to(ROOT) for path in (ROOT / "jobs_source").rglob("*") if path.is_file())
    assert {str(file) for file in files if "__pycache__" not in file.parts} <= names
    assert "jobs_source/py.typed" in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"jobs_source", "salesforce_jobs"}
    code = "import jobs_source, jobs_source.standin; print(jobs_source.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "site", capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(tmp_path / "site" / "jobs_source" / "__init__.py")


def test_wheel_of_the_sdist_is_that_of_the_tree(wheel: Path, tmp_path: Path) -> None:
    """Byte for byte, as pip makes it; and the sdist holds nothing but the package and its documents."""
    sdist = build("sdist", tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        tops = {name.split("/")[1] for name in archive.getnames()}
    assert tops == {
        ".gitignore", "CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "jobs_source", "pyproject.toml",
    }  # fmt: skip
    make = ["pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "-w", str(tmp_path / "made")]
    subprocess.run([sys.executable, "-m", *make, str(sdist)], check=True, capture_output=True)
    (made,) = (tmp_path / "made").iterdir()
    assert (made.name, made.read_bytes()) == (wheel.name, wheel.read_bytes())


@pytest.mark.long
@pytest.mark.parametrize("commands", [FEW_COMMANDS, pytest.param(None, marks=pytest.mark.long)], ids=["few", "all"])
def test_the_installed_program_works_from_an_empty_folder(
    commands: Optional[list[tuple[list[str], int, str]]], wheel: Path, standin: StandIn, tmp_path: Path
) -> None:
    """Each command, and README's pipeline, with the packages of this environment and without this tree's files."""
    prefix = tmp_path / "prefix"
    install = ["pip", "install", "--quiet", "--no-deps", "--no-index", "--prefix", str(prefix), str(wheel)]
    subprocess.run([sys.executable, "-m", *install], check=True)
    (site,) = prefix.glob("lib/python*/site-packages")
    folder, environment = empty_places(tmp_path)
    environment["PYTHONPATH"] = str(site)

    installed = Installed([str(prefix / "bin" / "salesforce-jobs")], [sys.executable], environment, folder)
    try_commands(installed, standin, commands) if commands else try_all(installed, standin)
