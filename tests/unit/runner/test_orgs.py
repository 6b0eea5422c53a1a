"""Which orgs are configured, and what each gets for itself."""

from pathlib import Path
from typing import Any

import dlt
import pytest

from jobs_source import source
from jobs_source.configuration.orgs import configured_orgs
from jobs_source.exceptions import ConfigError
from jobs_source.runner.orgs import make_pipeline, make_source

SECRETS = """
[sources.jobs_source.credentials]
sf_cli_org = "one"
[sources.jobs_source.prod.credentials]
sf_cli_org = "two"
[sources.jobs_source.settings_only]
lag_seconds = 60
"""


@pytest.fixture
def three_orgs(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (workplace / ".dlt" / "secrets.toml").write_text(SECRETS)
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__STAGING__CREDENTIALS__SF_CLI_ORG", "three")
    dlt.current.run_context().reload()


def test_orgs_are_found_in_the_files_and_in_the_environment(three_orgs: None) -> None:
    """A section without credentials is no org; the default org comes first."""
    assert configured_orgs() == [None, "prod", "staging"]


def test_a_name_may_have_underscores_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """dlt separates sections with two of them."""
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__EU__PROD__CREDENTIALS__SF_CLI_ORG", "one")
    assert configured_orgs() == ["eu__prod"]
    assert make_source("eu__prod").name == "eu__prod"


def test_no_org_is_found_where_none_is_configured() -> None:
    """Settings alone, as in the committed file, are none."""
    assert configured_orgs() == []


def test_an_org_has_its_own_credentials_and_may_share_the_settings(
    three_orgs: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong value in its own section counts for it alone; one of all counts for it too."""
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__PROD__LAG_SECONDS", "-1")
    make_source(None)
    with pytest.raises(ConfigError, match="lag_seconds"):
        make_source("prod")


def test_a_misspelt_org_is_refused(three_orgs: None) -> None:
    """dlt would quietly take the default org's credentials."""
    with pytest.raises(ConfigError) as caught:
        make_source("prdo")
    assert str(caught.value) == (
        "There is no org 'prdo'. Did you mean prod? Put its login under [sources.jobs_source.prdo.credentials] in"
        " .dlt/secrets.toml. Configured orgs: the default org (without --org), prod, staging."
    )


BORROWED = """
[sources.jobs_source.credentials]
instance_url = "https://acme.my.salesforce.com"
client_id = "theirs"
client_secret = "s3cret"
[sources.jobs_source.prod.credentials]
"""


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ("", "There are no Salesforce credentials under "),
        (
            'client_id = "a"\nclient_secret = "b"',
            "The Salesforce credentials are incomplete: client_id, client_secret found, instance_url missing for the"
            " login client_credentials. Add what is missing under ",
        ),
        (
            'instance_url = "x"\nclient_id = "a"',
            "The Salesforce credentials are incomplete: client_id, instance_url found, client_secret missing for the"
            " login client_credentials. Add what is missing under ",
        ),
    ],
)
def test_what_an_org_lacks_is_not_taken_from_the_default_org(section: str, says: str, workplace: Path) -> None:
    """That one would be loaded in its name, or its secret sent to the other's host."""
    (workplace / ".dlt" / "secrets.toml").write_text(BORROWED + section)
    dlt.current.run_context().reload()

    with pytest.raises(ConfigError) as caught:
        make_source("prod")
    assert str(caught.value).startswith(f"{says}[sources.jobs_source.prod.credentials]")


