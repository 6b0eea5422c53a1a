"""Only pages of the dashboard ask it, under its own name, and with a token where one is wanted."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.conftest import Served
from tests.browser.shown import API, LIMIT

_WEBSOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}
_ASK = """async address => {
    const read = await fetch(address).then(answer => answer.text(), error => 'refused');
    const sent = await fetch(address + 'api/kernel/run', {method: 'POST', mode: 'no-cors', body: '{}'}).then(
        answer => answer.type, error => 'refused');
    const heard = await new Promise(done => {
        const socket = new WebSocket(address.replace('http', 'ws') + 'ws?session_id=s_foreign');
        socket.onopen = socket.onmessage = () => done('opened');
        socket.onclose = socket.onerror = () => done('refused');
    });
    return [read, sent, heard];
}"""


@pytest.fixture
def stranger(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser that has never been here."""
    with chromium.new_context() as context:
        context.set_default_timeout(LIMIT * 1000)
        yield context


def test_a_page_of_another_site_learns_nothing(served: Served, stranger: BrowserContext) -> None:
    """It can neither read the dashboard, nor open the websocket by which pages get their figures."""
    page = stranger.new_page()
    page.route("http://other.example/", lambda route: route.fulfill(body="<html></html>", content_type="text/html"))
    page.goto("http://other.example/")
    read, _, heard = page.evaluate(_ASK, served.address)
    assert (read, heard) == ("refused", "refused")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "OWN"}, 200),
        ({"Origin": "http://other.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Host": "other.example"}, 400),
        ({"Host": "other.example", "Origin": "http://other.example"}, 400),
        ({"Origin": "http://other.example", **_WEBSOCKET}, 403),
        ({"Host": "other.example", **_WEBSOCKET}, 400),
    ],
)
def test_who_asks_is_looked_at(served: Served, headers: dict[str, str], status: int) -> None:
    """Requests of other origins and under other names are refused, those for a websocket too."""
    path = "ws?session_id=s_foreign" if "Upgrade" in headers else ""
    sent = {name: value.replace("OWN", served.address.rstrip("/")) for name, value in headers.items()}
    assert requests.get(f"{served.address}{path}", headers=sent, timeout=LIMIT).status_code == status


def test_a_name_of_a_proxy_is_known(served: Served, serve: Callable[..., str]) -> None:
    """With --public-host visitors may come under that name, and under no other."""
    address = serve(served.file.address, "--public-host", "jobs.example.com")
    found = [
        requests.get(address, headers={"Host": name, "Origin": f"https://{name}"}, timeout=LIMIT).status_code
        for name in ("jobs.example.com", "other.example.com")
    ]
    assert found == [200, 400]


def test_a_token_is_wanted(served: Served, serve: Callable[..., str], stranger: BrowserContext, tmp_path: Path) -> None:
    """With --token-file nothing is shown without the token, no websocket opens; and the page comes with it."""
    (tmp_path / "token").write_text("a long random text\n")
    address = serve(served.file.address, "--token-file", str(tmp_path / "token"))
    page = stranger.new_page()
    page.goto(address)
    expect(page.get_by_role("button", name="Login")).to_be_visible()
    refused = requests.get(f"{address}ws?session_id=s_1", headers=_WEBSOCKET, timeout=LIMIT)
    assert refused.status_code == 403
    page.goto(f"{address}?access_token=a long random text")
    page.locator(f'.vega-embed[aria-label^="{API}"] svg').wait_for()
    assert "access_token" not in urlsplit(page.url).query
