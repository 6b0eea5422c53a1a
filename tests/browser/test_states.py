"""What the page shows when there is little to show, and when the data cannot be read."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.expected import Choice, days, everything
from tests.browser.histories import make_history, this_second
from tests.browser.process import serving
from tests.browser.shown import counted, opened, read, until
from tests.kept_rows import given


def test_tables_without_rows_are_said_to_be_empty(tmp_path: Path, serve: Callable[..., str], page: Page) -> None:
    """A sentence stands where each chart and table would, and no figure is made up."""
    page.goto(serve(make_history(tmp_path).address))
    expect(page.get_by_text("No jobs in this period.")).to_have_count(5)
    for sentence in (
        "No job of this period is known to have failed.",
        "No job waits or runs for too long.",
        "No run in this period knows how many API calls the org may make.",
    ):
        expect(page.get_by_text(sentence)).to_be_visible()
    shown = read(page)
    assert (shown.charts, shown.tables) == ({}, [])
    assert shown.headlines[0][1] == "0"
    assert "error" not in shown.text


def test_one_job_is_shown(tmp_path: Path, serve: Callable[..., str], page: Page) -> None:
    """All that is known of the only job is shown, without anything to compare it with."""
    now = this_second()
    file = make_history(
        tmp_path,
        given("jobs", created_date=now, system_modstamp=now, state="Failed", object="Lead"),
        given("runs", started_at=now, ended_at=now),
    )
    opened(page, serve(file.address))
    shown = everything(file, Choice())
    until(lambda: {name: value for name, value in counted(read(page)).items() if name != "headlines"}, shown)
    assert sum(shown["days"].values()) == 1


def test_an_address_in_the_data_is_text(tmp_path: Path, serve: Callable[..., str], page: Page) -> None:
    """Neither a link nor a picture: a name is text that others choose, and no other server is asked."""
    now, address = this_second(), "http://127.0.0.2:9/u.png"
    file = make_history(
        tmp_path,
        given("jobs", created_date=now, system_modstamp=now, state="Failed"),
        given("job_results", outcome="all_failed", error_message=f"see {address}"),
        given("users", name=address),
        given("runs", started_at=now, ended_at=now),
    )
    opened(page, serve(file.address))
    expect(page.locator("table").get_by_text(address, exact=True)).to_be_visible()
    assert page.locator('img[src*="127.0.0.2"], a[href*="127.0.0.2"]').count() == 0


def test_without_a_load_it_says_so(tmp_path: Path, serve: Callable[..., str], page: Page) -> None:
    """Before the first load the page says in a sentence what to do; after it, one press shows the jobs."""
    page.goto(serve(tmp_path / "jobs_history.duckdb"))
    expect(page.get_by_text("Nothing was loaded into salesforce_jobs of duckdb yet")).to_be_visible()
    assert "Traceback" not in read(page).text
    file = make_history(tmp_path, given("jobs", created_date=this_second(), object="Lead"))
    page.get_by_role("button", name="Read again").click()
    until(lambda: counted(read(page))["days"], days(file, Choice()))


def test_a_destination_that_fails_is_named(tmp_path: Path, serve: Callable[..., str], page: Page) -> None:
    """What is wrong with the destination is said in words; no traceback reaches the page."""
    file = tmp_path / "jobs_history.duckdb"
    file.write_text("no database" * 1_000)
    page.goto(serve(file))
    expect(page.get_by_text("not a valid DuckDB database file")).to_be_visible()
    assert "Traceback" not in read(page).text


def test_it_stops_while_a_page_is_open(served: Served, tmp_path: Path, page: Page) -> None:
    """When it is told to stop it ends, with the exit code of a stop, and does not wait for pages."""
    with serving(Path(served.file.address), tmp_path) as address:
        opened(page, address)
    expect(page.get_by_role("heading", name="Bulk jobs of Salesforce")).to_be_visible()  # the page is still there
