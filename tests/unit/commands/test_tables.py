"""Tables for a person: what they look like on terminals of every kind, and elsewhere."""

import io
import re
import sys

import pytest
from rich.text import Text

from jobs_source.commands.output import print_table
from jobs_source.commands.tables import Row, plain, without_unused

ROWS: list[Row] = [
    {"org": "prod", "jobs listed": 25_000, "seconds": 1_234.56, "new": None, "result": Text("ok", "green")},
    {"org": "[red]x", "jobs listed": 7, "seconds": 0.04, "new": 5, "result": Text("failed, try again", "red")},
]
WHOLE = """\
org     jobs listed  seconds  new  result
prod         25,000  1,234.6       ok
[red]x            7      0.0    5  failed, try again
"""


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Standard output is a terminal with colours and 80 columns."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    for name, value in (("COLUMNS", "80"), ("TERM", "xterm-256color")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    return monkeypatch


def test_elsewhere_a_table_is_plain_and_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the terminal of the caller is; nobody's variable puts colours into a log."""
    for name, value in (("COLUMNS", "20"), ("TERM", "xterm-256color"), ("FORCE_COLOR", "1"), ("TTY_COMPATIBLE", "1")):
        monkeypatch.setenv(name, value)
    assert plain(ROWS) == WHOLE


def test_a_terminal_gets_colours(terminal: pytest.MonkeyPatch) -> None:
    """The header in one, and each ending in its own; the rest is the same text."""
    shown = plain(ROWS)
    assert "\x1b[36morg" in shown
    assert "\x1b[32mok" in shown
    assert "\x1b[31mfailed, try again\x1b[0m\n" in shown
    assert [line.rstrip() for line in re.sub(r"\x1b\[\d*m", "", shown).splitlines()] == WHOLE.splitlines()


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("NO_COLOR", "0"), ("TERM", "dumb")])
def test_no_code_comes_where_colours_are_not_wanted(
    name: str, value: str, terminal: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not one, such as that of bold letters; in the tables of `sql` neither."""
    terminal.setenv(name, value)
    assert plain(ROWS) == WHOLE
    terminal.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    print_table(["n"], iter([[[1]]]))
    assert "\x1b" not in capsys.readouterr().out


def test_an_empty_no_color_says_nothing(terminal: pytest.MonkeyPatch) -> None:
    """As no-color.org has it."""
    terminal.setenv("NO_COLOR", "")
    assert "\x1b[32mok" in plain(ROWS)


@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_a_narrow_terminal_gets_a_line_for_each_value(term: str, terminal: pytest.MonkeyPatch) -> None:
    """Forty columns; an empty line is between two rows, and nothing is cut off."""
    for name, value in (("COLUMNS", "40"), ("NO_COLOR", "1"), ("TERM", term)):
        terminal.setenv(name, value)
    assert (
        plain(ROWS)
        == """\
org          prod
jobs listed  25,000
seconds      1,234.6
new
result       ok

org          [red]x
jobs listed  7
seconds      0.0
new          5
result       failed, try again
"""
    )


def test_one_column_may_have_several_lines_instead(terminal: pytest.MonkeyPatch) -> None:
    """As long as it gets twelve characters."""
    terminal.setenv("NO_COLOR", "1")
    rows: list[Row] = [{"rows": 1_000, "holds": "one two three four", "name": "jobs"}]
    shown = []
    for columns in ("80", "25", "23"):
        terminal.setenv("COLUMNS", columns)
        shown.append(plain(rows, folded="holds").splitlines())
    assert shown == [
        [" rows  holds               name", "1,000  one two three four  jobs"],
        [" rows  holds         name", "1,000  one two       jobs", "       three four"],
        ["rows   1,000", "holds  one two three", "       four", "name   jobs"],
    ]


def test_what_a_terminal_would_obey_is_a_question_mark() -> None:
    """A name may have been written by anybody."""
    assert plain([{"org": "a\x1b[2Jb"}]) == "org\na?[2Jb\n"


def test_letters_that_the_encoding_lacks_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of an org may have some; the table itself has none."""
    written = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="replace")
    monkeypatch.setattr("sys.stdout", written)
    print(plain([{"org": "Zürich", "new": 1}]), end="")
    written.seek(0)
    assert written.read() == "org     new\nZ?rich    1\n"


def test_columns_without_anything_go_if_they_may() -> None:
    """Zero is nothing; a column that is not named stays."""
    rows: list[Row] = [{"a": 0, "b": None, "c": 0}, {"a": 0, "b": 0, "c": 3}]
    assert without_unused(rows, "b", "c") == [{"a": 0, "c": 0}, {"a": 0, "c": 3}]
