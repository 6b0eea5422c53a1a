"""Where the keys of a login come from."""

from pathlib import Path
from typing import Any

import dlt
import pytest

from jobs_source import salesforce_jobs
from jobs_source.commands.parser import main
from jobs_source.configuration.credentials import read_credentials
from jobs_source.exceptions import ConfigError
from jobs_source.salesforce.credentials import ClientCredentials, SalesforceCredentials
from jobs_source.standin import StandIn
from tests.unit.configuration.test_unknown_keys import write

DEFAULT = """
[sources.jobs_source.credentials]
instance_url = "https://one.example"
client_id = "one"
client_secret = "1"
"""


def found(name: str = "salesforce_jobs", given: Any = None, pipeline: str = "") -> tuple[str, str, dict[str, Any]]:
    """The flow, the section that messages name, and the keys that differ from the defaults."""
    who = read_credentials(("sources", "jobs_source", name), pipeline, given)
    return who.flow, who.section, who.as_dict_nondefault()


ONE = {"instance_url": "https://one.example", "client_id": "one", "client_secret": "1"}


def test_a_named_source_takes_its_own_login_whole(workplace: Path) -> None:
    """The default org's keys are not mixed in: with them there would be two logins."""
    write(
        workplace,
        f"{DEFAULT}\n[sources.jobs_source.prod.credentials]\n"
        'instance_url = "https://two.example"\naccess_token = "00D!x"\n',
    )
    two = {"instance_url": "https://two.example", "access_token": "00D!x"}
    assert found("prod") == ("token", "sources.jobs_source.prod.credentials", two)
    assert found() == ("client_credentials", "sources.jobs_source.credentials", ONE)
    assert found("another") == ("client_credentials", "sources.jobs_source.credentials", ONE)


def test_what_its_login_lacks_it_takes_from_the_outer_sections(workplace: Path) -> None:
    """As dlt does for every source."""
    write(workplace, f'{DEFAULT}\n[sources.jobs_source.prod.credentials]\ninstance_url = "https://two.example"\n')
    two = {**ONE, "instance_url": "https://two.example"}
    assert found("prod") == ("client_credentials", "sources.jobs_source.prod.credentials", two)


@pytest.mark.parametrize("section", ["sources.credentials", "credentials", "some.sources.jobs_source.credentials"])
def test_dlts_shorter_names_count(section: str, workplace: Path) -> None:
    """All of a login, or what it lacks; keys of other sources in a shared section do no harm."""
    rest = 'client_secret = "1"\nclient_id = "one"\nusername = "ann"\npassword = "x"'
    if section.startswith("some"):
        rest = 'client_secret = "1"\nclient_id = "one"'
    write(
        workplace,
        f'[sources.jobs_source.credentials]\ninstance_url = "https://one.example"\n[{section}]\n{rest}\n',
    )
    assert found(pipeline="some") == ("client_credentials", "sources.jobs_source.credentials", ONE)


def test_a_shared_section_that_completes_no_login_is_not_read(workplace: Path) -> None:
    """It is another source's."""
    write(workplace, '[credentials]\nclient_id = "x"\npassword = "x"\n')
    with pytest.raises(ConfigError, match=r"^There are no Salesforce credentials"):
        found()


