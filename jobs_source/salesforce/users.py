"""Asks for users by their ids: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_user.htm"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from jobs_source.salesforce.client import Client


class FoundUsers(NamedTuple):
    """
    The answer to one question.

    Attributes:
        asked: The ids that were asked for, as they were given.
        records: Entries as Salesforce gave them; not every user comes back.
        answered_at: By Salesforce's clock.
    """

    asked: list[str]
    records: list[Any]
    answered_at: datetime


def fetch_users(client: Client, api_version: str, ids: Iterable[str]) -> Iterator[FoundUsers]:
    """
    Ask for the users with these *ids*, in as few calls as the longest URL allows. What is no id of a user is left out.

    Raises:
        SalesforceJobsError: If a call fails.
    """
    raise NotImplementedError
