"""Reads an answer of Salesforce: its time, whether it is a success, whether a retry may help, and its error."""

import html
import re
from collections.abc import Set
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, Final, Optional
from urllib.parse import parse_qs, parse_qsl, urlsplit

import requests

from jobs_source.json_text import parse_json
from jobs_source.salesforce.foreign_text import quotable

NO_JSON: Final = "instead of JSON"
SESSION_HEADER: Final = "X-SFDC-Session"  # of the Bulk API 1.0, in the place of Authorization
BULK_1_PATH: Final = "/services/async/"
_SECRET_FIELDS: Final = ("client_secret", "refresh_token", "assertion")  # of the form of a login
_PASSING_CODES: Final = {
    "INTERNALSERVERERROR",
    "QUERYTIMEOUT",
    "SERVERERROR",
    "SERVERUNAVAILABLE",
    "TIMEOUT",
    "UNABLETOLOCKROW",
    "UNKNOWNEXCEPTION",
}
_START: Final = rb"(\xef\xbb\xbf)?\s*(\[\s*)?\{\s*"
_ERROR: Final = re.compile(  # the first key is one of an error, or a later one of the same object is its code
    _START + rb'("(error|message|errorMessage)"|([^{}\[\]]{0,500},\s*)?"(errorCode|exceptionCode)")'
)
_XML_CODE: Final = re.compile(rb"<(?:\w+:)?(?:exceptionCode|errorCode|faultcode|error)>\s*(?:\w+:)?(\w+)\s*<")
_XML_MESSAGE: Final = re.compile(rb"<(?:\w+:)?(?:exceptionMessage|message|faultstring|error_description)>([^<]*)<")
_XML_ANSWER: Final = re.compile(rb"<(?:\w+:)?(?:jobInfo|batchInfoList)[\s/>]")


def answered_at(response: requests.Response) -> datetime:
    """Return the time by Salesforce's clock, or by ours if a proxy dropped the header."""
    return time_told(response) or datetime.now(timezone.utc).replace(microsecond=0)


def time_told(response: requests.Response) -> Optional[datetime]:
    """Return the time by Salesforce's clock, if the answer tells it."""
    try:
        return parsedate_to_datetime(response.headers["Date"]).astimezone(timezone.utc)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def is_json(response: requests.Response) -> bool:
    """Tell whether the body begins as JSON does, with or without a byte order mark."""
    return response.content[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def is_success(response: requests.Response) -> bool:
    """Tell whether the answer is what was asked for: 200, JSON (or XML of the Bulk API 1.0), and not an error."""
    if response.status_code != 200:
        return False
    if is_json(response):
        return not _ERROR.match(response.content) or _is_about_its_job(response)
    return _is_bulk_1_xml(response)


def _is_about_its_job(response: requests.Response) -> bool:
    """Tell the answer about a job that failed from an error: both have an `errorMessage`, in any order of the keys."""
    id_ = urlsplit(response.url).path.rpartition("/")[2]
    is_job_id = re.fullmatch(r"750\w{12,15}", id_, re.ASCII) is not None
    return is_job_id and re.search(rb'"id"\s*:\s*"%b' % id_[:15].encode(), response.content) is not None


def _is_bulk_1_xml(response: requests.Response) -> bool:
    if not urlsplit(response.url).path.startswith(BULK_1_PATH):
        return False
    start = response.content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    return start[:1] == b"<" and bool(_XML_ANSWER.search(start)) and not _XML_CODE.search(response.content)


def is_transient_response(response: requests.Response) -> bool:
    """Tell whether a retry may help."""
    if is_success(response):
        return False
    if is_transient_status(response.status_code) or is_gateway_page(response):
        return True
    code, message = error_code_and_message(response)
    is_passing = canonical(code) in _PASSING_CODES and response.status_code not in (404, 410)
    return is_passing or "ConcurrentRequests" in message


def is_transient_status(status: int) -> bool:
    """Tell whether the status alone says that a retry may help."""
    return status in (408, 429) or status >= 500


def is_gateway_page(response: requests.Response) -> bool:
    """Tell a page of a gateway, a proxy or a maintenance, or nothing at all, in the place of Salesforce's answer."""
    return response.status_code in (200, 403) and error_code_and_message(response)[1].endswith(NO_JSON)


def is_gone(response: requests.Response) -> bool:
    """Tell whether Salesforce itself says that there is no such job. A page of a proxy, say, is not believed."""
    code, _ = error_code_and_message(response)
    if response.status_code == 404:
        return re.fullmatch(r"[A-Z]\w+", code) is not None
    return response.status_code == 400 and canonical(code) == "INVALIDJOB" and BULK_1_PATH in response.url


def canonical(code: str) -> str:
    """Return a code in one spelling: the REST API writes INVALID_SESSION_ID, the Bulk API InvalidSessionId."""
    return code.replace("_", "").upper()


def error_code_and_message(response: requests.Response) -> tuple[str, str]:
    """
    Return Salesforce's own code and message, without the secrets of the request.

    It knows the JSON of the REST API, of the Bulk API and of logins, XML, and forms. Of any other body, only a single
    word is quoted.
    """
    secrets = _secrets_of(response.request)
    code, message = _read_error(response.content)
    return quotable(code, secrets)[:100], quotable(message, secrets)


def _read_error(content: bytes) -> tuple[str, str]:
    body = parse_json(content)
    if body is not None:
        return _read_json_error(body)
    if code := _XML_CODE.search(content):
        message = _XML_MESSAGE.search(content)
        return code[1].decode(), html.unescape(message[1].decode(errors="replace")) if message else ""
    if content.startswith(b"error="):  # the other form that a login may answer in
        form = dict(parse_qsl(content.decode(errors="replace").strip()))
        return form.get("error", ""), form.get("error_description", "")
    if word := re.fullmatch(rb"\w{1,40}", content.strip()):
        return "", word[0].decode()
    if content.lstrip()[:1] in (b"{", b"["):
        return "", "broken JSON"
    kind = "an HTML page" if b"<" in content[:200] else "text" if content.strip() else "an empty body"
    return "", f"{kind} {NO_JSON}"


def _read_json_error(body: Any) -> tuple[str, str]:
    first = body[0] if isinstance(body, list) and body else body
    if not isinstance(first, dict):
        return "", ""
    if isinstance(first.get("error"), dict):
        first = first["error"]
    code = next((first[key] for key in ("errorCode", "exceptionCode", "error", "code") if first.get(key)), "")
    texts = ("message", "exceptionMessage", "error_description", "errorMessage")
    return str(code), str(next((first[key] for key in texts if first.get(key)), ""))


def _secrets_of(request: Any) -> Set[str]:
    """What the request proved its identity with."""
    headers = getattr(request, "headers", {})
    found = (headers.get("Authorization", "").partition(" ")[2], headers.get(SESSION_HEADER, ""))
    body = getattr(request, "body", None)
    form = parse_qs(body.decode() if isinstance(body, bytes) else body or "")
    return {*found, *(value for field in _SECRET_FIELDS for value in form.get(field, ()))} - {""}
