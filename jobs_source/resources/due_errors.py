"""Which jobs are due for a count of their errors."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final

from jobs_source.resources.kept_tables import KeptTables
from jobs_source.resources.run_results import FailedJob
from jobs_source.settings import QUERY_OPERATIONS, RETENTION_DAYS

_COLUMNS: Final = "r.{id}, j.{job_type}, j.{object}, r.{number_records_failed}"
_WRITES: Final = " and ".join(f"j.{{operation}} <> '{name}'" for name in QUERY_OPERATIONS)
_DUE: Final = (
    f"select {_COLUMNS} from {{job_results}} r"
    " join {jobs} j on j.{org_id} = r.{org_id} and j.{id} = r.{id}"
    " left join (select {org_id}, {job_id}, sum({records}) as {records} from {job_errors} i"
    " group by {org_id}, {job_id}) e on e.{org_id} = r.{org_id} and e.{job_id} = r.{id}"
    " where r.{org_id} = %s and r.{system_modstamp} >= %s and r.{number_records_failed} > 0"
    " and (e.{job_id} is null or e.{records} < r.{number_records_failed})"
    f" and r.{{outcome}} <> 'unknown' and (j.{{operation}} is null or {_WRITES})"
    " order by r.{system_modstamp} desc"
)


def find_jobs_with_errors(
    kept: KeptTables,
    org_id: str,
    now: datetime,
    run_results: Iterable[FailedJob],
    most: int,
    resting: Collection[str] = (),
) -> list[FailedJob]:
    """
    Find the jobs of the seven days before *now* that have failed records, and none or too few in `job_errors`.

    At most *most*, without the *resting* kinds of look-up: the *run_results* of this run, which are not in the
    destination yet, and then the newest.
    """
    since = now - timedelta(days=RETENTION_DAYS)
    due = {job.id: job for job in run_results}
    if not most:
        return []
    for row in kept.ask(_DUE, org_id, since, most=None if resting else most):
        job = FailedJob(*row)
        due.setdefault(job.id, job)
    return [job for job in due.values() if job.kind not in resting][:most]
