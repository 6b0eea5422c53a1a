"""Checks, one by one and without any change, what a run of the source needs from Salesforce."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from jobs_source.exceptions import ConfigError, LoginError, SalesforceJobsError, SessionExpiredError
from jobs_source.json_text import parse_json
from jobs_source.salesforce.client import Client
from jobs_source.salesforce.listing import Listing
from jobs_source.wording import counted


class Check(NamedTuple):
    """
    The result of one check.

    Attributes:
        name: What was checked.
        exit_code: The exit code that a run would end with; 0 if all is fine.
        text: What was found.
        org_id: The org of the login.
    """

    name: str
    exit_code: int
    text: str
    org_id: str = ""


def check_org(client: Client, listings: Sequence[Listing], max_api_usage_percent: float) -> Iterator[Check]:
    """
    Check login, API version, API allowance and each listing, in this order. A failed login ends the check.

    Costs four calls: the list of versions, the limits, and one page of each listing.
    """
    version = listings[0].api_version
    path = f"/services/data/v{version}/limits"
    try:
        limits = _use_session(client, path)
        session = client.session
    except SalesforceJobsError as error:
        yield Check("login", error.exit_code, str(error))
        return
    yield Check("login", 0, f"{client.flow} at {session.instance_url}, org {session.org_id}", session.org_id)
    yield _attempt("API version", lambda: _find_version(client, version))
    yield _attempt(
        "API allowance",
        lambda: _read_allowance(_get(client, path) if limits is None else limits, max_api_usage_percent),
    )
    for listing in listings:
        yield _attempt(f"listing {listing.endpoint}", partial(_list, client, listing))


def _attempt(name: str, attempt: Callable[[], str]) -> Check:
    try:
        return Check(name, 0, attempt())
    except SalesforceJobsError as error:
        return Check(name, error.exit_code, str(error))
    except (AttributeError, IndexError, KeyError, TypeError, ZeroDivisionError) as error:
        return Check(
            name,
            1,
            f"Salesforce's answer has an unknown shape ({type(error).__name__}: {error}). If it stays, report it.",
        )


def _use_session(client: Client, path: str) -> Any:
    """Log in and send a request: a token does not show whether it is still valid. None if *path* is denied."""
    try:
        return _get(client, path)
    except SessionExpiredError:
        client.renew(client.session)
        return _get(client, path)
    except LoginError:
        raise
    except SalesforceJobsError:
        if not client.calls:  # the org did not answer
            raise
        return None


def _find_version(client: Client, version: str) -> str:
    # "Versions": https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_versions.htm
    versions = [entry["version"] for entry in _get(client, "/services/data/")]
    known = f"{versions[0]} to {versions[-1]}"
    if version not in versions:
        raise ConfigError(
            f"{client.settings_section}.api_version is {version}, but the org has {known}. Set one of these."
        )
    return f"{version}; the org has {known}"


def _read_allowance(answer: Any, max_api_usage_percent: float) -> str:
    limits = answer["DailyApiRequests"]
    used, limit = limits["Max"] - limits["Remaining"], limits["Max"]
    return (
        f"{used:,} of {limit:,} calls used in 24 hours ({used / limit:.0%}); a run stops at {max_api_usage_percent:g} %"
    )


def _list(client: Client, listing: Listing) -> str:
    listing.check_api_version(client.settings_section)
    page = parse_json(client.get(listing.path, listing.filters).content)
    users = {entry.get("createdById") for entry in page["records"]}
    found = f"{counted(len(page['records']), 'job')} of {counted(len(users), 'user')} on the first page"
    if len(users) > 1:
        return found
    return (
        f"{found}. If other users run bulk jobs too, this user cannot see them. Give it these permissions: Manage Data"
        " Integrations, View Setup and Configuration, API Enabled."
    )


def _get(client: Client, path: str) -> Any:
    return parse_json(client.get(path, {}).content)
