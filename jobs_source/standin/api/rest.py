"""The small REST resources around the jobs: versions, resources, limits."""

from jobs_source.standin.api.calls import Call, check_parameters
from jobs_source.standin.api.messages import Request, Response, json_response
from jobs_source.standin.org.errors import ApiError
from jobs_source.standin.org.org import Org

_OLDEST_LISTED_VERSION = 31
_SPRING_2011 = 21
_RESOURCES = ("jobs", "limits", "query", "sobjects")


def versions(org: Org, request: Request) -> Response:
    """Answer `GET /services/data/`, which needs no login and costs no call."""
    return json_response(
        [
            {"label": _label(number), "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
            for number in range(_OLDEST_LISTED_VERSION, org.newest_version + 1)
        ]
    )


def resources(call: Call) -> Response:
    """Answer `GET /services/data/vNN.0`: what this version has, as far as the stand-in does, and who asks."""
    check_parameters(call)
    org = call.org
    base = f"/services/data/v{call.version}"
    identity = f"{org.instance_url}/id/{org.org_id}/{call.user_id}"
    return json_response({name: f"{base}/{name}" for name in _RESOURCES} | {"identity": identity})


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


def _label(number: int) -> str:
    year, season = divmod(number - _SPRING_2011, 3)
    names = (f"Spring '{11 + year}", f"Summer '{11 + year}", f"Winter '{12 + year}")
    return names[season]
