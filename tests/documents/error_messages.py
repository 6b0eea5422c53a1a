"""Writes docs/error-messages.md from the code: `python -m tests.documents.error_messages`."""

import re
from collections.abc import Mapping
from typing import Final

from jobs_source.commands.errors import _ADVICE as DESTINATION_WORDS
from jobs_source.salesforce.errors import ACCESS_ADVICE
from jobs_source.salesforce.login_words import OAUTH_ADVICE
from tests.documents import (
    advice_commands,
    advice_dashboard,
    advice_destination,
    advice_duckdb,
    advice_logins,
    advice_salesforce,
    advice_views,
)
from tests.documents.messages import WARNING, messages
from tests.runs import fault_matrix

DOCUMENT = fault_matrix.DOCUMENT
ADVICE: Final = (
    *advice_commands.ADVICE,
    *advice_dashboard.ADVICE,
    *advice_logins.ADVICE,
    *advice_salesforce.ADVICE,
    *advice_duckdb.ADVICE,
    *advice_destination.ADVICE,
    *advice_views.ADVICE,
)
INTRODUCTION: Final = """\
# What a message means

Search this page for a few words of the sentence that you see. … stands for what differs: a name, a path, the words of
Salesforce or of a database. After most errors nothing has to be repaired: see [reliability.md](reliability.md). What
an exit code means for the one on call is in [operations.md](operations.md).
A message that begins with `usage:` is about a wrong option: `salesforce-jobs load --help` lists the right ones.

`python -m tests.documents.error_messages` writes this page. The sentences come from the code, and a test compares them.
"""
SECTIONS: Final = {
    1: "Exit code 1: failed, run again",
    2: "Exit code 2: something must be changed first",
    3: "Exit code 3: the API calls are used up",
    4: "Exit code 4: another run is in progress",
    130: "Exit code 130: stopped",
    WARNING: "Warnings: the run goes on",
}
ROW: Final = "| {} | {} | {} |\n"
HEAD: Final = ROW.format("what you read", "what it means", "what to do") + "|---|---|---|\n"


def advice(text: str) -> tuple[str, str]:
    """
    What a message means, and what to do.

    Raises:
        LookupError: If no pattern of `ADVICE` fits. Add one beside this file.
    """
    for pattern, meaning, to_do in ADVICE:
        if re.search(pattern, text):
            return meaning, to_do
    raise LookupError(f"No line of tests/documents/advice_*.py fits this message: {text}")


def document() -> str:
    """The page, whole."""
    return "".join([INTRODUCTION, *map(_section, SECTIONS), _words(), "\n", fault_matrix.section()])


def _section(code: int) -> str:
    """A row for each advice, with all sentences that it is for."""
    rows: dict[tuple[str, str], list[str]] = {}
    for text in sorted((it.text for it in messages() if it.exit_code == code), key=str.casefold):
        rows.setdefault(advice(text), []).append(_cell(text))
    lines = [ROW.format("<br>".join(texts), *said) for said, texts in rows.items()]
    return f"\n## {SECTIONS[code]}\n\n{HEAD}{''.join(lines)}"


def _words() -> str:
    return (
        _table("What Salesforce says at a login", "words in the brackets, in any case", "what to do", OAUTH_ADVICE)
        + _table("What Salesforce says when it denies access", "code in the brackets", "what to do", ACCESS_ADVICE)
        + _table("What a database says about a changed table", "words of the database", "what to do", DESTINATION_WORDS)
    )


def _table(title: str, first: str, second: str, rows: Mapping[str, str]) -> str:
    cells = ((words.strip().replace("|", " or "), text.replace("{section}.", "")) for words, text in rows.items())
    lines = "".join(f"| {words} | {text} |\n" for words, text in cells)
    return f"\n## {title}\n\n| {first} | {second} |\n|---|---|\n{lines}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
