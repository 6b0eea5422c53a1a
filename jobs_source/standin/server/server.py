"""The stand-in as a running server: `with StandIn(jobs=2500) as standin: ...`"""

import ssl
import traceback
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, NamedTuple

from jobs_source.standin.api.handlers import respond
from jobs_source.standin.api.messages import Request, Response
from jobs_source.standin.org.clock import Clock
from jobs_source.standin.org.org import Org
from jobs_source.standin.server.certificate import write_certificate
from jobs_source.standin.server.compression import compress
from jobs_source.standin.server.connections import Server
from jobs_source.standin.server.faults import Fault


class Logged(NamedTuple):
    """One request, with the status of its answer; 0 if the connection was reset instead."""

    method: str
    path: str
    query: dict[str, str]
    status: int
    headers: Any


class StandIn:
    """
    A stand-in org that listens on loopback.

    Args:
        jobs: Number of jobs in the org's last week.
        seed: The same seed makes the same jobs.
        https: Whether to use TLS, with a new certificate.
        clock: The org's time.
        shifting: Whether jobs move between the pages of a listing during a walk.
        latency_ms: Time before every answer, in milliseconds.
        org: An org to serve instead of a new one.
        host: A loopback address.
        port: 0 takes any free port.

    Attributes:
        url: Such as `http://127.0.0.1:8765`; it is the org's `instance_url` too.
        requests: All requests, oldest first.
        unexpected: The requests that Salesforce would not know, or that the stand-in failed to answer.
        certificate_path: The value for REQUESTS_CA_BUNDLE, or None without https.
    """

    def __init__(
        self,
        jobs: int = 0,
        seed: int = 0,
        https: bool = False,
        clock: Clock | None = None,
        shifting: bool = False,
        latency_ms: float = 0,
        org: Org | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        if host != "localhost" and not ip_address(host).is_loopback:
            raise ValueError(f"The stand-in listens on loopback only, not on {host}.")
        self.org = org or Org(jobs, seed, clock)
        self.org.shifting = shifting or self.org.shifting
        self.requests: list[Logged] = []
        self.unexpected: list[Logged] = []
        self.certificate_path: Path | None = None
        self.url = ""
        self._https, self._address, self._latency_ms = https, (host, port), latency_ms
        self._faults: list[Fault] = []
        self._server: Server | None = None
        self._folder: TemporaryDirectory[str] | None = None

    def __enter__(self) -> "StandIn":
        self._server = Server(self._address, self._answer, self._make_tls() if self._https else None)
        host, port = self._server.server_address[:2]
        self.url = self.org.instance_url = f"{'https' if self._https else 'http'}://{host!s}:{port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server:
            self._server.close()
        if self._folder:
            self._folder.cleanup()

    def stop_listening(self) -> None:
        """Refuse new connections until `listen_again`. Open ones stay."""
        if self._server:
            self._server.stop_listening()

    def listen_again(self) -> None:
        """Listen at the same address as before."""
        if self._server:
            self._server.listen_again()

    def change_certificate(self) -> None:
        """Show new connections a certificate that is not the one at `certificate_path`."""
        if self._server and self._server.tls:
            with TemporaryDirectory(prefix="stand-in-") as folder:
                self._server.tls.load_cert_chain(*write_certificate(Path(folder)))

    def misbehave(
        self, kind: str, *, at: int = 1, times: int | None = 1, path: str | None = None, **details: Any
    ) -> Fault:
        """
        Order a misbehaviour of `faults.KINDS` for the *at*-th request from now on, and for *times* requests in all.

        Args:
            kind: Its name.
            at: 1 for the next request.
            times: None for ever.
            path: Only requests with this text in their path count. None: every request counts.
            details: The arguments of the kind, such as `status=500`.
        """
        fault = Fault(self.org, kind, at, times, path, details)
        self._faults.append(fault)
        return fault

    def _answer(self, request: Request) -> Response:
        proceed = partial(respond, self.org, request)
        for fault in [fault for fault in tuple(self._faults) if fault.strikes(request)]:
            proceed = partial(fault.answer, request, proceed)
        try:
            response = proceed()
        except Exception:  # a bug of the stand-in or of a test: print it, and let `unexpected` fail the test
            traceback.print_exc()
            response = Response(500, is_unexpected=True)
        response.delay_seconds += self._latency_ms / 1000
        if self.org.compresses:
            compress(request, response)
        logged = Logged(request.method, request.path, request.query, response.status, request.headers)
        self.requests.append(logged)
        if response.is_unexpected:
            self.unexpected.append(logged)
        return response

    def _make_tls(self) -> ssl.SSLContext:
        self._folder = TemporaryDirectory(prefix="stand-in-")
        self.certificate_path, key_path = write_certificate(Path(self._folder.name))
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.certificate_path, key_path)
        return tls
