"""How many calls a round of look-ups may make: a share of the org's calls in 24 hours, which `runs` counts."""

from datetime import datetime, timedelta
from typing import Final

from jobs_source.resources.kept_tables import KeptTables
from jobs_source.resources.look_up_plan import LookUpPlan
from jobs_source.salesforce.client import Client
from jobs_source.schema import LOOK_UP_LISTINGS
from jobs_source.settings import SMALLEST_API_LIMIT

_LISTINGS: Final = ", ".join(f"'{listing}'" for listing in LOOK_UP_LISTINGS)
_SPENT: Final = (
    "select sum({calls}) from {runs}"
    f" where {{org_id}} = %s and {{listing}} in ({_LISTINGS}) and {{started_at}} > %s"
)
_LIMIT: Final = "select {api_limit} from {runs} where {org_id} = %s and {api_limit} > 0 order by {started_at} desc"


def calls_allowed(kept: KeptTables, client: Client, plan: LookUpPlan, now: datetime) -> int:
    """Return how many calls look-ups may make, from *now* on, within `max_results_api_percent`."""
    org_id = client.session.org_id
    spent = kept.ask(_SPENT, org_id, now - timedelta(hours=24))
    share = _api_limit(kept, client) * plan.api_percent / 100
    return max(0, int(share) - int(spent[0][0] or 0 if spent else 0))


def _api_limit(kept: KeptTables, client: Client) -> int:
    """Return the org's calls in 24 hours: from an answer, from an earlier run, or those of the smallest orgs."""
    if client.usage and client.usage.limit:
        return client.usage.limit
    known = kept.ask(_LIMIT, client.session.org_id, most=1)
    return int(known[0][0]) if known else SMALLEST_API_LIMIT
