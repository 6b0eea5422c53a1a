"""Request in, response out, without sockets: the addresses, and the check of the token."""

import re
from collections.abc import Callable
from email.utils import format_datetime
from typing import NamedTuple

from jobs_source.standin.api import bulk, creation, describe, identity, listings, oauth, queries, rest
from jobs_source.standin.api.bulk_1 import respond_bulk_1
from jobs_source.standin.api.calls import Call
from jobs_source.standin.api.messages import Request, Response, error_response, json_response
from jobs_source.standin.org.errors import ApiError, OAuthError, not_found
from jobs_source.standin.org.org import Org

_OLDEST_VERSION = 31
_LONGEST_URL = 16_384
_ASYNC = re.compile(r"/services/async/(?P<version>[^/]*)/(?P<resource>.*)")
_VERSIONED = re.compile(r"/services/data/v(?P<version>[^/]*)(?:/(?P<resource>.*))?")


class Route(NamedTuple):
    """An address below `/services/data/vNN.0/`, and the first version that has it."""

    method: str
    pattern: re.Pattern[str]
    answer: Callable[[Call], Response]
    since: int


def _route(method: str, pattern: str, answer: Callable[[Call], Response], since: int = _OLDEST_VERSION) -> Route:
    return Route(method, re.compile(pattern), answer, since)


class Outside(NamedTuple):
    """An address that is not below `/services/data/vNN.0/`: it costs no call."""

    methods: tuple[str, ...]
    answer: Callable[[Org, Request], Response]


OUTSIDE = {
    "/services/oauth2/token": Outside(("POST",), oauth.token),
    "/services/oauth2/revoke": Outside(("GET", "POST"), oauth.revoke),
    "/services/oauth2/userinfo": Outside(("GET", "POST"), identity.userinfo),
    "/services/data": Outside(("GET",), rest.versions),
}
IDENTITY = Outside(("GET",), identity.identity)

_JOB = r"jobs/(?P<kind>ingest|query)/(?P<id>\w{15,18})"
ROUTES = (
    _route("GET", r"", rest.resources),
    _route("GET", r"limits", rest.limits),
    _route("GET", r"query(?:All)?", queries.query),
    _route("GET", r"query(?:All)?/(?P<locator>[\w-]+)", queries.more),
    _route("GET", r"sobjects/(?P<object>\w+)/describe", describe.describe),
    _route("GET", r"sobjects/(?P<object>\w+)/(?P<id>\w{15,18})", queries.record),
    _route("GET", r"jobs/ingest", listings.ingest, since=41),
    _route("GET", r"jobs/query", listings.query, since=47),
    _route("POST", r"jobs/ingest", creation.create_ingest, since=41),
    _route("POST", r"jobs/query", creation.create_query, since=47),
    _route("GET", _JOB, bulk.info, since=41),
    _route("PATCH", _JOB, bulk.change_state, since=41),
    _route("DELETE", _JOB, bulk.delete, since=41),
    _route("PUT", r"jobs/(?P<kind>ingest)/(?P<id>\w{15,18})/batches", bulk.upload, since=41),
    _route("GET", r"jobs/(?P<kind>query)/(?P<id>\w{15,18})/results", bulk.query_results, since=47),
    _route(
        "GET",
        r"jobs/(?P<kind>ingest)/(?P<id>\w{15,18})/(?P<part>(?i:successfulResults|failedResults|unprocessedRecords))",
        bulk.ingest_results,
        since=41,
    ),
)


def respond(org: Org, request: Request) -> Response:
    """Answer one request as the org would."""
    with org.lock:
        org.settle()
        response = _answer(org, request)
        response.headers["Date"] = format_datetime(org.clock.now(), usegmt=True)
    return response


def _answer(org: Org, request: Request) -> Response:
    if len(org.instance_url) + len(request.target) > _LONGEST_URL:
        return Response(414, b"<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>", {"Content-Type": "text/html"})
    path = request.path.rstrip("/")
    outside = IDENTITY if path.startswith("/id/") else OUTSIDE.get(path)
    if outside and request.method in outside.methods:
        try:
            return outside.answer(org, request)
        except OAuthError as error:
            return json_response({"error": error.error, "error_description": error.description}, 400)
    if match := _ASYNC.fullmatch(path):
        return respond_bulk_1(org, request, match["version"], match["resource"])
    match = _VERSIONED.fullmatch(path)
    if match is None:
        return _unexpected()
    try:
        response = _answer_rest(org, request, match["version"], match["resource"] or "")
    except ApiError as error:
        response = error_response(error)
    response.headers["Sforce-Limit-Info"] = f"api-usage={org.api_used}/{org.api_limit}"
    return response


def _answer_rest(org: Org, request: Request, version_text: str, resource: str) -> Response:
    version = _check_version(org, version_text)
    user_id = _check_token(org, request)
    if org.api_used >= org.api_limit:
        raise ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    org.api_used += 1
    for route in ROUTES:
        match = route.pattern.fullmatch(resource)
        if match and route.method == request.method:
            if version < route.since:
                raise not_found()
            return route.answer(Call(org, request, f"{version}.0", user_id, match.groupdict()))
    return _unexpected()


def _check_version(org: Org, text: str) -> int:
    match = re.fullmatch(r"([1-9]\d)\.0", text)
    if match is None or int(match[1]) > org.newest_version:
        raise not_found()
    if int(match[1]) < _OLDEST_VERSION:
        raise ApiError(410, "GONE", f"API version {text} is retired")
    return int(match[1])


def _check_token(org: Org, request: Request) -> str:
    if not request.bearer:
        raise ApiError(401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")
    return org.tokens.check(request.bearer)


def _unexpected() -> Response:
    response = error_response(not_found())
    response.is_unexpected = True
    return response
