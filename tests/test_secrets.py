"""No token, secret or key is in anything that a run writes or prints, however it ends."""

import gzip
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

import duckdb
import pytest

from jobs_source.standin import Clock, StandIn
from tests.conftest import ROOT, START, secrets_of


def keys_of(flow: str, standin: StandIn, folder: Path) -> dict[str, str]:
    """The configuration of one login flow; what is secret of it is given as text, not as a file."""
    org = standin.org
    common = {"CLIENT_ID": org.client_id, "LOGIN_URL": standin.url, "AUTH_FLOW": flow}
    return {
        "client_credentials": {**common, "INSTANCE_URL": standin.url, "CLIENT_SECRET": org.client_secret},
        "jwt": {**common, "USERNAME": org.username, "PRIVATE_KEY": org.private_key_pem},
        "refresh_token": {
            **common,
            "CLIENT_SECRET": org.client_secret,
            "REFRESH_TOKEN": org.refresh_token,
            "REFRESH_TOKEN_FILE": str(folder / "kept" / "token"),
        },
        "token": {"INSTANCE_URL": standin.url, "ACCESS_TOKEN": org.issue_token(), "AUTH_FLOW": flow},
    }[flow]


def all_text(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Everything written: files as they are, unzipped, and every cell of every DuckDB table as text."""
    for path in folder.rglob("*"):
        if not path.is_file() or "kept" in path.parts:
            continue
        content = path.read_bytes()
        yield str(path), gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
        if path.suffix == ".duckdb":
            yield from tables_of(path)


def tables_of(path: Path) -> Iterator[tuple[str, bytes]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        for schema, table in connection.execute(
            "select table_schema, table_name from information_schema.tables"
        ).fetchall():
            rows = connection.execute(f'select columns(*)::varchar from "{schema}"."{table}"').fetchall()
            yield f"{path}: {table}", repr(rows).encode()


def secrets_in(keys: dict[str, str]) -> set[str]:
    """What was configured; a key by its lines."""
    secrets = {keys[key] for key in ("CLIENT_SECRET", "REFRESH_TOKEN", "ACCESS_TOKEN") if key in keys}
    return secrets | {line for line in keys.get("PRIVATE_KEY", "").splitlines() if len(line) > 40}


FAULTS: dict[str, dict[str, Any]] = {
    "expired_token": {},
    "status": {"status": 400, "body": [{"errorCode": "X", "message": "Y"}]},
    "cut": {},
    "redirect": {"location": "https://elsewhere.example/"},
}


@pytest.mark.parametrize(
    ("flow", "fault"),
    [
        ("client_credentials", None),
        ("jwt", None),
        ("refresh_token", None),
        ("token", None),
        ("token", "expired_token"),
        ("client_credentials", "expired_token"),
        ("refresh_token", "expired_token"),
        ("client_credentials", "status"),
        ("client_credentials", "cut"),
        ("client_credentials", "redirect"),
    ],
)
def test_no_secret_is_written_or_printed(flow: str, fault: Optional[str], tmp_path: Path) -> None:
    """Logs at their most talkative and tracebacks shown: good runs of each login, and runs that fail in the walk."""
    with StandIn(clock=Clock(START, frozen=True), seed=9) as standin:
        standin.org.page_size = 10
        standin.org.rotate_refresh_tokens = True
        standin.org.add_jobs(40)
        standin.org.clock.advance(seconds=5)
        (tmp_path / "kept").mkdir()
        keys = keys_of(flow, standin, tmp_path)
        secrets = secrets_in(keys) | secrets_of(standin)
        if fault:
            standin.misbehave(fault, at=2, times=None, path="jobs/ingest", **FAULTS[fault])
        done = run_load({f"SOURCES__JOBS_SOURCE__CREDENTIALS__{key}": value for key, value in keys.items()})
        secrets |= secrets_of(standin)

    assert (done.returncode == 0) == (fault is None), done.stderr
    written = {"stdout": done.stdout, "stderr": done.stderr, **dict(all_text(tmp_path))}
    assert len(written) > 10
    assert len(secrets) >= 2
    assert [name for name, text in written.items() if any(secret.encode() in text for secret in secrets)] == []


def test_a_login_that_is_refused_shows_no_secret(tmp_path: Path) -> None:
    """Not the wrong secret either: it is often the right one, in the wrong place."""
    with StandIn(seed=9) as standin:
        keys = {**keys_of("client_credentials", standin, tmp_path), "CLIENT_SECRET": "wrong-but-still-a-secret"}
        done = run_load({f"SOURCES__JOBS_SOURCE__CREDENTIALS__{key}": value for key, value in keys.items()})

    assert done.returncode == 2
    assert b"check client_secret" in done.stderr
    written = {"stdout": done.stdout, "stderr": done.stderr, **dict(all_text(tmp_path))}
    assert [name for name, text in written.items() if b"wrong-but-still-a-secret" in text] == []


def run_load(section: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, **section, "RUNTIME__LOG_LEVEL": "DEBUG", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pipelines", "load", "--verbose"]
    return subprocess.run(command, capture_output=True, env=environment, timeout=60, check=False)
