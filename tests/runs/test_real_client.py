"""Jobs that a client nobody here wrote made: simple-salesforce's Bulk 2.0 client against the stand-in, over https."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from simple_salesforce import Salesforce

from jobs_source.runner.load import load
from jobs_source.standin import Clock, StandIn
from tests.conftest import START
from tests.expected import COLUMNS
from tests.warehouses import Warehouse

COMPARED = ("id", "operation", "object", "createdById", "createdDate", "systemModstamp", "state", "contentType")


def test_jobs_of_a_real_client_are_in_the_tables_as_that_client_reports_them(
    log_in: Callable[..., None], warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Insert, upsert, delete and query jobs: exactly those, each field as the client's own call for the job has it."""
    with StandIn(https=True, clock=Clock(START), seed=4) as standin:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(standin.certificate_path))
        standin.org.in_progress_after_seconds = standin.org.complete_after_seconds = 0
        client: Any = Salesforce(instance_url=standin.url, session_id=standin.org.issue_token(), version="64.0")
        ingest = [
            *client.bulk2.Account.insert(records=[{"Name": f"Account {number}"} for number in range(25)], wait=0),
            *client.bulk2.Contact.upsert(
                records=[{"Email": "a@b.c", "LastName": "B"}], external_id_field="Email", wait=0
            ),
            *client.bulk2.Invoice__c.delete(records=[{"Id": "a00Rm0000000001AAA"}], wait=0),
        ]
        list(client.bulk2.Account.query("SELECT Id, Name FROM Account LIMIT 3", wait=0))
        standin.org.clock.advance(seconds=5)
        log_in(standin)

        summary = load(destination=warehouse.destination)

        reported = [client.restful(f"jobs/ingest/{job['job_id']}") for job in ingest]
        assert summary.jobs_listed == 4
        assert compared(warehouse.rows("jobs")) == by_id(reported)
        (query_job,) = warehouse.rows("query_jobs")
        assert compared([query_job]) == by_id([client.restful(f"jobs/query/{query_job['id']}")])
        assert standin.unexpected == []


def compared(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: row[COLUMNS[key]] for key in COMPARED} for row in rows]


def by_id(reported: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the client says of each job, times parsed."""
    found = [{key: job[key] for key in COMPARED} for job in reported]
    for job in found:
        for key in ("createdDate", "systemModstamp"):
            job[key] = datetime.strptime(job[key], "%Y-%m-%dT%H:%M:%S.%f%z")
    return sorted(found, key=lambda job: str(job["id"]))
