"""
A server that is no bottleneck: pages rendered before the race, one thread per connection, plain sockets.

It knows the token endpoint, both listings, look-ups of one job by both APIs, and one address of its own that puts it
into another condition and tells what was asked of it since the last time:

    GET /control?jobs=20000&state=first&latency_ms=100&gzip=1   ->   {"calls": 22, "bytes": 9876543}
"""

import gzip
import json
import re
import socket
import sys
import threading
import time
from datetime import timedelta
from email.utils import format_datetime
from functools import cache
from typing import Any, Optional
from urllib.parse import parse_qsl, urlsplit

from benchmarks import data

TOKEN = "00D5g000000BencEAA!race"
_LISTING = "/services/data/v64.0/jobs/ingest"
_JOB = re.compile(r"/services/(?:data/v64\.0/jobs/(?:ingest|query)|async/64\.0/job)/(750\w{15})")


class Org:
    """What is listed now, and what was asked since the last control call; bytes are those of answers, headers too."""

    def __init__(self) -> None:
        self.jobs, self.state, self.latency_ms, self.gzip = 0, "first", 0.0, False
        self.calls, self.bytes, self.walks = 0, 0, 0
        self._lock = threading.Lock()

    def control(self, jobs: int, state: str, latency_ms: float, is_gzip: bool) -> dict[str, int]:
        """Change the condition and render what it needs. Return the counts so far and start them again."""
        self.jobs, self.state, self.latency_ms, self.gzip = jobs, state, latency_ms, is_gzip
        for job_type in ("", *data.JOB_TYPES) if jobs <= 200_000 else ("",):
            _pages(jobs, state, job_type, is_gzip)
        counts = {"calls": self.calls, "bytes": self.bytes}
        self.calls = self.bytes = 0
        return counts

    def count(self, size: int) -> None:
        with self._lock:
            self.calls += 1
            self.bytes += size

    @property
    def date(self) -> str:
        """Salesforce's clock stands still within a run."""
        moment = data.BEGAN if self.state == "first" else data.LATER
        return format_datetime(moment + timedelta(seconds=1), usegmt=True)

    def page(self, query: dict[str, str]) -> list[bytes]:
        """Put one page together: its rendered records in an envelope whose locator is this walk's own."""
        job_type = query.get("jobType", "")
        walk, _, number = (query.get("queryLocator") or f"{self._new_walk()}-0").partition("-")
        pages, page = _pages(self.jobs, self.state, job_type, self.gzip), int(number) // data.PAGE_JOBS
        if page >= len(pages):
            whole = b'{"done":true,"nextRecordsUrl":null,"records":[]}'  # somebody guesses
            return [_squeeze(whole) if self.gzip else whole]
        if page == len(pages) - 1:
            head = b'{"done":true,"nextRecordsUrl":null,"records":'
        else:
            link = f"{_LISTING}?queryLocator={walk}-{(page + 1) * data.PAGE_JOBS}"
            link += f"&jobType={job_type}" if job_type else ""
            head = f'{{"done":false,"nextRecordsUrl":"{link}","records":'.encode()
        pieces = [head, pages[page], b"}"]
        return [_squeeze(head), pages[page], _squeeze(b"}")] if self.gzip else pieces

    def details(self, id_: str) -> Optional[bytes]:
        """Return what is known of one job."""
        return data.details(self.jobs, self.state, id_)

    def _new_walk(self) -> str:
        with self._lock:
            self.walks += 1
            return f"0r8xx{self.walks:013d}"


@cache
def _pages(jobs: int, state: str, job_type: str, is_gzip: bool) -> list[bytes]:
    """Render a listing, or take over from another state what is the same there."""
    if is_gzip:
        return [_squeeze(page) for page in _pages(jobs, state, job_type, False)]
    if state == "first":
        return [data.records(jobs, state, page, job_type) for page in range(data.page_count(jobs, job_type))]
    pages = list(_pages(jobs, "first", job_type, False))
    for page in data.changed_pages(jobs, state, job_type):
        pages[page] = data.records(jobs, state, page, job_type)
    return pages


def _squeeze(piece: bytes) -> bytes:
    """Compress *piece* as a gzip member; members in a row are one gzip stream."""
    return gzip.compress(piece, compresslevel=6, mtime=0)


