"""
One answer of "Get All Jobs", read no further than needed.

Plain entries never become dicts. Of a page that a run has seen before, two fields of each are looked at; what is new
goes to Arrow as JSON. Only where an entry is anything but plain is its page parsed whole.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple, Optional

import msgspec

from jobs_source.exceptions import ListingError
from jobs_source.salesforce import errors as answers


class Mark(msgspec.Struct, rename="camel", gc=False):
    """What tells whether the rest of an entry is worth reading."""

    system_modstamp: Optional[Annotated[datetime, msgspec.Meta(tz=True)]] = None
    job_type: Optional[str] = None


class Envelope(msgspec.Struct, rename="camel"):
    """What is around the entries: https://developer.salesforce.com/docs/platform/api-asynch/guide/get-all-jobs.html"""

    records: msgspec.Raw
    done: bool
    next_records_url: Any = None


class Page(NamedTuple):
    """
    One answer.

    Attributes:
        records: The jobs as they were listed, in JSON.
        endpoint: What listed them.
        walk_began: When the first page was answered, by Salesforce's clock; the earliest of walks side by side.
        answered_at: When this page was answered, by the same clock.
    """

    records: msgspec.Raw
    endpoint: str
    walk_began: datetime
    answered_at: datetime

    @property
    def entries(self) -> list[Any]:
        """All jobs, parsed from JSON and not checked. Raises `ListingError` if that cannot be done."""
        try:
            return _ENTRIES.decode(self.records)
        except (ValueError, RecursionError):
            entries = answers.parse(bytes(self.records))
            if entries is None:
                raise _broken(self.endpoint, bytes(self.records)) from None
            return list(entries)

    def marks(self) -> Optional[list[Mark]]:
        """Two fields of each job; None where one is not what it should be, or an entry is no object."""
        try:
            return _MARKS.decode(self.records)
        except (ValueError, RecursionError):
            return None

    def lines(self) -> list[msgspec.Raw]:
        """All jobs, each as a piece of JSON, neither parsed nor checked."""
        try:
            return _LINES.decode(self.records)
        except (ValueError, RecursionError):
            return [msgspec.Raw(json.dumps(entry).encode()) for entry in self.entries]

    def pick(self, places: Sequence[int]) -> "Page":
        """Copy the jobs at *places* to a page of their own, so that nobody has to keep the whole."""
        lines = self.lines() if places else []
        return self._replace(records=msgspec.Raw(b"[" + b",".join(lines[place] for place in places) + b"]"))


_ENVELOPE = msgspec.json.Decoder(Envelope)
_ENTRIES = msgspec.json.Decoder(list[Any])
_MARKS = msgspec.json.Decoder(list[Mark])
_LINES = msgspec.json.Decoder(list[msgspec.Raw])


def open_envelope(body: bytes, endpoint: str) -> Envelope:
    """
    Read what is around the entries of *body*, an answer of *endpoint*.

    Raises:
        ListingError: If *body* is no page of jobs.
    """
    try:
        envelope = _ENVELOPE.decode(body)
        if bytes(memoryview(envelope.records)[:1]) == b"[":
            return envelope
    except (ValueError, RecursionError):
        pass  # half a surrogate pair, which msgspec refuses; or a page that is none
    return _look_closer(body, endpoint)


def _look_closer(body: bytes, endpoint: str) -> Envelope:
    document = answers.parse(body)
    if document is None:
        raise _broken(endpoint, body)
    if not isinstance(document, dict) or not isinstance(document.get("records"), list):
        raise ListingError(f"A page of {endpoint} has no list of records, so it is no page of jobs. Run again.")
    if not isinstance(document.get("done"), bool):
        raise ListingError(f"A page of {endpoint} does not say whether it is the last (done). Run again.")
    records = msgspec.Raw(json.dumps(document["records"]).encode())
    return Envelope(records, document["done"], document.get("nextRecordsUrl"))


def _broken(endpoint: str, text: bytes) -> ListingError:
    return ListingError(f"A page of {endpoint} is broken JSON ({len(text)} bytes). Run again.")
