"""
What makes a job fail although its upload was taken: wrong line ends, wrong columns. Salesforce looks at them later.
https://developer.salesforce.com/docs/platform/api-asynch/guide/bulk-api-2-0-errors.html
"""

import re
from collections.abc import Sequence

from jobs_source.standin.org.jobs import Job
from jobs_source.standin.org.objects import has_field

_QUOTED = re.compile(rb'"(?:[^"]|"")*"')
_WRONG = {"LF": re.compile(rb"\r\n"), "CRLF": re.compile(rb"(?<!\r)\n")}


def find_fault(job: Job, body: bytes, columns: Sequence[str]) -> str | None:
    """Return the error message that the job will end with, or None."""
    ending = job.kind.line_ending or "LF"
    if _WRONG[ending].search(_QUOTED.sub(b"", body)):
        return f"ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is {ending}"
    fault = find_wrong_column(job, columns)
    return f"InvalidBatch : {fault}" if fault else None


def find_wrong_column(job: Job, columns: Sequence[str]) -> str | None:
    """Return what is wrong with the columns of an upload, or None."""
    operation = job.kind.operation
    if operation in ("delete", "hardDelete"):
        only_ids = [name.lower() for name in columns] == ["id"]
        return None if only_ids else f"The '{operation}' batch must contain only ids"
    unknown = [name for name in columns if not has_field(str(job.kind.object), name)]
    needed = {"update": "Id", "upsert": job.work and job.work.external_id}.get(operation)
    if not unknown and needed and needed.lower() not in [name.lower() for name in columns]:
        unknown = [needed]
    return f"Field name not found : {unknown[0]}" if unknown else None
