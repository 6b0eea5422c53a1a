"""`demo`: loads a stand-in org twice, with changes in between, and shows each table and view. It needs no login."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final

import dlt
import duckdb

from jobs_source.commands.arguments import how_to_start
from jobs_source.commands.run_table import Ended, run_table
from jobs_source.commands.tables import plain
from jobs_source.exceptions import ConfigError
from jobs_source.runner.folders import temporary_folder
from jobs_source.runner.load import load
from jobs_source.settings import CREDENTIALS_VARIABLE, NAME
from jobs_source.standin import Clock, StandIn
from jobs_source.wording import counted

_DATABASE: Final = Path("demo.duckdb")
_JOBS: Final = 1_000
_JOB_COLUMNS: Final = "id, object, operation, state, created_date, system_modstamp"
_ALL_TABLES: Final = {
    "SOURCES__JOBS_SOURCE__INCLUDE_JOB_ERRORS": "true",
    "SOURCES__JOBS_SOURCE__INCLUDE_USERS": "true",
}
_QUESTION: Final = """
    select users.name as "user", jobs.object, errors.error_code, errors.fields, sum(errors.records) as records
    from job_errors as errors
    join jobs on jobs.org_id = errors.org_id and jobs.id = errors.job_id
    join users on users.org_id = jobs.org_id and users.id = jobs.created_by_id
    group by all order by records desc, object limit 5
"""
_SHOWN: Final = {
    "jobs": _JOB_COLUMNS,
    "query_jobs": _JOB_COLUMNS,
    "job_states": "job_id, state, system_modstamp",
    "job_results": "id, outcome, number_records_processed, number_records_failed, total_processing_time_ms",
    "job_errors": "job_id, error_code, fields, records",
    "users": "id, name, username, profile_name, is_active",
    "rejected_jobs": "listing, reason, entry",
    "runs": "started_at, listing, jobs_listed, jobs_written, calls, is_full",
}
_VIEWS: Final = {
    "job_history": "id, kind, object, outcome, created_by, queue_seconds, run_seconds",
    "jobs_daily": "date, kind, object, operation, jobs_created, jobs_failed, failure_rate",
    "job_failures": "id, object, created_by, outcome, records_failed, top_error_code",
    "unfinished_jobs": "id, object, state, created_by, round(age_seconds) as age_seconds, is_stuck",
    "run_health": "newest_run_at, jobs_unfinished, jobs_failed_last_day, api_calls_last_day, api_limit",
}
_MEANINGS: Final = {
    "job_history": "job of either kind: who, what, when, outcome",
    "jobs_daily": "day, kind, object and operation",
    "job_failures": "job that failed, whole or in part, and why",
    "unfinished_jobs": "job that waits or runs: is it stuck?",
    "run_health": "org: freshness, gaps, API calls",
    "jobs": "ingest job",
    "query_jobs": "Bulk API 2.0 query job",
    "job_states": "state that a run saw a job in",
    "job_results": "finished job: what became of it",
    "job_errors": "error code of a job",
    "users": "user that made a job",
    "rejected_jobs": "entry that could not be stored whole",
    "runs": "walk of a list, or round of look-ups",
}
_GO_ON: Final = {
    "How fresh it is": "status",
    "Ask more": 'sql "select * from jobs order by system_modstamp desc limit 5"',
    "Look at it in a browser (needs the extra `dashboard`)": "dashboard --open",
}


def demo() -> None:
    """
    Run the demo. `demo.duckdb` stays in the current folder, for any SQL client.

    Raises:
        ConfigError: If there is a `demo.duckdb` that no demo has made.
    """
    _remove_last_demo()
    with StandIn(jobs=_JOBS, seed=7, clock=_two_hours_ago()) as standin, _configured_for(standin):
        standin.org.clock.advance(seconds=60)
        print(f"A stand-in org with {_JOBS:,} bulk jobs listens at {standin.url}. First load:")
        _load()
        _live_on(standin)
        print("\nAn hour later: five new jobs, seventeen changed. Second load:")
        _load()
    _show()


def _load() -> None:
    summary = load()
    print(*summary.notes(), run_table([Ended(None, 0, summary)]), sep="\n", end="")


def _remove_last_demo() -> None:
    if not _DATABASE.exists():
        return
    try:
        with duckdb.connect(str(_DATABASE), read_only=True) as connection:
            found = connection.execute("from duckdb_schemas() where schema_name = ?", [NAME]).fetchall()
    except duckdb.Error:
        found = []
    if not found:
        raise ConfigError(f"{_DATABASE.resolve()} is not from a demo. Move it away, or run the demo in another folder.")
    _DATABASE.unlink()


@contextmanager
def _configured_for(standin: StandIn) -> Iterator[None]:
    """Configure the stand-in org, and nothing else: the user's own configuration may name a real org."""
    variables, place = dict(os.environ), Path.cwd()
    org, database = standin.org, _DATABASE.resolve()
    login = {"INSTANCE_URL": standin.url, "CLIENT_ID": org.client_id, "CLIENT_SECRET": org.client_secret}
    with temporary_folder() as folder:
        for name in variables:
            if name == "DLT_PROJECT_DIR" or ("__" in name and not name.startswith("RUNTIME__")):
                del os.environ[name]
        os.environ.update({f"{CREDENTIALS_VARIABLE}__{key}": value for key, value in login.items()})
        os.environ.update(DLT_DATA_DIR=str(folder), DESTINATION__DUCKDB__CREDENTIALS=str(database), **_ALL_TABLES)
        os.chdir(folder)  # dlt looks for files of configuration in the current folder
        dlt.current.run_context().reload()
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(variables)
            os.chdir(place)
            dlt.current.run_context().reload()


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


def _show_some(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, str]) -> None:
    for table, columns in tables.items():
        rows = connection.execute(f"select count(*) from {table}").fetchall()[0][0]
        print(f"\n{table}: {counted(rows, 'row')}, such as")
        connection.sql(f"select {columns} from {table} limit 4").show(max_width=120)


def _show() -> None:
    with duckdb.connect(str(_DATABASE), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"use {NAME}")
        _show_some(connection, _SHOWN)
        print("\nThe views over these tables, for questions and for dashboards:")
        _show_some(connection, _VIEWS)
        print("\nWhose records failed most, and why:")
        connection.sql(_QUESTION).show(max_width=120)
        print(f"What is in {_DATABASE} now, the views first:\n{_contents(connection)}")
    for words, command in _GO_ON.items():
        print(f"{words}: DESTINATION__DUCKDB__CREDENTIALS={_DATABASE} {how_to_start()} {command}")


def _contents(connection: duckdb.DuckDBPyConnection) -> str:
    rows = [
        {
            "name": name,
            "rows": connection.execute(f"select count(*) from {name}").fetchall()[0][0],
            "one row for each": meaning,
        }
        for name, meaning in _MEANINGS.items()
    ]
    return plain(rows, folded="one row for each")
