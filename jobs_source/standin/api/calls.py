"""An authenticated request to a known resource: every answer is made from one."""

from dataclasses import dataclass, field

from jobs_source.standin.api.messages import Request
from jobs_source.standin.org.errors import ApiError
from jobs_source.standin.org.jobs import Job
from jobs_source.standin.org.org import Org


@dataclass
class Call:
    """
    One authenticated request to a versioned resource.

    Attributes:
        version: Such as `64.0`.
        user_id: The user of the token.
        parts: The named parts of the address, such as the job's id.
    """

    org: Org
    request: Request
    version: str
    user_id: str
    parts: dict[str, str] = field(default_factory=dict)


def check_user(call: Call, job: Job) -> None:
    """Raise `ApiError` (InvalidUser) if the org keeps a job from those who did not make it."""
    refused = call.org.others_jobs_refused
    if refused is not None and job.created_by_id != call.user_id:
        raise ApiError(refused, "InvalidUser", "The job was created by another user")


def check_parameters(call: Call, *known: str) -> None:
    """Raise `ApiError` for a parameter that is not *known*, so that a misspelt filter fails."""
    for name in call.request.query:
        if name not in known:
            raise ApiError(400, "INVALID_PARAMETER", f"Unknown query parameter: {name}")
