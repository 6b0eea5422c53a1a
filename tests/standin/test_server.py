"""The stand-in over real connections on loopback: transport, misbehaviour, a real client."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import requests
from simple_salesforce.api import Salesforce

from jobs_source.standin import Clock, Org, StandIn
from jobs_source.standin.__main__ import _parser, _welcome, _write_key, main

NOON = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
LISTING = "/services/data/v64.0/jobs/ingest"


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn(jobs=20, seed=7, clock=Clock(NOON, frozen=True)) as standin:
        yield standin


@pytest.fixture
def session(standin: StandIn) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {standin.org.issue_token()}"
        yield session


def test_one_request(standin: StandIn, session: requests.Session) -> None:
    """A request is answered by the org's clock and logged with what the client sent."""
    response = session.get(standin.url + LISTING, params={"jobType": "Classic"}, headers={"X-Trace": "1"})
    assert sorted(response.json()["records"], key=lambda row: row["id"]) == standin.org.listed("ingest", "Classic")
    assert response.headers["Date"] == "Fri, 20 Nov 2026 12:00:00 GMT"
    (logged,) = standin.requests
    assert logged[:4] == ("GET", LISTING, {"jobType": "Classic"}, 200)
    assert (logged.headers["x-trace"], logged.headers["authorization"][:7]) == ("1", "Bearer ")
    assert standin.unexpected == []


def test_unexpected_request(standin: StandIn, session: requests.Session) -> None:
    """A request that Salesforce would not know gets a 404 and is kept as unexpected."""
    assert session.get(f"{standin.url}/services/apexrest/x").status_code == 404
    assert [(logged.method, logged.path, logged.status) for logged in standin.unexpected] == [
        ("GET", "/services/apexrest/x", 404)
    ]


def test_compression(standin: StandIn, session: requests.Session) -> None:
    """Answers are compressed for clients that accept it, with the same content."""
    session.headers["Accept-Encoding"] = "identity"
    plain = session.get(standin.url + LISTING)
    session.headers["Accept-Encoding"] = "gzip"
    packed = session.get(standin.url + LISTING)
    assert ("Content-Encoding" in plain.headers, packed.headers["Content-Encoding"]) == (False, "gzip")
    assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"]) / 3
    assert len(plain.json()["records"]) == len(packed.json()["records"])


def test_keep_alive_and_close(standin: StandIn) -> None:
    """One connection takes many requests, and an idle one does not keep the stand-in from closing at once."""
    connection = http.client.HTTPConnection(standin.url.removeprefix("http://"))
    for _ in range(3):
        connection.request("GET", "/services/data/")
        response = connection.getresponse()
        assert (response.status, response.version, len(json.loads(response.read()))) == (200, 11, 38)
        assert connection.sock is not None
    began = time.monotonic()
    standin.__exit__(None, None, None)
    assert time.monotonic() - began < 1
    assert connection.sock.recv(1) == b""
    connection.close()


def test_no_more_connections(standin: StandIn, session: requests.Session) -> None:
    """It can stop listening while open connections go on, and listen again at the same address."""
    assert session.get(standin.url + LISTING).status_code == 200
    standin.stop_listening()
    with pytest.raises(requests.ConnectionError, match="refused"):
        requests.get(standin.url, timeout=10)
    assert session.get(standin.url + LISTING).status_code == 200
    standin.listen_again()
    assert requests.get(f"{standin.url}/services/data", timeout=10).status_code == 200


def test_another_certificate() -> None:
    """A client that trusts the old certificate does not trust the new one."""
    with StandIn(https=True) as standin:
        trusted = str(standin.certificate_path)
        assert requests.get(f"{standin.url}/services/data", verify=trusted, timeout=10).status_code == 200
        standin.change_certificate()
        with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
            requests.get(f"{standin.url}/services/data", verify=trusted, timeout=10)


def test_many_at_once(standin: StandIn) -> None:
    """Parallel connections are all served, and every request is logged and counted once."""
    token = standin.org.issue_token()

    def read(_: int) -> int:
        answer = requests.get(standin.url + LISTING, headers={"Authorization": f"Bearer {token}"}, timeout=10)
        return len(answer.json()["records"])

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(read, range(64))) == {len(standin.org.listed("ingest"))}
    assert (len(standin.requests), standin.org.api_used) == (64, 64)


def test_loopback_only() -> None:
    """The stand-in does not listen on an address that others can reach."""
    with pytest.raises(ValueError, match="loopback only"):
        StandIn(host="192.0.2.1")


