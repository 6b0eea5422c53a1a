"""What the documents point to is there: files, headings, commands and their options."""

import re
from pathlib import Path

import pytest

from jobs_source import __version__
from jobs_source.commands.parser import main
from tests.conftest import ROOT

DOCUMENTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/NOTES.md")]
DOCUMENTS += [*sorted((ROOT / "docs").glob("*.md")), ROOT / "tests" / "mutation.md"]


def name(document: Path) -> str:
    return str(document.relative_to(ROOT))


def prose(document: Path) -> str:
    """The text without its blocks of code."""
    return re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)


def anchors(document: Path) -> set[str]:
    """The names that a page gives its headings: small letters and hyphens."""
    headings = re.findall(r"^#+ (.*)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_link_leads_somewhere(document: Path) -> None:
    """To a file that is there, also one that is only named, and to a heading of it; addresses of the web aside."""
    broken = [path for path in re.findall(r"`(docs/[\w./-]+)`", prose(document)) if not (ROOT / path).exists()]
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(document)):
        if re.match(r"https?://", link):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def used_commands(document: Path) -> set[tuple[str, str]]:
    """Each command of the program that stands in code, with each option behind it; "" where there is none."""
    found = set()
    text = document.read_text(encoding="utf-8")
    for command, rest in re.findall(r"(?:salesforce-jobs|python -m pipelines) ([a-z]+)\b([^`\n#|>]*)", text):
        options = re.findall(r"(?<!\S)--[a-z][a-z-]*", rest)
        found |= {(command, option) for option in ["", *options]}
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_command_and_option_that_is_named_exists(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As `COMMAND --help` shows it."""
    unknown = []
    for command, option in sorted(used_commands(document)):
        with pytest.raises(SystemExit) as ended:
            main([command, "--help"])
        if ended.value.code != 0 or option not in capsys.readouterr().out:
            unknown.append(f"{command} {option}")
    assert unknown == []


def test_commands_are_found_in_the_documents() -> None:
    """The search finds what the page for the one on call names."""
    found = used_commands(ROOT / "docs" / "operations.md")
    assert {("status", "--max-age"), ("status", "--retired"), ("load", "--all-orgs"), ("purge", "--user-id")} <= found


def test_every_file_of_the_house_is_there() -> None:
    """What CONTRIBUTING names on the way of a page, of a look-up and of a survey."""
    house = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## The house")[2].partition("## Rules")[0]
    names = set(re.findall(r"`(?!tests/)([\w/]+(?:\.py|/))`", house)) - {"jobs_source/"}
    assert len(names) > 80
    assert [name for name in sorted(names) if not list((ROOT / "jobs_source").glob(f"**/{name}"))] == []


def test_the_changelog_has_the_version_and_a_place_for_what_is_new() -> None:
    """`Unreleased` comes first, then the version of the package with its date."""
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    assert re.fullmatch(rf"\[{re.escape(__version__)}\] - \d{{4}}-\d\d-\d\d", headings[1])
