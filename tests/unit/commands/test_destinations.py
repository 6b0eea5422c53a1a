"""What is wrong with a destination is said by its name, its section and what mends it."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dlt
import pytest
from dlt.common.exceptions import MissingDependencyException

from jobs_source.commands import packages
from jobs_source.commands.errors import explain
from jobs_source.commands.parser import main
from jobs_source.standin import StandIn
from tests.warehouses import CAREFUL_ROLE, Warehouse

LogIn = Callable[..., None]
EACH_COMMAND = (["load"], ["check"], ["status"], ["sql", "select 1"], ["purge", "--yes", "--org-id", "00D000000000001"])
INSTALL = f"{sys.executable} -m pip install"


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    return "".join(capsys.readouterr()).splitlines()[-1]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("postgrs", "postgres"),
        ("Postgres", "postgres"),
        ("postgresql", "postgres"),
        ("pg", "postgres"),
        ("duckbd", "duckdb"),
        ("bigqeury", "bigquery"),
        ("s3", "filesystem"),
        ("sqlserver", "mssql"),
    ],
)
def test_a_mistyped_destination_is_named_with_the_nearest_one(
    wrong: str, right: str, standin: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line with all that dlt has, before anything is asked."""
    log_in(standin)
    assert main(["load", "--destination", wrong]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"There is no destination {wrong}. Did you mean {right}? dlt has athena, bigquery, ")
    assert said.endswith(f" and weaviate. A name of your own needs a destination_type under [destination.{wrong}].\n")
    assert standin.requests == []


def test_a_destination_like_no_other_has_no_guess(capsys: pytest.CaptureFixture[str]) -> None:
    """Only the list."""
    assert main(["status", "--destination", "xyzzy"]) == 2
    assert capsys.readouterr().err.startswith("There is no destination xyzzy. dlt has athena, ")


def test_a_mistyped_type_of_a_named_destination_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The name itself is the user's own."""
    monkeypatch.setenv("DESTINATION__OURS__DESTINATION_TYPE", "postgrs")
    assert main(["status", "--destination", "ours"]) == 2
    said = "[destination.ours] has a destination_type that does not exist, postgrs. Did you mean postgres? dlt has "
    assert capsys.readouterr().err.startswith(said)


