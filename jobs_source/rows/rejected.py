"""The table of entries that could not become rows, or only incomplete rows."""

import hashlib
import json
from typing import Any

import pyarrow as pa

from jobs_source.schema import REJECTED_SCHEMA


def reject(entries: list[tuple[Any, list[str]]], org_id: str, endpoint: str) -> pa.Table:
    """Keep *entries* of *endpoint* as they were listed, each with its reasons."""
    rows = []
    for entry, reasons in entries:
        row = {"org_id": org_id, "listing": endpoint, "reason": "; ".join(reasons), "entry": json.dumps(entry)}
        # The same entry may come with its keys in another order.
        parts = (org_id, endpoint, row["reason"], json.dumps(entry, sort_keys=True))
        rows.append({"entry_hash": hashlib.sha256("\n".join(parts).encode()).hexdigest(), **row})
    return pa.Table.from_pylist(rows, REJECTED_SCHEMA)
