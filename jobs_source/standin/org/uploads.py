"""What becomes of one uploaded row."""

from jobs_source.standin.org.behaviour import Behaviour
from jobs_source.standin.org.jobs import Job
from jobs_source.standin.org.records import Outcome, Records
from jobs_source.standin.org.soql import value_of
from jobs_source.standin.org.work import Work


def do_row(job: Job, work: Work, row: dict[str, str], records: Records, behaviour: Behaviour) -> Outcome:
    """Do what the job was asked to do with one row; `fail_rows` may let it fail."""
    error = behaviour.fail_rows(row) if behaviour.fail_rows else None
    if error is not None:
        return Outcome(value_of(row, "Id") or "", False, error)
    return records.apply(job.kind.operation, str(job.kind.object), row, work.external_id)
