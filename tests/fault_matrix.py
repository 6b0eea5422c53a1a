"""
What may go wrong between here and Salesforce, and what a run makes of it: one table for the tests and for the reader.

`python -m tests.fault_matrix` writes docs/reliability.md from it; tests/test_faults.py tries every line.
"""

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any, NamedTuple

DOCUMENT = Path(__file__).parent.parent / "docs" / "reliability.md"
ONCE, FOR_GOOD = "once", "for good"
PAGES = ("first page", "middle page", "last page")
LINKED = PAGES[:2]
LOGINS = ("login", "renewal")
PATH = "/services/data/v64.0/jobs/ingest"
TOKEN_PATH = "/services/oauth2/token"
CREDENTIALS = "check sources.jobs_source.credentials"


class Row(NamedTuple):
    """
    One line of the table.

    Attributes:
        fault: What goes wrong, in words.
        strike: A kind of the stand-in's misbehaviours or of `test_faults.SCENES`, and its details.
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


def _soon() -> str:
    return format_datetime(datetime.now(timezone.utc) + timedelta(seconds=60), usegmt=True)


def _passing(fault: str, kind: str, reason: str, **details: Any) -> list[Row]:
    """What is tried again: it is overcome where it happens once."""
    page_says = f"Salesforce answered with an error ({reason}) at {PATH}. Run again later."
    login_says = f"The login at HOST is out of order ({reason}). Run again later."
    return _tried_again(fault, (kind, details), page_says, login_says)


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
_DAMAGED = "The answer of HOSTWHERE was cut or damaged on the way, each time. Run again later."
_NO_ADDRESS = (
    "Check that sources.jobs_source.api_version is one that the org has (`python -m pipelines check` lists them), and"
    " that the credentials name the org's My Domain."
)
_NO_RECORDS = "has no list of records, so it is no page of jobs"
_NO_DONE = "does not say whether it is the last (done)"


def _no_address(status: int, code: str) -> list[Row]:
    strike, reason = _status(status, code, "no such thing"), f"({status} {code}: no such thing)"
    return [
        Row(str(status), strike, ONCE, PAGES, 2, f"Salesforce has no such address {reason} at {PATH}. {_NO_ADDRESS}"),
        Row(str(status), strike, ONCE, LOGINS, 2, f"Salesforce refused the login at HOST {reason}; {CREDENTIALS}."),
    ]


ROWS: list[Row] = [
    Row("401: the session is over", ("expired_token", {}), ONCE, PAGES),
    Row(
        "401: the session is over",
        ("expired_token", {}),
        FOR_GOOD,
        PAGES,
        2,
        f"Salesforce refused the token ({_EXPIRED}) at {PATH}; {CREDENTIALS}. This is after one renewal.",
    ),
    Row(
        "401 for a reason that a new token would meet too",
        _status(401, "INVALID_SESSION_ID", _NOT_RENEWABLE),
        ONCE,
        PAGES,
        2,
        f"Salesforce refused the session (401 INVALID_SESSION_ID: {_NOT_RENEWABLE}) at {PATH}. A new token would meet"
        " the same: check the app's scopes (api), its IP policy and the user's session settings.",
    ),
    Row(
        "401: wrong client secret",
        ("status", {"status": 401, "body": {"error": "invalid_client", "error_description": "invalid credentials"}}),
        ONCE,
        LOGINS,
        2,
        "Salesforce refused the login at HOST (401 invalid_client: invalid credentials); check client_secret.",
    ),
    Row(
        "403 TotalRequests",
        _status(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
        ONCE,
        PAGES,
        3,
        "The org's API calls of 24 hours are used up (403 REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded.) at"
        f" {PATH}. Run again later.",
    ),
    Row("403 ConcurrentRequests", _CONCURRENT, ONCE, PAGES),
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
        "403 API_DISABLED_FOR_ORG",
        _status(403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization."),
        ONCE,
        PAGES,
        2,
        "Salesforce denies access (403 API_DISABLED_FOR_ORG: The REST API is not enabled for this Organization.) at"
        f" {PATH}: the REST API is off for this org or user. Give the integration user API Enabled, View Setup and"
        " Configuration and Manage Data Integrations.",
    ),
    *_no_address(404, "NOT_FOUND"),
    *_no_address(410, "GONE"),
    *_passing("429, Retry-After in seconds", "status", f"429 {_OUTAGE}", status=429, headers={"Retry-After": "60"}),
    *_passing("429, Retry-After as a date", "status", f"429 {_OUTAGE}", status=429, headers={"Retry-After": _soon()}),
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
        "No answer from HOSTWHERE in time (request_timeout_seconds). Run again later.",
        seconds=30,
    ),
    *_broken(
        "nobody listens any more",
        "gone",
        "No connection to HOSTWHERE (Connection refused). Check the address and the network.",
    )[1:],
    Row(
        "the host has no address (DNS)",
        ("unknown_host", {}),
        FOR_GOOD,
        ("first page",),
        1,
        f"No connection to HOST{PATH} (Name or service not known). Check the address and the network.",
    ),
    Row(
        "the host has no address (DNS)",
        ("unknown_host", {}),
        FOR_GOOD,
        ("login",),
        1,
        f"No connection to HOST{TOKEN_PATH} (Name or service not known). Check the address and the network.",
    ),
    Row(
        "the TLS certificate is not trusted",
        ("untrusted", {}),
        FOR_GOOD,
        ("first page", "login"),
        2,
        "The TLS certificate of HOST is not trusted (…). Behind a proxy with a certificate of its own, name that in"
        " REQUESTS_CA_BUNDLE.",
    ),
    Row(
        "redirect to another host",
        ("redirect", {"location": "https://acme--new.my.salesforce.com/"}),
        ONCE,
        PAGES,
        2,
        f"Salesforce redirects to acme--new.my.salesforce.com (302: an empty body instead of JSON) at {PATH}. The token"
        " goes to the org's own host only: set sources.jobs_source.credentials.instance_url to the My Domain of today.",
    ),
    Row(
        "redirect to another host",
        ("redirect", {"location": "https://acme--new.my.salesforce.com/"}),
        ONCE,
        LOGINS,
        2,
        f"Salesforce refused the login at HOST (302: an empty body instead of JSON); {CREDENTIALS}.",
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
    Row(
        "JSON that stops half-way",
        ("status", {"status": 200, "body": '{"access_'}),
        ONCE,
        LOGINS,
        2,
        f"The login at …HOST{TOKEN_PATH} answered with something that is not a token; check the address.",
    ),
    Row(
        "no access_token in the reply",
        ("status", {"status": 200, "body": {"token_type": "Bearer"}}),
        ONCE,
        LOGINS,
        2,
        "Salesforce's answer to the login holds no access_token or no instance_url; check the app.",
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
        "jobs/ingest links to another host (evil.invalid): not followed. Run again.",
    ),
]

LEFT_OUT = {
    "403 at a login": "limits and disabled APIs are answers of the REST API; the token endpoint has its own words.",
    "DNS and certificates on later pages and at a renewal": "the connection is open by then and is used again; where it"
    " is not, the run ends as on the first page.",
    "a refused connection that comes once": "nothing listens, so the retries of the same moment meet it too.",
    "wrong page shapes at a login": "a token reply has neither `records` nor `done`; its own shapes are in the table.",
    "next links on the last page and at a login": "there is none.",
    "`for good` where `once` ends the run": "nothing is asked a second time.",
}

INTRODUCTION = """\
# What happens when something goes wrong

