"""The resource `job_results` on its own, in a pipeline of one's own."""

from collections.abc import Callable

import dlt
import pytest
from dlt.pipeline.exceptions import PipelineStepFailed

from jobs_source import salesforce_jobs
from jobs_source.standin import StandIn
from tests.conftest import MOST_RESULTS

LogIn = Callable[..., None]


@pytest.mark.long
def test_an_api_version_that_the_org_has_not_makes_no_job_gone(
    standin: StandIn, log_in: LogIn, pipeline: dlt.Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Salesforce answers 404 for both. No walk asks before, so one call does: it ends the run, and jobs stay due."""
    monkeypatch.delenv(MOST_RESULTS)
    standin.org.add_jobs(3, job_type="V2Ingest", state="JobComplete")
    standin.org.clock.advance(seconds=5)
    log_in(standin)
    pipeline.run(salesforce_jobs())
    standin.requests.clear()

    with pytest.raises(PipelineStepFailed) as caught:
        pipeline.run(salesforce_jobs(api_version="99.0").with_resources("job_results"))

    assert "Salesforce does not have this address" in str(caught.value)
    assert [request.path for request in standin.requests][1:] == ["/services/data/v99.0/"]
    pipeline.run(salesforce_jobs().with_resources("job_results"))
    with pipeline.sql_client() as client:
        assert client.execute_sql("select count(*) from job_results where outcome <> 'gone'") == [(3,)]
        assert client.execute_sql("select calls from runs where listing = 'job_results'") == [(4,)]


@pytest.mark.long
def test_the_call_for_the_api_version_counts_where_it_was_the_last(
    standin: StandIn, log_in: LogIn, pipeline: dlt.Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one call a day it leaves none for look-ups, and a second run within the day sends nothing."""
    monkeypatch.delenv(MOST_RESULTS)
    standin.org.api_limit = 100
    standin.org.add_jobs(3, job_type="V2Ingest", state="JobComplete")
    standin.org.clock.advance(seconds=5)
    log_in(standin)
    pipeline.run(salesforce_jobs())
    standin.requests.clear()

    for _ in range(2):
        pipeline.run(salesforce_jobs(max_results_api_percent=1).with_resources("job_results"))

    assert [request.path for request in standin.requests if request.method == "GET"] == ["/services/data/v64.0/"]
    with pipeline.sql_client() as client:
        assert client.execute_sql("select calls, jobs_written from runs where listing = 'job_results'") == [(1, 0)]
