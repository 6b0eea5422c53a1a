"""Which login a set of keys belongs to."""

from pathlib import Path

import dlt
import pytest

from jobs_source.configuration.flows import pick_flow
from jobs_source.exceptions import ConfigError

SECTION = "sources.jobs_source.credentials"
CLIENT = "instance_url client_id client_secret"
JWT = "login_url client_id username private_key"
TOKEN = "instance_url access_token"
REFRESH = "client_id refresh_token"


def keys_of(names: str) -> dict[str, str]:
    """Some text for each key; `auth_flow=jwt` has its own."""
    return {key: value or "x" for key, _, value in (name.partition("=") for name in names.split())}


@pytest.mark.parametrize(
    ("names", "flow"),
    [
        (CLIENT, "client_credentials"),
        (JWT, "jwt"),
        ("client_id username private_key_path", "jwt"),
        (TOKEN, "token"),
        ("sf_cli_org", "sf_cli"),
        (REFRESH, "refresh_token"),
        (f"{REFRESH} client_secret", "refresh_token"),
        ("client_id client_secret refresh_token_file login_url", "refresh_token"),
        (f"{CLIENT} auth_flow=client_credentials", "client_credentials"),
        (f"{CLIENT} {JWT} auth_flow=jwt", "jwt"),
        (f"{CLIENT} {TOKEN} {REFRESH} {JWT} sf_cli_org auth_flow=token", "token"),
        ("sf_cli_org instance_url auth_flow=sf_cli", "sf_cli"),
    ],
)
def test_the_login_of_keys(names: str, flow: str) -> None:
    """That whose keys they are, with those it may have or not; if they are of several, that of auth_flow."""
    assert pick_flow(keys_of(names), SECTION).flow == flow


@pytest.mark.parametrize(
    ("names", "logins"),
    [
        (
            f"{CLIENT} {TOKEN}",
            "token (instance_url, access_token) and client_credentials (instance_url, client_id, client_secret)",
        ),
        (
            f"{CLIENT} refresh_token",
            "refresh_token (client_id, client_secret, refresh_token) and client_credentials (instance_url, client_id,"
            " client_secret)",
        ),
        (f"sf_cli_org {TOKEN}", "sf_cli (sf_cli_org) and token (instance_url, access_token)"),
        (f"sf_cli_org {REFRESH}", "sf_cli (sf_cli_org) and refresh_token (client_id, refresh_token)"),
        (
            f"{JWT} refresh_token",
            "refresh_token (client_id, refresh_token, login_url) and jwt (client_id, username, private_key, login_url)",
        ),
    ],
)
def test_keys_of_two_logins(names: str, logins: str) -> None:
    """The error names both, with the keys of each."""
    with pytest.raises(ConfigError) as caught:
        pick_flow(keys_of(names), SECTION)
    assert str(caught.value).startswith(f"[{SECTION}] has the keys of several logins: {logins}. Remove those that are")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (
            "client_id username private_key instance_url",
            "The login jwt does not use instance_url, set under [SECTION]. Did you mean login_url? Remove what is"
            ' not used. Or, to keep that for another login, set auth_flow = "jwt".',
        ),
        (
            f"{REFRESH} instance_url",
            "The login refresh_token does not use instance_url, set under [SECTION]. Did you mean login_url? Remove"
            ' what is not used. Or, to keep that for another login, set auth_flow = "refresh_token".',
        ),
        (
            f"{CLIENT} login_url",
            "The login client_credentials does not use login_url, set under [SECTION]. Remove what is not used. Or,"
            ' to keep that for another login, set auth_flow = "client_credentials".',
        ),
        (
            "sf_cli_org instance_url client_id",
            "The login sf_cli does not use instance_url, client_id, set under [SECTION]. Remove what is not used."
            ' Or, to keep that for another login, set auth_flow = "sf_cli".',
        ),
    ],
)
def test_a_key_of_another_login(names: str, said: str) -> None:
    """It has no effect, so it is a mistake; the error names the key that has."""
    with pytest.raises(ConfigError) as caught:
        pick_flow(keys_of(names), SECTION)
    assert str(caught.value) == said.replace("SECTION", SECTION)


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("jtw", " Did you mean jwt?"),
        ("JWT", " Did you mean jwt?"),
        ("client-credentials", " Did you mean client_credentials?"),
        ("refresh", " Did you mean refresh_token?"),
        ("oauth", ""),
    ],
)
def test_an_auth_flow_that_there_is_not(value: str, meant: str) -> None:
    """The error names the right ones, and the one that was meant."""
    with pytest.raises(ConfigError) as caught:
        pick_flow(keys_of(f"{CLIENT} auth_flow={value}"), SECTION)
    assert str(caught.value) == (
        f"auth_flow under [{SECTION}] is '{value}', which is not a login.{meant} It can be client_credentials, jwt,"
        " refresh_token, sf_cli, token."
    )


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("instance_url client_id", "client_id, instance_url found, client_secret missing for the login client_cred"),
        ("client_id client_secret", "client_id, client_secret found, instance_url missing for the login client_cred"),
        ("client_id username", "client_id, username found, private_key or private_key_path missing for the login jwt"),
        ("access_token", "access_token found, instance_url missing for the login token"),
        (
            f"{CLIENT} auth_flow=jwt",
            'auth_flow = "jwt", client_id, client_secret, instance_url found, username, private_key or private_key_path'
            " missing for the login jwt",
        ),
    ],
)
def test_keys_of_no_login(names: str, said: str, workplace: Path) -> None:
    """The error names what the login lacks that lacks least, or that auth_flow names; and where it was looked for."""
    with pytest.raises(ConfigError) as caught:
        pick_flow(keys_of(names), SECTION)
    assert str(caught.value).startswith(f"The Salesforce credentials are incomplete: {said}")
    assert f"Looked for {workplace}/.dlt/secrets.toml (not there), " in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "is_named"),
    [
        ("SOURCE__JOBS_SOURCE__CREDENTIALS__CLIENT_ID", True),
        ("SOURCES__JOBS_SOURCES__CREDENTIALS__CLIENT_ID", True),
        ("SOURCES_JOBS_SOURCE_CREDENTIALS_CLIENT_ID", True),
        ("sources__jobs_source__credentials__client_id", True),
        ("SOURCES__OTHER__CREDENTIALS__CLIENT_ID", False),
        ("CLIENT_ID", False),
    ],
)
def test_a_variable_that_is_almost_ours(variable: str, is_named: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any credentials it is named, with the right name."""
    monkeypatch.setenv(variable, "x")
    with pytest.raises(ConfigError) as caught:
        pick_flow({}, SECTION)
    said = f"The variable {variable} is not read. Did you mean SOURCES__JOBS_SOURCE__CREDENTIALS__CLIENT_ID?"
    assert (said in str(caught.value)) is is_named


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("sources.job_source", "job_source under [sources] in secrets.toml is not read. Did you mean jobs_source?"),
        (
            "source.jobs_source",
            "jobs_source under [source] in secrets.toml is not read. Did you mean [sources.jobs_source]?",
        ),
        (
            "jobs_source",
            "credentials under [jobs_source] in secrets.toml is not read. Did you mean"
            " [sources.jobs_source.credentials]?",
        ),
    ],
)
def test_a_section_that_is_almost_ours(section: str, said: str, workplace: Path) -> None:
    """With its file."""
    (workplace / ".dlt" / "secrets.toml").write_text(f'[{section}.credentials]\nclient_id = "x"\n')
    dlt.current.run_context().reload()
    with pytest.raises(ConfigError) as caught:
        pick_flow({}, SECTION)
    assert said in str(caught.value)
