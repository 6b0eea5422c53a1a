"""The resource `users`: who made the jobs."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import dlt
from dlt.common import logger
from dlt.sources import DltResource

from jobs_source.exceptions import AccessError, RequestRefusedError, SalesforceJobsError
from jobs_source.resources.due_users import find_due_users
from jobs_source.resources.kept_tables import open_kept_tables
from jobs_source.resources.look_up_budget import calls_allowed
from jobs_source.resources.look_up_plan import LookUpPlan
from jobs_source.resources.look_up_resource import make_look_up_resource
from jobs_source.resources.look_up_run import Round
from jobs_source.resources.refusals import remember, resting_kinds
from jobs_source.resources.run_jobs import RunJobs
from jobs_source.resources.run_results import RunResults
from jobs_source.rows.user_rows import make_user_rows
from jobs_source.salesforce.call_budget import CallBudget, NoCallLeftError
from jobs_source.salesforce.client import Client
from jobs_source.salesforce.look_up_tally import LookUpTally
from jobs_source.salesforce.users import FoundUsers, fetch_users
from jobs_source.schema import RUNS, USERS
from jobs_source.views.step_aside import step_aside

_KIND: Final = USERS.name


def make_users_resource(
    client: Client, plan: LookUpPlan, run_jobs: RunJobs, run_results: RunResults, is_selected: bool
) -> DltResource:
    """
    Build the resource, merged on (`org_id`, `id`).

    It asks the destination, in `jobs`, `query_jobs`, `users` and `runs`, which users that made jobs are not known yet
    or were looked up more than a day ago, and how many calls are left for look-ups. Users of the same run are due too.
    """

    def users() -> Iterator[Any]:
        for stage in (run_jobs.walks, run_results.round, run_results.errors):
            yield from stage.wait()
        yield from _look_up(client, plan, run_jobs, run_results)
        step_aside()

    return make_look_up_resource(USERS, users, (RUNS,), is_selected=is_selected)


def _look_up(client: Client, plan: LookUpPlan, run_jobs: RunJobs, run_results: RunResults) -> Iterator[Any]:
    org_id, state, now = client.session.org_id, dlt.current.resource_state(), client.now
    with open_kept_tables(USERS) as kept:
        due = [] if resting_kinds(state, org_id, now) else find_due_users(kept, org_id, now, run_jobs.users)
        calls = calls_allowed(kept, client, plan, now) - run_results.calls if due else 0
    tally, round_ = LookUpTally(), Round(client, USERS, len(due), now)
    if calls > 0:
        found = _fetch(client, plan, due, client.make_budget(calls), tally)
        remember(state, org_id, tally.refused, now)
        run_results.calls += tally.calls
        for each in found:
            yield round_.with_run_id(make_user_rows(each.asked, each.records, org_id, each.answered_at))
        round_.count(tally.looked_up)
        yield round_.to_item(tally.calls)
    round_.report(tally)


def _fetch(
    client: Client, plan: LookUpPlan, due: Sequence[str], budget: CallBudget, tally: LookUpTally
) -> Sequence[FoundUsers]:
    """Return what Salesforce answered; an error is in *tally*: users are no reason to lose what else was looked up."""
    found: list[FoundUsers] = []
    try:
        with client.within(budget):
            found.extend(fetch_users(client, plan.api_version, due))
    except NoCallLeftError:
        tally.stopped_by = budget.ended_by
    except (AccessError, RequestRefusedError) as error:
        tally.refused = {_KIND: str(error)}
        logger.warning(f"Salesforce does not tell who made the jobs. It is asked again after a day. {error}")
    except SalesforceJobsError as error:
        tally.failed, tally.errors = len(due) - sum(len(each.asked) for each in found), [str(error)]
    tally.looked_up, tally.calls = sum(len(each.asked) for each in found), budget.taken
    return found
