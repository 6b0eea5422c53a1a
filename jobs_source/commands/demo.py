"""`demo`: loads a stand-in org twice, with changes in between, and shows every table. It needs no credentials."""

import os
import tempfile
from pathlib import Path
from typing import Final

import duckdb

from jobs_source.commands.arguments import program_name
from jobs_source.runner.load import load
from jobs_source.settings import CREDENTIALS_VARIABLE, NAME
from jobs_source.standin import StandIn

_DATABASE: Final = Path("demo.duckdb")
_JOBS: Final = 2_500


def demo() -> None:
    """Run the demo. `demo.duckdb` stays in the current folder, for any SQL client."""
    _DATABASE.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder, StandIn(jobs=_JOBS, seed=7) as standin:
        os.environ.update(DLT_DATA_DIR=folder, DESTINATION__DUCKDB__CREDENTIALS=str(_DATABASE))
        os.environ[f"{CREDENTIALS_VARIABLE}__INSTANCE_URL"] = standin.url
        os.environ[f"{CREDENTIALS_VARIABLE}__CLIENT_ID"] = standin.org.client_id
        os.environ[f"{CREDENTIALS_VARIABLE}__CLIENT_SECRET"] = standin.org.client_secret
        standin.org.clock.advance(seconds=60)
        print(f"A stand-in org with {_JOBS:,} bulk jobs listens at {standin.url}. First load:")
        print(load().describe())
        _live_on(standin)
        print("\nFive new jobs, seventeen changed. Second load:")
        print(load().describe())
    _show()


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
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = ? and table_name[1] <> '_'"
            " order by table_name",
            [NAME],
        ).fetchall()
        for (table,) in tables:
            rows = connection.execute(f'select count(*) from "{table}"').fetchall()[0][0]
            print(f"\n{table}: {rows:,} rows")
            if rows:
                connection.sql(f'select * exclude (org_id) from "{table}" limit 3').show(max_width=120)
        print("\nWhat failed, by object:")
        connection.sql(
            "select object, operation, count(*) as jobs, max(system_modstamp) as last_end from jobs"
            " where state = 'Failed' group by object, operation order by jobs desc, object limit 5"
        ).show()
    print(
        f"\nAsk more: DESTINATION__DUCKDB__CREDENTIALS={_DATABASE} {program_name()} sql"
        ' "select * from jobs order by system_modstamp desc limit 5"'
    )
