"""The page that is made of the table of faults: `python -m tests.runs.fault_matrix` writes docs/reliability.md."""

from pathlib import Path

from tests.runs.fault_rows import LEFT_OUT, ROWS, Row, is_whole_run

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "reliability.md"
HEAD = ("what goes wrong", "where", "the run", "exit code", "what the user reads", "the next healthy run")
INTRODUCTION = """\
# What happens when something goes wrong

`python -m tests.runs.fault_matrix` writes this page from the table in `tests/runs/fault_rows.py`, and the tests in
`tests/runs/test_faults.py` try its lines: every line at every place named, as a walk through the stand-in org that must
take every row or leave state and cursor untouched, with a healthy one after it; and at the places in bold type, so that
each kind of ending has its turn, also as a whole run into DuckDB with a healthy run after it (`make test-long`; one of
each exit code in `make test`).

## The rule

A run either walks every listing to its last page and loads it, or it ends with an exit code and one sentence, and the
cursor stays where it was. So there is nothing to repair after a failed run: **the next one that is healthy finds
everything**, the jobs of the failed run included, as long as it comes within the seven days that Salesforce keeps a
finished job on its list. Rows that are there already are merged, not doubled.

What may pass in a moment is tried again by itself: `request_max_attempts` tries, with pauses that begin at
`request_backoff_factor` seconds and double up to `request_max_retry_delay`, all under `[runtime]`; a `Retry-After` is
honoured up to the longest pause. A session that is over is renewed once, and the walk starts again from page one,
because a page mark is good for its own session only. One login cannot be tried again: a rotating refresh token whose
answer got lost on the way is used up, and the run ends with exit code 2. No request, first or repeated, goes out once
`max_api_usage_percent` of the org's 24-hour API calls is used: the run ends with exit code 3, or with the error that
would have been tried again.

Exit codes: 0 done; 1 failed, trying again may help; 2 something has to be changed first; 3 the API allowance is used
up, try later; 4 another run of the same org is under way.

## Kills, locks and changed tables

- **Every run starts from the destination**: cursor, state and schema come from there, the working directory is new, and
  it is removed at the end. Nothing on the machine has to be kept. What was read and not loaded is read again.
- **Killed**, at whatever moment, or stopped by Ctrl-C (exit code 130): the cursor has not moved, and the next run reads
  the same jobs again. It also removes the working directory that the killed run left.
- **The DuckDB file is published**: a load works on a copy, and one rename puts the copy in its place. A kill leaves the
  file of before, whole. Readers never block a load and never see half of one; see [bi.md](bi.md).
- **Another program writes to the DuckDB file**: a run waits ten seconds for it, then ends with exit code 1 and names
  it. Another load of ours, of another org say, is waited for up to 300 seconds.
- **The destination is away, full or refuses the load**: exit code 1; 2 where only a change helps, such as a wrong
  password, a missing right, a folder that may not be written, or a load too big for DuckDB's memory: by our default
  settings, 6 million listed jobs fit and 9 million do not.
- **The DuckDB file is damaged, or a newer DuckDB made it**: exit code 2, and what to do.
- **Somebody dropped or renamed a table or a column**, ours or dlt's: the next run makes it again and merges all that
  Salesforce lists. It says so. Rows that Salesforce lists no more are only in a backup. A table that was emptied, or
  taken from an old backup, has the next run merge all that is listed too. `status` and `check` end with exit code 1
  while a table is gone, and name it.
- **A key column is gone** (`jobs.id`, say), a foreign key points to our tables, or a column of your own must have a
  value: exit code 2, and what to do. The first run after that brings all.
- **A column of your own in one of our tables** is named once in a warning: a load writes changed rows anew and empties
  it there. Indexes and views of your own stay.
- **Another run of the same org into the same place is under way** on this machine: exit code 4, and nothing is asked of
  Salesforce. On two machines only the scheduler keeps runs of one org apart; the one that loads second loads nothing
  and ends with exit code 4.
- **A clock is wrong**: the newest state is found by its version, which each run raises, and not by any clock. A cursor
  in the future is not trusted: that run is a full one.
- **The dataset, the destination, the folder or the org is another one than before**: the run is a full one.
- **Files instead of a database** (`filesystem`): dlt appends, so a job has a row for each run that took it. The state
  is the one that dlt finds newest, by the clock of the machine that loaded it, and tables are not looked at.
- **Delta and Iceberg tables** are refused with exit code 2 before anything is asked of Salesforce. dlt 1.31 can only
  upsert into them, which takes one version of a job and no more, and a walk may see two: with deltalake 1.6.6 both were
  in the table after the first load and every later one failed; with pyiceberg 0.12.0 the first one failed.
- **Postgres and kills**: a load that is killed half-way may leave its row in `runs` though not all of its jobs are in
  the tables yet. The next run brings them.

How many calls a run will need is not known before its last page: Salesforce gives no total. It is one per 1,000 listed
jobs and listing; `runs` has the `pages` and `calls` of each run before. Where the last good run read more pages than
calls are left until `max_api_usage_percent`, a run says so in a warning after its first page, and goes on.

## Between here and Salesforce

*Once*: a single request meets it. *For good*: every request from there on does. HOST is the address of the login or the
org; … stands for what differs between machines. "Renewal" is a login in the middle of a walk, after a 401. A run that
ends leaves cursor and rows as they were; one that goes on has taken every job and moved the cursor to the newest.

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


def document() -> str:
    """The page, whole."""
    table = [_cells(*HEAD), "|---" * len(HEAD) + "|\n", *map(_line, ROWS)]
    left_out = [f"- {what}: {why}\n" for what, why in LEFT_OUT.items()]
    return "".join([INTRODUCTION, *table, "\nNot in the table, with the reason:\n\n", *left_out])


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
