"""Which rows of a walk go on: where the bounds lie, to the millisecond."""

from datetime import timedelta
from typing import Any

from jobs_source.options import plan_walks
from jobs_source.settings import LAG_SECONDS
from jobs_source.standin import Clock, Org
from tests.conftest import START
from tests.simulation.bare_walk import OrgClient, take_rows, without_threads
from tests.simulation.recording_standin import RecordingStandIn

MILLISECOND = timedelta(milliseconds=1)


def test_what_is_stamped_at_the_lower_bound_is_taken_and_what_is_stamped_at_the_walks_start_waits() -> None:
    """The bounds are the cursor less the lag, and the moment that the walk began."""
    org = Org(seed=1, clock=Clock(START, frozen=True))
    (table, _), client = plan_walks("64.0", None, None, None, 24), OrgClient(RecordingStandIn(org))
    state: dict[str, Any] = {}
    cursor = START - timedelta(seconds=60)
    org.add_jobs(1, job_type="V2Ingest", created=cursor, system_modstamp=cursor, state="Open")
    with without_threads(batch_rows=10, reads_far_ahead=False):
        (known,) = [row["id"] for row in take_rows(client, table, state)]
        bound = cursor - timedelta(seconds=LAG_SECONDS)
        org.clock.advance(seconds=3_600)
        began = org.clock.now()
        ids: dict[Any, str] = {}
        for stamp in (bound - MILLISECOND, bound, began - MILLISECOND, began):
            (ids[stamp],) = org.add_jobs(1, job_type="V2Ingest", created=stamp, system_modstamp=stamp, state="Open")

        taken = {row["id"] for row in take_rows(client, table, state)}

    assert taken == {known, ids[bound], ids[began - MILLISECOND]}
