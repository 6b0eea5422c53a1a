"""Where `client.py` sends what, and its errors for connections that fail."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import pytest
import requests

from jobs_source.exceptions import ApiError, ConfigError, ConnectionFailedError, SalesforceJobsError
from jobs_source.salesforce.client import Client, Retries
from jobs_source.salesforce.credentials import TokenCredentials
from jobs_source.standin import StandIn
from tests.clients import INGEST, Loopback, Seen, Tunnel, answer_with, make_client, paths, ready_token

PAGE = answer_with(b'{"done": true, "records": []}')
TOKEN_REPLY = (
    b'{"access_token": "00D000000000001!a", "instance_url": "%s",'
    b' "id": "https://login.salesforce.com/id/00D000000000001AAA/005000000000001AAA"}'
)
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
WRONG_ANSWERS = {
    "nothing": b"",
    "no HTTP": b"220 smtp.example ESMTP\r\n\r\n",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "too many headers": b"HTTP/1.1 200 OK\r\n" + b"X-More: 1\r\n" * 200 + b"\r\n{}",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "broken chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
    "unknown status": answer_with(b"{}", "799 Odd"),
    "no content": answer_with(b"", "204 No Content"),
    "redirect nowhere": answer_with(b"", "302 Found"),
    "redirect to no address": answer_with(b"", "302 Found", "Location: http://[::1\r\n"),
    "redirect to odd bytes": answer_with(b"", "302 Found", "Location: /\xe9\xff\r\n"),
    "odd date to retry after": answer_with(b"", "429 Slow", "Retry-After: Fri, 45 Nov 2026 12:00:00 GMT\r\n"),
    "endless nesting": answer_with(b"[" * 100_000, "400 Bad Request"),
    "error of another shape": answer_with(b'[["no"]]', "400 Bad Request"),
    "no error at all": answer_with(b"[]", "403 Forbidden"),
    "a number": answer_with(b"17"),
}


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def secure_standin() -> Iterator[StandIn]:
    with StandIn(seed=1, https=True) as running:
        yield running


def client_of(url: str, timeout_seconds: float = 5) -> Client:
    credentials = TokenCredentials(instance_url=url, access_token="00D000000000001!secret")
    return Client(credentials, max_api_usage_percent=90, timeout_seconds=timeout_seconds, retries=Retries(2, 0, 0))


@pytest.mark.parametrize("name", WRONG_ANSWERS)
def test_nothing_foreign_escapes(name: str) -> None:
    """Anything that comes instead of an answer ends in our own error, which names the address."""
    with (
        Loopback(lambda seen: WRONG_ANSWERS[name]) as server,
        pytest.raises(SalesforceJobsError, match=r"jobs/ingest") as caught,
    ):
        client_of(server.url).get(INGEST.path, {})
    assert type(caught.value) in (ApiError, ConfigError, ConnectionFailedError)


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999", f"https://{'a' * 70}.invalid", "https://a..invalid"])
def test_an_address_that_is_none_is_a_configuration_error(url: str) -> None:
    """For an invalid port or host name there is no retry."""
    with pytest.raises(ConfigError, match=r"is not (an|a valid) address"):
        client_of(url).get(INGEST.path, {})


def test_nobody_listens() -> None:
    """A refused connection is named with its address, after the retries."""
    with Loopback(lambda seen: PAGE) as server:
        url = server.url
    with pytest.raises(
        ConnectionFailedError, match=rf"No connection to {urlsplit(url).netloc}/.*\(Connection refused\)"
    ):
        client_of(url).get(INGEST.path, {})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int, standin: StandIn) -> None:
    """Nothing is sent to the other host, and the error names it."""
    with Loopback(lambda seen: PAGE) as other:
        standin.misbehave("redirect", path="jobs/ingest", location=f"{other.url}/x", status=status)
        with pytest.raises(
            ConfigError, match=rf"redirects to {other.url}/x .*instance_url to the org's current My Domain"
        ):
            make_client(standin).get(INGEST.path, {})
        assert other.seen == []
    assert paths(standin) == ["oauth2/token", "jobs/ingest"]


@pytest.mark.parametrize("status", [302, 307])
def test_a_login_is_not_redirected(status: int, standin: StandIn) -> None:
    """The client secret goes only to the configured address, and the login fails."""
    with Loopback(lambda seen: PAGE) as other:
        standin.misbehave("redirect", path="token", location=f"{other.url}/x", status=status)
        with pytest.raises(ConfigError, match=rf"^The login at .* redirects to {other.url}/x \({status}\)"):
            make_client(standin).get(INGEST.path, {})
        assert other.seen == []


def test_netrc_is_not_used(standin: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If ~/.netrc has a line for the host, neither login nor call uses it."""
    file = tmp_path / "netrc"
    file.write_text("machine 127.0.0.1 login somebody password theirs\n")
    monkeypatch.setenv("NETRC", str(file))
    assert requests.utils.get_netrc_auth(standin.url) == ("somebody", "theirs")
    client = make_client(standin)

    client.get(INGEST.path, {})
    sent = [request.headers.get("Authorization") for request in standin.requests]
    assert sent == [None, f"Bearer {client.session.access_token}"]


