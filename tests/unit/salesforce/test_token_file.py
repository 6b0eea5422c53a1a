"""The file of a rotated refresh token: for its owner only, complete after a kill, used by one process at a time."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from dlt.common import logger
from filelock import FileLock

from jobs_source.exceptions import ConfigError, LoginError, LoginUnavailableError
from jobs_source.salesforce import token_file
from jobs_source.salesforce.credentials import RefreshTokenCredentials
from jobs_source.salesforce.session import Session
from jobs_source.salesforce.token_file import TokenFile
from jobs_source.standin import StandIn
from tests.clients import make_client
from tests.conftest import with_our_code

SECTION = "sources.jobs_source.credentials"
KEY = f"{SECTION}.refresh_token_file"
NOBODY = 65534
LOG_IN = """
import json, os, signal, sys
from jobs_source.salesforce.client import Client, Retries
from jobs_source.salesforce.credentials import RefreshTokenCredentials
from jobs_source.salesforce.token_file import TokenFile

def log_in():
    credentials = RefreshTokenCredentials(**json.loads(sys.argv[1]))
    return Client(credentials, max_api_usage_percent=90, timeout_seconds=30, retries=Retries(1, 0, 0)).session

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
"""
DIE_AFTER_LOGIN = "log_in(); die()"
DIE_AFTER_WRITE = """
write = TokenFile.write
TokenFile.write = lambda self, token: die(write(self, token))
log_in()
"""
TAKE_TURNS = """
print("ready", flush=True)
sys.stdin.readline()
for _ in range(5):
    print(log_in().access_token, flush=True)
"""


@pytest.fixture
def rotating(standin: StandIn) -> StandIn:
    """A stand-in whose refresh tokens work once; a second use revokes everything."""
    standin.org.rotate_refresh_tokens = True
    return standin


def credentials(standin: StandIn, path: Path, token: str = "") -> RefreshTokenCredentials:
    return RefreshTokenCredentials(**keys(standin, path, token))


def keys(standin: StandIn, path: Path, token: str = "") -> dict[str, str]:
    return {
        "client_id": standin.org.client_id,
        "login_url": standin.url,
        "refresh_token": token or standin.org.refresh_token,
        "refresh_token_file": str(path),
    }


@contextmanager
def process(code: str, standin: StandIn, path: Path, token: str) -> Iterator["subprocess.Popen[str]"]:
    arguments = [sys.executable, "-c", LOG_IN + code, json.dumps(keys(standin, path, token))]
    environment = with_our_code()
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, env=environment, stdin=pipe, stdout=pipe, text=True) as running:
        yield running


@contextmanager
def folder_without_write_access() -> Iterator[Path]:
    """A folder that this process can read but not write; root changes to another user for it."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for file in ("token", "token.lock"):
            (folder / file).touch()
            (folder / file).chmod(0o666)
        folder.chmod(0o555)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(NOBODY)
        try:
            yield folder
        finally:
            if is_root:
                os.seteuid(0)
            folder.chmod(0o755)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_rotation(rotating: StandIn, tmp_path: Path) -> None:
    """Each login saves the token for the next one, for its owner only. The configured token is no longer used."""
    path, first = tmp_path / "token", rotating.org.refresh_token
    for _ in range(3):
        client = make_client(rotating, credentials(rotating, path, first))
        assert client.session == Session(client.session.access_token, rotating.url, rotating.org.org_id)
        assert path.read_text() == rotating.org.refresh_token != first
        assert (mode(path), mode(tmp_path / "token.lock")) == (0o600, 0o600)
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {"token", "token.lock"}


def test_rotation_of_a_file_that_others_may_read(rotating: StandIn, tmp_path: Path) -> None:
    """Only the owner can read the new token, even if others could read the old file. BOM and quotes are ignored."""
    path = tmp_path / "token"
    path.write_text(f"\ufeff'{rotating.org.refresh_token}'\r\n", encoding="utf-8")
    path.chmod(0o644)
    assert make_client(rotating, credentials(rotating, path, "unused")).session.org_id == rotating.org.org_id
    assert (path.read_text(), mode(path)) == (rotating.org.refresh_token, 0o600)


