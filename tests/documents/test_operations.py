"""The page for the one on call: its queries run, and its table has every exit code."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from jobs_source import exceptions
from jobs_source.commands import exit_codes
from jobs_source.commands.parser import main
from jobs_source.runner.load import load
from jobs_source.standin import StandIn
from tests.conftest import MOST_RESULTS, ROOT
from tests.warehouses import Warehouse, on_postgres

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


@pytest.mark.long
@on_postgres
def test_every_query_runs(
    standin: StandIn,
    log_in: Callable[..., None],
    warehouse: Warehouse,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In DuckDB and in Postgres alike, after two loads, the second of them with an odd entry and nothing to look up."""
    monkeypatch.delenv(MOST_RESULTS)
    standin.org.add_jobs(3, job_type="V2Ingest", state="JobComplete")
    standin.org.clock.advance(seconds=60)
    log_in(standin)
    load(destination=warehouse.destination)
    standin.org.add_raw_entry({"operation": "insert"})
    load(destination=warehouse.destination)
    (block,) = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)

    runs, gaps, look_ups, rejected = (ask(query, warehouse, capsys) for query in block.split(";")[:-1])

    assert sorted((run["listing"], run["jobs_listed"], run["api_percent"]) for run in runs) == [
        ("job_results", 3, 0.0),
        ("jobs/ingest", 3, 0.0),
        ("jobs/ingest", 4, 0.0),
        ("jobs/query", 0, 0.0),
        ("jobs/query", 0, 0.0),
    ]
    assert gaps == []
    assert [(row["listing"], row["due"], row["answered"], row["calls"]) for row in look_ups] == [
        ("job_results", 3, 3, 3)
    ]
    assert [(row["listing"], row["entries"]) for row in rejected] == [("jobs/ingest", 1)]


def ask(query: str, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What `sql` gives."""
    assert main(["sql", "--json", "--destination", warehouse.destination, query]) == 0
    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return rows


def test_every_field_of_the_json_is_described(
    standin: StandIn, log_in: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    """In the table of its command, and no field that there is not."""
    log_in(standin)
    for command in ("load", "check", "status"):
        described = PAGE.partition(f"\n**`{command} --json`**")[2].partition("\n\n")[0]

        assert main([command, "--json"]) == 0

        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        fields = {name for line in lines for name in line}
        named = set(re.findall(r"`([a-z_]+)`", described))
        assert fields <= named
        inner = set(lines[-1]["last_runs"][0]) if command == "status" else set()
        others = {"error", "never_loaded", "missing_tables", "null", "lag_seconds", "answers", *inner}
        assert named - fields <= others


def test_every_exit_code_has_a_row() -> None:
    """Those of the exceptions, and those of a command."""
    kinds = [kind for kind in vars(exceptions).values() if isinstance(kind, type)]
    codes = {kind.exit_code for kind in kinds if issubclass(kind, exceptions.SalesforceJobsError)}
    codes |= {0, exit_codes.INTERRUPTED, exit_codes.CUT_OFF}
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)] == sorted(codes)