This page is written from the table in `tests/fault_matrix.py` (`python -m tests.fault_matrix`), and the tests in
`tests/test_faults.py` try its lines: every line at every place named, as a walk through the stand-in org with a healthy
one after it; and every fault, at one place each, as a whole run into DuckDB with a healthy run after it.

## The rule

A run either walks every listing to its last page and loads it, or it ends with an exit code and one sentence, and the
cursor stays where it was. So there is nothing to repair after a failed run: **the next one that is healthy finds
everything**, the jobs of the failed run included, as long as it comes within the seven days that Salesforce keeps a
finished job on its list. Rows that are there already are merged, not doubled.

What may pass in a moment is tried again by itself: `request_max_attempts` tries, with pauses that begin at
`request_backoff_factor` seconds and double up to `request_max_retry_delay`, all under `[runtime]`; a `Retry-After` is
honoured up to the longest pause. A session that is over is renewed once, and the walk starts again from page one,
because a page mark is good for its own session only. No try, first or repeated, goes out once `max_api_usage_percent`
of the org's 24-hour API calls is used: that ends the run with exit code 3.

Exit codes: 0 done; 1 failed, trying again may help; 2 something has to be changed first; 3 the API allowance is used
up, try later; 4 another run of the same org is under way.

## Kills, locks and packages that wait

- **Killed while it reads**, or stopped by Ctrl-C (exit code 130): nothing was loaded and the cursor has not moved. The
  next run walks again from page one.
- **Killed after it has read**, before or while it loads: what was read is on disk as a pending package. The next run
  loads that package first and then walks; a load that was half done is merged again, so nothing doubles.
- **The destination is away, full or refuses the load**: the run ends with exit code 1 and the package stays pending.
  The next run loads it first.
- **Another run of the same org is under way** on this machine: the run ends at once with exit code 4 and asks nothing
  of Salesforce. The operating system frees the lock of a run that ended or was killed.
- **The working directory is gone**, as on a fresh container: cursor and state come back from the destination. A package
  that was pending there is gone too, and the next walk reads the same jobs again, since the cursor never moved.

## Between here and Salesforce

*Once*: a single request meets it. *For good*: every request from there on does. HOST is the address of the login or the
org; … stands for what differs between machines. "Renewal" is a login in the middle of a walk, after a 401.

"""


def document() -> str:
    """The page, whole."""
    head = "| what goes wrong | where | the run | exit code | what the user reads |\n|---|---|---|---|---|\n"
    lines = [
        f"| {row.fault}, {row.lasts} | {', '.join(row.places)} | {'ends' if row.says else 'goes on'} | {row.exit_code}"
        f" | {row.says.replace('|', chr(92) + '|') or '-'} |\n"
        for row in ROWS
    ]
    after = (
        "\nAfter each line that ends the run, and after each that does not, the cursor is right: it stays where it was,"
        " or it stands at the newest job of a whole walk. The next healthy run finds every job.\n"
    )
    left_out = "".join(f"- {what}: {why}\n" for what, why in LEFT_OUT.items())
    return INTRODUCTION + head + "".join(lines) + after + "\nNot in the table, with the reason:\n\n" + left_out


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
