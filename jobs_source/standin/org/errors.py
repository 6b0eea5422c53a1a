"""
The refusals of the org.

    StandInError
    ├── ApiError    the REST and Bulk APIs: a JSON array of errorCode and message
    └── OAuthError  the token endpoint: a JSON object of error and error_description

The status belongs to the `errorCode`, so the code that refuses sets both. `api` turns a refusal into an answer.
"""


class StandInError(Exception):
    """Base of the errors that become an unsuccessful answer."""


class ApiError(StandInError):
    """A refusal of the REST or Bulk API, with its HTTP status, `errorCode` and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message


class OAuthError(StandInError):
    """A refusal of the token endpoint, with its `error` and `error_description`. Its HTTP status is 400."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error, self.description = error, description


def not_found() -> ApiError:
    """Return the error for an unknown address, version or job."""
    return ApiError(404, "NOT_FOUND", "The requested resource does not exist")


def session_expired() -> ApiError:
    """Return the error for a token that is unknown, expired or revoked."""
    return ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")
