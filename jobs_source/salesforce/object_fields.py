"""The API names of an object's fields: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/"""

from jobs_source.salesforce.client import Client


class ObjectFields:
    """The fields of objects, each object asked for once. Threads may share it."""

    def __init__(self, client: Client, api_version: str) -> None:
        raise NotImplementedError

    def names(self, object_name: str) -> frozenset[str]:
        """Return the API names of the fields; none if the org has no such object, or the user may not see it."""
        raise NotImplementedError
