"""Rounds of look-ups against a stand-in."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import datetime, timezone
from functools import partial
from typing import Any, NamedTuple, Optional

from jobs_source.salesforce.client import Client
from jobs_source.salesforce.job_details import Details, DueJob, look_up
from jobs_source.salesforce.look_ups import LookUpTally, look_up_all
from jobs_source.standin import StandIn
from tests.clients import TOKEN_PATH

LISTED_AT = datetime(2026, 11, 20, 11, tzinfo=timezone.utc)
ENDPOINTS = {"V2Query": "jobs/query"}
PLENTY = 1_000_000  # calls


def due(ids: Iterable[str], job_type: Optional[str] = "V2Ingest", endpoint: str = "") -> list[DueJob]:
    """What the destination says of jobs that have no result yet."""
    listing = endpoint or ENDPOINTS.get(job_type or "", "jobs/ingest")
    return [DueJob(id_, job_type, listing, LISTED_AT) for id_ in ids]


def add_due(standin: StandIn, n: int, job_type: str = "V2Ingest", **fields: Any) -> list[DueJob]:
    """Finished jobs of one type, which the org has."""
    state = "Closed" if job_type == "Classic" else "JobComplete"
    return due(standin.org.add_jobs(n, job_type=job_type, **{"state": state, **fields}), job_type)


class Round(NamedTuple):
    """What a round brought: the answer about each job, and its tally."""

    answers: dict[str, Details]
    tally: LookUpTally


def look_up_round(client: Client, jobs: Sequence[DueJob], budget: int = PLENTY, at_a_time: int = 8) -> Round:
    """Look up *jobs* to the end of the round."""
    tally = LookUpTally()
    with closing(
        look_up_all(client, jobs, partial(look_up, client, "64.0"), tally, budget=budget, at_a_time=at_a_time)
    ) as answers:
        found = [details for details in answers if details is not None]
    assert len({details.job.id for details in found}) == len(found) == tally.looked_up
    return Round({details.job.id: details for details in found}, tally)


def sent(standin: StandIn) -> list[str]:
    """The path of each call that came to *standin*, logins aside."""
    return [request.path for request in standin.requests if request.path != TOKEN_PATH]


def asked(standin: StandIn) -> list[str]:
    """The ids of the jobs that were looked up, in order; a list of batches is the id with `/batch`."""
    parts = (path.partition("/750") for path in sent(standin))
    return [f"750{rest}" for _, _, rest in parts if rest]


def logins(standin: StandIn) -> int:
    return sum(request.path == TOKEN_PATH for request in standin.requests)


def add_finished(standin: StandIn, n: int, **fields: Any) -> list[str]:
    """Add jobs that have just ended, whose results all are right, and let an hour pass. Return their ids."""
    state = "Closed" if fields.get("job_type") == "Classic" else "JobComplete"
    chosen = {"job_type": "V2Ingest", "state": state, "created": standin.org.clock.now(), **fields}
    ids = standin.org.add_jobs(n, **chosen)
    standin.org.clock.advance(seconds=3_600)
    return ids
