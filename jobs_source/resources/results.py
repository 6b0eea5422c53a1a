"""The resource `job_results`: what became of each finished job."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import Any

import dlt
from dlt.sources import DltResource

from jobs_source.resources.due import find_due_jobs
from jobs_source.resources.kept_tables import open_kept_tables
from jobs_source.resources.look_up_budget import calls_allowed
from jobs_source.resources.look_up_plan import LookUpPlan
from jobs_source.resources.look_up_resource import make_look_up_resource
from jobs_source.resources.look_up_run import Round
from jobs_source.resources.new_fields import keep_columns, warn_of_new_fields
from jobs_source.resources.refusals import remember, resting_kinds
from jobs_source.resources.run_jobs import RunJobs
from jobs_source.resources.run_results import RunResults
from jobs_source.resources.walk_state import State
from jobs_source.rows.result_rows import Result, make_result_rows
from jobs_source.salesforce.call_budget import BUDGET
from jobs_source.salesforce.client import Client
from jobs_source.salesforce.job_details import Details, DueJob, look_up
from jobs_source.salesforce.look_ups import LookUpTally, look_up_all
from jobs_source.schema import JOB_RESULTS, REJECTED_JOBS, RUNS
from jobs_source.settings import BATCH_RESULTS
from jobs_source.views.step_aside import step_aside


def make_results_resource(client: Client, plan: LookUpPlan, run_jobs: RunJobs, run_results: RunResults) -> DltResource:
    """
    Build the resource, merged on (`org_id`, `id`). It is not selected unless somebody names it.

    It asks the destination, in `jobs`, `query_jobs`, `job_results` and `runs`, which finished jobs of the last seven
    days have no result yet and how many calls are left for look-ups. The jobs of the same run are due too: it waits for
    the walks. On a destination that cannot be asked, such as files, only these are due.
    """

    def job_results() -> Iterator[Any]:
        with run_results.round.under_way():
            run_results.begin()
            yield from run_jobs.walks.wait()
            yield from look_up_due_jobs(client, plan, run_jobs, run_results)
        step_aside()

    return make_look_up_resource(JOB_RESULTS, job_results, (REJECTED_JOBS, RUNS), is_selected=False)


def look_up_due_jobs(client: Client, plan: LookUpPlan, run_jobs: RunJobs, run_results: RunResults) -> Iterator[Any]:
    """Look up what is due after the walks. Yields rows, those of other tables with a mark, and None while it waits."""
    org_id, state, now = client.session.org_id, dlt.current.resource_state(), client.now
    with open_kept_tables(JOB_RESULTS) as kept:
        resting = resting_kinds(state, org_id, now)
        jobs = find_due_jobs(kept, org_id, now, run_jobs.newest(), plan.most, resting)
        budget = calls_allowed(kept, client, plan, now) if jobs else 0
    checking = _check_api_version(client, plan) if budget and not run_jobs.walks.has_begun else 0
    budget -= checking
    tally, round_ = LookUpTally(), Round(client, JOB_RESULTS, len(jobs), now)
    if budget > 0:
        for batch in _batches(client, plan, jobs, budget, tally):
            yield from _to_items(batch, round_, run_results, state) if batch else [None]
        remember(state, org_id, tally.refused, now)
    elif jobs:
        tally.stopped_by = BUDGET
    tally.calls += checking
    run_results.calls += tally.calls
    if budget > 0 or checking:
        yield round_.to_item(tally.calls)
    round_.report(tally)


def _check_api_version(client: Client, plan: LookUpPlan) -> int:
    """
    Make sure that the org has the API version, if no walk has done so: 404 also means that a job is gone.

    Return how many calls that took. Raises `ConfigError`.
    """
    before = client.calls
    client.get(f"/services/data/v{plan.api_version}/", {})
    return client.calls - before


def _batches(
    client: Client, plan: LookUpPlan, jobs: Sequence[DueJob], budget: int, tally: LookUpTally
) -> Iterator[Sequence[Result]]:
    """Yield results, as many as a table takes, and an empty batch where nothing is there yet."""
    batch: list[Result] = []
    ask = partial(look_up, client, plan.api_version)
    with closing(look_up_all(client, jobs, ask, tally, budget=budget, at_a_time=plan.at_a_time)) as answers:
        for details in answers:
            if details is None:
                yield ()
                continue
            batch.append(_as_result(details))
            if len(batch) >= BATCH_RESULTS:
                yield batch
                batch = []
    if batch:
        yield batch


def _as_result(details: Details) -> Result:
    job = details.job
    return Result(job.id, job.job_type, job.system_modstamp, details.info, details.batch_message, details.answered_at)


def _to_items(batch: Sequence[Result], round_: Round, run_results: RunResults, state: State) -> Iterator[Any]:
    rows = make_result_rows(batch, round_.client.session.org_id)
    warn_of_new_fields(state, JOB_RESULTS, "What became of a job", rows.unknown)
    keep_columns(state, set(rows.results.schema.names) - set(JOB_RESULTS.content_schema.names))
    run_results.add(batch, rows.results)
    round_.count(len(batch))
    round_.rejected += rows.rejected.num_rows
    yield round_.with_run_id(rows.results)
    if rows.rejected.num_rows:
        yield dlt.mark.with_table_name(round_.with_run_id(rows.rejected), REJECTED_JOBS.name)
