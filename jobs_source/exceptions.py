"""
Everything that this package raises, with the exit code that `python -m pipelines` ends with.

    SalesforceJobsError              1  failed, trying again may help
    ├── ConfigError                  2  a key has a value that cannot work
    ├── LoginError                   2  Salesforce refused the credentials or the token
    │   └── SessionExpired           2  401 that a renewal may cure
    ├── AccessError                  2  the user or the org lacks a permission or feature
    ├── AllowanceError               3  the org's API calls are used up
    ├── ApiError                     1  any other answer that is not a success
    ├── ConnectionFailed             1  no whole answer came back
    ├── ListingError                 1  the listing broke its own contract; no walk ends quietly
    ├── FileInUseError               1  another program has the DuckDB file open, or put another in its place
    ├── FileUnusableError            2  the DuckDB file is damaged, too new, or may not be replaced
    └── TableUnusableError           2  somebody changed a table so that rows cannot be written

A message says what happened, where, and what to do; it never holds a token, secret or key.
"""

from typing import ClassVar


class SalesforceJobsError(Exception):
    exit_code: ClassVar[int] = 1


class ConfigError(SalesforceJobsError):
    exit_code = 2


class LoginError(SalesforceJobsError):
    exit_code = 2


class SessionExpired(LoginError):
    pass


class AccessError(SalesforceJobsError):
    exit_code = 2


class AllowanceError(SalesforceJobsError):
    exit_code = 3


class ApiError(SalesforceJobsError):
    """
    An answer that is not a success.

    Attributes:
        status: The HTTP status.
        error_code: Salesforce's own `errorCode`, or an empty string where the answer had none.
    """

    def __init__(self, message: str, status: int, error_code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.error_code = error_code


class ConnectionFailed(SalesforceJobsError):
    pass


class ListingError(SalesforceJobsError):
    pass


class FileInUseError(SalesforceJobsError):
    """
    The DuckDB file is not ours alone.

    Attributes:
        holder: The program that has it open, as DuckDB names it.
    """

    def __init__(self, message: str, holder: str = "unknown") -> None:
        super().__init__(message)
        self.holder = holder


class FileUnusableError(SalesforceJobsError):
    exit_code = 2


class TableUnusableError(SalesforceJobsError):
    exit_code = 2
