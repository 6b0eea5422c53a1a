"""What the tables should hold, worked out from the stand-in's own answers without any code of the source."""

from datetime import datetime, timezone
from typing import Any

from jobs_source.standin import Org

COLUMNS = {
    "id": "id",
    "operation": "operation",
    "object": "object",
    "createdById": "created_by_id",
    "createdDate": "created_date",
    "systemModstamp": "system_modstamp",
    "state": "state",
    "concurrencyMode": "concurrency_mode",
    "contentType": "content_type",
    "apiVersion": "api_version",
    "contentUrl": "content_url",
    "jobType": "job_type",
    "lineEnding": "line_ending",
    "columnDelimiter": "column_delimiter",
}


def expected_row(org_id: str, listed: dict[str, Any]) -> dict[str, Any]:
    """The row of one listed job."""
    row: dict[str, Any] = {column: listed.get(key) for key, column in COLUMNS.items()}
    for column in ("created_date", "system_modstamp"):
        row[column] = datetime.strptime(row[column], "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(timezone.utc)
    return {"org_id": org_id, **row, "api_version": str(listed["apiVersion"]) if "apiVersion" in listed else None}


def expected_rows(org: Org, listing: str, **filters: Any) -> list[dict[str, Any]]:
    """The rows of every job that a quiet walk of *listing* shows, by id."""
    rows = [expected_row(org.org_id, listed) for listed in org.listed(listing, **filters)]
    return sorted(rows, key=lambda row: row["id"])
