"""A program `sf` that checks its arguments to the letter and answers as the Salesforce CLI does."""

import json
import os
import sys
from pathlib import Path
from typing import Any, Union

import pytest

from jobs_source.standin import Org

PROGRAM = """
import json, os, pathlib, sys
folder = pathlib.Path(__file__).parent
call = " ".join(sys.argv[1:])
with (folder / "calls").open("a") as calls:
    print(call, file=calls)
quiet = os.environ.get("NO_COLOR") == "1" and not sys.stdin.read()
answer = json.loads((folder / "answers").read_text()).get(call) if quiet else None
if answer is None:
    sys.exit(127)
sys.stderr.write("Warning: @salesforce/cli update available\\n")
sys.stdout.write(answer["stdout"])
sys.exit(answer["exit_code"])
"""
REDACTED = "[REDACTED] Use 'sf org auth show-access-token' to view"


def display(org: str) -> str:
    return f"org display --target-org {org} --json"


def show(org: str) -> str:
    return f"org auth show-access-token --target-org {org} --json --no-prompt"


def succeeded(**result: Any) -> dict[str, Any]:
    return {"stdout": json.dumps({"status": 0, "result": result, "warnings": []}), "exit_code": 0}


def failed(name: str, message: str) -> dict[str, Any]:
    return {"stdout": json.dumps({"status": 1, "name": name, "message": message, "warnings": []}), "exit_code": 1}


def described(org: Org, token: str = REDACTED) -> dict[str, Any]:
    """What `org display` says of a stand-in."""
    return succeeded(id=org.org_id, accessToken=token, instanceUrl=org.instance_url, username=org.username)


class SfProgram:
    """An `sf` that is alone on PATH. It knows the calls of *answers* and no other."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, answers: dict[str, dict[str, Any]]) -> None:
        self.folder = folder / "bin"
        self.folder.mkdir()
        (self.folder / "answers").write_text(json.dumps(answers))
        self.write(f"#!{sys.executable} -ISs\n{PROGRAM}")
        monkeypatch.setenv("PATH", str(self.folder))

    def write(self, text: Union[str, bytes]) -> None:
        program = self.folder / "sf"
        program.write_bytes(text.encode() if isinstance(text, str) else text)
        program.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        calls = self.folder / "calls"
        return calls.read_text().splitlines() if calls.exists() else []

    @property
    def path(self) -> str:
        return os.fspath(self.folder / "sf")
