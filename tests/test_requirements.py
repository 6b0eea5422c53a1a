"""The pinned requirements are whole, and the extras are dlt's."""

import re
from importlib import metadata

import dlt
import dlt.destinations
import pytest
import tomlkit
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from jobs_source.commands import packages
from tests.conftest import ROOT

FILES = ("requirements.txt", "requirements-dashboard.txt", "requirements-dev.txt")


def test_requirements_are_pinned_with_hashes_and_name_no_index() -> None:
    """Every line is a pin or a hash; nothing says where to get it."""
    for name in FILES:
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        odd = [
            line for line in lines if not re.match(r"[a-z0-9][\w.\-\[\]]*==\S+|    --hash=sha256:[0-9a-f]{64}", line)
        ]
        assert odd == []


@pytest.mark.parametrize("file", FILES)
def test_requirements_are_all_that_is_needed(file: str) -> None:
    """They are installed with `--no-deps`, since pip without it asks for hashes of releases newer than the pins."""
    pins = dict(re.findall(r"^([\w.\-]+)==(\S+)", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE))
    missing = [
        f"{package} needs {line}"
        for package in pins
        for line in requires(package)
        if (needed := Requirement(line)) and (needed.marker is None or needed.marker.evaluate({"extra": ""}))
        if (name := canonicalize_name(needed.name)) not in pins or pins[name] not in needed.specifier
    ]
    assert missing == []


def requires(package: str) -> list[str]:
    """What an installed package needs. One for other systems is not installed, and says nothing."""
    try:
        return metadata.requires(package) or []
    except metadata.PackageNotFoundError:
        return []


def test_every_other_extra_than_dashboard_is_dlts_own_for_a_warehouse() -> None:
    """All that merge by `delete-insert`, as the tables need, and that take files without a staging bucket."""
    project = tomlkit.parse((ROOT / "pyproject.toml").read_text(encoding="utf-8")).unwrap()["project"]
    offered = metadata.metadata("dlt").get_all("Provides-Extra") or []
    wanted = {name: [f"dlt[{name}]"] for name in offered if name != "duckdb" and can_merge(name)}
    extras = project["optional-dependencies"]
    assert {name: needs for name, needs in extras.items() if name != "dashboard"} == wanted


def can_merge(name: str) -> bool:
    """Whether dlt has a destination of this name that the tables can be in, and that needs no bucket of its own."""
    factory = getattr(dlt.destinations, name, None)
    if factory is None:
        return False
    able = factory().capabilities()
    return "delete-insert" in (able.supported_merge_strategies or []) and bool(able.supported_loader_file_formats)


def test_the_extra_dashboard_is_what_its_message_installs() -> None:
    """The message of a missing package names the packages, since this program is on no index."""
    project = tomlkit.parse((ROOT / "pyproject.toml").read_text(encoding="utf-8")).unwrap()["project"]
    needed = [Requirement(line).name for line in project["optional-dependencies"]["dashboard"]]
    assert " ".join(needed) == packages._EXTRA
