"""How the faults of the table are brought about: in a stand-in org, or in the network before it."""

import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

import pytest
from urllib3.util import connection

from jobs_source.standin import StandIn
from tests.runs.fault_rows import FOR_GOOD, PATH, TOKEN_PATH, Row

PAGE_NUMBERS = {"first page": 1, "middle page": 2, "last page": 3}
BEFORE = {"first page": (TOKEN_PATH, 1), "middle page": (PATH, 1), "last page": (PATH, 2), "renewal": (PATH, 2)}
"""The request before that of a place: which path, and which one there."""


class Counted(Protocol):
    """Something that knows how often it has happened."""

    fired: int


@dataclass
class Count:
    fired: int = 0


class Struck(NamedTuple):
    """A fault that is ordered: the address that its sentence names, and what has to happen for it to be one."""

    host: str
    faults: list[Counted]


class Scene(NamedTuple):
    """The org that a run meets, and the place where it is to go wrong. *stack* ends what is started for it."""

    standin: StandIn
    monkeypatch: pytest.MonkeyPatch
    stack: ExitStack
    place: str

    def strike(self, row: Row) -> Struck:
        """Order the fault of *row*."""
        kind, details = row.strike
        scene = self.encrypted() if kind == "untrusted" else self
        faults: list[Counted] = []
        if self.place == "renewal":
            faults.append(scene.standin.misbehave("expired_token", path=PATH, at=2))
        times = None if row.lasts == FOR_GOOD else 1
        faults += SCENES[kind](scene, times, **details) if kind in SCENES else scene.order(kind, times, **details)
        return Struck(urlsplit(scene.standin.url).netloc, faults)

    def encrypted(self) -> "Scene":
        """Have the org speak TLS, with a certificate that is trusted."""
        secure = self.stack.enter_context(StandIn(org=self.standin.org, https=True))
        self.monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(secure.certificate_path))
        self.standin.url = secure.url
        return self._replace(standin=secure)

    def order(self, kind: str, times: int | None, **details: Any) -> list[Counted]:
        at = 2 if self.place == "renewal" else PAGE_NUMBERS.get(self.place, 1)
        path = PATH if self.place in PAGE_NUMBERS else TOKEN_PATH
        return [self.standin.misbehave(kind, path=path, at=at, times=times, **details)]

    def order_before(self, do: Callable[[], object]) -> list[Counted]:
        """Have *do* done before the request of the place, which then needs a connection of its own."""
        if self.place == "login":
            do()
            return []
        path, at = BEFORE[self.place]
        return [
            # The login's own connection too: the renewal may be the next to use it.
            self.standin.misbehave("hang_up", path=TOKEN_PATH),
            self.standin.misbehave("hang_up", path=path, at=at),
            self.standin.misbehave("call", path=path, at=at, do=do),
        ]

    def put_off(self, times: int | None, seconds: float) -> list[Counted]:
        """Ask for a pause, until a time of day that is to come."""
        until = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=seconds), usegmt=True)
        return self.order("status", times, status=429, headers={"Retry-After": until})

    def change_page(self, times: int | None, **change: Any) -> list[Counted]:
        def transform(page: dict[str, Any]) -> dict[str, Any]:
            return {key: value for key, value in {**page, **change}.items() if value is not ...}

        return self.order("replace_json", times, transform=transform)

    def change_link(self, times: int | None, to: str) -> list[Counted]:
        host = urlsplit(self.standin.url).netloc

        def transform(page: dict[str, Any]) -> dict[str, Any]:
            link = page["nextRecordsUrl"] or f"{PATH}?queryLocator=a-2"
            parts = {"link": link, "query": link.partition("?")[2], "host": host, "origin": self.standin.url}
            return {**page, "nextRecordsUrl": to.format(**parts)}

        return self.order("replace_json", times, transform=transform)

    def go_away(self, times: int | None) -> list[Counted]:
        """Stop listening; where it is for once, a connection that was refused brings the org back."""
        refusals, connect = Count(), connection.create_connection

        def count(*args: Any, **details: Any) -> socket.socket:
            try:
                return connect(*args, **details)
            except ConnectionRefusedError:
                refusals.fired += 1
                if times:
                    self.standin.listen_again()
                raise

        self.monkeypatch.setattr(connection, "create_connection", count)
        return [refusals, *self.order_before(self.standin.stop_listening)]

    def forget_name(self, times: int | None) -> list[Counted]:
        """Have nobody know the org's name. At a renewal it is the login alone that has it, as `login_url` may be."""
        failures, resolve, lost = Count(), socket.getaddrinfo, [False]

        def resolve_name(host: Any, *args: Any, **details: Any) -> Any:
            if host == "localhost" and lost[0]:
                failures.fired += 1
                lost[0] = times is None
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return resolve("127.0.0.1" if host == "localhost" else host, *args, **details)

        self.monkeypatch.setattr(socket, "getaddrinfo", resolve_name)
        self.standin.url = self.standin.url.replace("127.0.0.1", "localhost")
        if self.place != "renewal":
            self.standin.org.instance_url = self.standin.url
        return [failures, *self.order_before(lambda: lost.__setitem__(0, True))]

    def distrust(self, times: int | None) -> list[Counted]:
        """Show another certificate, one that nobody vouches for."""
        return self.order_before(self.standin.change_certificate)


SCENES: dict[str, Callable[..., list[Counted]]] = {
    "put_off": Scene.put_off,
    "page": Scene.change_page,
    "link": Scene.change_link,
    "gone": Scene.go_away,
    "unknown_host": Scene.forget_name,
    "untrusted": Scene.distrust,
}
