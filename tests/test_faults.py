"""Every line of the fault matrix, as a walk and as a whole run: what the user reads, and what the next run finds."""

import re
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import dlt
import pytest

from jobs_source.client import Retries
from jobs_source.exceptions import SalesforceJobsError
from jobs_source.listing import walk_side_by_side
from jobs_source.standin import Clock, StandIn
from pipelines.errors import explain
from pipelines.load import load
from tests.clients import INGEST, make_client
from tests.conftest import START
from tests.expected import expected_rows
from tests.fault_matrix import DOCUMENT, document
from tests.fault_rows import FOR_GOOD, PATH, ROWS, TOKEN_PATH, WHOLE_RUNS, Row, is_whole_run
from tests.warehouses import Warehouse

STALLED_SECONDS = 0.3
PAGE_NUMBERS = {"first page": 1, "middle page": 2, "last page": 3}
LogIn = Callable[..., None]
CASES = [pytest.param(row, place, id=f"{row.fault}, {row.lasts}, {place}") for row in ROWS for place in row.places]
RUNS = [
    pytest.param(row, place, id=f"{row.fault}, {row.lasts}, {place}")
    for row in ROWS
    for place in row.places
    if is_whole_run(row, place)
]


class Scene(NamedTuple):
    """The org that a run meets, and the place where it is to go wrong."""

    standin: StandIn
    monkeypatch: pytest.MonkeyPatch
    place: str

    def strike(self, row: Row) -> str:
        """Order the fault of *row*, and return the address that its sentence names."""
        kind, details = row.strike
        times = None if row.lasts == FOR_GOOD else 1
        if self.place == "renewal":
            self.standin.misbehave("expired_token", path=PATH, at=2)
        if kind in SCENES:
            return SCENES[kind](self, times, **details)
        return self.order(kind, times, **details)

    def order(self, kind: str, times: int | None, **details: Any) -> str:
        at = 2 if self.place == "renewal" else PAGE_NUMBERS.get(self.place, 1)
        path = PATH if self.place in PAGE_NUMBERS else TOKEN_PATH
        self.standin.misbehave(kind, path=path, at=at, times=times, **details)
        return urlsplit(self.standin.url).netloc

    def change_page(self, times: int | None, **change: Any) -> str:
        def transform(page: dict[str, Any]) -> dict[str, Any]:
            return {key: value for key, value in {**page, **change}.items() if value is not ...}

        return self.order("replace_json", times, transform=transform)

    def change_link(self, times: int | None, to: str) -> str:
        host = urlsplit(self.standin.url).netloc

        def transform(page: dict[str, Any]) -> dict[str, Any]:
            link = page["nextRecordsUrl"]
            parts = {"link": link, "query": link.partition("?")[2], "host": host, "origin": self.standin.url}
            return {**page, "nextRecordsUrl": to.format(**parts)}

        return self.order("replace_json", times, transform=transform)

    def go_away(self, times: int | None) -> str:
        """Stop listening when the request comes."""
        return self.order("call", times, do=lambda: self.standin.__exit__(None, None, None))

    def hide(self, times: int | None) -> str:
        """Put the org, or its login, at a name that nobody knows."""
        resolve = socket.getaddrinfo

        def resolve_known(host: Any, *args: Any, **details: Any) -> Any:
            if host == "acme.invalid":
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return resolve(host, *args, **details)

        self.monkeypatch.setattr(socket, "getaddrinfo", resolve_known)
        return self.move("https://acme.invalid")

    def distrust(self, times: int | None) -> str:
        """Put the org, or its login, behind a certificate that nobody vouches for."""
        secure = StandIn(org=self.standin.org, https=True).__enter__()
        self.monkeypatch.setattr(self.standin, "secure", secure, raising=False)
        return self.move(secure.url)

    def move(self, url: str) -> str:
        self.standin.org.instance_url = url
        if self.place == "login":
            self.standin.url = url
        return urlsplit(url).netloc


SCENES: dict[str, Callable[..., str]] = {
    "page": Scene.change_page,
    "link": Scene.change_link,
    "gone": Scene.go_away,
    "unknown_host": Scene.hide,
    "untrusted": Scene.distrust,
}


class Baseline(NamedTuple):
    """A copy of a workplace in which one good run has been, and where that was."""

    folder: Path
    origin: Path

    def copy_to(self, folder: Path) -> None:
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        # dlt remembers where a pipeline ran first, and finds the DuckDB file there ever after.
        state = folder / "dlt" / "pipelines" / "salesforce_jobs" / "state.json"
        state.write_text(state.read_text().replace(str(self.origin), str(folder)))


def make_org(standin: StandIn) -> None:
    """Six jobs on three pages: the same six in every stand-in that the fixture makes."""
    standin.org.page_size = 2
    standin.org.add_jobs(6, job_type="V2Ingest", created=START, state="InProgress")
    standin.org.clock.advance(seconds=60)


