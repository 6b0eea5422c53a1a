"""A configuration file that dlt cannot read is named, with the reason."""

from collections.abc import Iterator
from pathlib import Path

import dlt
import pytest

from jobs_source.commands.errors import explain
from jobs_source.dlt_compat import TomlProviderReadException

TEXT = '# Köln\n[sources.jobs_source.credentials]\nsf_cli_org = "acme"\n'
SAVE = "which dlt cannot read. Save it in UTF-8 without a byte order mark."


@pytest.fixture
def config_folder(workplace: Path) -> Iterator[Path]:
    """Empty afterwards, so that dlt can work again."""
    yield workplace / ".dlt"
    for path in (workplace / ".dlt").iterdir():
        path.unlink()
    dlt.current.run_context().reload()


@pytest.mark.parametrize("file", ["secrets.toml", "config.toml"])
@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8-sig", "begins with a byte order mark (BOM)"),
        ("utf-16", "is in UTF-16"),
        ("utf-16-be", "is in UTF-16"),
        ("cp1252", "is not in UTF-8 (line 1 has another encoding)"),
    ],
)
def test_a_file_in_another_encoding(file: str, encoding: str, said: str, config_folder: Path) -> None:
    """Editors on Windows write them so."""
    (config_folder / file).write_bytes(TEXT.encode(encoding))
    with pytest.raises(TomlProviderReadException) as caught:
        dlt.current.run_context().reload()
    assert tuple(explain(caught.value)) == (2, f"{config_folder / file} {said}, {SAVE}")


def test_a_file_that_is_no_toml(config_folder: Path) -> None:
    """In dlt's words."""
    (config_folder / "secrets.toml").write_text("broken = [")
    with pytest.raises(TomlProviderReadException) as caught:
        dlt.current.run_context().reload()
    code, said = explain(caught.value)
    assert code == 2
    assert said.startswith("The configuration is wrong: A problem encountered when loading secrets.toml from paths")
