"""
The Bulk API 1.0, below `/services/async/NN.N/`: the addresses, and who may ask.
https://developer.salesforce.com/docs/platform/api-asynch/guide/asynch-api-quickstart.html

The session is in the header `X-SFDC-Session`. Authorization does not count.
"""

import re
from collections.abc import Callable

from jobs_source.standin.api import bulk_1_batches, bulk_1_jobs
from jobs_source.standin.api.bulk_1_format import write_error
from jobs_source.standin.api.calls import Call
from jobs_source.standin.api.messages import Request, Response
from jobs_source.standin.org.errors import ApiError, not_found
from jobs_source.standin.org.org import Org

_OLDEST_VERSION = 31
_JOB = r"job/(?P<id>\w{15,18})"
_BATCH = rf"{_JOB}/batch/(?P<batch>\w{{15,18}})"
_ROUTES: tuple[tuple[str, str, Callable[[Call], Response]], ...] = (
    ("POST", r"job", bulk_1_jobs.create),
    ("GET", _JOB, bulk_1_jobs.info),
    ("POST", _JOB, bulk_1_jobs.change_state),
    ("GET", rf"{_JOB}/batch", bulk_1_batches.listing),
    ("POST", rf"{_JOB}/batch", bulk_1_batches.add),
    ("GET", _BATCH, bulk_1_batches.info),
    ("GET", rf"{_BATCH}/result", bulk_1_batches.result),
    ("GET", rf"{_BATCH}/result/(?P<result>\w{{15,18}})", bulk_1_batches.found),
)


def respond_bulk_1(org: Org, request: Request, version: str, resource: str) -> Response:
    """Answer a request to `/services/async/{version}/{resource}`."""
    try:
        response = _answer(org, request, version, resource)
    except ApiError as error:
        response = write_error(org, request, error)
    if org.bulk_1_says_limits:
        response.headers["Sforce-Limit-Info"] = f"api-usage={org.api_used}/{org.api_limit}"
    return response


def _answer(org: Org, request: Request, version: str, resource: str) -> Response:
    _check_version(org, version)
    user_id = _check_session(org, request)
    if org.bulk_1_off is not None:
        raise ApiError(org.bulk_1_off, "FeatureNotEnabled", "Async API not enabled")
    if org.api_used >= org.api_limit:
        raise ApiError(403, "ExceededQuota", "TotalRequests Limit exceeded.")
    org.api_used += 1
    for method, pattern, answer in _ROUTES:
        match = re.fullmatch(pattern, resource)
        if match and method == request.method:
            return answer(Call(org, request, version, user_id, match.groupdict()))
    response = write_error(org, request, not_found())
    response.is_unexpected = True
    return response


def _check_version(org: Org, text: str) -> None:
    match = re.fullmatch(r"([1-9]\d)\.0", text)
    if match is None or not _OLDEST_VERSION <= int(match[1]) <= org.newest_version:
        raise ApiError(400, "InvalidVersion", f"Api version {text} is not supported")


def _check_session(org: Org, request: Request) -> str:
    if not request.session:
        raise ApiError(org.bulk_1_session_status, "InvalidSessionId", "Unable to find session id")
    try:
        return org.tokens.check(request.session)
    except ApiError:
        raise ApiError(org.bulk_1_session_status, "InvalidSessionId", "Invalid session id") from None
