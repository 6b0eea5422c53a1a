"""Keeps a refresh token that Salesforce rotates: one user at a time, on disk before the old one is given up."""

import os
import tempfile
from pathlib import Path
from typing import Final, Optional

from dlt.common import logger
from filelock import BaseFileLock, FileLock, Timeout

from jobs_source.exceptions import ConfigError, LoginError
from jobs_source.settings import CREDENTIALS_SECTION

_KEY: Final = f"{CREDENTIALS_SECTION}.refresh_token_file"
_LOCK_TIMEOUT_SECONDS: Final = 60.0


class TokenFile:
    """
    The refresh token of *path*, or *configured* where there is no path or no file yet.

    Within `with`, no other process uses the token. A folder that cannot be written is found out on the way in, before
    Salesforce is asked for a token that could not be kept.
    """

    def __init__(self, path: Optional[str], configured: Optional[str]) -> None:
        try:
            self._path = Path(path).expanduser() if path else None
        except RuntimeError:
            raise ConfigError(f"{path} is in a home folder that this user does not have; check {_KEY}.") from None
        self._configured = configured
        self._lock: Optional[BaseFileLock] = FileLock(f"{self._path}.lock", mode=0o600) if self._path else None

    def __enter__(self) -> "TokenFile":
        if self._path and self._lock:
            try:
                self._lock.acquire(timeout=_LOCK_TIMEOUT_SECONDS)
                # The lock file may be older than what closed the folder.
                tempfile.TemporaryFile(dir=self._path.parent).close()
            except Timeout:
                raise LoginError(f"Another process has held {self._path}.lock for a minute.") from None
            except OSError as error:
                self._lock.release()
                raise ConfigError(f"No token can be kept at {self._path} ({error.strerror}); check {_KEY}.") from None
        return self

    def __exit__(self, *error: object) -> None:
        if self._lock:
            self._lock.release()

    def read(self) -> str:
        """Return the token to use. Raises `ConfigError` where there is none."""
        try:
            kept = self._path.read_text(encoding="utf-8-sig").strip() if self._path and self._path.exists() else ""
        except OSError as error:
            raise ConfigError(f"{self._path} cannot be read ({error.strerror}); check {_KEY}.") from None
        except UnicodeDecodeError:
            raise ConfigError(f"{self._path} holds no text in UTF-8, so no refresh token; check {_KEY}.") from None
        token = kept or self._configured
        if not token:
            raise ConfigError(f"{self._path} holds no refresh token yet; put the first one there or in refresh_token.")
        return token

    def write(self, token: str) -> None:
        """Replace the token in one step: a kill leaves the old one or the new one, whole, for its owner only."""
        if not self._path:
            if token != self._configured:
                logger.warning(
                    "Salesforce rotated the refresh token, and the new one is gone when this process ends: set"
                    f" {_KEY} before the next run, with a new refresh token."
                )
            return
        try:
            handle, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")  # mode 0600
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(token)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self._path)
        except OSError as error:
            raise ConfigError(
                f"Salesforce rotated the refresh token, and the new one cannot be kept at {self._path}"
                f" ({error.strerror}): check {_KEY}, then authorize the app again, as the old one is used up."
            ) from None
