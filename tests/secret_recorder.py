"""Looks for secrets in whatever runs wrote, packed, printed or logged."""

import builtins
import gzip
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import duckdb
import pyarrow.parquet as pq
import pytest

from jobs_source.standin import StandIn
from tests.warehouses import PASSWORD

_SHORTEST = 20  # characters; anything shorter may be there by chance


class SecretRecorder:
    """
    Hears what a test's stand-ins are sent, and what is printed.

    Attributes:
        standins: All that ran.
        printed: By this process, and by others where a test read it.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.standins: list[StandIn] = []
        self.printed: list[str] = []
        self._sent: set[str] = set()
        enter, answer = StandIn.__enter__, StandIn._answer
        monkeypatch.setattr(StandIn, "__enter__", lambda own: self.standins.append(own) or enter(own))
        monkeypatch.setattr(StandIn, "_answer", lambda own, request: self._note(request) or answer(own, request))
        show, communicate = builtins.print, subprocess.Popen.communicate

        def record(*values: Any, **options: Any) -> None:
            self.printed.extend(map(str, values))
            show(*values, **options)

        def record_output(process: Any, *arguments: Any, **options: Any) -> Any:
            outputs = communicate(process, *arguments, **options)
            if sys.executable in process.args:  # what the Salesforce CLI answers is for the product alone
                self.printed.extend(
                    text if isinstance(text, str) else text.decode(errors="replace") for text in outputs if text
                )
            return outputs

        monkeypatch.setattr(builtins, "print", record)
        monkeypatch.setattr(subprocess.Popen, "communicate", record_output)

    def _note(self, request: Any) -> None:
        form = request.form if request.path.endswith("/oauth2/token") else {}
        assertion = form.get("assertion", "").rpartition(".")[2]  # its signature, without which it is worth nothing
        self._sent |= {
            request.bearer,
            request.session,
            form.get("client_secret", ""),
            form.get("refresh_token", ""),
            assertion,
        }

    @property
    def secrets(self) -> set[str]:
        """The destination's password, what logins were made with and led to, and what the next one would take."""
        own = {secret for each in self.standins for secret in (each.org.client_secret, each.org.refresh_token)}
        return {secret for secret in {PASSWORD} | self._sent | own if len(secret) > _SHORTEST}


def leaks(secrets: Iterable[str], places: Mapping[str, bytes]) -> list[str]:
    """Name the places that hold one of the secrets, as it is or as it would be in an address or a form."""
    forms = {form.encode() for secret in secrets for form in (secret, quote(secret, safe=""), quote_plus(secret))}
    return [name for name, text in places.items() if any(form in text for form in forms)]


def all_text(folder: Path, pattern: str = "**/*") -> Iterator[tuple[str, bytes]]:
    """Yield every file as it is, what is packed in it, and the texts of its tables."""
    for path in folder.glob(pattern):
        if not path.is_file():
            continue
        content = path.read_bytes()
        yield str(path), content
        if content[:2] == b"\x1f\x8b" and content[8:12] != b"DUCK":  # such a file begins with a checksum
            yield f"{path}, unpacked", gzip.decompress(content)
        elif content[:4] == content[-4:] == b"PAR1":
            yield f"{path}, columns", b"\n".join(_texts_of_parquet(path))


def _texts_of_parquet(path: Path) -> Iterator[bytes]:
    for column in pq.read_table(path).columns:
        for buffer in (buffer for chunk in column.chunks for buffer in chunk.buffers() if buffer):
            yield buffer.to_pybytes()


def cells_of(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each table of a DuckDB file as text: the file itself holds some of it packed."""
    with duckdb.connect(str(path), read_only=True) as connection:
        for schema, table in connection.execute(
            "select table_schema, table_name from information_schema.tables"
        ).fetchall():
            rows = connection.execute(f'select columns(*)::varchar from "{schema}"."{table}"').fetchall()
            yield f"{path}: {schema}.{table}", repr(rows).encode()