def test_variables_come_before_files(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Key by key. An empty one is none: some schedulers set all that they know of."""
    write(workplace, DEFAULT)
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__CREDENTIALS__CLIENT_ID", "two")
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__CREDENTIALS__CLIENT_SECRET", " ")
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__CREDENTIALS__ACCESS_TOKEN", "")
    assert found() == ("client_credentials", "sources.jobs_source.credentials", {**ONE, "client_id": "two"})


def test_a_login_in_the_environment_beside_one_in_a_file_is_refused(
    workplace: Path, standin: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of load and of check, before any call; auth_flow chooses."""
    text = f'[sources.jobs_source.credentials]\ninstance_url = "{standin.url}"\nclient_id = "x"\nclient_secret = "y"\n'
    write(workplace, text)
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__CREDENTIALS__ACCESS_TOKEN", standin.org.issue_token())
    for command in ("load", "check"):
        assert main([command]) == 2
        said = (
            "has the keys of several logins: token (instance_url, access_token) and client_credentials (instance_url,"
        )
        assert said in "".join(capsys.readouterr())
    assert standin.requests == []
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__CREDENTIALS__AUTH_FLOW", "token")
    assert main(["load"]) == 0


def test_two_logins_of_a_named_org_are_refused_in_its_own_words(
    standin: StandIn, log_in: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its own section."""
    log_in(standin, "prod")
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__PROD__CREDENTIALS__ACCESS_TOKEN", "00D!x")
    assert main(["load", "--org", "prod"]) == 2
    assert capsys.readouterr().err.startswith("prod: [sources.jobs_source.prod.credentials] has the keys of several")
    assert standin.requests == []


def test_what_is_passed_is_completed_from_the_configuration(workplace: Path) -> None:
    """A dictionary of some keys, or an object that lacks some."""
    write(workplace, DEFAULT)
    one = ("client_credentials", "sources.jobs_source.credentials", {**ONE, "client_id": "two"})
    assert found(given={"client_id": "two", "access_token": None}) == one
    flow, section, keys = found(given=ClientCredentials(client_id="two"))
    assert (flow, section, keys.pop("auth_flow"), keys) == (*one[:2], "client_credentials", one[2])


def test_credentials_of_ones_own_class_are_taken_as_they_are() -> None:
    """Whatever they need."""

    class Own(SalesforceCredentials):
        flow = "own"

    own = Own()
    assert read_credentials(("sources", "jobs_source", "any"), None, own) is own


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("00D!x", "The argument credentials is a single text. Set each of its keys separately"),
        (
            7,
            "The argument credentials must be an object of jobs_source.salesforce.credentials or a dictionary of keys",
        ),
        ({"sf_cli_org": ["x"]}, r"sf_cli_org of the argument credentials is not a text\. Write it in quotes\."),
        ({"sf_cli_org": True}, r"sf_cli_org of the argument credentials is not a text\. Write it in quotes\."),
    ],
)
def test_credentials_of_a_wrong_type_are_refused(given: Any, said: str) -> None:
    """Without quoting them."""
    with pytest.raises(ConfigError, match=f"^{said}") as caught:
        salesforce_jobs(credentials=given)
    assert "00D!x" not in str(caught.value)


def test_a_number_in_a_file_is_a_text(workplace: Path) -> None:
    """Older secrets have digits only."""
    write(workplace, DEFAULT.replace('"1"', "4711"))
    assert found() == ("client_credentials", "sources.jobs_source.credentials", {**ONE, "client_secret": "4711"})


def test_a_secret_in_the_file_that_is_shared_is_refused(workplace: Path) -> None:
    """What is no secret may stand there."""
    write(workplace, '[sources.jobs_source.credentials]\nclient_id = "one"\n', "config.toml")
    write(workplace, '[sources.jobs_source.credentials]\ninstance_url = "https://one.example"\nclient_secret = "1"\n')
    assert found() == ("client_credentials", "sources.jobs_source.credentials", ONE)
    write(workplace, DEFAULT, "config.toml")
    (workplace / ".dlt" / "secrets.toml").unlink()
    dlt.current.run_context().reload()
    with pytest.raises(ConfigError) as caught:
        found()
    assert str(caught.value) == (
        "sources.jobs_source.credentials.client_secret is a secret, but stands in config.toml. Move it to secrets.toml."
    )


def test_with_named_orgs_only_a_plain_load_names_them(
    standin: StandIn, log_in: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """And how to load them."""
    log_in(standin, "prod")
    assert main(["load"]) == 2
    assert capsys.readouterr().err.startswith(
        "There are no Salesforce credentials under [sources.jobs_source.credentials]. There are some for prod: use"
        " --org prod or --all-orgs."
    )
    assert main(["check"]) == 2
    assert "use --org prod or --all-orgs" in capsys.readouterr().out
    assert standin.requests == []


def test_an_org_that_is_named_twice_is_loaded_once(
    standin: StandIn, log_in: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where its name comes first."""
    log_in(standin, "prod")
    assert main(["load", "--org", "prod", "--org", "prod"]) == 0
    assert capsys.readouterr().out.count(standin.org.org_id) == 1


def test_a_named_source_without_a_login_is_named_with_its_own_section(workplace: Path) -> None:
    """That is where its login goes."""
    write(workplace, "")
    with pytest.raises(
        ConfigError, match=r"^There are no Salesforce credentials under \[sources.jobs_source.prod.cred"
    ):
        found("prod")


@pytest.mark.parametrize(
    ("section", "settings"),
    [
        ("sources.jobs_source.credentials", "sources.jobs_source"),
        ("sources.jobs_source.prod.credentials", "sources.jobs_source.prod"),
        ("sources.credentials", "sources.jobs_source"),
    ],
)
def test_the_settings_of_an_org_go_around_its_login(section: str, settings: str) -> None:
    """Messages about them name that section."""
    who = ClientCredentials(**ONE)
    who.section = section
    assert who.settings_section == settings
