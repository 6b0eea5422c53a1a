"""A key that nobody knows ends a command before any call; in a pipeline of the user's own, if it is a mistake."""

from collections.abc import Callable
from pathlib import Path

import dlt
import pytest

from jobs_source import salesforce_jobs
from jobs_source.commands.parser import main
from jobs_source.exceptions import ConfigError
from jobs_source.standin import StandIn

LogIn = Callable[..., None]
PREFIX = "SOURCES__JOBS_SOURCE__"
SETTINGS = (
    "The settings are api_version, job_types, is_pk_chunking_enabled, query_locator, lag_seconds,"
    " full_load_every_hours, max_api_usage_percent, request_timeout_seconds, pages_ahead,"
    " max_results_per_run, max_results_api_percent, parallel_lookups, include_job_errors, include_users."
)
KEYS = (
    "The keys are auth_flow, sf_cli_org, client_id, client_secret, refresh_token, refresh_token_file, login_url,"
    " username, private_key, private_key_path, instance_url, access_token."
)


def write(workplace: Path, text: str, name: str = "secrets.toml") -> None:
    (workplace / ".dlt" / name).write_text(text, encoding="utf-8")
    dlt.current.run_context().reload()


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("LAG_SECOND", "is not a setting of this program. Did you mean lag_seconds?"),
        ("JOBTYPES", "is not a setting of this program. Did you mean job_types?"),
        ("SANDBOX", f"is not a setting of this program. {SETTINGS}"),
        ("CREDENTIALS__LOGIN_ULR", "is not a key of any login. Did you mean login_url?"),
        ("CREDENTIALS__AUTHFLOW", "is not a key of any login. Did you mean auth_flow?"),
        ("CREDENTIALS__PASSWORT", f"is not a key of any login. {KEYS}"),
        ("CREDENTIALS__LAG_SECONDS", "is a setting: it belongs under [sources.jobs_source]."),
        ("CLIENT_SECRET", "is a key of a login: it belongs under [sources.jobs_source.credentials]."),
        ("CREDENTIAL__CLIENT_ID", "is not a section of this program. Did you mean credentials?"),
        (
            "CREDENTIALS_CLIENT_ID",
            f"is not a setting of this program. Did you mean {PREFIX}CREDENTIALS__CLIENT_ID?",
        ),
    ],
)
@pytest.mark.parametrize("command", ["load", "check"])
def test_a_variable_that_nobody_knows(
    command: str,
    variable: str,
    said: str,
    standin: StandIn,
    log_in: LogIn,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is named with the right name, and nothing is asked of Salesforce."""
    log_in(standin)
    monkeypatch.setenv(f"{PREFIX}{variable}", "60")

    assert main([command]) == 2

    assert f"The variable {PREFIX}{variable} {said}" in "".join(capsys.readouterr())
    assert standin.requests == []


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        (
            "config.toml",
            "[sources.jobs_source]\nlag_second = 60",
            "lag_second under [sources.jobs_source] in config.toml is not a setting of this program. Did you mean"
            " lag_seconds?",
        ),
        (
            "secrets.toml",
            '[sources.jobs_source.credentials]\nlogin_ulr = "x"',
            "login_ulr under [sources.jobs_source.credentials] in secrets.toml is not a key of any login. Did you mean"
            " login_url?",
        ),
        (
            "secrets.toml",
            '[sources.jobs_source]\nLag_Seconds = 60\nclient_id = "x"',
            "Lag_Seconds under [sources.jobs_source] in secrets.toml is not a setting of this program. Did you mean"
            " lag_seconds? client_id under [sources.jobs_source] in secrets.toml is a key of a login: it belongs under"
            " [sources.jobs_source.credentials].",
        ),
    ],
)
def test_a_line_of_a_file_that_nobody_knows(
    file: str,
    text: str,
    said: str,
    workplace: Path,
    standin: StandIn,
    log_in: LogIn,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is named with its section and file; all of a file at once."""
    log_in(standin)
    write(workplace, text, file)

    assert main(["load"]) == 2

    assert capsys.readouterr().err == f"{said}\n"
    assert standin.requests == []


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("PROD__LAG_SECOND", "is not a setting of this program. Did you mean lag_seconds?"),
        ("PROD__CREDENTIALS__CLIENT_IDD", "is not a key of any login. Did you mean client_id?"),
        ("PROD__CLIENT_ID", "is a key of a login: it belongs under [sources.jobs_source.prod.credentials]."),
        ("LAG_SECOND", "is not a setting of this program. Did you mean lag_seconds?"),
    ],
)
def test_a_key_of_a_named_org_that_nobody_knows(
    variable: str,
    said: str,
    standin: StandIn,
    log_in: LogIn,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In its own section, or in that of all orgs."""
    log_in(standin, "prod")
    monkeypatch.setenv(f"{PREFIX}{variable}", "60")

    assert main(["load", "--org", "prod"]) == 2

    assert capsys.readouterr().err == f"prod: The variable {PREFIX}{variable} {said}\n"
    assert standin.requests == []


LEGITIMATE = """
[sources]
lag_second = 5
[sources.other]
lag_second = 5
[sources.jobs_source.data_writer]
file_max_items = 1000
[sources.jobs_source.extract]
workers = 2
[sources.jobs_source.schema]
naming = "snake_case"
[sources.jobs_source.jobs]
anything = 1
[sources.jobs_source.prod]
lag_second = 5
[sources.jobs_source.prod.credentials]
client_idd = "x"
"""


def test_what_is_dlts_or_another_orgs_is_left_alone(workplace: Path, standin: StandIn, log_in: LogIn) -> None:
    """dlt's own sections within that of a source, resources, other sources; another org says its mistakes itself."""
    log_in(standin)
    write(workplace, LEGITIMATE)

    assert main(["load"]) == 0


def test_in_a_pipeline_of_ones_own_a_misspelt_key_is_an_error(
    standin: StandIn, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As soon as the source is built."""
    log_in(standin)
    monkeypatch.setenv(f"{PREFIX}LAG_SECOND", "60")
    with pytest.raises(ConfigError, match=r"Did you mean lag_seconds\?"):
        salesforce_jobs()


def test_in_a_pipeline_of_ones_own_another_key_is_a_warning(
    standin: StandIn, log_in: LogIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The pipeline's own code may read it."""
    log_in(standin)
    monkeypatch.setenv(f"{PREFIX}COUNTRY", "at")

    salesforce_jobs()

    assert f"The variable {PREFIX}COUNTRY is not a setting of this program. {SETTINGS}" in caplog.text


@pytest.mark.parametrize("key", ["client_idd", "lag_seconds"])
def test_an_unknown_key_of_credentials_that_are_passed(key: str, standin: StandIn) -> None:
    """As a dictionary, whatever else is in it."""
    given = {"instance_url": standin.url, "access_token": "00D!x", key: "x"}
    with pytest.raises(ConfigError, match=f"^{key} in the argument credentials is "):
        salesforce_jobs(credentials=given)  # type: ignore[arg-type]