def change_org(standin: StandIn) -> None:
    """Two of them have ended since."""
    standin.org.clock.advance(seconds=3_600)
    for id_ in list(standin.org.jobs)[1::3]:
        standin.org.change_job(id_, state="JobComplete")
    standin.org.clock.advance(seconds=60)


@pytest.fixture(scope="module")
def baselines() -> dict[str, Baseline]:
    return {}


@pytest.fixture
def baseline(
    baselines: dict[str, Baseline], workplace: Path, log_in: LogIn, tmp_path_factory: pytest.TempPathFactory
) -> Baseline:
    """Made by the first test that needs it, which goes on in that place; the others get a copy."""
    if not baselines:
        with StandIn(clock=Clock(START, frozen=True), seed=1) as standin:
            make_org(standin)
            log_in(standin)
            load()
        folder = shutil.copytree(workplace, tmp_path_factory.mktemp("baseline"), dirs_exist_ok=True)
        baselines["one"] = Baseline(folder, workplace)
    return baselines["one"]


@pytest.fixture
def struck(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Row, str], str]]:
    """Order the fault of a row at a place; returns the address that the sentence names."""
    yield lambda row, place: Scene(standin, monkeypatch, place).strike(row)
    if secure := getattr(standin, "secure", None):
        secure.__exit__(None, None, None)


def sentence(row: Row, host: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in row.says.replace("HOST", host).split("…")))


@pytest.mark.parametrize(("row", "place"), CASES)
def test_a_walk(row: Row, place: str, standin: StandIn, struck: Callable[[Row, str], str]) -> None:
    """It gives every job, or ends with the exit code and the sentence of the table; a healthy one then gives all."""
    make_org(standin)
    listed = {job["id"] for job in standin.org.listed("ingest")}
    host = struck(row, place)
    timeout = STALLED_SECONDS if row.strike[0] == "slow" else 10
    client = make_client(standin, timeout_seconds=timeout, retries=Retries(2, 0, 0))

    if row.says:
        with pytest.raises(SalesforceJobsError) as caught:
            list(walk_side_by_side(client, [INGEST]))
        assert (caught.value.exit_code, explain(caught.value).exit_code) == 2 * (row.exit_code,)
        assert sentence(row, host).fullmatch(str(caught.value)), str(caught.value)
    else:
        assert {entry["id"] for page in walk_side_by_side(client, [INGEST]) for entry in page.entries} == listed

    with StandIn(org=standin.org) as healthy:
        pages = walk_side_by_side(make_client(healthy), [INGEST])
        assert sorted(entry["id"] for page in pages for entry in page.entries) == sorted(listed)


@pytest.mark.parametrize(("row", "place"), RUNS)
def test_a_run(
    row: Row,
    place: str,
    baseline: Baseline,
    standin: StandIn,
    struck: Callable[[Row, str], str],
    log_in: LogIn,
    workplace: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A failed run moves neither cursor nor row and says the sentence of the table; the next one has every change."""
    baseline.copy_to(workplace)
    warehouse = Warehouse("duckdb", workplace / "jobs_history.duckdb")
    make_org(standin)
    before = expected_rows(standin.org, "ingest")
    change_org(standin)
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "2")
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_RETRY_DELAY", "0")
    if row.strike[0] == "slow":
        monkeypatch.setenv("SOURCES__JOBS_SOURCE__REQUEST_TIMEOUT_SECONDS", str(STALLED_SECONDS))
    host = struck(row, place)
    log_in(standin)
    cursor = read_cursor()
    assert warehouse.rows("jobs") == before

    if row.says:
        with pytest.raises(Exception) as caught:
            load()
        ending = explain(caught.value)
        assert ending.exit_code == row.exit_code
        assert sentence(row, host).fullmatch(ending.message), ending.message
        assert read_cursor() == cursor
        assert warehouse.rows("jobs") == before
    else:
        assert load().jobs_changed == 2

    with StandIn(org=standin.org) as healthy:
        log_in(healthy)
        assert load().jobs_changed == (2 if row.says else 0)
    assert warehouse.rows("jobs") == expected_rows(standin.org, "ingest")
    assert read_cursor() > cursor


def test_every_whole_run_is_in_the_table() -> None:
    """None is left out by a change of words."""
    assert len(RUNS) == len(WHOLE_RUNS)


def read_cursor() -> str:
    state: Any = dlt.attach("salesforce_jobs").state
    return str(state["sources"]["salesforce_jobs"]["resources"]["jobs"]["incremental"]["system_modstamp"]["last_value"])


def test_the_document_is_that_of_the_table() -> None:
    """docs/reliability.md is what `python -m tests.fault_matrix` writes."""
    assert DOCUMENT.read_text(encoding="utf-8") == document()
