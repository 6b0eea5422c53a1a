"""Orgs for surveys, and the survey of one."""

from typing import Any, Optional

from jobs_source.salesforce.client import Client, Retries
from jobs_source.salesforce.credentials import SalesforceCredentials
from jobs_source.salesforce.survey import survey_org
from jobs_source.standin import StandIn
from tests.clients import TOKEN_PATH, make_client

ONCE = Retries(max_attempts=1, backoff_factor=0, max_delay_seconds=0)
MOST_CALLS = 15


def fill(standin: StandIn, jobs: int = 700, page_size: int = 150, **switches: Any) -> None:
    """Give the org jobs of every type, and set its switches."""
    standin.org.add_jobs(jobs)
    standin.org.clock.advance(seconds=5)
    switch(standin, page_size=page_size, **switches)


def switch(standin: StandIn, **switches: Any) -> None:
    """Set switches of the org; each has to exist."""
    for name, value in switches.items():
        assert hasattr(standin.org, name)
        setattr(standin.org, name, value)


def one_try(standin: StandIn, credentials: Optional[SalesforceCredentials] = None) -> Client:
    """A client that does not retry, as the command makes it."""
    return make_client(standin, credentials, retries=ONCE)


def survey(standin: StandIn) -> dict[str, str]:
    """Survey the org, and check that but for logins only GETs came, and how many of all."""
    before = len(standin.requests)
    answers = survey_org(one_try(standin), "64.0")
    asked = standin.requests[before:]
    assert {(request.method, request.path) for request in asked if request.method != "GET"} <= {("POST", TOKEN_PATH)}
    assert len(asked) <= MOST_CALLS
    assert answers["calls, the login included"] == str(len(asked))
    return answers


def differences(before: dict[str, str], after: dict[str, str]) -> dict[str, str]:
    """The answers of *after* that *before* does not have."""
    assert before.keys() == after.keys()
    return {question: answer for question, answer in after.items() if answer != before[question]}
