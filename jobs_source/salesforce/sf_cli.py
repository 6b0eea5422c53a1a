"""Asks the Salesforce CLI (`sf`) for the session of an org that it is logged in to."""

import os
import re
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from jobs_source.exceptions import ConfigError, LoginError, LoginUnavailableError, SalesforceJobsError
from jobs_source.salesforce.foreign_text import quotable
from jobs_source.salesforce.login_words import may_pass
from jobs_source.salesforce.sf_output import last_words, read_answer
from jobs_source.settings import SF_CLI_TIMEOUT_SECONDS

_NO_PROGRAM: Final = (126, 127)  # exit codes of a shell that cannot start a program, such as node
_NETWORK: Final = re.compile(
    r"\b(ENOTFOUND|ETIMEDOUT|ESOCKETTIMEDOUT|ECONN[A-Z]+|EAI_AGAIN|EPIPE|ENETUNREACH|ENETDOWN|EHOSTUNREACH|EHOSTDOWN)\b"
    r"|socket hang up|network|fetch failed|\b(429|50[0-4])\b",
    re.IGNORECASE,
)


class _Done(NamedTuple):
    exit_code: int
    stdout: bytes
    stderr: bytes


def read_session(org: str, section: str) -> dict[str, Any]:
    """
    Return the session of *org* (alias or username) in the shape of a token reply. *section* has the key `sf_cli_org`.

    Since CLI 2.136 `org display` hides the token and `org auth show-access-token` shows it, refreshed:
    https://github.com/salesforcecli/plugin-org/pull/1667. An older CLI knows only the first.

    Raises:
        ConfigError: If there is no `sf` program, or it does not run.
        LoginError: If it has no session for *org*.
        LoginUnavailableError: If it has no connection, or does not answer in time.
    """
    display = _run(section, "org", "display", "--target-org", org, "--json")
    try:
        token = _run(section, "org", "auth", "show-access-token", "--target-org", org, "--json", "--no-prompt")
    except SalesforceJobsError:
        token = display
        if not str(display.get("accessToken", "")).startswith("00D"):
            raise
    access_token, instance_url = token.get("accessToken"), display.get("instanceUrl")
    if not isinstance(access_token, str) or not access_token or not isinstance(instance_url, str):
        raise LoginError(
            f"The Salesforce CLI gave no token or no address for {org}. Check {section}.sf_cli_org, or log in with `sf"
            " org login web`."
        )
    return {"access_token": access_token, "instance_url": instance_url, "id": f"/id/{display.get('id')}/"}


def _run(section: str, *arguments: str) -> dict[str, Any]:
    command = " ".join(("sf", *arguments))
    program = shutil.which("sf")
    if not program:
        raise ConfigError(
            f"{section}.sf_cli_org needs the Salesforce CLI, but there is no program `sf` on PATH. Install it, or set"
            " PATH."
        )
    try:
        done = _call([program, *arguments])
    except OSError as error:
        raise _no_start(section, program, f"{error.strerror}{_interpreter(program)}") from None
    except subprocess.TimeoutExpired:
        raise LoginUnavailableError(
            f"`{command}` did not answer within {SF_CLI_TIMEOUT_SECONDS:.0f} seconds. Run it yourself to see why."
        ) from None
    answer = read_answer(done.stdout)
    result = answer.get("result")
    if isinstance(result, dict) and answer.get("status", done.exit_code) == 0:
        return result
    message = str(answer.get("message") or read_answer(done.stderr).get("message") or answer.get("name") or "")
    reason = quotable(message) or last_words(done.stdout, done.stderr)
    if not answer and done.exit_code in _NO_PROGRAM and reason:
        raise _no_start(section, program, reason)
    raise _failure(command, reason.rstrip("."), section)


def _failure(command: str, reason: str, section: str) -> SalesforceJobsError:
    said = f": {reason}" if reason else ""
    if _NETWORK.search(reason) or may_pass(reason):
        return LoginUnavailableError(f"`{command}` failed{said}. Run again later.")
    return LoginError(f"`{command}` failed{said}. Check {section}.sf_cli_org, or log in with `sf org login web`.")


def _no_start(section: str, program: str, reason: str) -> ConfigError:
    return ConfigError(
        f"{section}.sf_cli_org needs the Salesforce CLI, but {program} does not run: {reason}. Install it again, or set"
        " PATH so that it finds what it needs, such as node."
    )


def _interpreter(program: str) -> str:
    """Name what a script needs to run: the system does not say which file is missing."""
    with Path(program).open("rb") as file:
        first = file.readline(200)
    return f" ({first.decode(errors='replace').strip()})" if first.startswith(b"#!") else ""


def _call(command: list[str]) -> _Done:
    """Run a program to its end, for the longest time allowed. What it started itself is stopped with it."""
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "NO_COLOR": "1", "FORCE_COLOR": "0"},
        start_new_session=True,
    ) as running:
        try:
            stdout, stderr = running.communicate(timeout=SF_CLI_TIMEOUT_SECONDS)
        except BaseException:
            _stop(running)
            raise
    return _Done(running.returncode, stdout, stderr)


def _stop(running: "subprocess.Popen[bytes]") -> None:
    """Stop `sf` and the node that its script started: that one would hold the pipes open."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
    running.kill()
