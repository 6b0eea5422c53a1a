"""Which rows of a walk go on: where the bounds lie, to the millisecond."""

import threading
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import dlt
import pytest

from jobs_source.exceptions import ListingError
from jobs_source.options import plan_walks
from jobs_source.resources import changes
from jobs_source.resources.changes import find_changes
from jobs_source.resources.run_jobs import RunJobs
from jobs_source.resources.states import StatesSeen
from jobs_source.salesforce import listing
from jobs_source.settings import LAG_SECONDS
from jobs_source.standin import Clock, Org, StandIn
from tests.clients import make_client, paths
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


def test_no_thread_goes_on_asking_after_an_error(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where somebody keeps the error, and with it all that the walk was made of."""
    monkeypatch.setattr(changes, "BATCH_JOBS", 1)
    monkeypatch.setattr(listing, "READ_AHEAD_PAGES", 2)
    standin.org.page_size = 1
    standin.org.add_raw_entry(b'{"id": "\xff"}')
    standin.org.add_jobs(40, job_type="V2Ingest")
    walk, _ = plan_walks("64.0", None, None, None, 24)
    kept: list[BaseException] = []
    try:
        take_rows(make_client(standin), walk, {})
    except ListingError as error:
        kept.append(error)
    for thread in threading.enumerate():
        if thread.name == "read-ahead":
            thread.join(timeout=10)

    assert str(kept[0]).startswith("A page of jobs/ingest is broken JSON")
    assert paths(standin).count("jobs/ingest") < 40
    assert [thread for thread in threading.enumerate() if thread.name == "read-ahead"] == []


def test_a_walk_from_a_locator_says_nothing_of_gaps() -> None:
    """It does not move the cursor, and is no run that another one is counted from."""
    org = Org(seed=1, clock=Clock(START, frozen=True))
    org.page_size = 1
    org.add_jobs(3, job_type="V2Ingest", created=START)
    org.clock.advance(seconds=5)
    client, state, metrics = OrgClient(RecordingStandIn(org)), dict[str, Any](), dict[str, Any]()
    with without_threads(batch_rows=10, reads_far_ahead=False):
        take_rows(client, plan_walks("64.0", None, None, None, 24)[0], state)
        org.clock.advance(days=6, seconds=2 * 86_400 - 100)
        org.add_jobs(3, job_type="V2Ingest", created=org.clock.now())
        client.renew(client.session)
        page = client.get("/services/data/v64.0/jobs/ingest", {}).json()
        locator = page["nextRecordsUrl"].partition("=")[2]
        with (
            patch.object(dlt.current, "resource_state", lambda: state),
            patch.object(dlt.current, "source_state", dict),
            patch.object(dlt.current, "resource_metrics", lambda: metrics),
        ):
            walk, watchers = plan_walks("64.0", None, None, locator, 24)[0], (StatesSeen({}, "jobs"), RunJobs(0))
            list(find_changes(client, walk, None, *watchers))  # type: ignore[arg-type]

    assert (metrics["possible_gap"], metrics["previous_started_at"], metrics["pages"]) == (False, None, 2)
