"""
The fields of an object.
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_describe.htm
"""

import re
from collections.abc import Iterable
from typing import Any

from jobs_source.standin.api.calls import Call, check_parameters
from jobs_source.standin.api.messages import Response, json_response
from jobs_source.standin.org.errors import not_found
from jobs_source.standin.org.objects import fields_of, find_object, type_of
from jobs_source.standin.org.org import Org
from jobs_source.standin.org.records import prefix_of


def describe(call: Call) -> Response:
    """Answer `GET sobjects/{object}/describe`."""
    check_parameters(call)
    object = find_object(call.parts["object"], call.org.objects)
    if object is None:
        raise not_found()
    names = dict.fromkeys([*fields_of(object), *_uploaded(call.org, object)])
    return json_response(
        {
            "name": object,
            "label": _label(object),
            "keyPrefix": prefix_of(object),
            "custom": object.endswith("__c"),
            "queryable": True,
            "fields": [_field(name) for name in names],
        }
    )


def _uploaded(org: Org, object: str) -> Iterable[str]:
    """Return the custom fields that somebody has uploaded: the org has every one that a client names."""
    works = [job.work for job in org.jobs.values() if job.work and job.kind.object == object]
    for work in works:
        for columns in (work.columns, *(batch.columns for batch in work.batches)):
            yield from (name for name in columns if name.lower().endswith("__c") and "." not in name)


def _field(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": _label(name),
        "type": type_of(name),
        "custom": name.endswith("__c"),
        "nillable": name not in ("Id", "CreatedDate", "SystemModstamp"),
        "relationshipName": name.removesuffix("Id") if name.endswith("Id") and name != "Id" else None,
    }


def _label(name: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name.removesuffix("__c"))
    return words.replace("_", " ")
