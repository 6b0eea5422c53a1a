"""The org's records, for the jobs made over the API that change and read them."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from jobs_source.standin.org.draws import make_random
from jobs_source.standin.org.ids import make_id
from jobs_source.standin.org.row_check import find_missing, find_wrong_value
from jobs_source.standin.org.soql import Select, value_of

_PREFIXES = {
    "Account": "001",
    "Attachment": "00P",
    "Campaign": "701",
    "CampaignMember": "00v",
    "Case": "500",
    "Contact": "003",
    "Event": "00U",
    "Lead": "00Q",
    "Opportunity": "006",
    "Organization": "00D",
    "Product2": "01t",
    "Task": "00T",
    "User": "005",
}
_CUSTOM_PREFIX = "a0B"
_UNIQUE = "External_Id__c"


class Outcome(NamedTuple):
    """The result of one uploaded row: the record's id, whether it is new, and the error if there was one."""

    id: str
    is_created: bool
    error: str | None = None


def prefix_of(object: str) -> str:
    """Return the first three characters of the ids of an object."""
    return _PREFIXES.get(object, _CUSTOM_PREFIX)


class Records:
    """Records by object and id. Fields are those that were uploaded, as text, and those that the org began with."""

    def __init__(self, seed: int) -> None:
        self._objects: dict[str, dict[str, dict[str, Any]]] = {}
        self._number = make_random("records", seed).randrange(62**4, 62**5)

    def apply(self, operation: str, object: str, row: dict[str, str], external_id: str | None) -> Outcome:
        """Do *operation* with one uploaded row."""
        id = value_of(row, "Id") or ""
        if operation not in ("delete", "hardDelete") and (error := find_wrong_value(row)):
            return Outcome(id, False, error)
        if operation == "insert":
            return self._insert(object, row, id)
        if operation == "upsert":
            return self._upsert(object, row, external_id or "Id")
        if not id:
            return Outcome("", False, f"MISSING_ARGUMENT:Id not specified in an {operation} call:--")
        records = self._objects.get(object, {})
        if id not in records:
            return Outcome(id, False, "ENTITY_IS_DELETED:entity is deleted:--")
        if operation == "update":
            _change(records[id], row)
        else:
            del records[id]
        return Outcome(id, False)

    def keep(self, object: str, records: Iterable[dict[str, Any]]) -> None:
        """Keep records that nobody uploaded, each with its `Id`."""
        self._objects.setdefault(object, {}).update({record["Id"]: record for record in records})

    def find(self, object: str, id: str) -> dict[str, Any] | None:
        """Return a record by its id of 15 or 18 characters, or None."""
        records = self._objects.get(object, {})
        return records.get(id) or next((record for key, record in records.items() if key[:15] == id), None)

    def select(self, select: Select) -> list[dict[str, Any]]:
        """Return the matching records, whole."""
        return select.apply(self._objects.get(select.object, {}).values())

    def _insert(self, object: str, row: dict[str, str], id: str = "") -> Outcome:
        if id:
            return Outcome("", False, "INVALID_FIELD_FOR_INSERT_UPDATE:cannot specify Id in an insert call:Id --")
        if error := find_missing(object, row) or self._find_double(object, row):
            return Outcome("", False, error)
        self._number += 1
        id = make_id(prefix_of(object), self._number)
        record = self._objects.setdefault(object, {})[id] = {"Id": id}
        _change(record, row)
        return Outcome(id, True)

    def _find_double(self, object: str, row: dict[str, str]) -> str | None:
        """Return the error of a new record whose external id another one has, or None."""
        key = value_of(row, _UNIQUE)
        records = self._objects.get(object, {}).values() if key else ()
        known = next((record for record in records if value_of(record, _UNIQUE) == key), None)
        if known is None:
            return None
        said = f"duplicate value found: {_UNIQUE} duplicates value on record with id: {known['Id'][:15]}"
        return f"DUPLICATE_VALUE:{said}:--"

    def _upsert(self, object: str, row: dict[str, str], external_id: str) -> Outcome:
        key = value_of(row, external_id) or ""
        if external_id != "Id" and not key:
            return Outcome("", False, f"MISSING_ARGUMENT:{external_id} not specified:--")
        records = self._objects.get(object, {})
        known = next((record for record in records.values() if key and value_of(record, external_id) == key), None)
        if known:
            _change(known, row)
            return Outcome(known["Id"], False)
        if external_id == "Id" and key:
            return Outcome(key, False, "ENTITY_IS_DELETED:entity is deleted:--")
        return self._insert(object, row)


def _change(record: dict[str, Any], row: dict[str, str]) -> None:
    """Put the fields of a row into a record, each as the record spells it."""
    spelled = {name.lower(): name for name in record}
    record.update({spelled.get(name.lower(), name): value for name, value in row.items() if name.lower() != "id"})
