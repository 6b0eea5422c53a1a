"""Clients for a stand-in, an HTTP server of a test's own for what no org would answer, and a proxy for https."""

import socket
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from types import TracebackType
from typing import NamedTuple, Optional, TypeVar, Union

from jobs_source.salesforce.client import Client, Retries
from jobs_source.salesforce.credentials import ClientCredentials, SalesforceCredentials, TokenCredentials
from jobs_source.salesforce.guessing import Guessing
from jobs_source.salesforce.listing import Listing, walk_side_by_side
from jobs_source.salesforce.page import Page
from jobs_source.standin import StandIn

INGEST = Listing("jobs/ingest", "64.0", {})
TOKEN_PATH = "/services/oauth2/token"
THREE_AT_ONCE = Retries(max_attempts=3, backoff_factor=0, max_delay_seconds=0)


def make_client(
    standin: StandIn,
    credentials: Optional[SalesforceCredentials] = None,
    *,
    max_api_usage_percent: float = 90,
    timeout_seconds: float = 5,
    retries: Retries = THREE_AT_ONCE,
) -> Client:
    """Build a client of *standin* that does not pause between retries; by default it renews its token."""
    return Client(
        credentials
        or ClientCredentials(
            instance_url=standin.url, client_id=standin.org.client_id, client_secret=standin.org.client_secret
        ),
        max_api_usage_percent=max_api_usage_percent,
        timeout_seconds=timeout_seconds,
        retries=retries,
    )


def ready_token(standin: StandIn) -> TokenCredentials:
    return TokenCredentials(instance_url=standin.url, access_token=standin.org.issue_token())


def side_by_side(
    client: Client, listings: Sequence[Listing], guessing: Sequence[Guessing] = ()
) -> Generator[Page, None, None]:
    """Walk *listings* side by side; where no page is there yet, wait for it."""
    with closing(walk_side_by_side(client, listings, guessing)) as pages:
        yield from (page for page in pages if page is not None)


def paths(standin: StandIn) -> list[str]:
    """What came to *standin*: the last two parts of each path."""
    return ["/".join(request.path.rsplit("/", 2)[1:]) for request in standin.requests]


def answer_query_jobs_first(standin: StandIn) -> None:
    """Let the next page of jobs/ingest wait until jobs/query was answered: else nobody knows which one is first."""
    before = len(standin.requests)

    def wait() -> None:
        while not any(request.path.endswith("jobs/query") for request in standin.requests[before:]):
            time.sleep(0.01)

    standin.misbehave("call", path="jobs/ingest", do=wait)


class Seen(NamedTuple):
    """One request that came to a `Loopback`."""

    method: str
    target: str
    headers: dict[str, str]


Served = TypeVar("Served", bound="_Serving")


class _Serving:
    """A server on loopback, from `with` to its end."""

    def __init__(self, server: Union[ThreadingHTTPServer, ThreadingTCPServer]) -> None:
        self._server = server
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{server.server_address[1]}"

    def __enter__(self: Served) -> Served:
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class Loopback(_Serving):
    """
    A server that answers each request with the bytes that *answer* gives, status line and all, and hangs up.

    With *hang_up* it waits for that before it does.
    """

    def __init__(self, answer: Callable[[Seen], bytes], hang_up: Optional[Event] = None) -> None:
        self.seen: list[Seen] = []
        super().__init__(ThreadingHTTPServer(("127.0.0.1", 0), self._handler(answer, hang_up)))

    def _handler(self, answer: Callable[[Seen], bytes], hang_up: Optional[Event]) -> type[BaseHTTPRequestHandler]:
        kept = self.seen

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                seen = Seen(self.command, self.path, dict(self.headers.items()))
                kept.append(seen)
                self.wfile.write(answer(seen))
                if hang_up:
                    hang_up.wait(timeout=10)

            do_POST = do_CONNECT = do_GET

            def log_message(self, format: str, *arguments: object) -> None:
                """Keep quiet."""

        return Handler


def answer_with(body: bytes, status: str = "200 OK", headers: str = "") -> bytes:
    """A whole answer, as it goes over the wire; the server hangs up after it."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n"
    return head.encode("latin-1") + body


class Tunnel(_Serving):
    """
    A proxy that connects whoever asks with whomever they name, as those for https do.

    Attributes:
        asked: Method and target of each request.
        carried: Everything that went either way afterwards.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.carried = bytearray()
        super().__init__(ThreadingTCPServer(("127.0.0.1", 0), self._handler()))

    def _handler(self) -> type[StreamRequestHandler]:
        tunnel = self

        class Handler(StreamRequestHandler):
            def handle(self) -> None:
                method, target, _ = self.rfile.readline().decode().split()
                while self.rfile.readline().strip():
                    pass
                tunnel.asked.append(f"{method} {target}")
                host, port = target.rsplit(":", 1)
                with socket.create_connection((host, int(port))) as far:
                    self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    back = Thread(target=tunnel._carry, args=(far, self.connection), daemon=True)
                    back.start()
                    tunnel._carry(self.connection, far)
                    back.join()

        return Handler

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        while piece := source.recv(65_536):
            self.carried += piece
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