class Connection:
    """One client: reads requests and answers them until it hangs up."""

    def __init__(self, org: Org, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._org, self._socket = org, connection

    def serve(self) -> None:
        with self._socket, self._socket.makefile("rb") as lines:
            while request := lines.readline():
                method, target, _ = request.decode("ascii").split(" ")
                headers = dict(
                    line.decode("latin-1").strip().lower().split(": ", 1) for line in iter(lines.readline, b"\r\n")
                )
                lines.read(int(headers.get("content-length", "0")))
                self._answer(method, target, headers)

    def _answer(self, method: str, target: str, headers: dict[str, str]) -> None:
        url = urlsplit(target)
        query = dict(parse_qsl(url.query))
        if url.path == "/control":
            counts = self._org.control(
                int(query["jobs"]), query["state"], float(query["latency_ms"]), query["gzip"] == "1"
            )
            self._send("200 OK", [json.dumps(counts).encode()])
        elif url.path == "/services/oauth2/token" and method == "POST":
            self._send("200 OK", [json.dumps(self._token(headers["host"])).encode()])
        elif _token_in(headers, url.path) != TOKEN.lower():
            self._send("401 Unauthorized", [b'[{"errorCode":"INVALID_SESSION_ID","message":"Session expired"}]'])
        elif url.path in (_LISTING, "/services/data/v64.0/jobs/query"):
            self._list(url.path, query)
        elif job := _JOB.fullmatch(url.path):
            self._tell(job[1])
        else:
            self._send("404 Not Found", [b'[{"errorCode":"NOT_FOUND","message":"no such address"}]'])

    def _list(self, path: str, query: dict[str, str]) -> None:
        time.sleep(self._org.latency_ms / 1000)
        if path != _LISTING:
            self._send("200 OK", [b'{"done":true,"nextRecordsUrl":null,"records":[]}'], counted=True)
            return
        self._send("200 OK", self._org.page(query), is_gzip=self._org.gzip, counted=True)

    def _tell(self, id_: str) -> None:
        time.sleep(self._org.latency_ms / 1000)
        answer = self._org.details(id_)
        if answer is None:
            self._send("404 Not Found", [b'[{"errorCode":"NOT_FOUND","message":"no such job"}]'], counted=True)
            return
        self._send("200 OK", [_squeeze(answer) if self._org.gzip else answer], is_gzip=self._org.gzip, counted=True)

    def _token(self, host: str) -> dict[str, Any]:
        identity = "https://login.salesforce.com/id/00D5g000000BencEAA/0055g00000AbC1xQAR"
        return {"access_token": TOKEN, "instance_url": f"http://{host}", "id": identity, "token_type": "Bearer"}

    def _send(self, status: str, body: list[bytes], is_gzip: bool = False, counted: bool = False) -> None:
        head = (
            f"HTTP/1.1 {status}\r\nDate: {self._org.date}\r\nContent-Type: application/json;charset=UTF-8\r\n"
            f"Sforce-Limit-Info: api-usage=1000/1000000\r\nContent-Length: {sum(map(len, body))}\r\n"
            f"{'Content-Encoding: gzip' + chr(13) + chr(10) if is_gzip else ''}\r\n"
        ).encode("ascii")
        if counted:
            self._org.count(len(head) + sum(map(len, body)))
        for piece in (head + body[0], *body[1:]):
            self._socket.sendall(piece)


def _token_in(headers: dict[str, str], path: str) -> str:
    """Return the token where the API of *path* looks for it. Headers are in small letters here."""
    is_bulk_1 = path.startswith("/services/async/")
    return headers.get("x-sfdc-session", "") if is_bulk_1 else headers.get("authorization", "").removeprefix("bearer ")


def main() -> None:
    """Print the port and serve until the standard input ends, that is until whoever started this is gone."""
    org = Org()
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        print(listener.getsockname()[1], flush=True)
        threading.Thread(target=_accept, args=(listener, org), daemon=True).start()
        sys.stdin.read()


def _accept(listener: socket.socket, org: Org) -> None:
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=Connection(org, connection).serve, daemon=True).start()


if __name__ == "__main__":
    main()
