"""
Every table: its key, its columns and what they mean. `docs/tables.md` is made from it.

`jobs.py` has what the listings fill, `results.py` what look-ups add, `runs.py` what each run read and cost.
"""

from typing import Final

from jobs_source.schema.jobs import FIELDS, JOB_STATES, JOBS, KEYS, QUERY_JOBS, REJECTED_JOBS, column_name
from jobs_source.schema.results import (
    JOB_ERRORS,
    JOB_RESULTS,
    LOOK_UP_LISTINGS,
    OUTCOMES,
    RESULT_ALIASES,
    RESULT_FIELDS,
    USERS,
)
from jobs_source.schema.runs import RUNS
from jobs_source.schema.table import COUNT, FLAG, LOAD_ID, RUN_ID, TEXT, TIME, Column, Field, Table

JOB_TABLES: Final = (JOBS, QUERY_JOBS)
TABLES: Final = {
    table.name: table for table in (JOBS, QUERY_JOBS, JOB_STATES, JOB_RESULTS, JOB_ERRORS, USERS, REJECTED_JOBS, RUNS)
}
JOB_SCHEMA: Final = JOBS.content_schema
REJECTED_SCHEMA: Final = REJECTED_JOBS.content_schema

__all__ = [
    "COUNT", "FIELDS", "FLAG", "JOBS", "JOB_ERRORS", "JOB_RESULTS", "JOB_SCHEMA", "JOB_STATES", "JOB_TABLES", "KEYS",
    "LOAD_ID", "LOOK_UP_LISTINGS", "OUTCOMES", "QUERY_JOBS", "REJECTED_JOBS", "REJECTED_SCHEMA", "RESULT_ALIASES",
    "RESULT_FIELDS", "RUNS", "RUN_ID", "TABLES", "TEXT", "TIME", "USERS", "Column", "Field", "Table", "column_name",
]  # fmt: skip
