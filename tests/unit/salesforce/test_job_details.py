"""One look-up against the stand-in: which address, which header, what comes back, and what is an error."""

from typing import Any, Optional

import pytest

from jobs_source.exceptions import AccessError, ApiError, SalesforceJobsError, SessionExpiredError
from jobs_source.salesforce.job_details import BULK_1, Details, DueJob, look_up
from jobs_source.standin import StandIn
from tests.clients import make_client
from tests.conftest import START
from tests.look_ups import LISTED_AT, add_due, due, sent

V64 = "/services/data/v64.0/"
ASYNC = "/services/async/64.0/job/"
FAILED_BATCHES = {"number_batches_total": 3, "number_batches_failed": 2, "state_message": "InvalidBatch : no field Id"}
BOMB = b"""<?xml version="1.0"?><!DOCTYPE jobInfo [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><jobInfo><id>&c;</id></jobInfo>"""
EXTERNAL = b"""<?xml version="1.0"?><!DOCTYPE jobInfo [<!ENTITY f SYSTEM "file:///etc/passwd">]>
<jobInfo><id>&f;</id></jobInfo>"""
NO_SUCH_JOB = {"exceptionCode": "InvalidJob", "exceptionMessage": "Unable to find job"}
NO_SUCH_JOB_XML = "<error><exceptionCode>InvalidJob</exceptionCode><exceptionMessage>no</exceptionMessage></error>"
NOT_FOUND = [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]


def ask(standin: StandIn, job: DueJob) -> Details:
    client = make_client(standin)
    return look_up(client, "64.0", job, client.session)


@pytest.mark.parametrize(
    ("job_type", "endpoint", "kind"),
    [
        ("V2Ingest", "jobs/ingest", "jobs/ingest"),
        ("BigObjectIngest", "jobs/ingest", "jobs/ingest"),
        ("BigObjectIngest", "jobs/query", "jobs/ingest"),
        ("V2Query", "jobs/query", "jobs/query"),
        ("V2Query", "jobs/ingest", "jobs/query"),
        ("Classic", "jobs/ingest", BULK_1),
        ("Classic", "jobs/query", BULK_1),
        ("V3Ingest", "jobs/ingest", "jobs/ingest"),
        ("V3Query", "jobs/query", "jobs/query"),
        (None, "jobs/query", "jobs/query"),
    ],
)
def test_the_type_says_where_a_job_is_looked_up(job_type: Optional[str], endpoint: str, kind: str) -> None:
    """A known type has its own address, whichever listing showed the job. An unknown one has that of its listing."""
    assert DueJob("750", job_type, endpoint, LISTED_AT).kind == kind


@pytest.mark.parametrize("job_type", ["V2Ingest", "BigObjectIngest", "V2Query"])
def test_get_job_info_tells_of_a_job_of_bulk_api_2(job_type: str, standin: StandIn) -> None:
    """One call, and all its fields come back as they are, with the time by Salesforce's clock."""
    [job] = add_due(standin, 1, job_type)

    assert ask(standin, job) == Details(job, standin.org.job_info(job.id), None, START)
    assert sent(standin) == [f"{V64}{job.kind}/{job.id}"]


@pytest.mark.parametrize("form", ["xml", "json", "asked"])
def test_bulk_api_1_tells_of_a_classic_job(form: str, standin: StandIn) -> None:
    """XML gives the same as JSON. The token goes into its own header, and nowhere else."""
    standin.org.bulk_1_format = form
    [job] = add_due(standin, 1, "Classic", number_batches_failed=0, number_records_failed=2, retries=1)

    details = ask(standin, job)

    info = details.info or {}
    assert (info["id"], info["state"], type(info["apiVersion"])) == (job.id, "Closed", float)
    assert (info["numberBatchesFailed"], info["numberRecordsFailed"], info["numberRetries"]) == (0, 2, 1)
    assert info["createdDate"].startswith("2026-11-")
    assert details._replace(info=None) == Details(job, None, None, START)
    request = standin.requests[-1]
    assert (request.path, request.headers.get("Authorization")) == (f"{ASYNC}{job.id}", None)
    assert standin.org.tokens.check(request.headers["X-SFDC-Session"])
    assert (request.headers["Accept"], request.headers["Content-Type"]) == ("application/json", "application/json")
    assert sent(standin) == [f"{ASYNC}{job.id}"]


