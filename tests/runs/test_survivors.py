"""What mutation testing found untested: each test here fails for a mutant that lived (`docs/mutation.md`)."""

import json

import pytest

from jobs_source.exceptions import ApiError, ListingError
from jobs_source.salesforce.listing import _next_locator, walk
from jobs_source.standin import StandIn
from tests.clients import INGEST, make_client, paths

BAD_LOCATOR = [{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}]
REFUSED = [{"errorCode": "INVALIDJOB", "message": "no such job"}]


def test_only_a_refused_locator_leads_to_a_new_start(standin: StandIn) -> None:
    """Any other refusal ends the walk at once, though a second try would have gone well."""
    standin.misbehave("status", path="jobs/ingest", status=400, body=REFUSED)

    with pytest.raises(ApiError, match="INVALIDJOB: no such job"):
        list(walk(make_client(standin), INGEST))
    assert paths(standin) == ["oauth2/token", "jobs/ingest"]


def test_a_refused_locator_where_none_is_configured_is_no_configuration_error(standin: StandIn) -> None:
    """Even as the answer to a first page, which has none: the walk starts again, once."""
    (id_,) = standin.org.add_jobs(1, job_type="V2Ingest")
    standin.misbehave("status", path="jobs/ingest", status=400, body=BAD_LOCATOR)

    pages = list(walk(make_client(standin), INGEST))

    assert [entry["id"] for page in pages for entry in json.loads(bytes(page.records))] == [id_]
    assert paths(standin) == ["oauth2/token", "jobs/ingest", "jobs/ingest"]


@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("https://org.example", "https://org.example:443"),
        ("https://org.example:443", "https://org.example"),
        ("http://org.example", "http://org.example:80"),
        ("http://org.example:80", "http://org.example"),
    ],
)
def test_the_usual_port_may_be_written_or_left_out(page: str, link: str) -> None:
    """In the address of the page and in the link: it is the same host."""
    assert _next_locator(f"{link}{INGEST.path}?queryLocator=a-2", f"{page}{INGEST.path}", INGEST) == "a-2"


@pytest.mark.parametrize("link", ["https://org.example:80", "https://org.example:444", "http://org.example:443"])
def test_another_port_or_scheme_is_another_host(link: str) -> None:
    """The usual port of the other scheme too."""
    with pytest.raises(ListingError, match=r"links to another host \(org\.example\): not followed"):
        _next_locator(f"{link}{INGEST.path}?queryLocator=a-2", f"https://org.example{INGEST.path}", INGEST)
