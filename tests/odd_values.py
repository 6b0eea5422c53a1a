"""Odd values for each kind of field: what is listed, what its column holds then, and the reason in `rejected_jobs`."""

import hashlib
import json
from datetime import datetime, timezone
from typing import Any, NamedTuple

from tests.expected import COLUMNS

ORG = "00DRm00009EeSOjMAN"
PLAIN = {
    "id": "750Rm00000AbCdEIAV",
    "operation": "upsert",
    "object": "Account",
    "createdById": "005Rm000001XyZaIAK",
    "createdDate": "2026-11-20T09:00:00.123+0000",
    "systemModstamp": "2026-11-20T09:00:59.000+0000",
    "state": "JobComplete",
    "concurrencyMode": "Parallel",
    "contentType": "CSV",
    "apiVersion": 64.0,
    "jobType": "V2Ingest",
    "contentUrl": "services/data/v64.0/jobs/ingest/750Rm00000AbCdEIAV/batches",
    "lineEnding": "LF",
    "columnDelimiter": "COMMA",
}


class Odd(NamedTuple):
    raw: Any
    value: Any = None
    reason: str = ""


MOMENT = datetime(2026, 11, 20, 10, 30, 0, 500_000, tzinfo=timezone.utc)
NO_TIME = "not a time with a zone"
NO_DAY = "not a time of the calendar"
UNSTORABLE = "NUL or half a surrogate pair in the text"

TEXTS = (
    Odd(None),
    Odd("", ""),
    Odd(7, "7"),
    Odd(10**25, str(10**25)),
    Odd(1.5, None, "float where text belongs"),
    Odd(True, None, "bool where text belongs"),
    Odd(["x"], None, "list where text belongs"),
    Odd({"x": 1}, None, "dict where text belongs"),
    Odd("\u202e \t\n\u200b😀é", "\u202e \t\n\u200b😀é"),
    Odd("x" * 300_000, "x" * 300_000),
    Odd("a\0b", None, UNSTORABLE),
    Odd("\ud800", None, UNSTORABLE),
    Odd("x\udfff", None, UNSTORABLE),
)
FORMS_OF_TIME = (
    "2026-11-20T10:30:00.500+0000",
    "2026-11-20T10:30:00.5Z",
    "2026-11-20T12:30:00.500000+0200",
    "2026-11-20T02:30:00.5000000-08:00",
    "2026-11-20 16:00:00.50+05:30",
)
NO_TIMES: tuple[Any, ...] = (1795176000000, 1.5, True, [], {}, "", "\ud800", "a\0", "x" * 300_000, "😀")
TIMES = (
    Odd(None),
    *(Odd(raw, MOMENT) for raw in FORMS_OF_TIME),
    *(Odd(raw, None, NO_TIME) for raw in NO_TIMES),
    *(Odd(raw, None, NO_TIME) for raw in ("2026-11-20", "2026-11-20T09:00:00.000")),
    *(Odd(raw, None, NO_DAY) for raw in ("0000-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-20T09:00:61Z")),
)
FIRST, LAST = datetime(1, 1, 1, tzinfo=timezone.utc), datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=timezone.utc)
ENDS_OF_TIME = (Odd("0001-01-01T00:00:00.000+0000", FIRST), Odd("9999-12-31T23:59:59.999+0000", LAST))
NO_VERSIONS: tuple[Any, ...] = (True, False, "nonsense", "", [], {}, -1, 1e300, 10**25, 64.05, "\ud800", "64.0\0")
VERSIONS = (
    Odd(None),
    *(Odd(raw, "46.0") for raw in (46.0, 46, "46.0", "46", "v46.0")),
    Odd(46.5, "46.5"),
    Odd(9, "9.0"),
    *(Odd(raw, None, "not an API version") for raw in NO_VERSIONS),
)
VALUES: dict[str, tuple[Odd, ...]] = {
    **dict.fromkeys(COLUMNS.keys() - {"id"}, TEXTS),
    "createdDate": (*TIMES, *ENDS_OF_TIME),
    "systemModstamp": (*TIMES, *(Odd(raw, None, f"{end.isoformat()} cannot be right") for raw, end, _ in ENDS_OF_TIME)),
    "apiVersion": VERSIONS,
}
"""By field; an id that is none makes no row."""


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in PLAIN.items() if name != key}


def rejection(entry: Any, reason: str, org_id: str = ORG) -> dict[str, str]:
    text = json.dumps(entry)
    parts = (org_id, "jobs/ingest", reason, json.dumps(entry, sort_keys=True))
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return {"entry_hash": digest, "org_id": org_id, "listing": "jobs/ingest", "reason": reason, "entry": text}
