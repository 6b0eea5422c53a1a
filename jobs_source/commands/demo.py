"""`demo`: loads a stand-in org twice, with changes in between, and shows every table. It needs no credentials."""

import os
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final

import duckdb

from jobs_source.commands.arguments import how_to_start
from jobs_source.runner.load import load
from jobs_source.settings import CREDENTIALS_VARIABLE, NAME
from jobs_source.standin import Clock, StandIn

_DATABASE: Final = Path("demo.duckdb")
_JOBS: Final = 2_500
_JOB_COLUMNS: Final = "id, object, operation, state, created_date, system_modstamp"
_SHOWN: Final = {
    "jobs": _JOB_COLUMNS,
    "query_jobs": _JOB_COLUMNS,
    "rejected_jobs": "listing, reason, entry",
    "runs": "started_at, listing, jobs_listed, jobs_written, calls, is_full",
}


def demo() -> None:
    """Run the demo. `demo.duckdb` stays in the current folder, for any SQL client."""
    _DATABASE.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder, StandIn(jobs=_JOBS, seed=7, clock=_two_hours_ago()) as standin:
        os.environ.update(DLT_DATA_DIR=folder, DESTINATION__DUCKDB__CREDENTIALS=str(_DATABASE))
        os.environ[f"{CREDENTIALS_VARIABLE}__INSTANCE_URL"] = standin.url
        os.environ[f"{CREDENTIALS_VARIABLE}__CLIENT_ID"] = standin.org.client_id
        os.environ[f"{CREDENTIALS_VARIABLE}__CLIENT_SECRET"] = standin.org.client_secret
        standin.org.clock.advance(seconds=60)
        print(f"A stand-in org with {_JOBS:,} bulk jobs listens at {standin.url}. First load:")
        print(load().describe())
        _live_on(standin)
        print("\nAn hour later: five new jobs, seventeen changed. Second load:")
        print(load().describe())
    _show()


def _two_hours_ago() -> Clock:
    """Let the demo, in which more than an hour passes, end in the past: a job of the future would look wrong."""
    return Clock(datetime.now(timezone.utc) - timedelta(hours=2))


def _live_on(standin: StandIn) -> None:
    open_jobs = [job["id"] for job in standin.org.listed("ingest", job_type="V2Ingest")][:17]
    standin.org.clock.advance(seconds=3_600)
    for id_ in open_jobs:
        standin.org.change_job(id_, state="Failed")
    standin.org.add_jobs(5, job_type="V2Ingest", state="UploadComplete", created=standin.org.clock.now())
    standin.org.add_raw_entry({"operation": "insert", "object": "Account", "state": "Open"})  # no id: kept aside
    standin.org.clock.advance(seconds=60)


def _show() -> None:
    with duckdb.connect(str(_DATABASE), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"use {NAME}")
        for table, columns in _SHOWN.items():
            rows = connection.execute(f"select count(*) from {table}").fetchall()[0][0]
            print(f"\n{table}: {rows:,} row{'' if rows == 1 else 's'}, such as")
            connection.sql(f"select {columns} from {table} limit 4").show(max_width=120)
        print("\nWhat failed, by object:")
        connection.sql(
            "select object, operation, count(*) as jobs, max(system_modstamp) as last_end from jobs"
            " where state = 'Failed' group by object, operation order by jobs desc, object limit 5"
        ).show()
    print(
        f"\nAsk more: DESTINATION__DUCKDB__CREDENTIALS={_DATABASE} {how_to_start()} sql"
        ' "select * from jobs order by system_modstamp desc limit 5"'
    )
