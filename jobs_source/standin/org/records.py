"""The org's records, for the jobs made over the API that change and read them."""

from typing import NamedTuple

from jobs_source.standin.org.draws import make_random
from jobs_source.standin.org.ids import make_id
from jobs_source.standin.org.soql import Select

_PREFIXES = {"Account": "001", "Contact": "003", "Opportunity": "006", "Lead": "00Q", "Case": "500", "Task": "00T"}
_CUSTOM_PREFIX = "a0B"


class Outcome(NamedTuple):
    """The result of one uploaded row: the record's id, whether it is new, and the error if there was one."""

    id: str
    is_created: bool
    error: str | None = None


class Records:
    """Records by object and id. Fields are those that were uploaded; there is no schema."""

    def __init__(self, seed: int) -> None:
        self._objects: dict[str, dict[str, dict[str, str]]] = {}
        self._number = make_random("records", seed).randrange(62**4, 62**5)

    def apply(self, operation: str, object: str, row: dict[str, str], external_id: str | None) -> Outcome:
        """Do *operation* with one uploaded row."""
        id = row.get("Id", "")
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
            records[id].update(row)
        else:
            del records[id]
        return Outcome(id, False)

    def select(self, select: Select) -> list[dict[str, str]]:
        """Return the selected fields of the matching records. A field that a record lacks is empty."""
        records = self._objects.get(select.object, {}).values()
        found = [record for record in records if select.ids is None or record["Id"] in select.ids]
        return [{name: record.get(name, "") for name in select.fields} for record in found[: select.limit]]

    def _insert(self, object: str, row: dict[str, str], id: str = "") -> Outcome:
        if id:
            return Outcome("", False, "INVALID_FIELD_FOR_INSERT_UPDATE:cannot specify Id in an insert call:Id --")
        self._number += 1
        id = make_id(_PREFIXES.get(object, _CUSTOM_PREFIX), self._number)
        self._objects.setdefault(object, {})[id] = {**row, "Id": id}
        return Outcome(id, True)

    def _upsert(self, object: str, row: dict[str, str], external_id: str) -> Outcome:
        key = row.get(external_id, "")
        if external_id != "Id" and not key:
            return Outcome("", False, f"MISSING_ARGUMENT:{external_id} not specified:--")
        records = self._objects.get(object, {})
        known = next((record for record in records.values() if key and record.get(external_id) == key), None)
        if known:
            known.update({name: value for name, value in row.items() if name != "Id"})
            return Outcome(known["Id"], False)
        if external_id == "Id" and key:
            return Outcome(key, False, "ENTITY_IS_DELETED:entity is deleted:--")
        return self._insert(object, {name: value for name, value in row.items() if name != "Id"})
