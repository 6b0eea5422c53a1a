"""
Everything that this package raises, with the exit code that a command ends with.

    SalesforceJobsError              1  failed, trying again may help
    ├── ConfigError                  2  a key has a value that cannot work
    ├── UnsupportedDltError          2  the installed dlt lacks something that this package relies on
    ├── LoginError                   2  Salesforce refused the credentials or the token
    │   └── SessionExpiredError      2  a session that is over, which a renewal may fix
    ├── LoginUnavailableError        1  no login now, for a reason that may pass
    ├── AccessError                  2  the user or the org lacks a permission or feature
    ├── AllowanceError               3  the org's API calls are used up
    ├── ApiError                     1  any other answer that is not a success, and may pass
    │   └── RequestRefusedError      2  one that every other run would get too
    ├── ConnectionFailedError        1  no complete answer came back
    ├── ListingError                 1  the listing has no last page, or a page has a wrong form
    ├── FileInUseError               1  another program has the DuckDB file open, or has replaced it
    ├── FileUnusableError            2  the DuckDB file is damaged, too new, or may not be replaced
    ├── TableUnusableError           2  somebody changed a table so that rows cannot be written
    ├── QueryError                   2  a query of the command `sql` does more than read, or the database refuses it
    ├── NothingLoadedError           1  the destination holds no run yet
    └── AlreadyRunningError          4  another run of the same org is in progress

A message says what happened, where, and what to do; it never holds a token, secret or key.
"""

from typing import ClassVar


class SalesforceJobsError(Exception):
    """An error that a user can do something about. The text says what."""

    exit_code: ClassVar[int] = 1


class ConfigError(SalesforceJobsError):
    """A key of the configuration, or an option of a command, has a value that cannot work."""

    exit_code = 2


class UnsupportedDltError(SalesforceJobsError, ImportError):
    """The installed dlt lacks something that `dlt_compat.py` relies on."""

    exit_code = 2


class LoginError(SalesforceJobsError):
    """Salesforce refused the credentials, or the token that they gave."""

    exit_code = 2


class SessionExpiredError(LoginError):
    """Salesforce refused a token that was valid before. A new session may fix this."""


class LoginUnavailableError(SalesforceJobsError):
    """A login is not possible now, for a reason that may pass. The credentials need no change."""


class AccessError(SalesforceJobsError):
    """
    The user lacks a permission, or the org lacks a feature.

    Attributes:
        error_code: Salesforce's own `errorCode`.
    """

    exit_code = 2

    def __init__(self, message: str, error_code: str = "") -> None:
        super().__init__(message)
        self.error_code = error_code


class AllowanceError(SalesforceJobsError):
    """The org's API calls for 24 hours are used up, or the part that we may use."""

    exit_code = 3


class ApiError(SalesforceJobsError):
    """
    Salesforce answered with an error.

    Attributes:
        status: The HTTP status.
        error_code: Salesforce's own `errorCode`, or an empty string if the answer has none.
    """

    def __init__(self, message: str, status: int, error_code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.error_code = error_code


class RequestRefusedError(ApiError):
    """Salesforce refused a request in a way that every other run would meet too."""

    exit_code = 2


class ConnectionFailedError(SalesforceJobsError):
    """No complete answer came back."""


class ListingError(SalesforceJobsError):
    """A listing does not lead to its last page, or a page is not a page of jobs."""


class FileInUseError(SalesforceJobsError):
    """
    Another program uses the DuckDB file, or has replaced it.

    Attributes:
        holder: The program that has it open, as DuckDB names it.
    """

    def __init__(self, message: str, holder: str = "unknown") -> None:
        super().__init__(message)
        self.holder = holder


class FileUnusableError(SalesforceJobsError):
    """The DuckDB file is damaged, too new for the DuckDB installed here, or may not be replaced."""

    exit_code = 2


class TableUnusableError(SalesforceJobsError):
    """Somebody changed a table, or a right on it, so that rows cannot be written."""

    exit_code = 2


class QueryError(SalesforceJobsError):
    """A query of the command `sql` does more than read, or the database refuses it."""

    exit_code = 2


class NothingLoadedError(SalesforceJobsError):
    """The destination holds no run yet."""


class AlreadyRunningError(SalesforceJobsError):
    """Another run of the same org into the same place is in progress."""

    exit_code = 4
