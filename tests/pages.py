"""Pages as a walk would hand them over."""

from datetime import datetime, timezone

from jobs_source.salesforce.page import Page, open_envelope

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)


def make_page(records: bytes) -> Page:
    """A page of jobs/ingest with the list *records*, answered at noon."""
    body = b'{"nextRecordsUrl": null, "done": true, "records": ' + records + b"}"
    return Page(open_envelope(body, "jobs/ingest").records, "jobs/ingest", NOON, NOON)