@pytest.mark.parametrize(
    ("kind", "details", "status", "body"),
    [
        ("status", {"status": 429, "body": "", "headers": {"Retry-After": "1"}}, 429, b""),
        ("status", {"status": 500, "body": [{"errorCode": "X"}]}, 500, b'[{"errorCode": "X"}]'),
        ("status", {"body": b"\xff"}, 503, b"\xff"),
        ("html", {"status": 200, "body": b"<html>"}, 200, b"<html>"),
        ("empty", {}, 200, b""),
        ("redirect", {"location": "https://example.com/"}, 302, b""),
        ("replace_json", {"transform": lambda page: list(page)}, 200, b'["done", "nextRecordsUrl", "records"]'),
        ("slow", {"seconds": 0.05}, 200, None),
    ],
)  # fmt: skip
def test_misbehaviour(
    standin: StandIn, session: requests.Session, kind: str, details: dict[str, Any], status: int, body: bytes | None
) -> None:
    """A misbehaviour happens only to the requests that it was ordered for."""
    fault = standin.misbehave(kind, at=2, times=2, path="jobs/ingest", **details)
    answers = []
    for path in (LISTING, "/services/data/", LISTING, LISTING, LISTING):
        answers.append(session.get(standin.url + path, allow_redirects=False))
    assert [answer.status_code for answer in answers] == [200, 200, status, status, 200]
    assert fault.fired == 2
    assert [logged.status for logged in standin.requests] == [200, 200, status, status, 200]
    if body is not None:
        assert [answer.content for answer in answers[2:4]] == [body, body]
        assert answers[4].json()["done"] is True
    assert answers[2].headers.items() >= details.get("headers", {}).items()


def test_reset(standin: StandIn) -> None:
    """A reset ends the connection with RST, before any byte."""
    standin.misbehave("reset")
    host, port = standin.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert standin.requests[0].status == 0


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("reset", requests.ConnectionError),
        ("cut", requests.exceptions.ChunkedEncodingError),
        ("bad_gzip", requests.exceptions.ContentDecodingError),
    ],
)
def test_broken_answer(
    standin: StandIn, session: requests.Session, kind: str, error: type[requests.RequestException]
) -> None:
    """A broken answer is an error for the client, and the next answer is complete."""
    standin.misbehave(kind)
    with pytest.raises(error):
        session.get(standin.url + LISTING)
    assert session.get(standin.url + LISTING).json()["done"] is True


def test_misbehaviour_for_ever(standin: StandIn, session: requests.Session) -> None:
    """With `times=None`, the misbehaviour never ends."""
    fault = standin.misbehave("html", times=None)
    assert {session.get(standin.url + LISTING).status_code for _ in range(5)} == {503}
    assert fault.fired == 5


def test_expired_token(standin: StandIn, session: requests.Session) -> None:
    """A session can end in the middle: the request and all later ones get 401, until there is a new token."""
    standin.misbehave("expired_token", at=2)
    assert [session.get(standin.url + LISTING).status_code for _ in range(3)] == [200, 401, 401]
    session.headers["Authorization"] = f"Bearer {standin.org.issue_token()}"
    assert session.get(standin.url + LISTING).status_code == 200


def test_hang_up(standin: StandIn) -> None:
    """A connection can end after a complete answer."""
    connection = http.client.HTTPConnection(standin.url.removeprefix("http://"))
    standin.misbehave("hang_up", at=2)
    kept = []
    for _ in range(2):
        connection.request("GET", "/services/data/")
        assert len(json.loads(connection.getresponse().read())) == 38
        kept.append(connection.sock is not None)
    assert kept == [True, False]


def test_call(standin: StandIn, session: requests.Session) -> None:
    """Something can happen in the org right before an answer."""
    standin.misbehave("call", do=lambda: standin.org.add_jobs(1, id="750new", job_type="V2Ingest"))
    assert "750new" in {row["id"] for row in session.get(standin.url + LISTING).json()["records"]}


def test_drop_header(standin: StandIn, session: requests.Session) -> None:
    """A header can be dropped, and two misbehaviours can happen to one request."""
    standin.misbehave("drop_header", name="date")
    standin.misbehave("drop_header", name="Sforce-Limit-Info")
    assert session.get(standin.url + LISTING).headers.keys() & {"Date", "Sforce-Limit-Info"} == set()
    assert session.get(standin.url + LISTING).headers.keys() >= {"Date", "Sforce-Limit-Info"}


