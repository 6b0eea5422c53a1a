"""Renews the answers in docs/questions.md: `python -m tests.documents.questions`."""

import io
import json
import re
from collections.abc import Sequence
from contextlib import redirect_stdout
from typing import Any, Final

from jobs_source.commands.demo import _configured_for, _live_on, _remove_last_demo
from jobs_source.commands.parser import main
from jobs_source.runner.load import load
from jobs_source.standin import Clock, StandIn
from tests.conftest import ROOT, START

DOCUMENT: Final = ROOT / "docs" / "questions.md"
ANSWER: Final = re.compile(r"(?<=```sql\n)(?P<query>[^`]*)```\n\n(?P<table>(?:\|.*\n)+)")
JOBS: Final = 500


def make_org() -> StandIn:
    """An org that is always the same; the clock stands still."""
    return StandIn(jobs=JOBS, seed=7, clock=Clock(START, frozen=True))


def load_twice(org: StandIn, destination: str = "duckdb") -> None:
    """Load the jobs of *org*, and once more after an hour, in which some jobs changed."""
    org.org.clock.advance(seconds=60)
    load(destination=destination)
    _live_on(org)
    load(destination=destination)


def answer(query: str, destination: str = "duckdb") -> str:
    """What `sql` gives, as a table in Markdown."""
    with redirect_stdout(io.StringIO()) as shown:
        code = main(["sql", "--json", "--destination", destination, query])
    assert code == 0, shown.getvalue()
    rows = json.loads(shown.getvalue())
    columns = list(rows[0])
    numbers = [all(isinstance(row[name], (int, float)) for row in rows) for name in columns]
    lines = [columns, ["---:" if is_number else "---" for is_number in numbers]]
    return "".join(map(_line, [*lines, *([_cell(row[name]) for name in columns] for row in rows)]))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _cell(value: Any) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, (int, float)) else str(value)


def _renew() -> str:
    """Load into `demo.duckdb` of the current folder, and ask that."""
    text = DOCUMENT.read_text(encoding="utf-8")
    _remove_last_demo()
    with make_org() as org, _configured_for(org):
        load_twice(org)
        return ANSWER.sub(lambda found: f"{found['query']}```\n\n{answer(found['query'])}", text)


if __name__ == "__main__":
    DOCUMENT.write_text(_renew(), encoding="utf-8")
