"""
SOQL over REST, and single records.
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_query.htm
"""

from typing import Any

from jobs_source.standin.api.calls import Call, check_parameters
from jobs_source.standin.api.messages import Response, json_response
from jobs_source.standin.org.errors import ApiError, not_found
from jobs_source.standin.org.objects import find_object, has_field
from jobs_source.standin.org.records import prefix_of
from jobs_source.standin.org.soql import Select, parse_select, value_of


def query(call: Call) -> Response:
    """Answer `GET query?q=...` and `queryAll`; with `columns=true` the columns instead of the records."""
    check_parameters(call, "q", "columns")
    select = check_select(call, call.request.query.get("q", ""))
    if call.request.query.get("columns") == "true":
        return json_response(_describe_columns(select))
    rows = [_describe(call, select.object, row, select.fields) for row in call.org.records.select(select)]
    return json_response({"totalSize": len(rows), "done": True, "records": rows})


def record(call: Call) -> Response:
    """Answer `GET sobjects/{object}/{id}`, whole or with the given `fields`."""
    check_parameters(call, "fields")
    object = find_object(call.parts["object"], call.org.objects)
    row = call.org.records.find(object, call.parts["id"]) if object else None
    if object is None or row is None:
        raise not_found()
    asked = call.request.query.get("fields")
    fields = [name.strip() for name in asked.split(",")] if asked else list(row)
    _check_fields(object, fields)
    return json_response(_describe(call, object, row, fields))


def check_select(call: Call, text: str) -> Select:
    """Return the parsed query, its object as the org spells it. Raises `ApiError` for what the org does not have."""
    select = parse_select(text)
    object = find_object(select.object, call.org.objects)
    if object is None:
        raise ApiError(400, "INVALID_TYPE", f"sObject type '{select.object}' is not supported.")
    _check_fields(object, select.all_fields)
    return select._replace(object=object)


def _check_fields(object: str, fields: list[str]) -> None:
    for name in fields:
        if not has_field(object, name):
            raise ApiError(400, "INVALID_FIELD", f"No such column '{name}' on entity '{object}'.")


def _describe(call: Call, object: str, row: dict[str, Any], fields: list[str]) -> dict[str, Any]:
    url = f"/services/data/v{call.version}/sobjects/{object}/{row['Id']}"
    known = {name.lower(): name for name in row}
    values = {known.get(name.lower(), name): value_of(row, name) for name in fields}
    return {"attributes": {"type": object, "url": url}, **values}


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
