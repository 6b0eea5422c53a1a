"""A browser that tells of each request, and dashboards that many tests read."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.histories import draw_rows, make_history, this_second
from tests.browser.process import log_of, serving
from tests.browser.shown import LIMIT
from tests.warehouses import Warehouse

Scheme = Literal["light", "dark"]
_INSIDE = ("data", "blob")


class Served(NamedTuple):
    """A history and the dashboard that shows it."""

    address: str
    file: Warehouse
    folder: Path


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's own. It runs as root in a container, where its sandbox does not work."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """What all pages share: files that they fetched once."""
    context = chromium.new_context()
    context.set_default_timeout(LIMIT * 1000)
    yield context
    context.close()


@pytest.fixture
def new_page(context: BrowserContext) -> Iterator[Callable[..., Page]]:
    """Make pages. Afterwards: each asked one server only, no script failed in it, and none of the data ran."""
    pages: list[Page] = []
    asked: list[list[str]] = []
    failed: list[str] = []
    with ExitStack() as stack:

        def new_page(width: int = 1280, color_scheme: Scheme = "light") -> Page:
            page = context.new_page()
            stack.callback(page.close)
            pages.append(page)
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=color_scheme)
            addresses: list[str] = []
            asked.append(addresses)
            page.on("request", lambda request: addresses.append(request.url))
            page.on("websocket", lambda socket: addresses.append(socket.url))
            page.on("pageerror", lambda error: failed.append(str(error)))
            return page

        yield new_page
        ran = [page.evaluate("window.hit") for page in pages]
    servers = [{urlsplit(address).netloc for address in addresses if _is_asked(address)} for addresses in asked]
    assert [one for one in servers if len(one) > 1] == []
    assert failed == []
    assert ran == [None] * len(pages)


def _is_asked(address: str) -> bool:
    return urlsplit(address).scheme not in _INSIDE


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page as wide as that of a laptop."""
    return new_page()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The dashboard of a drawn history, which no test changes."""
    folder = tmp_path_factory.mktemp("served")
    file = make_history(folder, *draw_rows(1, this_second()))
    with serving(Path(file.address), folder) as address:
        yield Served(address, file, folder)
    assert "Traceback" not in log_of(folder)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Serve a file of one test; give the address."""
    with ExitStack() as stack:
        yield lambda file, *options: stack.enter_context(serving(Path(file), tmp_path, *options))
