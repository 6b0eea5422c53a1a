"""The page that is made of the table of faults: `python -m tests.fault_matrix` writes docs/reliability.md."""

from pathlib import Path

from tests.fault_rows import LEFT_OUT, ROWS, Row, is_whole_run

DOCUMENT = Path(__file__).parent.parent / "docs" / "reliability.md"
HEAD = ("what goes wrong", "where", "the run", "exit code", "what the user reads", "the next healthy run")
INTRODUCTION = """\
# What happens when something goes wrong

This page is written from the table in `tests/fault_rows.py` (by `python -m tests.fault_matrix`), and the tests in
`tests/test_faults.py` try its lines: every line at every place named, as a walk through the stand-in org that must take
every row or leave state and cursor untouched, with a healthy one after it; and at the places in bold type, so that each
kind of ending has its turn, also as a whole run into DuckDB with a healthy run after it.

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

## Kills, locks and packages that wait

- **Killed while it reads**, or stopped by Ctrl-C (exit code 130): nothing was loaded and the cursor has not moved. The
  next run walks again from page one.
- **Killed after it has read**, before or while it loads: what was read is on disk as a pending package. The next run
  loads that package first and then walks; a load that was half done is merged again, so nothing doubles.
- **Runs on another machine have gone on since**: a package that waits here is put away, since it would put its old
  versions over their newer ones; the run that does so is a full one, and says so.
- **The destination is away, full or refuses the load**: the run ends with exit code 1 and the package stays pending;
  with 2 where only a change helps, as for a wrong password, a missing right, a folder that may not be written, or a
  load too big for DuckDB's memory: by our default settings, 6 million listed jobs fit and 9 million do not. The next
  run loads it first, whatever other orgs have loaded meanwhile: each org has a staging dataset of its own. A run for
  another destination, dataset or file than the package's ends with exit code 2 and loads nothing.
- **DuckDB and kills**: DuckDB 2.0 writes over the block that describes the whole file each time it takes its log in. A
  process that is killed in the midst of that write leaves a file that cannot be opened any more. dlt's way is to do so
  four times a load; here it is once, at the load's end. Of some 550 real kills before that, one met it. Keep a copy of
  a file that matters, or load into Postgres. A new file comes to its place whole; a kill just before leaves a folder
  `.<file>-...` beside it that may be removed.
- **Delta and Iceberg tables** are refused with exit code 2 before anything is asked of Salesforce. dlt 1.31 can only
  upsert into them, which takes one version of a job and no more, and a walk may see two: with deltalake 1.6.6 both were
  in the table after the first load and every later one failed; with pyiceberg 0.12.0 the first one failed.
- **Another run of the same org is under way** on this machine: the run ends at once with exit code 4 and asks nothing
  of Salesforce. The operating system frees the lock of a run that ended or was killed. On two machines nothing keeps
  runs of one org apart but their scheduler, and both may merge the same new jobs. Runs of two orgs that load into one
  DuckDB file at the same moment are in each other's way: one may end with exit code 1, and its next run loads the
  package.
- **The working directory does not grow**: dlt keeps each package there after its load, rows and all; a run removes
  all but the last ten that were loaded. What was put away unloaded, or failed in part, stays.
- **The working directory is gone**, as on a fresh container: cursor and state come back from the destination. A package
  that was pending there is gone too, and the next walk reads the same jobs again, since the cursor never moved.
- **The destination, the dataset, the folder or the org is another one than in the last run** of the same pipeline, or a
  clock was wrong and the cursor lies in the future: the cursor is not trusted, and the run is a full one.

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
