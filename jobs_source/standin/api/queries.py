"""
SOQL over REST, and single records.
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_query.htm
"""

import re
from typing import Any

from jobs_source.standin.api.calls import Call, check_parameters
from jobs_source.standin.api.messages import Response, json_response
from jobs_source.standin.org.cursors import Found
from jobs_source.standin.org.errors import ApiError, not_found
from jobs_source.standin.org.objects import find_object, has_field
from jobs_source.standin.org.records import prefix_of
from jobs_source.standin.org.soql import Select, parse_select, value_of

_SMALLEST_PAGE = 200


def query(call: Call) -> Response:
    """Answer `GET query?q=...` and `queryAll`; with `columns=true` the columns instead of the records."""
    check_parameters(call, "q", "columns")
    select = check_select(call, call.request.query.get("q", ""))
    if call.request.query.get("columns") == "true":
        return json_response(_describe_columns(select))
    rows = [_describe(call, select.object, row, select.fields) for row in call.org.records.select(select)]
    return _answer(call, call.org.cursors.begin(call.request.bearer, rows, _page_size(call)))


def more(call: Call) -> Response:
    """Answer `GET query/{locator}`: the next part of a long result."""
    check_parameters(call)
    return _answer(call, call.org.cursors.go_on(call.request.bearer, call.parts["locator"], _page_size(call)))


def record(call: Call) -> Response:
    """Answer `GET sobjects/{object}/{id}`, whole or with the given `fields`."""
    check_parameters(call, "fields")
    object = find_object(call.parts["object"], call.org.objects)
    row = call.org.records.find(object, call.parts["id"]) if object else None
    if object is None or row is None:
        raise not_found()
    asked = call.request.query.get("fields")
    whole = [name for name in row if name != "Profile"]
    fields = [name.strip() for name in asked.split(",")] if asked else whole
    _check_fields(object, fields)
    return json_response(_describe(call, object, row, fields))


def check_select(call: Call, text: str) -> Select:
    """Return the parsed query, its object as the org spells it. Raises `ApiError` for what the org does not have."""
    select = parse_select(text)
    object = find_object(select.object, call.org.objects)
    if object is None:
        raise ApiError(400, "INVALID_TYPE", f"sObject type '{select.object}' is not supported.")
    _check_fields(object, select.all_fields)
    if object == "User":
        _check_users(call, select.all_fields)
    return select._replace(object=object)


def _check_fields(object: str, fields: list[str]) -> None:
    for name in fields:
        if not has_field(object, name):
            raise ApiError(400, "INVALID_FIELD", f"No such column '{name}' on entity '{object}'.")


def _check_users(call: Call, fields: list[str]) -> None:
    refused = call.org.users_refused
    if refused == "INVALID_TYPE":
        raise ApiError(400, refused, "sObject type 'User' is not supported.")
    if refused == "INSUFFICIENT_ACCESS":
        raise ApiError(403, refused, "insufficient access rights on object id")
    related = [name for name in fields if name.lower().startswith("profile.")]
    if refused == "INVALID_FIELD" and related:
        raise ApiError(400, refused, f"Didn't understand relationship 'Profile' in field path '{related[0]}'")


def _page_size(call: Call) -> int:
    match = re.fullmatch(r"batchSize=(\d+)", call.request.headers.get("Sforce-Query-Options", ""))
    wanted = max(_SMALLEST_PAGE, int(match[1])) if match else call.org.query_page_size
    return min(wanted, call.org.query_page_size)


def _answer(call: Call, found: Found) -> Response:
    link = {"nextRecordsUrl": f"/services/data/v{call.version}/query/{found.locator}"} if found.locator else {}
    answer = {"totalSize": found.total, "done": not found.locator, **link, "records": found.records}
    return json_response(answer)


def _describe(call: Call, object: str, row: dict[str, Any], fields: list[str]) -> dict[str, Any]:
    url = f"/services/data/v{call.version}/sobjects/{object}/{row['Id']}"
    known = {name.lower(): name for name in row}
    values: dict[str, Any] = {}
    for name in fields:
        if "." in name:
            _add_related(call, row, name, values)
        else:
            values[known.get(name.lower(), name)] = value_of(row, name)
    return {"attributes": {"type": object, "url": url}, **values}


def _add_related(call: Call, row: dict[str, Any], name: str, values: dict[str, Any]) -> None:
    """Put a field of a related record into an object of its own: null where there is no such record."""
    head, _, tail = name.partition(".")
    value, related = value_of(row, name), value_of(row, head)
    if value is None and not related:
        values.setdefault(head, None)
        return
    attributes = {"type": head}
    if isinstance(related, dict):
        attributes["url"] = f"/services/data/v{call.version}/sobjects/{head}/{related['Id']}"
    values[head] = {**(values.get(head) or {"attributes": attributes}), tail: value}


def _describe_columns(select: Select) -> dict[str, Any]:
    return {
        "columnMetadata": [
            {
                "aggregate": False,
                "columnName": name,
                "custom": name.lower().endswith("__c"),
                "displayName": name,
                "foreignKeyName": None,
                "joinColumns": [],
            }
            for name in select.fields
        ],
        "entityName": select.object,
        "groupBy": False,
        "idSelected": "id" in [name.lower() for name in select.fields],
        "keyPrefix": prefix_of(select.object),
    }