def test_an_org_has_nothing_of_the_default_org(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even what its own login may have or not; its keys may stand in a file and in the environment."""
    (workplace / ".dlt" / "secrets.toml").write_text(BORROWED + 'client_id = "own"')
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__PROD__CREDENTIALS__REFRESH_TOKEN", "5Aepown")
    dlt.current.run_context().reload()
    given: list[Any] = []
    monkeypatch.setattr(source, "make_client", lambda credentials, *_: given.append(credentials))

    make_source("prod")

    assert [credentials.section for credentials in given] == ["sources.jobs_source.prod.credentials"]
    assert [dict(credentials) for credentials in given] == [
        {
            "auth_flow": None,
            "client_id": "own",
            "client_secret": None,
            "refresh_token": "5Aepown",
            "refresh_token_file": None,
            "login_url": "https://login.salesforce.com",
        }
    ]


def settings_of(pipeline: dlt.Pipeline) -> Any:
    """The settings of its destination."""
    return pipeline.destination_client().config


@pytest.mark.parametrize("name", ["Prod", "a-b", "ümlaut", "1st", "a b"])
def test_an_org_whose_name_dlt_would_change_is_refused(name: str) -> None:
    """Two that become one would share what waits to be merged, but no lock."""
    with pytest.raises(ConfigError, match="small letters, digits and _"):
        make_source(name)


def test_each_org_has_its_own_pipeline_in_the_one_dataset(workplace: Path) -> None:
    """And all go into one DuckDB file, unless the configuration says where."""
    one, two = [make_pipeline(org, "duckdb", "history", workplace / "dlt") for org in (None, "prod")]
    assert (one.pipeline_name, two.pipeline_name) == ("salesforce_jobs", "salesforce_jobs_prod")
    assert one.dataset_name == two.dataset_name == "history"
    files = {settings_of(pipeline).credentials.database for pipeline in (one, two)}
    assert files == {str(workplace / "jobs_history.duckdb")}


def test_a_configured_duckdb_file_wins(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By dlt's own key."""
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(workplace / "other.duckdb"))
    pipeline = make_pipeline(None, "duckdb", "history", workplace / "dlt")
    assert settings_of(pipeline).credentials.database == str(workplace / "other.duckdb")


def test_what_is_configured_beside_the_file_counts(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For one pipeline, in its own section, and for all."""
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS__GLOBAL_CONFIG", '{"memory_limit": "1GB"}')
    monkeypatch.setenv("SALESFORCE_JOBS_PROD__DESTINATION__DUCKDB__CREDENTIALS__PRAGMAS", '["disable_optimizer"]')
    monkeypatch.setenv("DESTINATION__DUCKDB__STAGING_DATASET_NAME_LAYOUT", "%s_waiting")
    monkeypatch.setenv("SALESFORCE_JOBS_PROD__DESTINATION__DUCKDB__CREATE_INDEXES", "true")
    one, two = (settings_of(make_pipeline(org, "duckdb", "history", workplace / "dlt")) for org in (None, "prod"))
    assert one.credentials.global_config == two.credentials.global_config == {"memory_limit": "1GB"}
    assert (one.credentials.pragmas, two.credentials.pragmas) == (None, ["disable_optimizer"])
    assert (one.create_indexes, two.create_indexes) == (False, True)
    assert (one.staging_dataset_name_layout, two.staging_dataset_name_layout) == ("%s_waiting", "%s_staging_prod")
    assert one.dataset_name == two.dataset_name == "history"
    assert one.credentials.database == two.credentials.database == str(workplace / "jobs_history.duckdb")


def test_the_default_file_is_in_the_folder_of_today(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """dlt would go on with the folder that the pipeline first ran in."""
    make_pipeline(None, "duckdb", "history", workplace / "dlt")
    (workplace / "moved").mkdir()
    monkeypatch.chdir(workplace / "moved")
    pipeline = make_pipeline(None, "duckdb", "history", workplace / "dlt")
    assert settings_of(pipeline).credentials.database == str(workplace / "moved" / "jobs_history.duckdb")


def test_settings_of_duckdb_without_a_path_leave_the_default_file(
    workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a section of the secrets file too. dlt's own default would be a file for each pipeline."""
    (workplace / ".dlt" / "secrets.toml").write_text("[destination.duckdb.credentials]\nlocal_config = {threads = 1}\n")
    dlt.current.run_context().reload()
    config = settings_of(make_pipeline(None, "duckdb", "history", workplace / "dlt"))
    assert (config.credentials.database, config.credentials.local_config) == (
        str(workplace / "jobs_history.duckdb"),
        {"threads": 1},
    )