@pytest.mark.long
@pytest.mark.parametrize("name", ["ours", pytest.param("dlt.destinations.duckdb", marks=pytest.mark.long)])
def test_a_duckdb_file_under_another_name_is_loaded_and_read(
    name: str, standin: StandIn, log_in: LogIn, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A section of its own, or dlt's whole name, is the same kind of destination; its own path counts."""
    standin.org.add_jobs(3)
    standin.org.clock.advance(seconds=60)
    log_in(standin)
    section = "OURS" if name == "ours" else "DUCKDB"
    monkeypatch.setenv("DESTINATION__OURS__DESTINATION_TYPE", "duckdb")
    monkeypatch.setenv(f"DESTINATION__{section}__CREDENTIALS", "ours.db")
    for command in (["load"], ["load"], ["check"], ["status"], ["sql", "select 1"]):
        assert main([*command, "--destination", name]) == 0
    assert [path.name for path in workplace.glob("*.d*b")] == ["ours.db"]


def test_a_path_that_cannot_be_is_named_with_the_section_of_its_destination(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not with that of `duckdb`, which has another path."""
    monkeypatch.setenv("DESTINATION__OURS__DESTINATION_TYPE", "duckdb")
    monkeypatch.setenv("DESTINATION__OURS__CREDENTIALS", ":memory:")
    assert main(["status", "--destination", "ours"]) == 2
    assert capsys.readouterr().err.startswith("destination.ours.credentials is :memory:, so the ")


@pytest.mark.parametrize(
    ("destination", "settings", "said"),
    [
        ("postgres", {}, "database, password, username and host. Add them under [destination.postgres.credentials] in"),
        ("ours", {"OURS__DESTINATION_TYPE": "postgres"}, "Add them under [destination.ours.credentials] in"),
        ("redshift", {}, "Add them under [destination.redshift.credentials] in"),
        ("motherduck", {}, "password. Add it under [destination.motherduck.credentials] in"),
        (
            "filesystem",
            {},
            "bucket_url. Add it under [destination.filesystem] in .dlt/secrets.toml, or as a variable"
            " DESTINATION__FILESYSTEM__BUCKET_URL.",
        ),
        (
            "filesystem",
            {"FILESYSTEM__BUCKET_URL": "s3://acme/jobs"},
            "aws_access_key_id and aws_secret_access_key. Add them under [destination.filesystem.credentials] in",
        ),
        ("dremio", {}, "bucket_url. Add it under [destination.filesystem] in"),
    ],
)
def test_missing_keys_are_named_with_the_section_where_they_go(
    destination: str,
    settings: dict[str, str],
    said: str,
    standin: StandIn,
    log_in: LogIn,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """By the name that the user gave; no class of dlt is named, and nothing is warned of beside it."""
    log_in(standin)
    for key, value in settings.items():
        monkeypatch.setenv(f"DESTINATION__{key}", value)
    assert main(["load", "--destination", destination]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("The destination lacks ")
    assert said in line


@pytest.mark.parametrize(
    ("destination", "package", "extra"),
    [
        ("snowflake", "snowflake", "snowflake"),
        ("bigquery", "google", "bigquery"),
        ("databricks", "databricks", "databricks"),
        ("clickhouse", "clickhouse_connect", "clickhouse"),
        ("athena", "pyathena", "athena"),
        ("lancedb", "lancedb", "lancedb"),
        ("sqlalchemy", "sqlalchemy", "sqlalchemy"),
    ],
)
def test_a_missing_driver_is_named_with_the_command_that_installs_it(
    destination: str, package: str, extra: str, standin: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """As dlt's own metadata has it: the extra has the destination's name, the package often another."""
    log_in(standin)
    assert main(["load", "--destination", destination]) == 2
    assert last_line(capsys) == (
        f"The destination needs the Python package {package}, which is not installed. Install it: {INSTALL}"
        f' "dlt[{extra}]"'
    )


@pytest.mark.parametrize(
    ("package", "requirement"),
    [
        ("psycopg2", "dlt[postgres]"),
        ("s3fs", "dlt[filesystem]"),
        ("gcsfs", "dlt[gs]"),
        ("adlfs", "dlt[az]"),
        ("paramiko", "dlt[sftp]"),
        ("deltalake", "dlt[deltalake]"),
        ("pyiceberg", "dlt[pyiceberg]"),
        ("pyodbc", "dlt[mssql]"),
        ("unheard_of", "unheard_of"),
    ],
)
def test_a_package_without_a_destination_is_looked_for_in_all_extras(package: str, requirement: str) -> None:
    """The smallest that brings it; or the package itself."""
    assert explain(ModuleNotFoundError(name=f"{package}.core")) == (
        2,
        f"The destination needs the Python package {package}, which is not installed. Install it: {INSTALL}"
        f' "{requirement}"',
    )


def test_what_dlt_says_of_a_missing_package_is_taken_from_it() -> None:
    """Whole: its own text has several lines."""
    error = MissingDependencyException("dlt deltalake helpers", ["dlt[deltalake]", "x"])
    error.__cause__ = ModuleNotFoundError(name="deltalake")
    assert explain(error).message.endswith(f'Install it: {INSTALL} "dlt[deltalake]"')


@pytest.mark.parametrize(
    ("files", "folder", "said"),
    [
        (["pipx_metadata.json"], "venvs/salesforce-jobs", 'Install it: pipx inject salesforce-jobs "dlt[postgres]"'),
        (
            ["uv-receipt.toml"],
            "tools/salesforce-jobs",
            'Repeat your uvx or uv tool install command with the option --with "dlt[postgres]"',
        ),
        (
            [],
            "archive-v0/a1b2",
            'Repeat your uvx or uv tool install command with the option --with "dlt[postgres]"',
        ),
    ],
)
def test_pipx_and_uv_install_in_their_own_way(
    files: list[str], folder: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pip beside them would install elsewhere."""
    here = tmp_path / folder
    here.mkdir(parents=True)
    for name in files:
        (here / name).touch()
    monkeypatch.setattr(sys, "prefix", str(here))
    assert explain(ModuleNotFoundError(name="psycopg2")).message.endswith(f", which is not installed. {said}")


def test_an_environment_of_uv_has_no_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """uv installs into it from outside."""
    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    said = f'Install it: uv pip install --python {sys.executable} "dlt[postgres]"'
    assert explain(ModuleNotFoundError(name="psycopg2")).message.endswith(said)


@pytest.mark.parametrize(
    "value",
    [
        "<configure me>",
        "...",
        "<password>",
        "postgresql://USER:PASSWORD@HOST/DATABASE",
        "postgresql://loader:<password>@localhost/dlt_data",
        "s3://[your_bucket_name]",
        "az://[your-container]/dataset",
    ],
)
def test_an_example_text_that_was_left_is_named(
    value: str, standin: StandIn, log_in: LogIn, workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is asked; dlt would try to log in with it."""
    log_in(standin)
    (workplace / ".dlt" / "secrets.toml").write_text(
        f'[destination.postgres.credentials]\nhost = "127.0.0.1"\npassword = "{value}"\n', encoding="utf-8"
    )
    dlt.current.run_context().reload()
    assert main(["load", "--destination", "postgres"]) == 2
    assert capsys.readouterr().err == (
        "destination.postgres.credentials.password still holds a placeholder. Put the real value there, in"
        " .dlt/secrets.toml or in the environment.\n"
    )
    assert standin.requests == []


def test_an_address_of_no_storage_is_named(
    standin: StandIn, log_in: LogIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Trying again would not help."""
    log_in(standin)
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", "s4://bucket/x")
    assert main(["load", "--destination", "filesystem"]) == 2
    assert "bucket_url of the destination begins with s4://, which is no storage." in capsys.readouterr().err
    assert standin.requests == []


def test_an_example_text_in_the_environment_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As the line of the README has it."""
    variable = "DESTINATION__POSTGRES__CREDENTIALS"
    monkeypatch.setenv(variable, "postgresql://USER:PASSWORD@HOST/DATABASE")
    assert main(["status", "--destination", "postgres"]) == 2
    assert capsys.readouterr().err.startswith(f"{variable} still holds a placeholder. ")


@pytest.mark.parametrize("command", EACH_COMMAND, ids=lambda command: str(command[0]))
@pytest.mark.parametrize(
    ("address", "exit_code", "words"),
    [
        ("postgresql://loader:x@127.0.0.1:1/jobs", 1, "Connection refused. Check"),
        ("postgresql://loader:x@warehouse.invalid/jobs", 1, 'could not translate host name "warehouse.invalid"'),
    ],
)
def test_a_database_out_of_reach_is_named_with_its_section(
    command: list[str],
    address: str,
    exit_code: int,
    words: str,
    standin: StandIn,
    log_in: LogIn,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """By every command alike, under the name that the user gave."""
    log_in(standin)
    monkeypatch.setenv("DESTINATION__OURS__DESTINATION_TYPE", "postgres")
    monkeypatch.setenv("DESTINATION__OURS__CREDENTIALS", address)
    assert main([*command, "--destination", "ours"]) == exit_code
    said = last_line(capsys)
    assert "The connection to the destination failed: " in said
    assert words in said
    assert said.endswith(
        "Check [destination.ours.credentials], and that the database can be reached from this machine."
    )


@pytest.mark.parametrize("command", EACH_COMMAND, ids=lambda command: str(command[0]))
@pytest.mark.parametrize("warehouse", ["postgres"], indirect=True)
def test_a_refused_login_is_named_with_its_section(
    command: list[str],
    warehouse: Warehouse,
    standin: StandIn,
    log_in: LogIn,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 2: a wrong password, and a database that does not exist."""
    log_in(standin)
    host, database = warehouse.address["host"], warehouse.address["dbname"]
    for role, name, words in (
        (f"{CAREFUL_ROLE}:wrong", database, f'password authentication failed for user "{CAREFUL_ROLE}"'),
        ("postgres:unused", "no such one", 'database "no such one" does not exist'),
    ):
        monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", f"postgresql://{role}@localhost/{name}?host={host}")
        assert main([*command, "--destination", "postgres"]) == 2
        assert last_line(capsys).endswith(f"FATAL:  {words}. Check [destination.postgres.credentials].")


def test_a_duckdb_path_that_is_a_folder_is_named(
    standin: StandIn,
    log_in: LogIn,
    workplace: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Before anything is asked, by every command alike."""
    log_in(standin)
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(workplace))
    for command in (command for command in EACH_COMMAND if command != ["check"]):
        assert main(command) == 2
        assert capsys.readouterr().err == (
            f"{workplace} is not a file, so it cannot be the DuckDB file. Set another file under"
            " destination.duckdb.credentials in .dlt/secrets.toml.\n"
        )
    assert standin.requests == []


def test_a_tilde_is_the_home_folder(
    standin: StandIn,
    log_in: LogIn,
    workplace: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No folder of that name is made; a home folder that there is not is an error."""
    log_in(standin)
    home = workplace / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", "~/jobs.duckdb")
    assert main(["load"]) == 0
    assert ((home / "jobs.duckdb").exists(), Path("~").exists()) == (True, False)
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", "~nobody_of_this_name/jobs.duckdb")
    assert main(["status"]) == 2
    assert "(~nobody_of_this_name/jobs.duckdb) leads to no folder. Write the whole path." in capsys.readouterr().err


def test_verbose_shows_dlts_own_text_of_missing_keys(
    standin: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where it has looked for them."""
    log_in(standin)
    assert main(["load", "--destination", "filesystem", "--verbose"]) == 2
    said = capsys.readouterr().err
    assert "exception str() failed" not in said
    assert "Missing 1 field(s) in configuration `FilesystemDestinationClientConfiguration`: `bucket_url`" in said


def test_an_error_of_a_destination_is_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard output, and nothing else anywhere."""
    for command in (["status"], ["sql", "select 1"], ["load"], ["purge", "--yes", "--org-id", "00D000000000001"]):
        assert main([*command, "--json", "--destination", "xyzzy"]) == 2
        shown = capsys.readouterr()
        found: dict[str, Any] = json.loads(shown.out)
        assert (found["exit_code"], found["warnings"], shown.err) == (2, [], "")
