"""Keeps a refresh token that Salesforce rotates: one process at a time uses it, and a new token is saved at once."""

import os
import tempfile
from pathlib import Path
from typing import Final, Optional

from dlt.common import logger
from filelock import BaseFileLock, FileLock, Timeout

from jobs_source.exceptions import ConfigError, LoginUnavailableError
from jobs_source.salesforce.pasted import clean, find_flaw

_LOCK_TIMEOUT_SECONDS: Final = 60.0


class TokenFile:
    """
    The refresh token in the file *path*, or *configured* if there is no path or no file yet. Errors name *section*.

    Inside `with`, no other process uses the token. Entering fails if the folder cannot be written: Salesforce is not
    asked for a token that could not be saved.
    """

    def __init__(self, path: Optional[str], configured: Optional[str], section: str) -> None:
        self._key = f"{section}.refresh_token_file"
        try:
            self._path = Path(path).expanduser() if path else None
        except RuntimeError:
            raise ConfigError(f"{path} names a home folder that cannot be found; check {self._key}.") from None
        self._configured = configured
        self._lock: Optional[BaseFileLock] = FileLock(f"{self._path}.lock", mode=0o600) if self._path else None

    def __enter__(self) -> "TokenFile":
        if self._path and self._lock:
            try:
                self._lock.acquire(timeout=_LOCK_TIMEOUT_SECONDS)
                # The folder may have become read-only after the lock file was made.
                tempfile.TemporaryFile(dir=self._path.parent).close()
            except Timeout:
                raise LoginUnavailableError(
                    f"Another process has used the token file {self._path} for a minute: it holds the lock"
                    f" {self._path}.lock. Run again after that process has ended."
                ) from None
            except OSError as error:
                self._lock.release()
                raise ConfigError(
                    f"No token can be saved at {self._path} ({error.strerror}); check {self._key}."
                ) from None
        return self

    def __exit__(self, *error: object) -> None:
        if self._lock:
            self._lock.release()

    def read(self) -> str:
        """Return the token to use. Raises `ConfigError` if there is none."""
        try:
            kept = clean(self._path.read_text(encoding="utf-8-sig")) if self._path and self._path.exists() else ""
        except OSError as error:
            raise ConfigError(f"{self._path} cannot be read ({error.strerror}); check {self._key}.") from None
        except UnicodeDecodeError:
            raise ConfigError(f"{self._path} is not text in UTF-8, so it holds no token; check {self._key}.") from None
        token = kept or self._configured
        if not token:
            key = self._key.removesuffix("_file")
            raise ConfigError(f"{self._path} holds no refresh token yet. Put one into that file or into {key}.")
        if flaw := find_flaw("refresh_token", token):
            raise ConfigError(f"The refresh token in {self._path} {flaw}. Put the right one into that file.")
        return token

    def write(self, token: str) -> None:
        """Replace the token in one step: a kill leaves a complete file, old or new. Only its owner can read it."""
        if not self._path:
            if token != self._configured:
                logger.warning(
                    "Salesforce rotated the refresh token, and this run has no file to save the new one in. Before the"
                    f" next run, set {self._key} and get a new refresh token."
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
                f"Salesforce rotated the refresh token, and the new one cannot be saved at {self._path}"
                f" ({error.strerror}). Check {self._key}, then authorize the app again: the old token no longer works."
            ) from None
