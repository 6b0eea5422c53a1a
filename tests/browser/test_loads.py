"""Loads and a page that is read again do not disturb each other."""

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from jobs_source.standin import Clock, StandIn
from tests.browser.histories import this_second
from tests.browser.shown import DAYS, opened, read, until
from tests.conftest import with_our_code

_LOADS = 3
_NEW_JOBS = 40


def test_loads_go_on_while_the_page_is_read_again(
    workplace: Path, log_in: Callable[..., None], monkeypatch: pytest.MonkeyPatch, serve: Callable[..., str], page: Page
) -> None:
    """No load fails, no reading fails, and in the end the page shows what the last load brought."""
    file = workplace / "jobs_history.duckdb"
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(file))
    with StandIn(jobs=100, clock=Clock(this_second() - timedelta(hours=2), frozen=True), seed=1) as standin:
        log_in(standin)
        codes = [_load(standin)]
        opened(page, serve(file))
        loads = threading.Thread(target=lambda: codes.extend(_load(standin) for _ in range(_LOADS)))
        loads.start()
        readings = 0
        while loads.is_alive():
            before = _seen(page)
            page.get_by_role("button", name="Read again").click()
            expect(page.locator("marimo-callout-output")).to_have_count(0)
            readings += _seen(page) >= before > 0
        page.get_by_role("button", name="Read again").click()
    assert codes == [0] * (1 + _LOADS)
    assert readings > 0
    until(lambda: _seen(page), 100 + (1 + _LOADS) * _NEW_JOBS)


def _load(standin: StandIn) -> int:
    standin.org.add_jobs(_NEW_JOBS, created=standin.org.clock.now())
    standin.org.clock.advance(seconds=60)
    return subprocess.run(
        [sys.executable, "-m", "pipelines", "load"], env=with_our_code(), capture_output=True
    ).returncode


def _seen(page: Page) -> int:
    return sum(int(mark["Jobs"].replace(",", "")) for mark in read(page).marks(DAYS))
