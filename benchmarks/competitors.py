"""Who takes part, and how each is started: a command of its own in an empty folder."""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parent.parent
_MOST_RESULTS: Final = "SOURCES__JOBS_SOURCE__MAX_RESULTS_PER_RUN"


class Competitor(NamedTuple):
    """
    One contestant.

    Attributes:
        label: As the report names it.
        command: What follows `python -m`; `{url}` stands for the server.
        environment: Variables that it needs; `{url}` likewise.
        database: The DuckDB file that it fills, or empty where it fills none.
        table: The table in there that must hold what was served.
        needs_config: Whether this project's own `.dlt/config.toml` belongs into its folder.
        most_results: Look-ups of a run at most, for those who make them.
        starts_as: The competitor whose first load its later runs go on top of; its own where that is empty.
    """

    label: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = {}
    database: str = ""
    table: str = "jobs"
    needs_config: bool = False
    most_results: int = 0
    starts_as: str = ""

    def prepare(self, folder: Path) -> None:
        """Make *folder* the place of a first run."""
        folder.mkdir()
        if self.needs_config:
            (folder / ".dlt").mkdir()
            shutil.copy(ROOT / ".dlt" / "config.toml", folder / ".dlt")

    def arguments(self, url: str) -> list[str]:
        """Return the command line."""
        return [sys.executable, "-m", *(part.format(url=url) for part in self.command)]

    def variables(self, url: str, folder: Path) -> dict[str, str]:
        """Return the environment: ours without dlt's keys, and a dlt home inside *folder*."""
        ours = {name: value for name, value in os.environ.items() if "__" not in name and not name.startswith("DLT")}
        extra = {name: value.format(url=url) for name, value in self.environment.items()}
        extra |= {_MOST_RESULTS: str(self.most_results)}  # only some ask what became of the jobs
        home = {"DLT_DATA_DIR": str(folder / "dlt"), "PYTHONPATH": str(ROOT), "RUNTIME__DLTHUB_TELEMETRY": "false"}
        return ours | home | extra


_LOAD: Final = ("load", "--json")


def _ours(label: str, **more: str) -> Competitor:
    login = {
        "SOURCES__JOBS_SOURCE__CREDENTIALS__INSTANCE_URL": "{url}",
        "SOURCES__JOBS_SOURCE__CREDENTIALS__CLIENT_ID": "race",
        "SOURCES__JOBS_SOURCE__CREDENTIALS__CLIENT_SECRET": "race",
    }
    return Competitor(
        label, ("pipelines", *_LOAD), login | more, "jobs_history.duckdb", "salesforce_jobs.jobs", needs_config=True
    )


def _rest_api(label: str, way: str) -> Competitor:
    return Competitor(label, ("benchmarks.rest_api", "{url}", way), {}, "rest_api.duckdb", "org.jobs")


def _states(label: str, way: str) -> Competitor:
    return _ours(label)._replace(command=("benchmarks.states", way, *_LOAD))


LOOK_UPS: Final = 2_000  # of a run
_ALL_RESULTS: Final = _ours("this project, all results known")._replace(most_results=1_000_000)
_TYPES: Final = ("V2Ingest", "Classic", "BigObjectIngest")
_FLOOR: Final = ("benchmarks.floor", "{url}")
_YARDSTICK: Final = ("benchmarks.yardstick", "{url}")
_NETWORK: Final = ("benchmarks.network", "{url}")

COMPETITORS: Final[dict[str, Competitor]] = {
    "ours": _ours("this project"),
    "ours-one-by-one": _ours("this project, pages_ahead = 1", SOURCES__JOBS_SOURCE__PAGES_AHEAD="1"),
    "ours-full": _ours("this project, --full")._replace(command=("pipelines", *_LOAD, "--full")),
    "ours-types": _ours("this project, 3 job types side by side", SOURCES__JOBS_SOURCE__JOB_TYPES=",".join(_TYPES)),
    "results": _ours("this project, with look-ups")._replace(most_results=LOOK_UPS),
    "all-results": _ALL_RESULTS,
    "no-results": _ALL_RESULTS._replace(
        label="this project, --no-results", command=("pipelines", *_LOAD, "--no-results"), starts_as="all-results"
    ),
    "states": _states("this project", "with"),
    "no-states": _states("this project without job_states", "without"),
    "rest-parquet": _rest_api("rest_api, Parquet", "parquet"),
    "rest-plain": _rest_api("rest_api as it comes", "plain"),
    "floor": Competitor("floor: no dlt", _FLOOR, {}, "floor.duckdb"),
    "floor-types": Competitor("floor, 3 job types side by side", (*_FLOOR, *_TYPES), {}, "floor.duckdb"),
    "yardstick": Competitor("yardstick: bare dlt script, then floor", _YARDSTICK, {}, "floor.duckdb"),
    "yardstick-types": Competitor("yardstick, 3 job types side by side", (*_YARDSTICK, *_TYPES), {}, "floor.duckdb"),
    "parse": Competitor("fetch and parse alone", (*_NETWORK, "parse")),
    "urllib3": Competitor("network alone, urllib3", (*_NETWORK, "urllib3")),
    "requests": Competitor("network alone, requests", (*_NETWORK, "requests")),
    "bare": Competitor("bare dlt script, one row", ("benchmarks.bare",)),
}
