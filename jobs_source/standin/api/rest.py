"""The small REST resources around the jobs: versions, limits, users."""

from typing import Any

from jobs_source.standin.api.calls import Call, check_parameters
from jobs_source.standin.api.messages import Response, json_response
from jobs_source.standin.org.errors import ApiError
from jobs_source.standin.org.org import Org
from jobs_source.standin.org.soql import Select, parse_select

_OLDEST_LISTED_VERSION = 31
_SPRING_2011 = 21


def versions(org: Org) -> Response:
    """Answer `GET /services/data/`, which needs no login and costs no call."""
    return json_response(
        [
            {"label": _label(number), "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
            for number in range(_OLDEST_LISTED_VERSION, org.newest_version + 1)
        ]
    )


def limits(call: Call) -> Response:
    """Answer `GET limits`, for users that may view the setup."""
    check_parameters(call)
    org = call.org
    if not org.can_view_setup:
        raise ApiError(
            403, "FORBIDDEN", "You do not have access to this resource: View Setup and Configuration is needed"
        )
    return json_response(
        {
            "DailyApiRequests": {"Max": org.api_limit, "Remaining": max(0, org.api_limit - org.api_used)},
            "DailyBulkApiBatches": {"Max": 15_000, "Remaining": 14_211},
            "DailyBulkV2QueryFileStorageMB": {"Max": 976_562, "Remaining": 976_101},
            "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 9_873},
        }
    )


def query(call: Call) -> Response:
    """Answer `GET query?q=...` for the objects User and Organization."""
    check_parameters(call, "q")
    select = parse_select(call.request.query.get("q", ""))
    rows = _tables(call.org).get(select.object.lower())
    if rows is None:
        raise ApiError(400, "MALFORMED_QUERY", f"The stand-in has no object {select.object}")
    found = [row for row in rows if select.ids is None or _same_id(row["Id"], select.ids)][: select.limit]
    records = [_record(call, select, row) for row in found]
    return json_response({"totalSize": len(records), "done": True, "records": records})


def _record(call: Call, select: Select, row: dict[str, Any]) -> dict[str, Any]:
    names = {name.lower(): name for name in row}
    for name in select.fields:
        if name.lower() not in names:
            raise ApiError(400, "INVALID_FIELD", f"No such column '{name}' on entity '{select.object}'")
    url = f"/services/data/v{call.version}/sobjects/{select.object}/{row['Id']}"
    fields = {names[name.lower()]: row[names[name.lower()]] for name in select.fields}
    return {"attributes": {"type": select.object, "url": url}, **fields}


def _tables(org: Org) -> dict[str, list[dict[str, Any]]]:
    users = [
        {
            "Id": user.id,
            "Name": user.name,
            "Username": user.username,
            "Email": user.username,
            "Alias": user.username[:8],
            "IsActive": True,
            "UserType": "Standard",
        }
        for user in org.users
    ]
    organization = {
        "Id": org.org_id,
        "Name": "Stand-in",
        "OrganizationType": "Enterprise Edition",
        "IsSandbox": False,
        "InstanceName": "LOOP1",
        "TimeZoneSidKey": "Europe/Berlin",
    }
    return {"user": users, "organization": [organization]}


def _same_id(id: str, wanted: frozenset[str]) -> bool:
    return id in wanted or id[:15] in wanted


def _label(number: int) -> str:
    year, season = divmod(number - _SPRING_2011, 3)
    names = (f"Spring '{11 + year}", f"Summer '{11 + year}", f"Winter '{12 + year}")
    return names[season]
