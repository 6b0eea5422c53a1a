"""The Salesforce CLI: the calls of `sf`, and the result of each answer."""

import os
import shlex
import time
from pathlib import Path
from typing import Any

import pytest

from jobs_source.exceptions import ConfigError, LoginError, LoginUnavailableError, SalesforceJobsError
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


def test_a_program_that_keeps_a_child_is_stopped_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The `sf` of an installer is a script that starts node, and node holds the pipes open."""
    program = SfProgram(tmp_path, monkeypatch, {})
    program.write("#!/bin/sh\n/bin/sh -c 'read -r line < pipe'\n:\n")
    monkeypatch.setattr(sf_cli, "SF_CLI_TIMEOUT_SECONDS", 0.3)
    monkeypatch.chdir(program.folder)
    os.mkfifo(program.folder / "pipe")
    began = time.monotonic()
    with pytest.raises(LoginUnavailableError):
        sf_cli.read_session("acme", SECTION)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "message",
    [
        "getaddrinfo ENOTFOUND acme.my.salesforce.com",
        "request to https://acme.my.salesforce.com failed, reason: connect ETIMEDOUT 1.2.3.4:443",
        "read ECONNRESET",
        "socket hang up",
        "Request failed with status code 503",
        "Error authenticating with the refresh token due to: token request is already being processed",
        "Login Rate Exceeded",
    ],
)
def test_a_program_without_a_connection_may_have_one_later(
    message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exit code is 1, and the words are those of `sf`."""
    with pytest.raises(LoginUnavailableError) as caught:
        read(tmp_path, monkeypatch, failed("SomeError", message), UNKNOWN_COMMAND)
    assert str(caught.value) == f"`sf {display('acme')}` failed: {message}. Run again later."
    assert caught.value.exit_code == 1


@pytest.mark.parametrize(
    "message",
    [
        "Error authenticating with the refresh token due to: expired access/refresh token",
        "No authorization information found for acme.",
        "This org appears to have expired.",
    ],
)
def test_a_program_without_a_login_needs_one(message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit code is 2, and another run is not advised."""
    with pytest.raises(LoginError) as caught:
        read(tmp_path, monkeypatch, failed("SomeError", message), UNKNOWN_COMMAND)
    assert str(caught.value) == f"`sf {display('acme')}` failed: {message.rstrip('.')}. {ADVICE}"
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("stdout", "stderr", "exit_code", "error", "said"),
    [
        ("", "env: node: No such file or directory", 127, ConfigError, "does not run: env: node: No such file"),
        ("", "Error: EACCES: permission denied, open 'x'", 1, LoginError, "failed: Error: EACCES: permission denied"),
        ("Segmentation fault\n", "", 139, LoginError, "failed: Segmentation fault."),
        ("", "Error: 00D5g!AQ.secret is old", 1, LoginError, "failed: Error: [hidden] is old."),
        ("", "", 1, LoginError, "--json` failed. Check"),
    ],
)
def test_last_words(
    stdout: str,
    stderr: str,
    exit_code: int,
    error: type[SalesforceJobsError],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without JSON, the line that `sf` or its shell ended with is quoted."""
    program = SfProgram(tmp_path, monkeypatch, {})
    printed = f"printf '%s' {shlex.quote(stdout)}\nprintf '%s\\n' {shlex.quote(stderr)} >&2\n"
    program.write(f"#!/bin/sh\n{printed}exit {exit_code}\n")
    with pytest.raises(error) as caught:
        sf_cli.read_session("acme", SECTION)
    assert caught.value.exit_code == 2
    assert said in str(caught.value)


def test_a_success_with_another_exit_code(standin: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that fails after its answer, for instance at its log, has answered all the same."""
    displayed, shown = described(standin.org), succeeded(accessToken=standin.org.issue_token())
    SfProgram(tmp_path, monkeypatch, {display("acme"): displayed | {"exit_code": 1}, show("acme"): shown})
    assert make_client(standin, SfCliCredentials(sf_cli_org="acme")).session.org_id == standin.org.org_id


@pytest.mark.parametrize(
    "before", ["a plugin {was} installed\n", '{"status": 0, "result": {"updated": true}}\n', "\ufeff"]
)
@pytest.mark.parametrize("after", ["", "\r\n\x1b[33mDone.\x1b[39m\r\n"])
def test_other_lines_around_the_answer(
    before: str, after: str, standin: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plugins and updates print to the same place."""
    displayed, shown = described(standin.org), succeeded(accessToken=standin.org.issue_token())
    answers = {display("acme"): displayed, show("acme"): shown}
    for answer in answers.values():
        answer["stdout"] = f"{before}{answer['stdout']}{after}"
    SfProgram(tmp_path, monkeypatch, answers)
    assert make_client(standin, SfCliCredentials(sf_cli_org="acme")).session.org_id == standin.org.org_id
