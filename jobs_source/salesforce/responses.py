"""Reads an answer of Salesforce: its time, whether it is JSON, whether a retry may help, and its error."""

import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

import requests

from jobs_source.json_text import parse_json


def answered_at(response: requests.Response) -> datetime:
    """Return the time by Salesforce's clock, or by ours if a proxy dropped the header."""
    try:
        return parsedate_to_datetime(response.headers["Date"]).astimezone(timezone.utc)
    except (KeyError, TypeError, ValueError, OverflowError):
        return datetime.now(timezone.utc).replace(microsecond=0)


def is_json(response: requests.Response) -> bool:
    return response.content.lstrip()[:1] in (b"{", b"[")


def is_transient_response(response: requests.Response) -> bool:
    """Tell whether a retry may help."""
    if response.status_code == 429 or response.status_code >= 500:
        return True
    if response.status_code == 200:
        return not is_json(response)  # a maintenance page, or nothing at all
    return response.status_code == 403 and b"ConcurrentRequests" in response.content


def error_code_and_message(response: requests.Response) -> tuple[str, str]:
    """Return Salesforce's own code and message. Of a body that is not JSON, only a single word is quoted."""
    body = parse_json(response.content)
    if body is None:
        if word := re.fullmatch(rb"\w{1,40}", response.content.strip()):
            return "", word[0].decode()
        kind = "an HTML page" if b"<" in response.content[:200] else "text" if response.content else "an empty body"
        return "", f"{kind} instead of JSON"
    first = body[0] if isinstance(body, list) and body else body
    if not isinstance(first, dict):
        return "", ""
    code, message = first.get("errorCode", first.get("error")), first.get("message", first.get("error_description"))
    return str(code or "")[:100], str(message or "")[:300]
