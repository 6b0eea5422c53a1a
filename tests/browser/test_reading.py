"""Who reads the page: with a keyboard, on a phone, in the dark, on paper, with a screen reader."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser import expected
from tests.browser.conftest import Served
from tests.browser.expected import Choice
from tests.browser.shown import OBJECTS, bars, opened, read, until

_CONTRAST = 4.5  # of text: WCAG 2.2, 1.4.3
LOOKS = pytest.mark.parametrize("look", [{}, {"color_scheme": "dark"}, {"width": 390}], ids=["light", "dark", "phone"])


@LOOKS
def test_axe_finds_nothing_serious(served: Served, new_page: Callable[..., Page], look: dict[str, Any]) -> None:
    """No rule of axe-core whose break is serious or critical is broken, in marimo's own parts neither."""
    found = Axe().run(opened(new_page(**look), served.address)).response["violations"]
    assert [(rule["id"], rule["nodes"]) for rule in found if rule["impact"] in ("serious", "critical")] == []


def test_filters_are_changed_with_the_keyboard(served: Served, page: Page) -> None:
    """Tab reaches each filter in its order, an arrow changes it, and the page follows."""
    opened(page, served.address)
    for filter_ in ("Period", "Org", "Kind", "Object", "User"):
        page.keyboard.press("Tab")
        expect(page.get_by_label(filter_, exact=True)).to_be_focused()
        if filter_ == "Kind":
            page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Kind", exact=True)).to_have_value("ingest")
    until(lambda: bars(read(page), OBJECTS), expected.busiest_objects(served.file, Choice(kind="ingest")))
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Read again")).to_be_focused()


def test_tables_are_paged_with_the_keyboard(served: Served, page: Page) -> None:
    """Tab reaches the first link to Salesforce and the button for the next page, which Enter presses."""
    shown = read(opened(page, served.address))
    first = page.locator("table").first
    _tab_to(page, first.get_by_role("link").first)
    _tab_to(page, page.get_by_label("Next page").first)
    page.keyboard.press("Enter")
    next_jobs = [
        id_
        for (id_,) in served.file.query(
            f"""select id from job_history where {Choice().where()} and (is_failed or is_failed_in_part)
            order by last_change_at desc, id limit 10 offset 10"""
        )
    ]
    assert [row[1] for row in shown.tables[0][1:]] != next_jobs
    until(lambda: [row[1].split()[0] for row in read(page).tables[0][1:]], next_jobs)


def test_links_lead_to_the_job_in_setup(served: Served, page: Page) -> None:
    """A job's link is that of its page in Setup of its org, and opens beside the dashboard."""
    opened(page, served.address)
    link = page.locator("table").first.get_by_role("link").first
    address = (
        f"https://a.my.salesforce.com/lightning/setup/AsyncApiJobStatus/page?address=%2F{link.inner_text().split()[0]}"
    )
    expect(link).to_have_attribute("href", address)
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", "noopener")


def test_a_phone_scrolls_one_way(served: Served, new_page: Callable[..., Page]) -> None:
    """On 390 pixels nothing is wider than the page but a table, which scrolls inside itself; charts are not cut."""
    page = opened(new_page(width=390), served.address)
    assert page.locator("html, #App").evaluate_all("all => all.map(e => e.scrollWidth)") == [390, 390]
    for chart in page.locator("svg.marks").all():
        assert _cut_off(chart) == []


def test_dark_charts_are_readable(served: Served, new_page: Callable[..., Page]) -> None:
    """In the dark the texts of charts stand out from the page, and charts have no background of their own."""
    page = opened(new_page(color_scheme="dark"), served.address)
    background = page.locator("#App").evaluate("e => getComputedStyle(e).backgroundColor")
    assert _luminance(background) < 0.1
    colours = page.locator("svg.marks text").evaluate_all("all => all.map(e => getComputedStyle(e).fill)")
    assert {colour for colour in colours if _contrast(colour, background) < _CONTRAST} == set()
    assert set(page.locator("svg.marks").evaluate_all("all => all.map(e => e.style.backgroundColor)")) == {
        "transparent"
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_prints_in_black_on_white(served: Served, new_page: Callable[..., Page], scheme: str) -> None:
    """On paper all is there on several sheets, nothing is cut off at the side, and all text is black."""
    page = opened(new_page(color_scheme=scheme), served.address)
    assert len(re.findall(rb"/Type /Page\b", page.pdf(print_background=True))) in range(3, 9)
    page.emulate_media(media="print")
    page.evaluate("document.body.style.width = '720px'")  # a sheet; the window stays, as it does when printing
    assert page.locator("svg.marks").evaluate_all("all => all.filter(e => e.getBoundingClientRect().width > 720)") == []
    assert page.locator("#App").evaluate("e => e.scrollWidth") <= 720
    texts = page.locator("h1, h2, td, th, svg.marks text").evaluate_all(
        "all => all.map(e => e.tagName === 'text' ? getComputedStyle(e).fill : getComputedStyle(e).color)"
    )
    assert set(texts) == {"rgb(0, 0, 0)"}
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"


def _tab_to(page: Page, target: Any) -> None:
    for _ in range(100):
        page.keyboard.press("Tab")
        if target.evaluate("e => e === e.getRootNode().activeElement"):
            return
    raise AssertionError("Tab does not get there")


def _cut_off(chart: Any) -> Any:
    """The texts of a *chart* that stand out of it."""
    return chart.evaluate(
        """e => [...e.querySelectorAll('text')].filter(t => {
            const [text, whole] = [t.getBoundingClientRect(), e.getBoundingClientRect()];
            return text.width && (text.left < whole.left - 1 || text.right > whole.right + 1);
        }).map(t => t.textContent)"""
    )


def _luminance(colour: str) -> float:
    """That of "rgb(255, 255, 255)", or of "color(srgb 1 1 1)"."""
    parts = [float(part) / (255 if colour.startswith("rgb") else 1) for part in re.findall(r"[\d.]+", colour)[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(colour: str, background: str) -> float:
    darker, lighter = sorted((_luminance(colour), _luminance(background)))
    return (lighter + 0.05) / (darker + 0.05)
