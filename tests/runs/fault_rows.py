"""
What may go wrong between here and Salesforce, and what a run does then: one table for the tests and for the reader.

tests/runs/fault_matrix.py writes a part of docs/error-messages.md from it; tests/runs/test_faults.py tries every line.
"""

from typing import Any, NamedTuple

ONCE, FOR_GOOD = "once", "for good"
PAGES = ("first page", "middle page", "last page")
LINKED = PAGES[:2]
LOGINS = ("login", "renewal")
PATH = "/services/data/v64.0/jobs/ingest"
TOKEN_PATH = "/services/oauth2/token"
CREDENTIALS = "Check sources.jobs_source.credentials"


class Row(NamedTuple):
    """
    One line of the table.

    Attributes:
        fault: What goes wrong, in words.
        strike: A kind of the stand-in's misbehaviours or of `fault_scenes.SCENES`, and its details.
        lasts: `once`, or `for good`: then every request from there on meets it.
        places: Where it is tried.
        exit_code: What the run ends with; 0 if it goes on.
        says: The sentence that the user reads. HOST is the address; … stands for what differs between machines.
    """

    fault: str
    strike: tuple[str, dict[str, Any]]
    lasts: str
    places: tuple[str, ...]
    exit_code: int = 0
    says: str = ""


def _body(code: str, message: str) -> list[dict[str, str]]:
    return [{"errorCode": code, "message": message}]


def _status(status: int, code: str, message: str) -> tuple[str, dict[str, Any]]:
    return "status", {"status": status, "body": _body(code, message)}


def _passing(fault: str, kind: str, reason: str, **details: Any) -> list[Row]:
    """A fault that is retried: if it happens once, the run goes on."""
    page_says = f"Salesforce answered with an error ({reason}) at {PATH}. Run again later."
    login_says = f"The login at HOST does not work now ({reason}). Run again later."
    return _tried_again(fault, (kind, details), page_says, login_says)


def _oauth(status: int, error: str, description: str) -> tuple[str, dict[str, Any]]:
    return "status", {"status": status, "body": {"error": error, "error_description": description}}


def _passing_login(fault: str, error: str, description: str) -> list[Row]:
    strike, reason = _oauth(400, error, description), f"400 {error}: {description}"
    return [
        Row(fault, strike, ONCE, LOGINS),
        Row(fault, strike, FOR_GOOD, LOGINS, 1, f"The login at HOST does not work now ({reason}). Run again later."),
    ]


def _broken(fault: str, kind: str, says: str, **details: Any) -> list[Row]:
    return _tried_again(fault, (kind, details), says.replace("WHERE", PATH), says.replace("WHERE", TOKEN_PATH))


def _tried_again(fault: str, strike: tuple[str, dict[str, Any]], page_says: str, login_says: str) -> list[Row]:
    return [
        Row(fault, strike, ONCE, (*PAGES, *LOGINS)),
        Row(fault, strike, FOR_GOOD, PAGES, 1, page_says),
        Row(fault, strike, FOR_GOOD, LOGINS, 1, login_says),
    ]


def _shape(fault: str, problem: str, **change: Any) -> Row:
    return Row(fault, ("page", change), ONCE, PAGES, 1, f"A page of jobs/ingest {problem}. Run again.")


