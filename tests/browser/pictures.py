"""Takes the pictures of the README, of the demo's data: `python -m tests.browser.pictures`."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from tests.browser.process import serving
from tests.browser.shown import DAYS, choose, opened, read, until
from tests.conftest import ROOT, with_our_code

_FOLDER: Final = ROOT / "docs" / "images"
_MOST_BYTES: Final = 200_000


def take_pictures() -> None:
    """
    Take one on a laptop, and one on a phone in the dark.

    Raises:
        ValueError: If a picture is larger than a README should load.
    """
    with TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        subprocess.run([sys.executable, "-m", "pipelines", "demo"], cwd=folder, env=with_our_code(), check=True)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        with serving(folder / "demo.duckdb", folder) as address:
            _take(browser, address, "dashboard.png", 1280, 1_000, "light")
            _take(browser, address, "dashboard-phone.png", 390, 1_000, "dark")
        browser.close()


def _take(browser: Browser, address: str, file: str, width: int, height: int, colours: str) -> None:
    page = browser.new_page(viewport={"width": width, "height": height})
    page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    opened(page, address)
    choose(page, "Period", "7 days")
    until(lambda: len({mark["day"] for mark in read(page).marks(DAYS)}), 7)
    page.screenshot(path=_FOLDER / file)
    size = (_FOLDER / file).stat().st_size
    if size > _MOST_BYTES:
        raise ValueError(f"{file} has {size:,} bytes, more than {_MOST_BYTES:,}.")


if __name__ == "__main__":
    take_pictures()
