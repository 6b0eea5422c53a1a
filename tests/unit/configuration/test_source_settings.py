"""Where a setting comes from: what is passed, dlt's sectioned names, the default; never the bare name."""

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dlt
import pytest

from jobs_source import salesforce_jobs, source
from jobs_source.commands.parser import main
from jobs_source.configuration.known_keys import CREDENTIALS_KEYS, SETTINGS
from jobs_source.configuration.source_settings import SourceSettings
from jobs_source.dlt_compat import resolve_arguments
from jobs_source.exceptions import ConfigError
from jobs_source.salesforce.credentials import TokenCredentials
from jobs_source.standin import StandIn
from tests.conftest import MOST_RESULTS
from tests.unit.configuration.test_unknown_keys import write

READY = TokenCredentials(instance_url="https://acme.my.salesforce.com", access_token="00D!x")
IN_TOML = """
[sources.jobs_source]
lag_seconds = 1
api_version = "51.0"
"""


def settings_of(name: str = "salesforce_jobs", **given: Any) -> dict[str, Any]:
    """The settings that a source of this *name* would be built with."""
    sections = ("sources", "jobs_source", name)
    found = dict(resolve_arguments(salesforce_jobs, sections, {"credentials": READY, **given}))
    return {key: found[key] for key in SETTINGS}


DEFAULTS = {key: setting.default for key, setting in SETTINGS.items()}