def test_misspelt_misbehaviour(standin: StandIn) -> None:
    """An unknown misbehaviour is refused at once."""
    with pytest.raises(ValueError, match="No misbehaviour 'naughty'"):
        standin.misbehave("naughty")
    with pytest.raises(TypeError, match="second"):
        standin.misbehave("slow", second=1)


def test_latency(session: requests.Session) -> None:
    """Every answer can be delayed, and closing does not wait for it."""
    with StandIn(latency_ms=40) as standin:
        began = time.monotonic()
        requests.get(f"{standin.url}/services/data/", timeout=10)
        assert time.monotonic() - began >= 0.04


def test_bug_in_the_stand_in(standin: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    """An error of the stand-in itself is a 500 that fails the test later, and says where it was."""

    def fail() -> None:
        raise RuntimeError("oh no")

    standin.misbehave("call", do=fail)
    assert requests.get(f"{standin.url}/services/data/", timeout=10).status_code == 500
    assert standin.unexpected[0].status == 500
    assert "RuntimeError: oh no" in capsys.readouterr().err


def test_command_line(tmp_path: Path) -> None:
    """What the command prints can be pasted as it is; a kept key is used again."""
    options = _parser().parse_args(["--port", "0", "--jobs", "3", "--write-keys", str(tmp_path)])
    org = Org(options.jobs, options.seed)
    with StandIn(org=org, https=True, host=options.host, port=options.port) as standin:
        path = _write_key(standin, options.write_keys)
        lines = dict(line.split(" = ") for line in _welcome(standin, path).splitlines() if " = " in line)
    assert {name: json.loads(value) for name, value in lines.items() if name != "access_token"} == {
        "instance_url": standin.url,
        "client_id": org.client_id,
        "client_secret": org.client_secret,
        "login_url": standin.url,
        "username": org.username,
        "refresh_token": org.refresh_token,
        "org_id": org.org_id,
        "private_key_path": str(path),
    }
    assert path is not None
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text() == org.private_key_pem
    again = StandIn(jobs=3)
    _write_key(again, tmp_path)
    assert again.org.private_key_pem == org.private_key_pem


def test_simple_salesforce(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client simple_salesforce inserts, upserts and queries over TLS, and gets its counts."""
    with StandIn(https=True) as standin:
        org = standin.org
        org.in_progress_after_seconds = org.complete_after_seconds = 0
        org.fail_rows = lambda row: "STRING_TOO_LONG:Name: data value too large" if row["Name"] == "C" else None
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(standin.certificate_path))
        client: Any = Salesforce(instance_url=standin.url, session_id=org.issue_token())
        account = client.bulk2.Account
        (inserted,) = account.insert(records=[{"No__c": str(n), "Name": name} for n, name in enumerate("ABCD")], wait=0)
        upserts = [{"No__c": "1", "Name": "B2"}, {"No__c": "9", "Name": "E"}]
        (upserted,) = account.upsert(records=upserts, external_id_field="No__c", wait=0)
        pages = list(account.query("SELECT No__c, Name FROM Account", max_records=3, wait=0))
        failed = account.get_failed_records(inserted["job_id"])
    counts = ("numberRecordsTotal", "numberRecordsProcessed", "numberRecordsFailed")
    assert [tuple(result[name] for name in counts) for result in (inserted, upserted)] == [(4, 4, 1), (2, 2, 0)]
    assert pages == ['"No__c","Name"\n"0","A"\n"1","B2"\n"3","D"\n', '"No__c","Name"\n"9","E"\n']
    header, row = failed.splitlines()
    assert header.startswith('"sf__Id","sf__Error",')
    assert row.startswith('"","STRING_TOO_LONG:Name: data value too large",')
    assert standin.unexpected == []
    assert standin.certificate_path is not None
    assert not standin.certificate_path.exists()


def test_body_of_unknown_length(standin: StandIn, session: requests.Session) -> None:
    """A body may come in chunks, and the next request on the connection is served."""
    chunks = iter([b'{"object": "Account", ', b'"operation": "insert"}'])
    assert session.post(standin.url + LISTING, data=chunks).json()["object"] == "Account"
    assert session.get(standin.url + LISTING).status_code == 200


def test_command_line_of_no_use(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """If the address cannot be used, the command ends with one sentence."""
    monkeypatch.setattr("sys.argv", ["standin", "--host", "192.0.2.1"])
    with pytest.raises(SystemExit):
        main()
    assert "listens on loopback only, not on 192.0.2.1" in capsys.readouterr().err
