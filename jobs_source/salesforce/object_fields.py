"""
The fields of an object, by "Describe":
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_describe.htm

    {"name": "Contact", "fields": [{"name": "LastName", "type": "string"}]}
"""

import re
import threading
from typing import Any

from jobs_source.exceptions import AccessError
from jobs_source.json_text import parse_json
from jobs_source.salesforce.client import Client
from jobs_source.salesforce.renewal import with_renewal
from jobs_source.salesforce.responses import is_gone, is_success
from jobs_source.salesforce.session import Session


class ObjectFields:
    """The names of the fields of objects. Each object is asked for once; threads may share this."""

    def __init__(self, client: Client, api_version: str) -> None:
        self._client = client
        self._base = f"/services/data/v{api_version}/sobjects"
        self._known: dict[str, frozenset[str]] = {}
        self._lock = threading.Lock()

    def names(self, object_name: str) -> frozenset[str]:
        """
        Return the API names of the fields; none if the org has no such object, or the user may not see it.

        Raises:
            SalesforceJobsError: If the call fails for another reason.
        """
        with self._lock:
            if object_name not in self._known:
                self._known[object_name] = self._ask(object_name)
            return self._known[object_name]

    def _ask(self, object_name: str) -> frozenset[str]:
        if not re.fullmatch(r"\w{1,100}", object_name, re.ASCII):
            return frozenset()
        path = f"{self._base}/{object_name}/describe"
        try:
            return with_renewal(self._client, lambda session: self._describe(path, session))
        except AccessError:
            return frozenset()

    def _describe(self, path: str, session: Session) -> frozenset[str]:
        response = self._client.ask(path, {}, session)
        if is_gone(response):
            return frozenset()
        if not is_success(response):
            raise self._client.error_of(response)
        return frozenset(_names(parse_json(response.content)))


def _names(description: Any) -> list[str]:
    fields = description.get("fields") if isinstance(description, dict) else None
    entries = fields if isinstance(fields, list) else []
    return [name for it in entries if isinstance(it, dict) and isinstance(name := it.get("name"), str)]