def test_xml_and_json_of_bulk_api_1_are_one(standin: StandIn) -> None:
    """Numbers are numbers and flags are flags in both; only times are written in another way."""
    [job] = add_due(standin, 1, "Classic")
    found = []
    for form in ("xml", "json"):
        standin.org.bulk_1_format = form
        info = ask(standin, job).info or {}
        found.append({key: value for key, value in info.items() if key not in ("createdDate", "systemModstamp")})
        assert info["createdDate"].endswith({"xml": "Z", "json": "+0000"}[form])
    assert found[0] == {key: value for key, value in found[1].items() if value is not None}


@pytest.mark.parametrize("form", ["xml", "json"])
def test_the_batches_of_a_classic_job_are_asked_for_if_some_failed(form: str, standin: StandIn) -> None:
    """The message is that of the first failed batch. It costs a second call, with the same header."""
    standin.org.bulk_1_format = form
    [job] = add_due(standin, 1, "Classic", **FAILED_BATCHES)

    assert ask(standin, job).batch_message == "InvalidBatch : no field Id"
    assert sent(standin) == [f"{ASYNC}{job.id}", f"{ASYNC}{job.id}/batch"]
    assert "Authorization" not in standin.requests[-1].headers


@pytest.mark.parametrize(
    ("batches", "message"),
    [
        ({"batchInfo": []}, None),
        ({"batchInfo": None}, None),
        ({}, None),
        ({"batchInfo": [{"state": "Completed", "stateMessage": "no"}]}, None),
        ({"batchInfo": [{"state": "Failed"}, {"state": "Failed", "stateMessage": "second"}]}, "second"),
        ({"batchInfo": {"state": "Failed", "stateMessage": "alone"}}, "alone"),
        ({"batchInfo": ["odd", {"state": "Failed", "stateMessage": {"odd": 1}}]}, '{"odd": 1}'),
    ],
)
def test_a_batch_list_may_be_odd(batches: Any, message: Optional[str], standin: StandIn) -> None:
    """The first failed batch that says why it failed is the one. An odd list costs no result."""
    [job] = add_due(standin, 1, "Classic", **FAILED_BATCHES)
    standin.misbehave("status", path="/batch", status=200, body=batches)

    assert ask(standin, job).batch_message == message


@pytest.mark.parametrize(("failed", "calls"), [("2", 2), ("0", 1), (None, 1), ("many", 1), ([], 1)])
def test_the_count_of_failed_batches_may_be_odd(failed: Any, calls: int, standin: StandIn) -> None:
    """A number as text is a number. Anything else tells of no failed batch."""
    [job] = add_due(standin, 1, "Classic", **FAILED_BATCHES)
    standin.misbehave("replace_json", path="750", transform=lambda it: {**it, "numberBatchesFailed": failed})

    assert (ask(standin, job).info or {})["numberBatchesFailed"] == failed
    assert len(sent(standin)) == calls


def test_a_job_may_go_between_its_two_calls(standin: StandIn) -> None:
    """What was answered first is kept."""
    [job] = add_due(standin, 1, "Classic", **FAILED_BATCHES)
    standin.misbehave("status", path="/batch", status=400, body=NO_SUCH_JOB)

    details = ask(standin, job)
    assert ((details.info or {})["numberBatchesFailed"], details.batch_message) == (2, None)


@pytest.mark.parametrize("job_type", ["V2Ingest", "V2Query"])
def test_a_job_that_is_gone(job_type: str, standin: StandIn) -> None:
    """404 of Salesforce itself says so."""
    [job] = add_due(standin, 1, job_type)
    standin.org.delete_job(job.id)

    assert ask(standin, job) == Details(job, None, None, START)


@pytest.mark.parametrize("status", [400, 404])
@pytest.mark.parametrize("form", ["xml", "json"])
def test_a_classic_job_that_is_gone(form: str, status: int, standin: StandIn) -> None:
    """InvalidJob says so, with either status and in either form."""
    standin.org.bulk_1_format, standin.org.bulk_1_gone_status = form, status
    [job] = due(["750Rm00000AbCdEIAV"], "Classic")

    assert ask(standin, job) == Details(job, None, None, START)


@pytest.mark.parametrize(
    ("job_type", "status", "body"),
    [
        ("V2Ingest", 404, "<html>nginx</html>"),
        ("V2Ingest", 404, ""),
        ("V2Ingest", 404, {"message": "no Route matched"}),
        ("V2Ingest", 404, {"error": "not_found"}),
        ("V2Ingest", 400, NO_SUCH_JOB),
        ("V2Ingest", 200, NO_SUCH_JOB),
        ("V2Ingest", 410, [{"errorCode": "GONE", "message": "retired"}]),
        ("Classic", 404, "<html>nginx</html>"),
        ("Classic", 200, NO_SUCH_JOB),
        ("Classic", 200, NO_SUCH_JOB_XML),
        ("Classic", 400, {"exceptionCode": "InvalidVersion", "exceptionMessage": "no"}),
    ],
)
def test_not_every_refusal_means_that_a_job_is_gone(job_type: str, status: int, body: Any, standin: StandIn) -> None:
    """Such a job would never be asked for again, so a proxy's page and other errors are failures."""
    [job] = add_due(standin, 1, job_type)
    standin.misbehave("status", status=status, body=body, path="750", times=None)

    with pytest.raises(SalesforceJobsError):
        ask(standin, job)


