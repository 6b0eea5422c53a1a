"""
What a survey may quote of an org: values that Salesforce documents, names of keys, codes of errors. Nothing else.

Whatever else a field holds may be a customer's.
"""

import re
from collections.abc import Collection, Iterable
from typing import Any, Final

import requests

from jobs_source.salesforce.responses import error_code_and_message, is_json, is_success

STATES: Final = ("Aborted", "Closed", "Failed", "InProgress", "JobComplete", "Open", "Queued", "UploadComplete")
JOB_TYPES: Final = ("BigObjectIngest", "Classic", "V2Ingest", "V2Query")
OPERATIONS: Final = (
    "consentImport", "delete", "hardDelete", "insert", "query", "queryAll", "refresh", "undelete", "update", "upsert",
)  # fmt: skip
CONTENT_TYPES: Final = ("CSV", "JSON", "XML", "ZIP_CSV", "ZIP_JSON", "ZIP_XML")
CONCURRENCY_MODES: Final = ("Parallel", "Serial")
LIST_KEYS: Final = frozenset(
    {
        "apiVersion", "columnDelimiter", "concurrencyMode", "contentType", "contentUrl", "createdById", "createdDate",
        "id", "jobType", "lineEnding", "object", "operation", "state", "systemModstamp",
    }
)  # fmt: skip
JOB_INFO_KEYS: Final = LIST_KEYS | {
    "apexProcessingTime", "apiActiveProcessingTime", "assignmentRuleId", "errorMessage", "externalIdFieldName",
    "isPkChunkingSupported", "numberRecordsFailed", "numberRecordsProcessed", "retries", "totalProcessingTime",
}  # fmt: skip
BULK_1_KEYS: Final = JOB_INFO_KEYS | {
    "fastPathEnabled", "numberBatchesCompleted", "numberBatchesFailed", "numberBatchesInProgress",
    "numberBatchesQueued", "numberBatchesTotal", "numberRetries",
}  # fmt: skip
_OTHER: Final = "another that is not documented"
_KEY: Final = re.compile(r"[a-z]+([A-Z][a-z]*)*", re.ASCII)
_CODE: Final = re.compile(r"[A-Z]+(_[A-Z]+)*|([A-Z][a-z]+)+", re.ASCII)
_LONGEST: Final = 40  # characters of a key or a code
_MOST_KEYS: Final = 20
_ERROR: Final = re.compile(rb"\"(errorCode|exceptionCode)\"|<(\w+:)?exceptionCode>")
_MAGNITUDES: Final = ((1_000, "1,000 or more"), (100, "100 to 999"), (10, "10 to 99"), (1, "1 to 9"))


def yes_or_no(value: bool) -> str:
    return "yes" if value else "no"


def known_values(values: Iterable[Any], known: Collection[str]) -> str:
    """List those of *values* that are *known*, and say whether there are others."""
    found = {value if isinstance(value, str) else "" for value in values if value is not None}
    named = sorted(found & set(known))
    return ", ".join([*named, *([_OTHER] if found - set(known) else [])]) or "none"


def unknown_keys(keys: Iterable[str], known: Collection[str]) -> str:
    """List those of *keys* that are not *known*. One that does not look like a key of the API is only counted in."""
    found = set(keys) - set(known)
    named = sorted(key for key in found if len(key) <= _LONGEST and _KEY.fullmatch(key))
    shown, is_more = named[:_MOST_KEYS], len(found) > len(named[:_MOST_KEYS])
    return ", ".join([*shown, *(["others that are not shown"] if is_more else [])]) or "none"


def magnitude(number: int) -> str:
    """Return the order of magnitude of *number*: exact ones would identify an org."""
    return next((text for least, text in _MAGNITUDES if number >= least), "none")


def refusal_text(response: requests.Response) -> str:
    """Return status and error code of a refusal; empty for a success."""
    if is_success(response):
        return ""
    code = error_code_and_message(response)[0] if _ERROR.search(response.content) else ""
    is_code = len(code) <= _LONGEST and _CODE.fullmatch(code)
    shown = code if is_code else "with a code that is not shown" if code else "without a code"
    return f"{response.status_code} {shown}"


def is_of_the_api(response: requests.Response) -> bool:
    """Tell an answer of the API from a page of a gateway or of a maintenance."""
    return is_json(response) or is_success(response) or _ERROR.search(response.content[:1000]) is not None


def xml_keys(body: bytes) -> set[str]:
    """Return the names of the elements in a job of the Bulk API 1.0."""
    names = re.findall(rb"<(?:\w+:)?([A-Za-z]\w*)[\s>/]", body)
    return {name.decode() for name in names} - {"jobInfo"}
