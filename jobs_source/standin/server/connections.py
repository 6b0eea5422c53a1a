"""Sockets: reads requests from loopback connections and writes responses to them, also broken ones."""

import socket
import ssl
import struct
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jobs_source.standin.api.messages import Headers, Request, Response
from jobs_source.standin.server.wire import write_response

Answer = Callable[[Request], Response]
_NO_LINGER = struct.pack("ii", 1, 0)  # linger is on, for no time: closing sends RST


class Server(ThreadingHTTPServer):
    """
    Serves *answer* from threads until `close`.

    Args:
        address: Host and port; port 0 takes any free port.
        answer: Turns a request into a response. Called from many threads.
        tls: How to encrypt, if at all.
    """

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], answer: Answer, tls: ssl.SSLContext | None) -> None:
        self.answer = answer
        self.stopping = threading.Event()
        self.tls = tls
        self._open: set[socket.socket] = set()
        self._reset: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, _Connection)
        self._start()

    def close(self) -> None:
        """Stop at once: idle and waiting connections are closed too."""
        self.stopping.set()
        self.stop_listening()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def stop_listening(self) -> None:
        """Refuse new connections. Open ones stay."""
        self.shutdown()
        self.server_close()
        self._thread.join()

    def listen_again(self) -> None:
        """Accept connections on the same port as before."""
        self.socket = socket.socket(self.address_family, self.socket_type)
        self.server_bind()
        self.server_activate()
        self._start()

    def _start(self) -> None:
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), name="stand-in", daemon=True)
        self._thread.start()

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls:
            # The handshake waits for the client, so it is left to the connection's own thread.
            connection = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
            is_reset = request in self._reset
            self._reset.discard(request)
        if is_reset:
            self.close_request(request)  # without `shutdown`, which would prevent the reset
        else:
            super().shutdown_request(request)

    def reset(self, connection: socket.socket) -> None:
        """Make the connection end with RST when it is closed."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        with self._lock:
            self._reset.add(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            traceback.print_exc()


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def do_GET(self) -> None:
        target = urlsplit(self.path)
        response = self.server.answer(
            Request(
                method=self.command,
                path=target.path,
                query=dict(parse_qsl(target.query, keep_blank_values=True)),
                headers=Headers(dict(self.headers.items())),
                body=self._read_body(),
                target=self.path,
            )
        )
        if response.delay_seconds:
            self.server.stopping.wait(response.delay_seconds)
        self._write(response)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            length = int(self.headers.get("Content-Length") or 0)
            return self.rfile.read(length) if length else b""
        chunks = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers
        return b"".join(chunks)

    def _write(self, response: Response) -> None:
        if response.broken or response.headers.get("Connection") == "close":
            self.close_connection = True
        if response.broken == "reset":
            self.server.reset(self.connection)
            if response.broken_after is None:
                return
        for piece in write_response(response):
            self.wfile.write(piece)

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: the stand-in has its own log."""