def test_no_rotation(standin: StandIn, tmp_path: Path) -> None:
    """A token that is not rotated works many times and is not written."""
    client = make_client(standin, credentials(standin, tmp_path / "token"))
    for _ in range(2):
        standin.org.expire_tokens()
        client.renew(client.session)
    assert client.session.org_id == standin.org.org_id
    assert not (tmp_path / "token").exists()


def test_rotation_within_one_process_without_a_file(rotating: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file, the new token is used until the process ends. A warning says so, without the token."""
    said: list[str] = []
    monkeypatch.setattr(logger, "warning", said.append)
    client = make_client(
        rotating,
        RefreshTokenCredentials(
            client_id=rotating.org.client_id, login_url=rotating.url, refresh_token=rotating.org.refresh_token
        ),
    )
    client.renew(client.session)
    assert client.session.org_id == rotating.org.org_id
    warning = (
        "Salesforce rotated the refresh token, and this run has no file to save the new one in. Before the next run,"
        f" set {KEY} and get a new refresh token."
    )
    assert said == [warning, warning]


@pytest.mark.parametrize("code", [DIE_AFTER_LOGIN, DIE_AFTER_WRITE])
def test_rotation_survives_a_kill(code: str, rotating: StandIn, tmp_path: Path) -> None:
    """A process killed right after the answer leaves the complete new token, and the next process uses it."""
    path, first = tmp_path / "token", rotating.org.refresh_token
    with process(code, rotating, path, first) as killed:
        assert (killed.wait(30), first != rotating.org.refresh_token) == (-9, True)
    assert path.read_text() == rotating.org.refresh_token
    assert make_client(rotating, credentials(rotating, path, first)).session.org_id == rotating.org.org_id


def test_two_processes_at_once(rotating: StandIn, tmp_path: Path) -> None:
    """Processes that log in at the same time take turns: each session is a new one, and no token is used twice."""
    path, first = tmp_path / "token", rotating.org.refresh_token
    with process(TAKE_TURNS, rotating, path, first) as one, process(TAKE_TURNS, rotating, path, first) as other:
        assert [running.stdout.readline() for running in (one, other) if running.stdout] == ["ready\n"] * 2
        outputs = []
        for running in (one, other):
            assert running.stdin
            running.stdin.write("go\n")
            running.stdin.flush()
        for running in (one, other):
            outputs += running.communicate(timeout=30)[0].splitlines()
    assert len(set(outputs)) == 10
    user = rotating.org.users[0].id
    assert [rotating.org.tokens.check(token) for token in outputs] == [user] * 10
    assert path.read_text() == rotating.org.refresh_token
    assert [request.status for request in rotating.requests] == [200] * 10


def test_folder_that_was_closed_later(rotating: StandIn) -> None:
    """If a new token could not be saved, none is requested, even if the lock file can be locked."""
    first = rotating.org.refresh_token
    with folder_without_write_access() as folder, pytest.raises(ConfigError) as caught:
        _ = make_client(rotating, credentials(rotating, folder / "token")).session
    said = f"No token can be saved at {folder / 'token'} (Permission denied); check {KEY}."
    assert str(caught.value) == said
    assert (rotating.requests, rotating.org.refresh_token) == ([], first)


def test_folder_that_is_none(rotating: StandIn, tmp_path: Path) -> None:
    """If the folder is a file, the error comes before any request, and no lock is left."""
    (tmp_path / "file").touch()
    for _ in range(2):
        with pytest.raises(ConfigError, match=rf"^No token can be saved at .*file/token \(.+\); check {KEY}\.$"):
            _ = make_client(rotating, credentials(rotating, tmp_path / "file" / "token")).session
    assert rotating.requests == []


def test_disk_that_filled_up(rotating: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the new token cannot be written, the error says what to do, and shows no token."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    path = tmp_path / "token"
    with pytest.raises(ConfigError) as caught:
        _ = make_client(rotating, credentials(rotating, path)).session
    assert str(caught.value) == (
        f"Salesforce rotated the refresh token, and the new one cannot be saved at {path} (No space left on device)."
        f" Check {KEY}, then authorize the app again: the old token no longer works."
    )


def test_write_that_is_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the new token is completely on disk, the file holds the old one."""

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "token"
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", stop)
    with pytest.raises(KeyboardInterrupt), TokenFile(str(path), None, SECTION) as tokens:
        tokens.write("new")
    assert path.read_text() == "old"


@pytest.mark.parametrize("text", ["<refresh_token>", "5Aep861\n5Aep862", "None"])
def test_a_text_that_is_no_token_is_not_sent(text: str, tmp_path: Path) -> None:
    """The error names the file, and does not quote it."""
    (tmp_path / "token").write_text(text)
    with TokenFile(str(tmp_path / "token"), "configured", SECTION) as tokens, pytest.raises(ConfigError) as caught:
        tokens.read()
    assert str(caught.value).startswith(f"The refresh token in {tmp_path}/token ")
    assert text not in str(caught.value)


def test_no_token(tmp_path: Path) -> None:
    """If the file is empty, the configured token is used. Without both, the error says so."""
    path = tmp_path / "token"
    for text in (None, "", " \n"):
        if text is not None:
            path.write_text(text)
        with TokenFile(str(path), "configured", SECTION) as tokens:
            assert tokens.read() == "configured"
        with TokenFile(str(path), None, SECTION) as tokens, pytest.raises(ConfigError) as caught:
            tokens.read()
        said = f"{path} holds no refresh token yet. Put one into that file or into {SECTION}.refresh_token."
        assert str(caught.value) == said


def test_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A folder instead of the file, or text in another encoding, is a configuration error."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "wide").write_text("5Aep861secret", encoding="utf-16")
    for name, said in (
        ("folder", f"cannot be read (Is a directory); check {KEY}."),
        ("wide", f"is not text in UTF-8, so it holds no token; check {KEY}."),
    ):
        with TokenFile(str(tmp_path / name), "x", SECTION) as tokens, pytest.raises(ConfigError) as caught:
            tokens.read()
        assert str(caught.value) == f"{tmp_path / name} {said}"


def test_home_that_is_none() -> None:
    """A path in the home folder of an unknown user is a configuration error."""
    with pytest.raises(
        ConfigError, match=rf"^~nobody-here/token names a home folder that cannot be found; check {KEY}\.$"
    ):
        TokenFile("~nobody-here/token", "x", SECTION)


def test_lock_that_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rotating: StandIn) -> None:
    """If another process keeps the lock, the login ends before any request."""
    monkeypatch.setattr(token_file, "_LOCK_TIMEOUT_SECONDS", 0.1)
    with FileLock(tmp_path / "token.lock"), pytest.raises(LoginUnavailableError) as caught:
        _ = make_client(rotating, credentials(rotating, tmp_path / "token")).session
    assert str(caught.value) == (
        f"Another process has used the token file {tmp_path / 'token'} for a minute: it holds the lock"
        f" {tmp_path / 'token.lock'}. Run again after that process has ended."
    )
    assert (caught.value.exit_code, rotating.requests) == (1, [])


def test_a_rotation_whose_answer_is_lost_ends_the_login(rotating: StandIn, tmp_path: Path) -> None:
    """The old token is used up and the new one did not arrive, so a retry does no more harm."""
    rotating.misbehave("cut", path="/services/oauth2/token")

    with pytest.raises(LoginError, match=r"refused the login .*invalid_grant"):
        _ = make_client(rotating, credentials(rotating, tmp_path / "token")).session
