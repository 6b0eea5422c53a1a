"""The page for the one on call: its queries run, and its table has every exit code."""

import re
from collections.abc import Callable
from pathlib import Path

import duckdb

from jobs_source import exceptions
from jobs_source.commands import exit_codes
from jobs_source.runner.load import load
from jobs_source.standin import StandIn
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def test_every_query_runs(standin: StandIn, log_in: Callable[..., None], workplace: Path) -> None:
    """After two loads, the second of them with an odd entry."""
    standin.org.add_jobs(3, job_type="V2Ingest")
    standin.org.clock.advance(seconds=60)
    log_in(standin)
    load()
    standin.org.add_raw_entry({"operation": "insert"})
    load()
    (block,) = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    with duckdb.connect(str(workplace / "jobs_history.duckdb"), read_only=True) as connection:
        runs, gaps, rejected = (connection.execute(query).fetchall() for query in block.split(";")[:-1])
    listings = [listing for _, listing, *_ in runs]
    assert (len(runs), set(listings), gaps) == (4, {"jobs/ingest", "jobs/query"}, [])
    assert [(listing, entries) for listing, _, entries in rejected] == [("jobs/ingest", 1)]


def test_every_exit_code_has_a_row() -> None:
    """Those of the exceptions, and those of a command."""
    kinds = [kind for kind in vars(exceptions).values() if isinstance(kind, type)]
    codes = {kind.exit_code for kind in kinds if issubclass(kind, exceptions.SalesforceJobsError)}
    codes |= {0, exit_codes.INTERRUPTED, exit_codes.CUT_OFF}
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)] == sorted(codes)
