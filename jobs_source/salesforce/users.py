"""
Asks for users by their ids, in SOQL: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_query.htm

    {"done": true, "records": [{"Id": "005...", "Name": "Ada", "Username": "ada@acme.com", "IsActive": true,
                                "Profile": {"Name": "API Only"}}]}
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple
from urllib.parse import quote_plus

from jobs_source.exceptions import ListingError, RequestRefusedError
from jobs_source.ids import can_be_user, long_id
from jobs_source.json_text import parse_json
from jobs_source.salesforce.client import Client
from jobs_source.salesforce.links import next_path
from jobs_source.salesforce.renewal import with_renewal
from jobs_source.salesforce.responses import answered_at
from jobs_source.salesforce.session import Session

_FIELDS: Final = "Id,Name,Username,IsActive"
_LONGEST_URL: Final = 16_000  # characters; Salesforce takes about 16,000
_NO_FIELD: Final = "INVALID_FIELD"


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

    If the user of the login may not see profiles, the answers have none.

    Raises:
        SalesforceJobsError: If a call fails.
    """
    path = f"/services/data/v{api_version}/query"
    fields = f"{_FIELDS},Profile.Name"
    forms: dict[str, list[str]] = {}
    for id_ in dict.fromkeys(ids):
        if can_be_user(id_):
            forms.setdefault(long_id(id_), []).append(id_)
    for users in _share_out(client, path, fields, list(forms)):
        asked = [form for user in users for form in forms[user]]
        try:
            records, moment = _fetch(client, path, fields, users)
        except RequestRefusedError as error:
            if error.error_code != _NO_FIELD or fields == _FIELDS:
                raise
            fields = _FIELDS
            records, moment = _fetch(client, path, fields, users)
        yield FoundUsers(asked, records, moment)


def _share_out(client: Client, path: str, fields: str, users: list[str]) -> Iterator[list[str]]:
    """Split *users* so that each query fits into one address."""
    if not users:
        return
    first, second = (len(quote_plus(_write_query(fields, users[:1] * number))) for number in (1, 2))
    room = _LONGEST_URL - len(f"{client.session.instance_url}{path}?q=") - first
    most = 1 + room // (second - first)
    yield from (users[start : start + most] for start in range(0, len(users), most))


def _write_query(fields: str, users: Iterable[str]) -> str:
    listed = ",".join(f"'{user}'" for user in users)
    return f"SELECT {fields} FROM User WHERE Id IN ({listed})"


def _fetch(client: Client, path: str, fields: str, users: list[str]) -> tuple[list[Any], datetime]:
    query = {"q": _write_query(fields, users)}
    return with_renewal(client, lambda session: _ask(client, path, query, session))


def _ask(client: Client, path: str, query: dict[str, str], session: Session) -> tuple[list[Any], datetime]:
    """Follow the pages of one query. Their links belong to the *session*."""
    records: list[Any] = []
    seen = set[str]()
    while True:
        response = client.get(path, query, session)
        page = parse_json(response.content)
        if not isinstance(page, dict) or not isinstance(page.get("records"), list):
            raise ListingError("An answer about users has no list of records. The next run asks again.")
        records += page["records"]
        if page.get("done") is True:
            return records, answered_at(response)
        seen.add(path)
        path, query = next_path(page.get("nextRecordsUrl"), response.url, "query"), {}
        if path in seen:
            raise ListingError(
                f"An answer about users names a part that was already read ({path}). The next run asks again."
            )
