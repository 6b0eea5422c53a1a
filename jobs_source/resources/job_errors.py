"""The resource `job_errors`: why records failed, counted by code and fields. No value of a customer is kept."""

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import Any

import dlt
import pyarrow as pa
from dlt.sources import DltResource

from jobs_source.resources.due_errors import find_jobs_with_errors
from jobs_source.resources.kept_tables import open_kept_tables
from jobs_source.resources.look_up_budget import calls_allowed
from jobs_source.resources.look_up_plan import LookUpPlan
from jobs_source.resources.look_up_resource import make_look_up_resource
from jobs_source.resources.look_up_run import Round
from jobs_source.resources.refusals import remember, resting_kinds
from jobs_source.resources.run_results import FailedJob, RunResults
from jobs_source.rows.batch_results import read_batch
from jobs_source.rows.error_counts import make_error_rows
from jobs_source.rows.failed_csv import FailedCsv
from jobs_source.salesforce.batch_results import read_batch_results
from jobs_source.salesforce.client import Client
from jobs_source.salesforce.failed_results import read_failed_results
from jobs_source.salesforce.job_details import BULK_1
from jobs_source.salesforce.look_ups import LookUpTally, look_up_all
from jobs_source.salesforce.object_fields import ObjectFields
from jobs_source.salesforce.session import Session
from jobs_source.schema import JOB_ERRORS, RUNS
from jobs_source.views.step_aside import step_aside


def make_errors_resource(client: Client, plan: LookUpPlan, run_results: RunResults, is_selected: bool) -> DltResource:
    """
    Build the resource, merged on (`org_id`, `job_id`, `error_code`, `fields`).

    It asks the destination, in `job_results`, `jobs`, `job_errors` and `runs`, which jobs with failed records have no
    errors yet, and how many calls are left for look-ups. Jobs whose result this run looks up are due too: it waits for
    them.
    """

    def job_errors() -> Iterator[Any]:
        with run_results.errors.under_way():
            yield from run_results.round.wait()
            yield from _look_up(client, plan, run_results)
        step_aside()

    return make_look_up_resource(JOB_ERRORS, job_errors, (RUNS,), is_selected=is_selected)


def _look_up(client: Client, plan: LookUpPlan, run_results: RunResults) -> Iterator[Any]:
    org_id, state, now = client.session.org_id, dlt.current.resource_state(), client.now
    with open_kept_tables(JOB_ERRORS) as kept:
        resting = resting_kinds(state, org_id, now)
        due = find_jobs_with_errors(kept, org_id, now, run_results.failed, plan.most, resting)
        budget = calls_allowed(kept, client, plan, now) - run_results.calls if due else 0
    tally, round_ = LookUpTally(), Round(client, JOB_ERRORS, len(due), now)
    if budget > 0:
        count = partial(_count_errors, client, plan, ObjectFields(client, plan.api_version))
        options = {"budget": budget, "at_a_time": plan.at_a_time}
        with closing(look_up_all(client, due, count, tally, **options, question="why records failed in")) as found:
            for rows in found:
                if rows is None:
                    yield None
                    continue
                round_.count(1)
                yield round_.with_run_id(rows)
        remember(state, org_id, tally.refused, now)
        run_results.calls += tally.calls
        yield round_.to_item(tally.calls)
    round_.report(tally)


def _count_errors(client: Client, plan: LookUpPlan, fields: ObjectFields, job: FailedJob, session: Session) -> pa.Table:
    """Count the errors of one job. A renewal is left to the readers: they know where to begin again."""
    if job.kind == BULK_1:
        names = fields.names(job.object) if job.object else frozenset[str]()
        parts = read_batch_results(client, plan.api_version, job.id, partial(read_batch, names))
    else:
        parts = read_failed_results(client, plan.api_version, job.id, FailedCsv().read)
    return make_error_rows(parts, client.session.org_id, job.id, job.records_failed)
