"""The resource `users`: who made the jobs."""

from collections.abc import Iterator
from typing import Any, Final

import dlt
from dlt.common import logger
from dlt.sources import DltResource

from jobs_source.exceptions import AccessError, SalesforceJobsError
from jobs_source.resources.due_users import find_due_users
from jobs_source.resources.hints import add_side_tables, table_hints
from jobs_source.resources.kept_tables import open_kept_tables
from jobs_source.resources.look_up_budget import calls_allowed
from jobs_source.resources.look_up_plan import LookUpPlan
from jobs_source.resources.look_up_run import Round
from jobs_source.resources.refusals import remember, resting_kinds
from jobs_source.resources.run_jobs import RunJobs
from jobs_source.rows.user_rows import make_user_rows
from jobs_source.salesforce.call_budget import NoCallLeftError
from jobs_source.salesforce.client import Client
from jobs_source.salesforce.users import FoundUsers, fetch_users
from jobs_source.schema import RUNS, USERS

_KIND: Final = USERS.name


def make_users_resource(client: Client, plan: LookUpPlan, run_jobs: RunJobs, is_selected: bool) -> DltResource:
    """
    Build the resource, merged on (`org_id`, `id`).

    It asks the destination, in `jobs`, `query_jobs`, `users` and `runs`, which users that made jobs are not known yet
    or were looked up more than a day ago, and how many calls are left for look-ups. Users of the same run are due too.
    """

    def users() -> Iterator[Any]:
        yield from run_jobs.walks.wait()
        yield from _look_up(client, plan, run_jobs)

    resource = dlt.resource(users, name=USERS.name, selected=is_selected, **table_hints(USERS))
    add_side_tables(resource, (RUNS,))
    return resource


def _look_up(client: Client, plan: LookUpPlan, run_jobs: RunJobs) -> Iterator[Any]:
    org_id, state, now = client.session.org_id, dlt.current.resource_state(), client.now
    if resting_kinds(state, org_id, now):
        return
    with open_kept_tables() as kept:
        due = find_due_users(kept, org_id, now, run_jobs.users)
        budget = client.make_budget(calls_allowed(kept, client, plan, now) if due else 0)
    if not due:
        return
    round_ = Round(client, USERS, len(due), now)
    found: list[FoundUsers] = []
    try:
        with client.within(budget):
            found.extend(fetch_users(client, plan.api_version, due))
    except NoCallLeftError:
        pass  # the others are due in the next run
    except SalesforceJobsError as error:
        if isinstance(error, AccessError):
            remember(state, org_id, [_KIND], now)
        logger.warning(f"The users that made the jobs cannot be looked up. {error}")
    for each in found:
        round_.answered += len(each.asked)
        yield round_.with_run_id(make_user_rows(each.asked, each.records, org_id, each.answered_at))
    yield round_.to_item(budget.taken)
