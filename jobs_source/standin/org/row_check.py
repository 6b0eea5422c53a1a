"""
Which uploaded rows Salesforce refuses one by one, in the words of its results: `CODE:message:fields --`.

The message may hold the value that was uploaded.
"""

import re

from jobs_source.standin.org.objects import type_of
from jobs_source.standin.org.soql import value_of

_REQUIRED = {
    "Account": ("Name",),
    "Campaign": ("Name",),
    "Contact": ("LastName",),
    "Lead": ("LastName", "Company"),
    "Opportunity": ("Name", "StageName", "CloseDate"),
    "Product2": ("Name",),
}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_MAX_LENGTH = {"Name": 255, "LastName": 80, "FirstName": 40, "Company": 255, "Email": 80}


def find_missing(object: str, row: dict[str, str]) -> str | None:
    """Return the error of a new record without what it needs, or None."""
    missing = [name for name in _REQUIRED.get(object, ()) if not value_of(row, name)]
    if not missing:
        return None
    return f"REQUIRED_FIELD_MISSING:Required fields are missing: [{', '.join(missing)}]:{' '.join(missing)} --"


def find_wrong_value(row: dict[str, str]) -> str | None:
    """Return the error of the first value that its field cannot hold, or None."""
    for name, value in row.items():
        type, longest = type_of(name), _MAX_LENGTH.get(name, len(value))
        if type == "email" and value and not _EMAIL.fullmatch(value):
            return f"INVALID_EMAIL_ADDRESS:{name}: invalid email address: {value}:{name} --"
        if type in ("int", "currency") and value and not re.fullmatch(r"-?\d+(\.\d+)?", value):
            return f"INVALID_TYPE_ON_FIELD_IN_RECORD:{name}: value not of required type: {value}:{name} --"
        if len(value) > longest:
            return f"STRING_TOO_LONG:{name}: data value too large: {value} (max length={longest}):{name} --"
    return None