@pytest.mark.parametrize(
    ("job_type", "body"),
    [
        *(("V2Ingest", body) for body in (b'{"id": "750', b"[]", b"{}", b'{"id": 7}', b'{"id": "750Rm00000AbCdEIAV"}')),
        *(("Classic", body) for body in (b"<jobInfo><id>750</jobInfo>", b"<jobInfo/>", b"[]", BOMB, EXTERNAL)),
        ("Classic", b"<jobInfo>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</jobInfo>"),
        ("Classic", b'<?xml version="1.0" encoding="nonsense"?><jobInfo><id>750</id></jobInfo>'),
    ],
)
def test_an_answer_that_is_about_no_job_or_another_one(job_type: str, body: bytes, standin: StandIn) -> None:
    """It is an error that says so. No entity is resolved, and no memory is eaten."""
    [job] = add_due(standin, 1, job_type)
    standin.misbehave("status", status=200, body=body, path="750")

    with pytest.raises(ApiError) as caught:
        ask(standin, job)
    assert str(caught.value).startswith(f"Salesforce's answer about job {job.id} cannot be used: ")
    assert str(caught.value).endswith(f"({len(body)} bytes). The next run asks again.")
    assert len(sent(standin)) == 1


def test_xml_is_an_answer_of_bulk_api_1_only(standin: StandIn) -> None:
    """Where JSON belongs, XML comes from somebody else, and the client tries again."""
    [job] = add_due(standin, 1)
    standin.misbehave("status", status=200, body=f"<jobInfo><id>{job.id}</id></jobInfo>", path="750", times=None)

    with pytest.raises(ApiError, match="instead of JSON"):
        ask(standin, job)
    assert len(sent(standin)) == 3


def test_an_html_page_is_no_answer_of_bulk_api_1(standin: StandIn) -> None:
    """It begins as XML does. The client tries again."""
    [job] = add_due(standin, 1, "Classic")
    standin.misbehave("html", status=200, path="750", times=2)

    assert (ask(standin, job).info or {})["id"] == job.id
    assert len(sent(standin)) == 3


def test_a_failed_job_may_begin_with_its_error(standin: StandIn) -> None:
    """The order of the keys means nothing: a job with an `errorMessage` is no error."""
    [job] = add_due(standin, 1, state="Failed", error_message="InvalidBatch : no")
    standin.misbehave("replace_json", path="750", transform=lambda it: {"errorMessage": it.pop("errorMessage"), **it})

    info = ask(standin, job).info or {}
    assert (next(iter(info)), info["errorMessage"], info["id"]) == ("errorMessage", "InvalidBatch : no", job.id)


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("form", ["xml", "json"])
def test_bulk_api_1_says_in_its_own_way_that_a_session_is_over(form: str, status: int, standin: StandIn) -> None:
    """The code counts, whatever the status."""
    standin.org.bulk_1_format, standin.org.bulk_1_session_status = form, status
    [job] = add_due(standin, 1, "Classic")
    standin.misbehave("expired_token", path="750")

    with pytest.raises(SessionExpiredError, match="InvalidSessionId"):
        ask(standin, job)


@pytest.mark.parametrize("status", [400, 403])
def test_bulk_api_1_may_be_off(status: int, standin: StandIn) -> None:
    """The error tells a switched-off API from a failure that may pass."""
    standin.org.bulk_1_off = status
    [job] = add_due(standin, 1, "Classic")

    with pytest.raises(AccessError, match="FeatureNotEnabled"):
        ask(standin, job)


def test_an_error_does_not_quote_the_token(standin: StandIn) -> None:
    """Not even if the answer to a call of the Bulk API 1.0 echoes it."""
    [job] = add_due(standin, 1, "Classic")
    client = make_client(standin)
    token = client.session.access_token
    body = {"exceptionCode": "InvalidEntity", "exceptionMessage": f"bad {token[5:]} and {token}"}
    standin.misbehave("status", status=400, body=body, path="750")

    with pytest.raises(ApiError) as caught:
        look_up(client, "64.0", job, client.session)
    assert token not in str(caught.value)
