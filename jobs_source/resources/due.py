"""
Which jobs are due for a look-up. The destination says it, and no memory of ours: so a killed run loses nothing, and
what one run did not come to is due in the next one.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import pyarrow as pa

from jobs_source.resources.kept_tables import KeptTables
from jobs_source.salesforce.job_details import DueJob
from jobs_source.schema import JOB_TABLES, TABLES
from jobs_source.settings import FINAL_STATES, RETENTION_DAYS
from jobs_source.times import in_utc

_UNKNOWN: Final = "unknown"
_STATES: Final = ", ".join(f"'{state}'" for state in FINAL_STATES)
_DUE: Final = (
    "from {A_TABLE} j left join {job_results} r on r.{org_id} = j.{org_id} and r.{id} = j.{id}"
    f" where j.{{org_id}} = %s and j.{{system_modstamp}} >= %s and j.{{state}} in ({_STATES})"
    f" and (r.{{id}} is null or r.{{system_modstamp}} < j.{{system_modstamp}} or r.{{outcome}} = '{_UNKNOWN}')"
)
_COUNT: Final = f"select j.{{job_type}}, count(*) {_DUE} group by j.{{job_type}}"
_NEWEST: Final = f"select j.{{id}}, j.{{job_type}}, j.{{system_modstamp}} {_DUE} order by j.{{system_modstamp}} desc"
_ANSWERED: Final = (
    "select {id}, {system_modstamp} from {job_results} r"
    f" where {{org_id}} = %s and {{system_modstamp}} >= %s and {{outcome}} <> '{_UNKNOWN}'"
)


def count_due_jobs(kept: KeptTables, org_id: str, now: datetime, resting: Collection[str]) -> int:
    """Count the jobs that are due at *now*, without the *resting* kinds of look-up."""
    found = 0
    for table in JOB_TABLES:
        for job_type, number in kept.ask(_COUNT.replace("A_TABLE", table.name), org_id, _since(now)):
            found += 0 if DueJob("", job_type, table.endpoint, now).kind in resting else int(number)
    return found


def find_due_jobs(
    kept: KeptTables,
    org_id: str,
    now: datetime,
    run_jobs: Mapping[str, pa.Table],
    most: int,
    resting: Collection[str] = (),
) -> list[DueJob]:
    """
    Find the jobs that finished in the seven days before *now* and have no result, an old or an unknown one.

    At most *most*, the newest first, without the *resting* kinds of look-up. *run_jobs* are finished jobs by table
    that may not be in the destination yet.
    """
    if not most:
        return []
    due: dict[str, DueJob] = {}
    for table in JOB_TABLES:
        rows = kept.ask(_NEWEST.replace("A_TABLE", table.name), org_id, _since(now), most=None if resting else most)
        due |= {id_: DueJob(id_, job_type, table.endpoint, in_utc(stamp)) for id_, job_type, stamp in rows}
    for job in _not_answered(kept, org_id, run_jobs):
        if job.system_modstamp >= _since(now):
            due[job.id] = max(job, due.get(job.id, job), key=_stamp)
    awake = (job for job in due.values() if job.kind not in resting)
    return sorted(awake, key=_stamp, reverse=True)[:most]


def _not_answered(kept: KeptTables, org_id: str, run_jobs: Mapping[str, pa.Table]) -> list[DueJob]:
    jobs = [
        DueJob(row["id"], row["job_type"], TABLES[name].endpoint, row["system_modstamp"])
        for name, rows in run_jobs.items()
        for row in rows.to_pylist()
        if row["system_modstamp"] is not None
    ]
    if not jobs:
        return []
    oldest = min(map(_stamp, jobs))
    answered = {id_: in_utc(stamp) for id_, stamp in kept.ask(_ANSWERED, org_id, oldest)}
    return [job for job in jobs if job.id not in answered or answered[job.id] < job.system_modstamp]


def _since(now: datetime) -> datetime:
    return now - timedelta(days=RETENTION_DAYS)


def _stamp(job: DueJob) -> Any:
    return job.system_modstamp