@pytest.fixture(autouse=True)
def no_configuration(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The committed file is not there, and no variable."""
    monkeypatch.delenv(MOST_RESULTS)
    (workplace / ".dlt" / "config.toml").unlink()
    dlt.current.run_context().reload()


def test_the_settings_are_the_arguments_of_the_source() -> None:
    """With the same defaults."""
    arguments = inspect.signature(salesforce_jobs).parameters
    assert {name: it.default for name, it in arguments.items() if name != "credentials"} == DEFAULTS
    assert list(SourceSettings.get_resolvable_fields()) == list(arguments)


def test_variables_of_other_programs_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """dlt would take the bare name of any key, and rather than what is in the files."""
    for key in (*SETTINGS, *CREDENTIALS_KEYS, "credentials"):
        monkeypatch.setenv(key.upper(), "theirs")
    assert settings_of() == DEFAULTS
    with pytest.raises(Exception, match=r"^There are no Salesforce credentials"):
        salesforce_jobs()


def test_nor_do_bare_keys_in_a_file(workplace: Path) -> None:
    """At the top of a file that several sources share."""
    write(workplace, 'lag_seconds = 5\napi_version = "50.0"\ncredentials = "x"\n', "config.toml")
    assert settings_of() == DEFAULTS


@pytest.mark.parametrize(
    "variable",
    [
        "SOURCES__JOBS_SOURCE__LAG_SECONDS",
        "SOURCES__JOBS_SOURCE__PROD__LAG_SECONDS",
        "SOURCES__PROD__LAG_SECONDS",
        "SOURCES__LAG_SECONDS",
    ],
)
def test_dlts_names_with_a_section_count(variable: str, workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For all sources, for one, for one org; a variable before a file."""
    write(workplace, IN_TOML, "config.toml")
    monkeypatch.setenv(variable, "7")
    assert settings_of("prod") == {**DEFAULTS, "api_version": "51.0", "lag_seconds": 7.0}


@pytest.mark.parametrize("section", ["SOURCES__JOBS_SOURCE", "SOURCES__SALESFORCE_JOBS", "SOURCES"])
def test_a_pipeline_may_have_settings_of_its_own(
    section: str, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its name comes before the section."""
    given: list[Any] = []
    monkeypatch.setattr(source, "make_client", lambda *values: given.append(values))
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__REQUEST_TIMEOUT_SECONDS", "6")
    monkeypatch.setenv(f"SOME__{section}__REQUEST_TIMEOUT_SECONDS", "7")
    salesforce_jobs(READY)
    dlt.pipeline("some", pipelines_dir=str(workplace / "dlt"))
    salesforce_jobs(READY)
    assert given == [(READY, 90, 6), (READY, 90, 7)]


def test_the_nearest_section_of_a_file_counts(workplace: Path) -> None:
    """That of the org before that of all orgs."""
    write(workplace, f"{IN_TOML}[sources.jobs_source.prod]\nlag_seconds = 2\n", "config.toml")
    assert settings_of("prod") == {**DEFAULTS, "api_version": "51.0", "lag_seconds": 2.0}
    assert settings_of("test") == {**DEFAULTS, "api_version": "51.0", "lag_seconds": 1.0}


def test_what_is_passed_counts_before_all(workplace: Path) -> None:
    """Also the default, or None."""
    write(workplace, f"{IN_TOML}query_locator = 'x'\n", "config.toml")
    given: dict[str, Any] = {"lag_seconds": 600.0, "query_locator": None, "job_types": ["Classic"]}
    assert settings_of(**given) == {**DEFAULTS, **given, "api_version": "51.0"}


@pytest.mark.parametrize(
    ("key", "text", "is_"),
    [
        ("api_version", "58.0", "58.0"),
        ("api_version", '"58.0" ', "58.0"),
        ("lag_seconds", "'5'", 5.0),
        ("is_pk_chunking_enabled", "true", True),
        ("is_pk_chunking_enabled", "False", False),
        ("lag_seconds", "1.5", 1.5),
        ("lag_seconds", "much", "much"),
        ("job_types", '["Classic"]', '["Classic"]'),
    ],
)
def test_a_text_becomes_what_the_setting_is(key: str, text: str, is_: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that cannot stays a text, and the check of the settings names its key."""
    monkeypatch.setenv(f"SOURCES__JOBS_SOURCE__{key.upper()}", text)
    assert settings_of() == {**DEFAULTS, key: is_}


def test_a_number_that_is_none_is_named(
    standin: StandIn, log_in: Callable[..., None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its key, before any call."""
    log_in(standin)
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__LAG_SECONDS", "much")
    assert main(["load"]) == 2
    assert "sources.jobs_source.lag_seconds must be a number from 0 to" in capsys.readouterr().err
    assert standin.requests == []


@pytest.mark.parametrize(
    ("place", "named"),
    [
        ("[sources.jobs_source.prod]", "sources.jobs_source.prod"),
        ("[sources.jobs_source]", "sources.jobs_source"),
        ("[sources]", "sources"),
    ],
)
def test_a_wrong_setting_is_named_where_it_stands(place: str, named: str, workplace: Path) -> None:
    """An org may have settings of its own, or share them."""
    prod = salesforce_jobs.clone(name="prod")
    for key, value in {"api_version": "v64", "lag_seconds": "ten", "job_types": "Both"}.items():
        write(workplace, f'{place}\n{key} = "{value}"\n', "config.toml")
        with pytest.raises(ConfigError, match=rf"^{re.escape(named)}\.{key} "):
            prod(READY)


def test_a_wrong_argument_is_named_as_a_setting() -> None:
    """It stands in no file."""
    with pytest.raises(ConfigError, match=r"^sources\.jobs_source\.lag_seconds must be"):
        salesforce_jobs(READY, lag_seconds="ten")  # type: ignore[arg-type]


def test_a_stray_variable_is_not_the_destination_either(
    standin: StandIn, log_in: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """dlt would take CREDENTIALS for the path of the DuckDB file."""
    log_in(standin)
    monkeypatch.setenv("CREDENTIALS", "postgres://a:b@c/d")
    assert main(["load"]) == 0
    assert Path("jobs_history.duckdb").is_file()


def test_a_source_can_be_built_with_all_arguments_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """As users may call it."""
    given: list[Any] = []
    monkeypatch.setattr(source, "make_client", lambda *values: given.append(values))
    salesforce_jobs(READY, "58.0", "Classic", True, None, 1, 2, 3, 4)
    assert given == [(READY, 3, 4)]
