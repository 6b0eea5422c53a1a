"""
Views over the tables, which BI tools read: one file of SQL per view, in the dialect of DuckDB.

| view              | one row per                          | answers                                    |
|-------------------|--------------------------------------|--------------------------------------------|
| `job_history`     | job of either kind                   | what ran when, by whom, what became of it  |
| `jobs_daily`      | org, day, kind, object and operation | how many jobs and records, how many failed |
| `job_failures`    | job that failed, whole or in part    | what failed and why                        |
| `unfinished_jobs` | job in no final state                | what waits or runs, what is stuck          |
| `run_health`      | org                                  | how fresh, which gaps, what it costs       |

`parts/` has what several views share. `definitions.py` reads the files and writes them in the dialect of a destination,
`existing.py` looks what is there and decides, `create.py` and `grants.py` make what is missing or has changed, and
`step_aside.py` lets tables be dropped that Postgres would keep for the views.
"""

from typing import Final

VIEWS: Final[tuple[str, ...]] = ("job_history", "jobs_daily", "job_failures", "unfinished_jobs", "run_health")