def test_a_proxy_from_the_environment_is_used(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request goes through the proxy, also the login."""

    def forward(seen: Seen) -> bytes:
        return PAGE if "jobs/ingest" in seen.target else answer_with(TOKEN_REPLY % standin.url.encode())

    with Loopback(forward) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        make_client(standin).get(INGEST.path, {"jobType": "Classic"})
        assert [(seen.method, seen.target) for seen in proxy.seen] == [
            ("POST", f"{standin.url}/services/oauth2/token"),
            ("GET", f"{standin.url}{INGEST.path}?jobType=Classic"),
        ]
    assert standin.requests == []


def test_https_goes_through_a_proxy_as_it_is_and_trusts_the_authority_of_the_environment(
    secure_standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy is told the host and sees no secret and no token; REQUESTS_CA_BUNDLE names the certificate."""
    org = secure_standin.org
    with Tunnel() as tunnel:
        monkeypatch.setenv("HTTPS_PROXY", tunnel.url)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(secure_standin.certificate_path))
        client = make_client(secure_standin)
        assert client.get(INGEST.path, {}).json()["done"] is True

    assert set(tunnel.asked) == {f"CONNECT {urlsplit(secure_standin.url).netloc}"}
    assert len(tunnel.carried) > 1_000
    assert not any(
        word.encode() in tunnel.carried for word in (org.client_secret, client.session.access_token, "services")
    )
    assert paths(secure_standin) == ["oauth2/token", "jobs/ingest"]


def test_a_large_answer_is_read_whole(standin: StandIn) -> None:
    """The answer arrives complete in pieces of a megabyte."""
    page = b'{"done": true, "records": ["' + b"x" * 2_500_000 + b'"]}'
    with Loopback(lambda seen: answer_with(page)) as server:
        assert client_of(server.url).get(INGEST.path, {}).content == page


