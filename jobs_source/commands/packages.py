"""Words for a missing Python package: what installs it, into the environment that this program runs in."""

import re
import shlex
import sys
from collections.abc import Sequence
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Optional

import dlt

from jobs_source.commands.exit_codes import MISCONFIGURED, ExitReason
from jobs_source.dlt_compat import running_pipeline

_OURS: Final = (
    "cryptography",
    "duckdb",
    "filelock",
    "jwt",
    "msgspec",
    "pyarrow",
    "requests",
    "rich",
    "sqlglot",
)
_OF_THE_DASHBOARD: Final = ("altair", "jinja2", "marimo", "markupsafe", "starlette", "uvicorn", "vl_convert")
_UV_CACHES: Final = ("archive-v", "builds-v", "environments-v")  # folders of uv's cache, where `uvx` runs programs


def explain_missing_package(package: str) -> ExitReason:
    """Say how to install *package*, which an import did not find."""
    if package in _OURS:
        return ExitReason(
            MISCONFIGURED,
            f"The Python package {package} is missing here. Install this program again, with all that it needs.",
        )
    if package in _OF_THE_DASHBOARD:
        how = _how_to_install('"salesforce-jobs[dashboard]"')
        return ExitReason(
            MISCONFIGURED,
            f"The dashboard and the HTML report need the Python package {package}, which is not installed. {how}",
        )
    return explain_missing(package, [_requirement(package)])


def explain_missing(what: str, requirements: Sequence[str]) -> ExitReason:
    """Say how to install *requirements* of pip, which bring *what* the destination needs."""
    how = _how_to_install(" ".join(f'"{requirement}"' for requirement in requirements))
    return ExitReason(MISCONFIGURED, f"The destination needs the Python package {what}, which is not installed. {how}")


def _requirement(package: str) -> str:
    """Find what brings *package*: dlt's extra for the destination, or the smallest of its extras that names it."""
    extras = _extras()
    kind = _destination_type()
    if kind in extras and kind != "filesystem":  # that one has extras for each kind of storage
        return f"dlt[{kind}]"
    name = package.replace("_", "-")
    fitting = [extra for extra, needs in extras.items() if any(f"{need}-".startswith(f"{name}-") for need in needs)]
    order = {extra: (len(extras[extra]), extra not in dlt.destinations.__all__, extra) for extra in fitting}
    return f"dlt[{min(fitting, key=lambda extra: order[extra])}]" if fitting else package


def _extras() -> dict[str, set[str]]:
    """Read which packages each extra of dlt brings."""
    found: dict[str, set[str]] = {}
    for text in metadata.requires("dlt") or []:
        if extra := re.search(r"extra == '([\w-]+)'", text):
            name = re.match(r"[\w.-]+", text)
            found.setdefault(extra[1], set()).add(name[0].lower().replace("_", "-") if name else "")
    return found


def _destination_type() -> Optional[str]:
    pipeline = running_pipeline()
    return pipeline.destination.destination_type.rpartition(".")[2] if pipeline and pipeline.destination else None


def _how_to_install(requirements: str) -> str:
    here, python = Path(sys.prefix), shlex.quote(sys.executable)
    if (here / "pipx_metadata.json").exists():
        return f"Install it: pipx inject {here.name} {requirements}"
    if (here / "uv-receipt.toml").exists() or here.parent.name.startswith(_UV_CACHES):
        return f"Repeat your uvx or uv tool install command with the option --with {requirements}"
    if find_spec("pip") is None:
        return f"Install it: uv pip install --python {python} {requirements}"
    return f"Install it: {python} -m pip install {requirements}"
