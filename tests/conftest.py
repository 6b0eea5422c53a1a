"""The floor that every test stands on: no configuration but its own, a stand-in org, two real destinations."""

import gc
import os
import random
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Optional

import dlt
import hypothesis
import pytest
from dlt.common.configuration.container import Container
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext
from dlt.common.pipeline import PipelineContext

from jobs_source.standin import Clock, StandIn
from tests.remembered import remember
from tests.saved_loads import SavedLoads
from tests.secret_recorder import SecretRecorder, all_text, leaks
from tests.warehouses import Warehouse, start_postgres

ROOT = Path(__file__).parent.parent
START = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)
MOST_RESULTS = "SOURCES__JOBS_SOURCE__MAX_RESULTS_PER_RUN"
SEED_OPTION = "--hypothesis-seed"


def with_our_code() -> dict[str, str]:
    """The environment of a program that is started in another folder."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the long tests too, and draw what is random anew")
    parser.addoption("--browser", action="store_true", help="run the tests that need a browser too")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> Optional[bool]:
    """Leave out what needs a browser, and even its imports, unless it is asked for."""
    is_left_out = collection_path == ROOT / "tests" / "browser" and not config.getoption("--browser")
    return True if is_left_out else None


remember()


@pytest.hookimpl(tryfirst=True)  # before hypothesis reads its seed
def pytest_configure(config: pytest.Config) -> None:
    """Whatever is random is the same in every short run; a long one draws a seed, for all of its processes."""
    config.addinivalue_line("markers", "long: only with --long")
    is_long = bool(config.getoption("--long"))
    examples, deadline = 500 if is_long else 25, None
    for name, is_same in (("same each time", True), ("from a seed", False)):
        hypothesis.settings.register_profile(
            name, derandomize=is_same, database=None, max_examples=examples, deadline=deadline
        )
    if is_long and config.getoption(SEED_OPTION) is None:
        from_controller = getattr(config, "workerinput", {}).get("seed")
        config.option.hypothesis_seed = from_controller or str(random.getrandbits(32))
    hypothesis.settings.load_profile("same each time" if config.getoption(SEED_OPTION) is None else "from a seed")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: a test waits for processes and sockets a fifth of its time."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish() -> None:
    """Have the collector of garbage pass over what was imported: it takes a twentieth of the time otherwise."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    gc.unfreeze()  # or DuckDB's module tells of leaks at the end


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a process of pytest-xdist the seed."""
    node.workerinput["seed"] = node.config.getoption(SEED_OPTION)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if (drawn_from := config.getoption(SEED_OPTION)) is not None:
        terminalreporter.write_line(f"Everything random came from {SEED_OPTION}={drawn_from}, which repeats it.")
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            if name == "client":
                terminalreporter.write_line(str(value))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--long"):
        short = [item for item in items if not item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("long")])
        items[:] = short


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder with the committed configuration, no credentials, no pauses between retries, and no look-ups."""
    others = ("SOURCES__", "DESTINATION__", "SALESFORCE", "RUNTIME__", "DLTHUB_")
    for name in [name for name in os.environ if name.startswith(others)]:
        monkeypatch.delenv(name)
    shutil.copytree(ROOT / ".dlt", tmp_path / ".dlt", ignore=shutil.ignore_patterns("secrets.toml", ".var"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "dlt"))
    monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0")
    monkeypatch.setenv(MOST_RESULTS, "0")
    if PluggableRunContext in Container():
        del Container()[PluggableRunContext]  # dlt makes one of this folder where it is needed: most tests do without
    yield tmp_path
    Container()[PipelineContext].deactivate()  # or the next test would find this one's state


@pytest.fixture(autouse=True)
def no_secret_is_left(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[SecretRecorder]:
    """After every test: nothing that a run wrote, packed, printed or logged holds a secret that it was given or got."""
    recorder = SecretRecorder(monkeypatch)
    yield recorder
    log = "\n".join(record.getMessage() for record in caplog.get_records("call"))
    places = {"the log": log.encode(), "the terminal": "\n".join(recorder.printed).encode()}
    for pattern in ("dlt/**/*", "*.duckdb"):
        places.update(all_text(workplace, pattern))
    assert leaks(recorder.secrets, places) == []


@pytest.fixture
def standin() -> Iterator[StandIn]:
    """An empty org whose clock stands still until moved. A request that Salesforce does not know fails the test."""
    with StandIn(clock=Clock(START, frozen=True), seed=1) as running:
        yield running
        assert running.unexpected == []


@pytest.fixture
def log_in(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put client credentials for a stand-in into the environment, for the default org or a named one."""

    def log_in(standin: StandIn, org: str = "") -> None:
        section = f"SOURCES__JOBS_SOURCE__{org.upper() + '__' if org else ''}CREDENTIALS__"
        monkeypatch.setenv(f"{section}INSTANCE_URL", standin.url)
        monkeypatch.setenv(f"{section}CLIENT_ID", standin.org.client_id)
        monkeypatch.setenv(f"{section}CLIENT_SECRET", standin.org.client_secret)

    return log_in


@pytest.fixture
def results_org(standin: StandIn, log_in: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """An org whose jobs are looked up. It has one job, of a query that never ends, so that no listing is empty."""
    monkeypatch.delenv(MOST_RESULTS)
    standin.org.add_jobs(1, job_type="V2Query", state="InProgress", created=START)
    standin.org.clock.advance(seconds=3_600)
    log_in(standin)
    return standin


@pytest.fixture
def pipeline(workplace: Path) -> dlt.Pipeline:
    """Somebody's own, with dlt's defaults: our committed configuration is not there."""
    (workplace / ".dlt" / "config.toml").unlink()
    dlt.current.run_context().reload()
    destination = dlt.destinations.duckdb(str(workplace / "own.duckdb"))
    return dlt.pipeline("own", destination=destination, dataset_name="salesforce_jobs")


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """What a test draws from: the same in every short run, another one in every long run."""
    return int(request.config.getoption(SEED_OPTION) or 0)


@pytest.fixture(scope="session")
def saved_loads(tmp_path_factory: pytest.TempPathFactory) -> SavedLoads:
    """One folder for all processes of pytest-xdist: each has its own below that of the test run."""
    base = tmp_path_factory.getbasetemp()
    return SavedLoads(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[dict[str, Any]]:
    with start_postgres() as address:
        yield address


@pytest.fixture(params=["duckdb", pytest.param("postgres", marks=pytest.mark.long)])
def warehouse(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Warehouse]:
    """
    A destination of its own for one test, empty: a DuckDB file, and a database of a real Postgres server.

    A short run takes Postgres where a test is marked with `tests.warehouses.on_both`: one of each kind.
    """
    if request.param == "duckdb":
        yield Warehouse("duckdb", tmp_path / "jobs_history.duckdb")
        return
    address = request.getfixturevalue("postgres_server")
    with Warehouse.new_postgres_database(address, monkeypatch) as warehouse:
        yield warehouse