def test_a_host_that_needs_no_proxy_is_asked_itself(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is read once per host, however many calls there are."""
    read: list[str] = []
    look_up = requests.sessions.get_environ_proxies
    monkeypatch.setattr(
        requests.sessions, "get_environ_proxies", lambda url, **more: read.append(url) or look_up(url, **more)
    )
    with Loopback(lambda seen: PAGE) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", urlsplit(standin.url).hostname or "")
        client = make_client(standin)
        for _ in range(3):
            client.get(INGEST.path, {})
        assert proxy.seen == []
    assert len(standin.requests) == 4
    assert read == [standin.url]


def test_a_proxy_that_refuses_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy receives only the host name, never the token."""
    with Loopback(lambda seen: answer_with(b"", "407 Proxy Authentication Required")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//user:pa55word@"))
        with pytest.raises(
            ConnectionFailedError, match=r"^The proxy did not connect to acme\.invalid/.*407.*HTTPS_PROXY"
        ) as caught:
            client_of("https://acme.invalid").get(INGEST.path, {})
        assert "pa55word" not in str(caught.value)
        assert {(seen.method, seen.target) for seen in proxy.seen} == {("CONNECT", "acme.invalid:443")}
        assert not any("secret" in str(seen.headers) for seen in proxy.seen)


@pytest.mark.parametrize("name", ["ALL_PROXY", "https_proxy"])
def test_the_variable_that_holds_the_proxy_is_the_one_that_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody finds a wrong value where it is not."""
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    with pytest.raises(ConnectionFailedError, match=rf"^The proxy did not connect to .*\. Check {name}\.$"):
        client_of("https://acme.invalid").get(INGEST.path, {})


def test_the_variable_that_holds_the_certificates_is_the_one_that_is_named(
    secure_standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`requests` takes that of curl too."""
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.setenv("CURL_CA_BUNDLE", "/nowhere/bundle.pem")
    with pytest.raises(ConfigError, match=r"Check CURL_CA_BUNDLE\.$"):
        make_client(secure_standin).get(INGEST.path, {})


@pytest.mark.parametrize("proxy", ["http://user:pa55#word@proxy.invalid:80", "http://:pa55word"])
def test_a_proxy_that_is_no_address_is_a_configuration_error(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names HTTPS_PROXY and does not quote its value, which has a password."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)

    with pytest.raises(ConfigError, match="HTTPS_PROXY") as caught:
        client_of("https://acme.invalid").get(INGEST.path, {})
    assert "pa55" not in str(caught.value)


def test_a_certificate_that_nobody_vouches_for_is_refused(secure_standin: StandIn) -> None:
    """The error comes before anything is sent, and says what to set."""
    with pytest.raises(ConfigError, match=r"TLS certificate of .* is not trusted .*set REQUESTS_CA_BUNDLE"):
        make_client(secure_standin).get(INGEST.path, {})
    assert secure_standin.requests == []


def test_a_bundle_in_the_environment_is_trusted(secure_standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the stand-in's certificate in REQUESTS_CA_BUNDLE, the call succeeds."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(secure_standin.certificate_path))

    make_client(secure_standin).get(INGEST.path, {})
    assert paths(secure_standin) == ["oauth2/token", "jobs/ingest"]


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_bundle_that_holds_none_is_a_configuration_error(
    content: str | None, secure_standin: StandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A path that does not exist or holds no certificates is a configuration error."""
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))

    with pytest.raises(ConfigError, match="REQUESTS_CA_BUNDLE"):
        make_client(secure_standin).get(INGEST.path, {})


@pytest.mark.parametrize("kind", ["reset", "cut"])
def test_a_broken_connection_is_not_a_bad_certificate(
    kind: str, secure_standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over TLS too, a broken connection is retried, and the error says so if it stays."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(secure_standin.certificate_path))
    client = make_client(secure_standin)
    secure_standin.misbehave(kind, path="jobs/ingest", times=2)
    assert client.get(INGEST.path, {}).status_code == 200

    secure_standin.misbehave(kind, path="jobs/ingest", times=None)
    with pytest.raises(ConnectionFailedError):
        client.get(INGEST.path, {})


def test_a_handshake_that_is_cut_is_not_a_bad_certificate() -> None:
    """requests has one class for both; only a broken connection is retried and may pass in another run."""

    def hang_up() -> None:
        for _ in range(2):
            connection, _ = listener.accept()
            connection.recv(65_536)  # all that was said: what is left unread makes it a reset
            connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor() as threads:
        listener.settimeout(5)
        hanging_up = threads.submit(hang_up)
        with pytest.raises(ConnectionFailedError, match=r"No connection to .*EOF"):
            client_of(f"https://127.0.0.1:{listener.getsockname()[1]}").get(INGEST.path, {})
        assert hanging_up.exception() is None


def test_an_answer_that_takes_too_long(standin: StandIn) -> None:
    """Each attempt ends after request_timeout_seconds."""
    client = make_client(standin, ready_token(standin), timeout_seconds=0.1, retries=Retries(2, 0, 0))
    standin.misbehave("slow", path="jobs/ingest", seconds=30, times=None)

    with pytest.raises(ConnectionFailedError, match=r"No answer from .* in time\. .*\.request_timeout_seconds\.$"):
        client.get(INGEST.path, {})
    assert paths(standin) == 2 * ["jobs/ingest"]


def test_an_answer_that_stops_half_way() -> None:
    """The wait for the next piece of an answer ends too, with the same message."""
    over = Event()
    with Loopback(lambda seen: PAGE[:-5], hang_up=over) as server:
        with pytest.raises(ConnectionFailedError, match=r"No answer from .* in time\. .*\.request_timeout_seconds\.$"):
            client_of(server.url, timeout_seconds=0.1).get(INGEST.path, {})
        over.set()
        assert len(server.seen) == 2


def test_the_token_is_in_no_address(standin: StandIn) -> None:
    """Credentials travel in headers and bodies only, so no proxy logs them."""
    client = make_client(standin)
    client.get(INGEST.path, {"jobType": "Classic"})

    assert [request.query for request in standin.requests] == [{}, {"jobType": "Classic"}]