_OUTAGE = "SERVER_UNAVAILABLE: The server is unavailable"
_CONCURRENT = _status(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.")
_NOT_RENEWABLE = "This session is not valid for use with the REST API"
_EXPIRED = "401 INVALID_SESSION_ID: Session expired or invalid"
_TOTAL = _status(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
_DISABLED = _status(403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.")
_FORBIDDEN = ("html", {"status": 403, "body": b"<html><head><title>403 Forbidden</title></head></html>"})
_GATEWAY = (
    "A gateway, proxy or firewall answered in place of Salesforce (403: an HTML page instead of JSON) at HOST{}. Run"
    " again later. If it happens again, check this address, or ask your network team to allow 127.0.0.1."
)
_REDIRECTED = (
    "redirects to https://acme--new.my.salesforce.com/ (302) at {}. The run sends secrets only to the address that is"
    " set. If the new address is one of Salesforce, set sources.jobs_source.credentials.instance_url to the org's"
    " current My Domain. If not, a proxy redirects: ask your network team."
)
_BULK_EXPIRED = "status", {"status": 400, "body": {"exceptionCode": "InvalidSessionId", "exceptionMessage": "over"}}
_XML_EXPIRED = (
    "status",
    {
        "status": 403,
        "body": '<?xml version="1.0"?><error xmlns="http://www.force.com/2009/06/asyncapi/dataload">'
        "<exceptionCode>InvalidSessionId</exceptionCode><exceptionMessage>over</exceptionMessage></error>",
    },
)
_HALF_REPLY = "status", {"status": 200, "body": '{"access_'}
_UNTRUSTED = (
    "The TLS certificate of HOST is not trusted (…). If your proxy has its own certificate, set REQUESTS_CA_BUNDLE to"
    " the file of that certificate."
)
_DAMAGED = "The answer of HOSTWHERE came incomplete or damaged at every attempt. Run again later."
_NO_ADDRESS = (
    "Check that sources.jobs_source.api_version is a version that the org has (`salesforce-jobs check` lists them), and"
    " that sources.jobs_source.credentials leads to the org's My Domain."
)
_NOT_FOLLOWED = (
    "A page of jobs/ingest links to another host (evil.invalid). The run does not follow such a link. Run again."
)
_NO_RECORDS = "has no list of records, so it is not a page of jobs"
_NO_DONE = "does not say whether it is the last page (done)"


def _no_address(status: int, code: str) -> list[Row]:
    strike, reason = _status(status, code, "no such thing"), f"({status} {code}: no such thing)"
    return [
        Row(
            str(status),
            strike,
            ONCE,
            PAGES,
            2,
            f"Salesforce does not have this address {reason} at {PATH}. {_NO_ADDRESS}",
        ),
        Row(
            str(status),
            strike,
            ONCE,
            LOGINS,
            2,
            f"Salesforce refused the login at HOST {reason}. There is no login of Salesforce at this address."
            f" {CREDENTIALS}.instance_url.",
        ),
    ]


ROWS: list[Row] = [
    Row("401: the session is over", ("expired_token", {}), ONCE, PAGES),
    Row(
        "401: the session is over",
        ("expired_token", {}),
        FOR_GOOD,
        PAGES,
        2,
        f"Salesforce refused the token ({_EXPIRED}) at {PATH}. {CREDENTIALS}, and the session settings of its user and"
        " app. The run has renewed the session once already.",
    ),
    Row(
        "401 that a new token would get too",
        _status(401, "INVALID_SESSION_ID", _NOT_RENEWABLE),
        ONCE,
        PAGES,
        2,
        f"Salesforce refused the session (401 INVALID_SESSION_ID: {_NOT_RENEWABLE}) at {PATH}. A new token will"
        " not help. Check the app's scopes (api), its IP policy and the user's session settings. The login is that of"
        " sources.jobs_source.credentials.",
    ),
    Row(
        "401 that a new token would get too",
        _status(401, "INVALID_SESSION_ID", _NOT_RENEWABLE),
        ONCE,
        LOGINS,
        2,
        f"Salesforce refused the login at HOST (401 INVALID_SESSION_ID: {_NOT_RENEWABLE}). {CREDENTIALS}.",
    ),
    Row(
        "401: wrong client secret",
        ("status", {"status": 401, "body": {"error": "invalid_client", "error_description": "invalid credentials"}}),
        ONCE,
        LOGINS,
        2,
        f"Salesforce refused the login at HOST (401 invalid_client: invalid credentials). {CREDENTIALS}.client_secret.",
    ),
    Row(
        "403 TotalRequests",
        _TOTAL,
        ONCE,
        PAGES,
        3,
        "The org's API calls for 24 hours are used up (403 REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded.) at"
        f" {PATH}. Run again later.",
    ),
    Row(
        "403 TotalRequests",
        _TOTAL,
        ONCE,
        LOGINS,
        3,
        "The login at HOST says that the org's API calls for 24 hours are used up (403 REQUEST_LIMIT_EXCEEDED:"
        " TotalRequests Limit exceeded.). Run again later.",
    ),
    Row("403 ConcurrentRequests", _CONCURRENT, ONCE, (*PAGES, *LOGINS)),
    Row(
        "403 ConcurrentRequests",
        _CONCURRENT,
        FOR_GOOD,
        PAGES,
        1,
        "Salesforce answered with an error (403 REQUEST_LIMIT_EXCEEDED: ConcurrentRequests (Concurrent API Requests)"
        f" Limit exceeded.) at {PATH}. Run again later.",
    ),
    Row(
        "403 ConcurrentRequests",
        _CONCURRENT,
        FOR_GOOD,
        LOGINS,
        1,
        "The login at HOST does not work now (403 REQUEST_LIMIT_EXCEEDED: ConcurrentRequests (Concurrent API Requests)"
        " Limit exceeded.). Run again later.",
    ),
    Row(
        "403 API_DISABLED_FOR_ORG",
        _DISABLED,
        ONCE,
        PAGES,
        2,
        "Salesforce denies access (403 API_DISABLED_FOR_ORG: The REST API is not enabled for this Organization.) at"
        f" {PATH}. The REST API is off for this org or user. Check that the org's edition has the API. Give the"
        " integration user these permissions: API Enabled, View Setup and Configuration, Manage Data Integrations.",
    ),
    Row(
        "403 API_DISABLED_FOR_ORG",
        _DISABLED,
        ONCE,
        LOGINS,
        2,
        "Salesforce refused the login at HOST (403 API_DISABLED_FOR_ORG: The REST API is not enabled for this"
        " Organization.). Give the user the permission API Enabled, and check that the org's edition has the API.",
    ),
    *_tried_again("403 with HTML, as of a gateway", _FORBIDDEN, _GATEWAY.format(PATH), _GATEWAY.format(TOKEN_PATH)),
    *_passing_login(
        "400 of a login that another one holds up", "invalid_grant", "token request is already being processed"
    ),
    *_passing_login("400 of a login that Salesforce cannot answer now", "unknown_error", "retry your request"),
    *_passing_login("400 of a login service that is down", "temporarily_unavailable", "try again later"),
    Row(
        "too many logins in an hour",
        _oauth(400, "invalid_grant", "login rate exceeded"),
        ONCE,
        LOGINS,
        1,
        "The login at HOST does not work now (400 invalid_grant: login rate exceeded): there were too many logins. Wait"
        " some minutes, then run again. If it repeats, give this program a user of its own.",
    ),
    Row(
        "403 for a session that is over", _status(403, "INVALID_SESSION_ID", "Session expired or invalid"), ONCE, PAGES
    ),
    Row("400 of the Bulk API for a session that is over", _BULK_EXPIRED, ONCE, PAGES),
    Row("XML of the Bulk API for a session that is over", _XML_EXPIRED, ONCE, PAGES),
    Row(
        "400 INVALIDJOB, which another run would get too",
        _status(400, "INVALIDJOB", "no such thing"),
        ONCE,
        PAGES,
        2,
        f"Salesforce refused the request (400 INVALIDJOB: no such thing) at {PATH}. Another run would get the same"
        " answer. Run `salesforce-jobs check`. If that finds nothing wrong, report this message.",
    ),
    *_no_address(404, "NOT_FOUND"),
    *_no_address(410, "GONE"),
    *_passing("429, Retry-After in seconds", "status", f"429 {_OUTAGE}", status=429, headers={"Retry-After": "60"}),
    *_passing("429, Retry-After as a date", "put_off", f"429 {_OUTAGE}", seconds=60),
    *_passing("500", "status", f"500 {_OUTAGE}", status=500),
    *_passing("502, empty", "status", "502: an empty body instead of JSON", status=502, body=""),
    *_passing("503 with HTML", "html", "503: an HTML page instead of JSON"),
    *_passing("200 with HTML", "html", "200: an HTML page instead of JSON", status=200),
    *_passing("200 with an empty body", "empty", "200: an empty body instead of JSON"),
    *_broken("the body is cut", "cut", _DAMAGED),
    *_broken("the body is broken gzip", "bad_gzip", _DAMAGED),
    *_broken("the connection is reset", "reset", "No connection to HOSTWHERE (…). Check the address and the network."),
    *_broken(
        "no answer within request_timeout_seconds",
        "slow",
        "No answer from HOSTWHERE in time. Run again later. On a slow network raise"
        " sources.jobs_source.request_timeout_seconds.",
        seconds=30,
    ),
    *_broken(
        "the server no longer listens",
        "gone",
        "No connection to HOSTWHERE (Connection refused). Check the address and the network.",
    ),
    *_broken(
        "the host has no address (DNS)",
        "unknown_host",
        "No connection to HOSTWHERE (Name or service not known). Check the address and the network.",
    ),
    Row("the TLS certificate is not trusted", ("untrusted", {}), FOR_GOOD, (*PAGES, *LOGINS), 2, _UNTRUSTED),
    Row(
        "redirect to another host",
        ("redirect", {"location": "https://acme--new.my.salesforce.com/"}),
        ONCE,
        PAGES,
        2,
        f"Salesforce {_REDIRECTED.format(PATH)}",
    ),
    Row(
        "redirect to another host",
        ("redirect", {"location": "https://acme--new.my.salesforce.com/"}),
        ONCE,
        LOGINS,
        2,
        f"The login at HOST {_REDIRECTED.format(TOKEN_PATH)}",
    ),
    _shape("records missing", _NO_RECORDS, records=...),
    _shape("records null", _NO_RECORDS, records=None),
    _shape("records an object", _NO_RECORDS, records={}),
    _shape("done missing", _NO_DONE, done=...),
    _shape("done a string", _NO_DONE, done="true"),
    Row(
        "JSON that stops half-way",
        ("status", {"status": 200, "body": '{"done": tr'}),
        ONCE,
        PAGES,
        1,
        "A page of jobs/ingest is broken JSON (11 bytes). Run again.",
    ),
    Row("JSON that stops half-way", _HALF_REPLY, ONCE, LOGINS),
    Row(
        "JSON that stops half-way",
        _HALF_REPLY,
        FOR_GOOD,
        LOGINS,
        1,
        "The login at HOST does not work now (200: broken JSON). Run again later.",
    ),
    Row(
        "no access_token in the reply",
        ("status", {"status": 200, "body": {"token_type": "Bearer"}}),
        ONCE,
        LOGINS,
        2,
        "Salesforce's answer to the login has no access_token or no instance_url. Check that the app has the scope api."
        " The login is that of sources.jobs_source.credentials.",
    ),
    Row("next link absolute, to the org's own host", ("link", {"to": "{origin}{link}"}), ONCE, LINKED),
    Row("next link scheme-relative, to the org's own host", ("link", {"to": "//{host}{link}"}), ONCE, LINKED),
    Row("next link to another path", ("link", {"to": "/services/data/v64.0/jobs/query?{query}"}), ONCE, LINKED),
    Row("next link to another API version", ("link", {"to": "/services/data/v41.0/jobs/ingest?{query}"}), ONCE, LINKED),
    Row(
        "next link to another host",
        ("link", {"to": "https://evil.invalid{link}"}),
        ONCE,
        LINKED,
        1,
        _NOT_FOLLOWED,
    ),
    Row(
        "next link scheme-relative, to another host",
        ("link", {"to": "//evil.invalid{link}"}),
        ONCE,
        LINKED,
        1,
        _NOT_FOLLOWED,
    ),
    Row("a link on the last page, to another host", ("link", {"to": "https://evil.invalid{link}"}), ONCE, PAGES[2:]),
]

# A whole run takes a second and a half, so not every line has one: each kind of ending does, by turns at every place.
WHOLE_RUNS = {
    ("401: the session is over", ONCE, "last page"),
    ("401: the session is over", FOR_GOOD, "middle page"),
    ("401 that a new token would get too", ONCE, "first page"),
    ("401: wrong client secret", ONCE, "renewal"),
    ("403 TotalRequests", ONCE, "last page"),
    ("403 TotalRequests", ONCE, "login"),
    ("403 API_DISABLED_FOR_ORG", ONCE, "middle page"),
    ("404", ONCE, "login"),
    ("410", ONCE, "middle page"),
    ("429, Retry-After as a date", ONCE, "middle page"),
    ("429, Retry-After in seconds", FOR_GOOD, "last page"),
    ("503 with HTML", FOR_GOOD, "renewal"),
    ("200 with an empty body", FOR_GOOD, "last page"),
    ("the body is cut", FOR_GOOD, "last page"),
    ("the connection is reset", FOR_GOOD, "login"),
    ("no answer within request_timeout_seconds", FOR_GOOD, "middle page"),
    ("the server no longer listens", FOR_GOOD, "renewal"),
    ("the host has no address (DNS)", FOR_GOOD, "first page"),
    ("the TLS certificate is not trusted", FOR_GOOD, "login"),
    ("redirect to another host", ONCE, "first page"),
    ("records null", ONCE, "middle page"),
    ("done missing", ONCE, "last page"),
    ("JSON that stops half-way", ONCE, "last page"),
    ("next link to another path", ONCE, "first page"),
    ("next link to another host", ONCE, "middle page"),
}

LEFT_OUT = {
    "a session that is over at a login": "a login has no session yet; a 401 there is a refused login.",
    "wrong page shapes at a login": "a token reply has neither `records` nor `done`; its own shapes are in the table.",
    "next links at a login": "a login has no next link. The last page has none either, and a link on it is not read.",
    "`for good` if `once` ends the run": "no second request is sent.",
    "an untrusted certificate once": "the first one ends the run.",
    "a name, a certificate or a port that fails while its connection is open": "an open connection does not"
    " need them, so the run goes on. In the table the connection was closed, as proxies and servers close idle ones.",
}


def is_whole_run(row: Row, place: str) -> bool:
    return (row.fault, row.lasts, place) in WHOLE_RUNS
