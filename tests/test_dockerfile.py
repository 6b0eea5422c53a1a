"""The lines of the Dockerfile, as far as they can be tried without an engine and a registry of images."""

import json
import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

import pytest
import tomlkit

from jobs_source.standin import StandIn
from tests.conftest import ROOT
from tests.environments import PYTHONS, Installed, empty_places, make_environment
from tests.installed_program import try_all

IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()


class Line(NamedTuple):
    """An instruction and what follows it, and the number of its stage."""

    instruction: str
    rest: str
    stage: int


def read_lines() -> list[Line]:
    lines: list[Line] = []
    stage = -1
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    for line in filter(lambda line: line and not line.startswith("#"), text.splitlines()):
        instruction, _, rest = line.partition(" ")
        stage += instruction == "FROM"
        lines.append(Line(instruction, rest, stage))
    return lines


LINES = read_lines()
(BASE,) = {line.rest.split()[0] for line in LINES if line.instruction == "FROM"}
VERSION = BASE.removeprefix("python:").removesuffix("-slim")


def said(instruction: str, stage: int = 1) -> list[str]:
    return [line.rest for line in LINES if (line.instruction, line.stage) == (instruction, stage)]


def is_ignored(path: str) -> bool:
    """As the last line of .dockerignore says that is for *path* or for a folder above it."""
    ignored = False
    parts = path.split("/")
    above = ["/".join(parts[: end + 1]) for end in range(len(parts))]
    for line in IGNORED:
        pattern = line.removeprefix("!")
        names = parts if pattern.startswith("**/") else above
        if any(fnmatch(name, pattern.removeprefix("**/")) for name in names):
            ignored = not line.startswith("!")
    return ignored


def copied() -> list[str]:
    """What is copied out of this tree."""
    lines = [rest.split() for stage in (0, 1) for rest in said("COPY", stage)]
    return [source for words in lines if not words[0].startswith("--from=") for source in words[:-1]]


def run_here(command: str, programs: Path, folder: Path, **more: str) -> None:
    """Run a line as the image would, with *folder* for its root and the programs of an environment."""
    environment = {**os.environ, **more, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    moved = re.sub(r"(?<= )/(?=dist|tmp)", f"{folder}/", command)
    subprocess.run(["sh", "-ec", moved], cwd=folder / "src", env=environment, check=True)


def make_build_folder(folder: Path) -> None:
    """Copy what the engine would be sent, to where the first stage works."""
    (folder / "src").mkdir()
    for source in copied():
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, folder / "src" / source, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, folder / "src")


def test_image_is_small_and_of_a_python_that_the_package_is_for() -> None:
    """Both stages stand on the same one."""
    assert f"python:{VERSION}-slim" == BASE
    assert VERSION in PYTHONS


def test_program_is_not_run_by_root() -> None:
    """By a number, which whoever runs the image can check. That user owns the folder of the DuckDB file."""
    (add,) = [" ".join(command.split()) for command in said("RUN") if "useradd" in command]
    assert add.split(" && ") == [
        "groupadd --gid 10001 jobs",
        "useradd --uid 10001 --gid jobs --create-home jobs",
        "install --directory --owner=jobs --group=jobs /data",
    ]
    assert (said("USER"), said("WORKDIR"), said("VOLUME")) == (["10001:10001"], ["/data"], ["/data"])


def test_image_starts_the_installed_program() -> None:
    """The one that the metadata names."""
    scripts = tomlkit.parse((ROOT / "pyproject.toml").read_text(encoding="utf-8")).unwrap()["project"]["scripts"]
    assert [json.loads(rest) for rest in said("ENTRYPOINT")] == [list(scripts)]


def test_all_that_is_copied_is_there_and_nothing_else_is_sent() -> None:
    """.dockerignore leaves out all but that: no credentials, no DuckDB file, no history of git."""
    sent = [path.name for path in ROOT.iterdir() if not is_ignored(path.name)]
    assert sorted(sent) == sorted(copied())
    assert is_ignored("jobs_source/rows/__pycache__/values.cpython-313.pyc")
    assert is_ignored(".dlt/secrets.toml")


def test_first_stage_builds_the_wheel(tmp_path: Path) -> None:
    """With what is copied, and no more; its own build environment is left out, since that needs the network."""
    make_build_folder(tmp_path)
    (command,) = said("RUN", 0)
    run_here(command, Path(sys.executable).parent, tmp_path, PIP_NO_BUILD_ISOLATION="0", PIP_NO_INDEX="1")
    (wheel,) = (tmp_path / "dist").iterdir()
    assert re.fullmatch(r"salesforce_jobs-[\d.]+-py3-none-any\.whl", wheel.name)


@pytest.mark.long
def test_both_stages_give_a_program_that_runs(standin: StandIn, tmp_path: Path) -> None:
    """All but the line that adds a user: the pinned packages and the wheel, for a Python like the image's."""
    programs = make_environment(VERSION, tmp_path / "image", "pip")
    make_build_folder(tmp_path)
    for command in said("RUN", 0):
        run_here(command, programs, tmp_path)
    (tmp_path / "tmp").mkdir()
    (tmp_path / "dist").rename(tmp_path / "tmp" / "dist")
    shutil.copy(tmp_path / "src" / "requirements.txt", tmp_path / "tmp")
    for command in said("RUN"):
        if "useradd" not in command:
            run_here(command, programs, tmp_path)
    folder, environment = empty_places(tmp_path)
    (entry,) = said("ENTRYPOINT")
    program = [str(programs / name) for name in json.loads(entry)]
    try_all(Installed(program, [str(programs / "python")], environment, folder), standin)
