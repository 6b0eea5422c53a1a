"""The Salesforce CLI: the calls of `sf`, and the result of each answer."""

import os
from pathlib import Path
from typing import Any

import pytest

from jobs_source.exceptions import ConfigError, LoginError, LoginUnavailableError
from jobs_source.salesforce import sf_cli
from jobs_source.salesforce.credentials import SfCliCredentials
from jobs_source.salesforce.session import Session
from jobs_source.standin import StandIn
from tests.clients import make_client
from tests.unit.salesforce.sf_program import REDACTED, SfProgram, described, display, failed, show, succeeded

SECTION = "sources.jobs_source.credentials"
ADVICE = f"Check {SECTION}.sf_cli_org, or log in with `sf org login web`."
URL = "https://acme.my.salesforce.com"
UNKNOWN_COMMAND = {"stdout": "", "exit_code": 2}


def read(folder: Path, monkeypatch: pytest.MonkeyPatch, displayed: Any, shown: Any) -> dict[str, Any]:
    SfProgram(folder, monkeypatch, {display("acme"): displayed, show("acme"): shown})
    return sf_cli.read_session("acme", SECTION)


def test_login(standin: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Address and org come from `org display`, the token from `show-access-token`; each is asked for once."""
    token = standin.org.issue_token()
    answers = {display("acme"): described(standin.org), show("acme"): succeeded(accessToken=token)}
    program = SfProgram(tmp_path, monkeypatch, answers)
    client = make_client(standin, SfCliCredentials(sf_cli_org="acme"))

    assert client.session == client.session == Session(token, standin.url, standin.org.org_id)
    assert client.get("/services/data/v64.0/limits", {}).status_code == 200
    assert program.calls == [display("acme"), show("acme")]


def test_login_of_an_old_program(standin: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A CLI that has no `show-access-token` still has the token in `org display`."""
    token = standin.org.issue_token()
    answers = {display("a@b.c"): described(standin.org, token), show("a@b.c"): UNKNOWN_COMMAND}
    program = SfProgram(tmp_path, monkeypatch, answers)

    login = make_client(standin, SfCliCredentials(sf_cli_org="a@b.c")).session

    assert login == Session(token, standin.url, standin.org.org_id)
    assert program.calls == [display("a@b.c"), show("a@b.c")]


def test_renewal(standin: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a session has ended the CLI is asked again. The same token again is an error."""
    tokens = [standin.org.issue_token() for _ in range(2)]
    program = SfProgram(
        tmp_path, monkeypatch, {display("acme"): described(standin.org), show("acme"): succeeded(accessToken=tokens[0])}
    )
    client = make_client(standin, SfCliCredentials(sf_cli_org="acme"))
    first = client.session
    with pytest.raises(LoginError, match="returned the same token"):
        client.renew(first)
    old, new = tokens
    (program.folder / "answers").write_text((program.folder / "answers").read_text().replace(old, new))
    client.renew(client.session)
    assert client.session == Session(tokens[1], standin.url, standin.org.org_id)


def test_unknown_org(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error has the CLI's own words and the command."""
    message = "No authorization information found for acme."
    with pytest.raises(LoginError) as caught:
        read(tmp_path, monkeypatch, failed("NoOrgFound", message), UNKNOWN_COMMAND)
    assert str(caught.value) == f"`sf {display('acme')}` failed: {message} {ADVICE}"


def test_hidden_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If `show-access-token` fails and `org display` hides the token, the error names the failed command."""
    message = "The refresh token has expired."
    displayed = succeeded(id="00DRm00009EeSOjMAN", accessToken=REDACTED, instanceUrl=URL)
    with pytest.raises(LoginError) as caught:
        read(tmp_path, monkeypatch, displayed, failed("RefreshTokenAuthError", message))
    assert str(caught.value) == f"`sf {show('acme')}` failed: {message} {ADVICE}"


@pytest.mark.parametrize(
    "stdout",
    ["", "sf: command broken", "{", "null", "7", "[]", "{}", '{"status":0}', '{"status":0,"result":[]}', "\ufffd\0"],
)
def test_garbage(stdout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that is not valid is a failed login."""
    with pytest.raises(LoginError) as caught:
        read(tmp_path, monkeypatch, {"stdout": stdout, "exit_code": 0}, UNKNOWN_COMMAND)
    words = ": sf: command broken" if "broken" in stdout else ""
    assert str(caught.value) == f"`sf {display('acme')}` failed{words}. {ADVICE}"


@pytest.mark.parametrize("result", [{}, {"accessToken": None}, {"accessToken": ""}, {"accessToken": 7}])
def test_no_token(result: dict[str, Any], standin: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session without a token is a failed login, and nothing is sent."""
    SfProgram(tmp_path, monkeypatch, {display("acme"): described(standin.org), show("acme"): succeeded(**result)})
    with pytest.raises(LoginError, match="The Salesforce CLI gave no token or no address for acme"):
        _ = make_client(standin, SfCliCredentials(sf_cli_org="acme")).session
    assert standin.requests == []


def test_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an executable `sf` on PATH, the error is a configuration error."""
    monkeypatch.setenv("PATH", str(tmp_path))
    for _ in range(2):
        with pytest.raises(ConfigError) as caught:
            sf_cli.read_session("acme", SECTION)
        assert (
            str(caught.value)
            == f"{SECTION}.sf_cli_org needs the Salesforce CLI, but there is no program `sf` on PATH. Install it, or"
            " set PATH."
        )
        (tmp_path / "sf").write_text("no program")


def test_broken_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the system cannot start `sf`, the error names the program and the system's reason."""
    program = SfProgram(tmp_path, monkeypatch, {})
    program.write("#!/nonexistent/interpreter\n")
    with pytest.raises(ConfigError) as caught:
        sf_cli.read_session("acme", SECTION)
    reason = "No such file or directory (#!/nonexistent/interpreter)"
    assert str(caught.value) == (
        f"{SECTION}.sf_cli_org needs the Salesforce CLI, but {program.path} does not run: {reason}. Install it again,"
        " or set PATH so that it finds what it needs, such as node."
    )


def test_hanging_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that does not answer is stopped, and the error does not quote its output."""
    program = SfProgram(tmp_path, monkeypatch, {})
    program.write("#!/bin/sh\necho 00D!secret\nread -r line < pipe\n")
    monkeypatch.setattr(sf_cli, "SF_CLI_TIMEOUT_SECONDS", 0.3)
    monkeypatch.chdir(program.folder)
    os.mkfifo(program.folder / "pipe")
    with pytest.raises(LoginUnavailableError) as caught:
        sf_cli.read_session("acme", SECTION)
    assert str(caught.value) == f"`sf {display('acme')}` did not answer within 0 seconds. Run it yourself to see why."
    assert caught.value.exit_code == 1
    assert caught.value.__suppress_context__
