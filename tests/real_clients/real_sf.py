"""The Salesforce CLI itself, with a home of its own."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from jobs_source.standin import StandIn
from tests.real_clients.node_packages import install_node_packages

ORG = "acme"
_SETTINGS = {
    "SF_AUTOUPDATE_DISABLE": "true",
    "SF_DISABLE_TELEMETRY": "true",
    "SF_SKIP_NEW_VERSION_CHECK": "true",
    "SF_USE_GENERIC_UNIX_KEYCHAIN": "true",
}


class Answer(NamedTuple):
    """The exit code of `sf`, and its JSON: of `--json` the result, or the whole where it failed."""

    exit_code: int
    result: Any


class RealSf:
    """`sf` on PATH, also for whoever else looks there. It trusts the stand-in's certificate."""

    def __init__(self, standin: StandIn, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._standin, self.folder = standin, folder
        programs = install_node_packages().programs
        home = folder / "home"
        home.mkdir()
        monkeypatch.setenv("PATH", os.pathsep.join((str(programs), os.environ["PATH"])))
        monkeypatch.setenv("HOME", str(home))
        for name, value in _SETTINGS.items():
            monkeypatch.setenv(name, value)
        if standin.certificate_path:
            monkeypatch.setenv("NODE_EXTRA_CA_CERTS", str(standin.certificate_path))

    def run(self, *arguments: str) -> Answer:
        """Run a command with `--json`."""
        done = self._start(*arguments, "--json")
        answer = json.loads(done.stdout)
        return Answer(done.returncode, answer["result"] if done.returncode == 0 else answer)

    def ask(self, method: str, resource: str, body: str = "{}") -> str:
        """Send any request, as `sf api request rest` does, and return what came."""
        options = ["--method", method, "--target-org", ORG, "--body", body]
        return self._start("api", "request", "rest", f"/services/data/v68.0/{resource}", *options).stdout

    def log_in_by_jwt(self) -> Answer:
        """Log in with the key that the org knows."""
        org, key = self._standin.org, self.folder / "key.pem"
        key.write_text(org.private_key_pem)
        who = ["--client-id", org.client_id, "--username", org.username, "--jwt-key-file", str(key)]
        return self.run("org", "login", "jwt", *who, "--instance-url", self._standin.url, "--alias", ORG)

    def log_in_by_token(self, monkeypatch: pytest.MonkeyPatch) -> Answer:
        """Log in with a session that somebody else made."""
        monkeypatch.setenv("SF_ACCESS_TOKEN", self._standin.org.issue_token())
        where = ["--instance-url", self._standin.url, "--alias", ORG, "--no-prompt"]
        answer = self.run("org", "login", "access-token", *where)
        monkeypatch.delenv("SF_ACCESS_TOKEN")
        return answer

    def log_in_by_refresh_token(self) -> Answer:
        """Log in with what `sf org auth show-sfdx-auth-url` gives of a login in a browser."""
        org, file = self._standin.org, self.folder / "url"
        host = self._standin.url.removeprefix("https://")
        file.write_text(f"force://{org.client_id}:{org.client_secret}:{org.refresh_token}@{host}")
        return self.run("org", "login", "sfdx-url", "--sfdx-url-file", str(file), "--alias", ORG)

    def load_file(self, command: str, csv: str, *more: str) -> Answer:
        """Run `sf data import|update|upsert|delete bulk` with a file of *csv*."""
        file = self.folder / "upload.csv"
        file.write_bytes(csv.encode())
        return self.run("data", command, "bulk", "--file", str(file), "--target-org", ORG, *more)

    def _start(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["sf", *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
