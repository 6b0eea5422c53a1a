"""docs/error-messages.md has every sentence of the code, and says of each what to do."""

import re

from tests.documents.error_messages import ADVICE, DOCUMENT, SECTIONS, advice, document
from tests.documents.messages import PACKAGE, messages


def test_each_message_has_advice_and_a_section() -> None:
    """A new one needs a line in tests/documents/advice_*.py."""
    patterns = [pattern for pattern, _, _ in ADVICE]
    assert [it for it in messages() if not any(re.search(pattern, it.text) for pattern in patterns)] == []
    assert {it.exit_code for it in messages()} == set(SECTIONS)


def test_no_advice_is_for_a_message_that_is_gone() -> None:
    """Each pattern fits a sentence of the code, and is the first that does."""
    used = {advice(message.text) for message in messages()}
    assert [pattern for pattern, *rest in ADVICE if tuple(rest) not in used] == []


def test_every_file_that_raises_is_read() -> None:
    """A file with a sentence of ours in it, found by plain search, has one here too."""
    raises = re.compile(r"raise (ConfigError|LoginError|ListingError|File\w+Error|Table\w+Error|AlreadyRunningError)\(")
    files = [path for path in PACKAGE.rglob("*.py") if raises.search(path.read_text(encoding="utf-8"))]
    read = {message.place.partition(":")[0] for message in messages()}
    assert len(files) > 10
    assert {str(path.relative_to(PACKAGE)) for path in files} - read == set()


def test_the_page_is_what_the_code_gives() -> None:
    """`python -m tests.documents.error_messages` writes it."""
    assert DOCUMENT.read_text(encoding="utf-8") == document()
