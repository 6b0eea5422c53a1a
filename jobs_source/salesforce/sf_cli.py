"""Asks the Salesforce CLI (`sf`) for the session of an org that it is logged in to."""

import json
import os
import shutil
import subprocess
from typing import Any

from jobs_source.exceptions import ConfigError, LoginError
from jobs_source.settings import SF_CLI_TIMEOUT_SECONDS


def read_session(org: str) -> dict[str, Any]:
    """
    Return the session of *org* (alias or username) in the shape of a token reply.

    Since CLI 2.136 `org display` hides the token and `org auth show-access-token` shows it, refreshed:
    https://github.com/salesforcecli/plugin-org/pull/1667. An older CLI knows only the first.

    Raises:
        ConfigError: If there is no `sf` program, or it does not run.
        LoginError: If it has no session for *org*.
    """
    display = _run("org", "display", "--target-org", org, "--json")
    try:
        token = _run("org", "auth", "show-access-token", "--target-org", org, "--json", "--no-prompt")
    except LoginError:
        token = display
        if not str(display.get("accessToken", "")).startswith("00D"):
            raise
    return {
        "access_token": token.get("accessToken"),
        "instance_url": display.get("instanceUrl"),
        "id": f"/id/{display.get('id')}/",
    }


def _run(*arguments: str) -> dict[str, Any]:
    command = " ".join(("sf", *arguments))
    program = shutil.which("sf")
    if not program:
        raise ConfigError("sf_cli_org needs the Salesforce CLI, but there is no program `sf` on PATH. Install it.")
    try:
        done = subprocess.run(
            [program, *arguments],
            capture_output=True,
            env={**os.environ, "NO_COLOR": "1", "FORCE_COLOR": "0"},
            stdin=subprocess.DEVNULL,
            timeout=SF_CLI_TIMEOUT_SECONDS,
            check=False,
        )
    except OSError as error:
        raise ConfigError(
            f"sf_cli_org needs the Salesforce CLI, but {program} does not run: {error.strerror}. Install it again."
        ) from None
    except subprocess.TimeoutExpired:
        raise LoginError(
            f"`{command}` did not answer within {SF_CLI_TIMEOUT_SECONDS:.0f} seconds. Run it yourself to see why."
        ) from None
    try:
        answer = json.loads(done.stdout)
        result = answer["result"] if done.returncode == 0 else None
    except (ValueError, KeyError, TypeError):
        answer, result = {}, None
    if not isinstance(result, dict):
        message = answer.get("message") if isinstance(answer, dict) else None
        reason = f": {message}" if message else ""
        raise LoginError(f"`{command}` failed{reason}. Check sf_cli_org; log in with `sf org login web`.")
    return result
