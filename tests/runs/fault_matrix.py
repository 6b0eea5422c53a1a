"""The last part of docs/error-messages.md, from the table of faults: `python -m tests.runs.fault_matrix` writes it."""

from pathlib import Path

from tests.runs.fault_rows import LEFT_OUT, ROWS, Row, is_whole_run

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "error-messages.md"
HEAD = ("what goes wrong", "where", "the run", "exit code", "what the user reads", "the next healthy run")
HEADING = "## Faults between here and Salesforce"
INTRODUCTION = f"""\
{HEADING}

This table says what a run does when a request fails. *Once*: one request meets the fault. *For good*: every request
from there on meets it. HOST is the address of the login or of the org. "Renewal" is a login in the middle of a walk,
after a 401. A run that ends changes no row and does not move the cursor. A run that goes on takes every job.

The tests try every line at every place (`tests/runs/test_faults.py`), each with a healthy run after it. Places in bold
are also tried as a whole run into DuckDB.

"""


def _places(row: Row) -> str:
    return ", ".join(f"**{place}**" if is_whole_run(row, place) else place for place in row.places)


def _line(row: Row) -> str:
    does, finds = (
        ("ends", "begins at the old cursor, takes all") if row.says else ("goes on", "finds nothing left over")
    )
    return _cells(f"{row.fault}, {row.lasts}", _places(row), does, str(row.exit_code), row.says or "-", finds)


def _cells(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


def section() -> str:
    """The part of the page that is made of the table."""
    table = [_cells(*HEAD), "|---" * len(HEAD) + "|\n", *map(_line, ROWS)]
    left_out = [f"- {what}: {why}\n" for what, why in LEFT_OUT.items()]
    return "".join([INTRODUCTION, *table, "\nNot in the table, with the reason:\n\n", *left_out])


if __name__ == "__main__":
    before, _, _ = DOCUMENT.read_text(encoding="utf-8").partition(HEADING)
    DOCUMENT.write_text(before + section(), encoding="utf-8")
