"""No value of a customer is in anything that a run writes, logs or prints, however it ends."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from jobs_source.standin import StandIn
from tests.bad_rows import MARK, OF_ROWS, VALUES, at_once, of_quoting, upload_1, upload_2, upload_quoting
from tests.conftest import MOST_RESULTS, with_our_code
from tests.secret_recorder import all_text, cells_of
from tests.warehouses import DATASET, Warehouse

LogIn = Callable[..., None]

CSV = b'"sf__Id","sf__Error","LastName"\n"","UNKNOWN_EXCEPTION:wq50","wq51@example.com"\n'
JSON = b'[{"success": false, "errors": [{"message": "wq52", "statusCode": "wq53", "fields": ["wq54"]}], "id": "wq55"}]'
XML = b'<?xml version="1.0"?><results><result><errors><message>wq56</message></errors></result></results>'
HTML = b"<html><body>wq57@example.com</body></html>"
FAULTS: dict[str, dict[str, Any]] = {
    "cut": {"kind": "cut", "after": 90},
    "reset": {"kind": "reset", "after": 90},
    "no CSV": {"kind": "status", "status": 200, "body": b"\"wq58\",'wq59'\n", "headers": {"Content-Type": "text/csv"}},
    "CSV as text": {"kind": "status", "status": 200, "body": CSV, "headers": {"Content-Type": "text/plain"}},
    "CSV as JSON": {"kind": "status", "status": 200, "body": CSV},
    "CSV as an error": {"kind": "status", "status": 400, "body": CSV, "headers": {"Content-Type": "text/csv"}},
    "CSV of a gateway": {"kind": "status", "status": 502, "body": CSV},
    "JSON": {"kind": "status", "status": 200, "body": JSON},
    "JSON as an error": {"kind": "status", "status": 500, "body": JSON},
    "broken JSON": {"kind": "status", "status": 200, "body": JSON[:-9]},
    "XML": {"kind": "status", "status": 200, "body": XML, "headers": {"Content-Type": "text/xml"}},
    "broken XML": {"kind": "status", "status": 200, "body": XML[:-9], "headers": {"Content-Type": "text/xml"}},
    "XML as an error": {"kind": "status", "status": 400, "body": XML, "headers": {"Content-Type": "text/xml"}},
    "HTML": {"kind": "html", "body": HTML, "status": 200},
    "redirect": {"kind": "redirect", "location": "https://elsewhere.example/login?q=wq60"},
}
"""What comes in the place of failed results, of a 2.0 job and of a batch of a Classic one."""


@pytest.fixture(autouse=True)
def looking_up(monkeypatch: pytest.MonkeyPatch, standin: StandIn, log_in: LogIn) -> None:
    monkeypatch.delenv(MOST_RESULTS)
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__INCLUDE_JOB_ERRORS", "true")
    monkeypatch.setenv("RUNTIME__LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "2")
    at_once(standin)
    log_in(standin)


def load(warehouse: Warehouse, *arguments: str, keep: str = "working") -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "pipelines", "load", "--destination", warehouse.destination, "--verbose"]
    command += ["--keep-working-dir", keep, *arguments]
    return subprocess.run(command, capture_output=True, env=with_our_code(), timeout=120, check=False)


def all_written(done: "subprocess.CompletedProcess[bytes]", folder: Path, warehouse: Warehouse) -> dict[str, bytes]:
    """What was printed and logged, every file, unpacked too, and every row of every table of all datasets."""
    places = {"stdout": done.stdout, "stderr": done.stderr, **dict(all_text(folder))}
    for path in folder.glob("**/*.duckdb"):
        places.update(cells_of(path))
    if warehouse.destination == "postgres":
        tables = "select table_schema, table_name from information_schema.tables"
        own = "table_schema not in ('pg_catalog', 'information_schema')"
        for schema, name in warehouse.query(f"{tables} where {own}"):
            places[f"{schema}.{name}"] = repr(warehouse.query(f'select x::text from "{schema}"."{name}" x')).encode()
    return places


def with_values(places: Mapping[str, bytes]) -> dict[str, set[bytes]]:
    """Name the places that hold a value, and which ones."""
    found = {name: set(MARK.findall(text)) for name, text in places.items()}
    return {name: values for name, values in found.items() if values}


def errors_by_job(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    rows = warehouse.query("select job_id, error_code, fields, records from job_errors order by 1, 2, 3")
    return {job: [row[1:] for row in rows if row[0] == job] for job, *_ in rows}


def test_no_value_of_a_failed_record_is_kept(standin: StandIn, warehouse: Warehouse, tmp_path: Path) -> None:
    """Of all its text, only codes and names of fields are; and no user is, unless it was asked for."""
    natural = [upload_2(standin), upload_1(standin, batch_size=15)]
    quoting = upload_quoting(standin)
    standin.org.clock.advance(seconds=60)

    done = load(warehouse)

    assert done.returncode == 0, done.stderr
    kept = errors_by_job(warehouse)
    assert kept == {**dict.fromkeys(natural, OF_ROWS), **dict.fromkeys(quoting, of_quoting(len(VALUES)))}
    written = all_written(done, tmp_path, warehouse)
    assert any("job_errors." in name for name in written)
    assert with_values(written) == {}
    users = "|".join(re.escape(name) for user in standin.org.users for name in (user.name, user.username))
    assert [name for name, text in written.items() if re.search(users.encode(), text)] == []


@pytest.mark.long
def test_no_value_is_kept_or_told_when_look_ups_and_loads_fail(
    standin: StandIn, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whatever comes in the place of results, for good, and with a destination that refuses what is loaded."""
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__PARALLEL_LOOKUPS", "25")  # too many failures in a row end a round
    row, faults, good = {"LastName": "", "Email": "wq62@example.com"}, [], []
    for number, fault in enumerate(FAULTS.values()):
        faults.append(standin.misbehave(path=f"{upload_2(standin, [row])}/failedResults", times=None, **fault))
        faults.append(standin.misbehave(path=f"{upload_1(standin, [row])}/batch/", times=None, **fault))
        good += [] if number % 5 else [upload_2(standin)]
    standin.org.clock.advance(seconds=60)
    columns = "org_id text, job_id timestamp, error_code text, fields text, records int"
    change = f"drop table {DATASET}.job_errors; create table {DATASET}.job_errors ({columns})"
    standin.misbehave("call", path=f"{good[0]}/failedResults", do=lambda: warehouse.execute(change))

    done = load(warehouse, "--json")

    assert done.returncode != 0
    assert b"Traceback" in done.stderr
    assert all(fault.fired for fault in faults)
    assert warehouse.query("select * from job_errors") == []
    written = all_written(done, tmp_path, warehouse)
    assert any("job_errors." in name for name in written)
    assert with_values(written) == {}


@pytest.mark.long
def test_what_salesforce_says_of_a_whole_job_is_kept_and_nowhere_but_in_its_table(
    standin: StandIn, warehouse: Warehouse, tmp_path: Path
) -> None:
    """It may quote the first line of what was uploaded. So this also shows that values would be found."""
    said = "InvalidBatch : Field name not found : wq63@example.com"
    standin.org.add_jobs(1, job_type="V2Ingest", state="Failed", error_message=said, number_records_failed=0)
    standin.org.clock.advance(seconds=60)

    done = load(warehouse)

    assert warehouse.query("select error_message from job_results") == [(said,)]
    found = with_values(all_written(done, tmp_path, warehouse))
    assert {name for name in found if "job_results" not in name} <= {str(tmp_path / "jobs_history.duckdb")}
    assert any(f"{os.sep}job_results." in name for name in found)
    assert any(name.endswith(f"{DATASET}.job_results") for name in found)
