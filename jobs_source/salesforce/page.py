"""
One answer of "Get All Jobs": https://developer.salesforce.com/docs/platform/api-asynch/guide/get-all-jobs.html

    {"done": false, "nextRecordsUrl": "/services/data/v64.0/jobs/ingest?queryLocator=0r8xx-1000", "records": [...]}

This module reads only what is around the entries. The entries stay JSON.
"""

import json
from datetime import datetime
from typing import Any, NamedTuple, Optional

import msgspec

from jobs_source.exceptions import ListingError
from jobs_source.json_text import parse_json


class Envelope(msgspec.Struct, rename="camel"):
    """A page, with its entries still in JSON."""

    records: msgspec.Raw
    done: bool
    next_records_url: Any = None


class Answer(NamedTuple):
    """
    One answer, on its own.

    Attributes:
        records: The list of jobs, in JSON.
        following: The locator of the next page; None on the last.
        answered_at: When it was given, by Salesforce's clock.
    """

    records: msgspec.Raw
    following: Optional[str]
    answered_at: datetime


class Page(NamedTuple):
    """
    One page of a walk.

    Attributes:
        records: The list of jobs, in JSON.
        walk_began: When the first page was answered, by Salesforce's clock; with parallel walks, the earliest of them.
        answered_at: When this page was answered, by the same clock.
    """

    records: msgspec.Raw
    walk_began: datetime
    answered_at: datetime


_ENVELOPE = msgspec.json.Decoder(Envelope)


def open_envelope(body: bytes, endpoint: str) -> Envelope:
    """
    Read what is around the entries of *body*, an answer of *endpoint*.

    Raises:
        ListingError: If *body* is not a page of jobs.
    """
    try:
        envelope = _ENVELOPE.decode(body)
        if bytes(memoryview(envelope.records)[:1]) == b"[":
            return envelope
    except (ValueError, RecursionError):
        pass  # half a surrogate pair, which msgspec refuses; or not a page of jobs
    return _look_closer(body, endpoint)


def _look_closer(body: bytes, endpoint: str) -> Envelope:
    document = parse_json(body)
    if document is None:
        raise ListingError(f"A page of {endpoint} is broken JSON ({len(body)} bytes). Run again.")
    if not isinstance(document, dict) or not isinstance(document.get("records"), list):
        raise ListingError(f"A page of {endpoint} has no list of records, so it is not a page of jobs. Run again.")
    if not isinstance(document.get("done"), bool):
        raise ListingError(f"A page of {endpoint} does not say whether it is the last page (done). Run again.")
    records = msgspec.Raw(json.dumps(document["records"]).encode())
    return Envelope(records, document["done"], document.get("nextRecordsUrl"))
