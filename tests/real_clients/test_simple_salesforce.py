"""simple-salesforce, over https: logins, jobs from start to end, and jobs that are stopped; then `load`."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from simple_salesforce.exceptions import SalesforceOperationError

from jobs_source.runner.load import load
from jobs_source.standin import Org, StandIn
from tests.real_clients.asked import Asked, assert_loaded, say
from tests.real_clients.real_simple_salesforce import log_in_by
from tests.warehouses import Warehouse

LINE_END = "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is CRLF"


@pytest.mark.parametrize("flow", ["secret", "jwt"])
def test_logins(secure: StandIn, flow: str) -> None:
    """Both logins give a session of the integration user; its expiry of an assertion is text."""
    client, user = log_in_by(secure, flow), secure.org.users[0]
    assert client.query(f"SELECT Username FROM User WHERE Id = '{user.id}'")["records"][0]["Username"] == user.username
    assert client.User.get(user.id)["Name"] == user.name


def test_simple_salesforce(
    secure: StandIn,
    log_in: Callable[..., None],
    warehouse: Warehouse,
    record_property: Callable[[str, object], None],
) -> None:
    """Insert, upsert, delete, query, a job that fails, abort and delete: row for row, as the client's own calls say."""
    org, asked = secure.org, Asked(secure)
    client = log_in_by(secure, "secret")
    jobs = [*work(client), *fail(client)]
    ask_for_records(client, org)
    org.in_progress_after_seconds = 3600
    aborted, aborted_query = stop(client)
    counts = asked.take()
    record_property("client", say("simple-salesforce", [counts]))
    assert counts == COUNTS

    org.clock.advance(seconds=5)
    log_in(secure)
    assert load(destination=warehouse.destination).jobs_listed == 8
    told = [client.bulk2.Account._client.get_job(id, False) for id in [*jobs, aborted]]
    assert_loaded(org, warehouse, [*told, client.bulk2.Account._client.get_job(aborted_query, True)])


def work(client: Any) -> list[str]:
    """Three jobs from start to end."""
    jobs = [
        *client.bulk2.Account.insert(records=[{"Name": f"Account {number}"} for number in range(25)], wait=0),
        *client.bulk2.Contact.upsert(records=[{"Email": "a@b.c", "LastName": "B"}], external_id_field="Email", wait=0),
        *client.bulk2.Invoice__c.delete(records=[{"Id": "a00Rm0000000001AAA"}], wait=0),
    ]
    assert [job["numberRecordsFailed"] for job in jobs] == [0, 0, 1]
    return [job["job_id"] for job in jobs]


def fail(client: Any) -> list[str]:
    """A job with the wrong line ends."""
    calls = client.bulk2.Account._client
    wrong = calls.create_job("insert", line_ending="CRLF")["id"]
    calls.upload_job_data(wrong, "Name\nA\n")
    calls.close_job(wrong)
    with pytest.raises(SalesforceOperationError, match=LINE_END):
        calls.wait_for_job(wrong, False, wait=0)
    return [wrong]


def ask_for_records(client: Any, org: Org) -> None:
    """Two query jobs."""
    (names,) = client.bulk2.Account.query("SELECT Name FROM Account LIMIT 2", wait=0)
    (users,) = client.bulk2.User.query("SELECT Id, Name FROM User", wait=0)
    assert names == '"Name"\n"Account 0"\n"Account 1"\n'
    assert users.splitlines()[1:] == [f'"{user.id}","{user.name}"' for user in org.users]


def stop(client: Any) -> tuple[str, str]:
    """A job and a query that are aborted; another job is deleted too."""
    calls = client.bulk2.Account._client
    job, query = calls.create_job("insert")["id"], calls.create_job("query", "SELECT Id FROM Account")["id"]
    assert (calls.abort_job(job, False)["state"], calls.abort_job(query, True)["state"]) == ("Aborted", "Aborted")
    gone = calls.create_job("insert")["id"]
    calls.abort_job(gone, False)
    with suppress(ValueError):  # the answer has no body, which this client takes for JSON
        calls.delete_job(gone, False)
    return job, query


COUNTS: Counter[str] = Counter(
    {
        "POST oauth2/token": 1,
        "POST jobs/ingest": 6,
        "PUT jobs/ingest/ID/batches": 4,
        "PATCH jobs/ingest/ID": 6,
        "DELETE jobs/ingest/ID": 1,
        "GET jobs/ingest/ID": 7,
        "POST jobs/query": 3,
        "GET jobs/query/ID": 2,
        "GET jobs/query/ID/results": 2,
        "PATCH jobs/query/ID": 1,
    }
)
