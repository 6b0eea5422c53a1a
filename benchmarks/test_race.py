"""The race tells right from wrong; how fast anybody is, is not tested."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from benchmarks import data
from benchmarks.__main__ import choose
from benchmarks.cases import Case, all_cases, quick_cases
from benchmarks.check import loaded, served
from benchmarks.competitors import COMPETITORS
from benchmarks.race import Race, Run, Server, WrongAnswerError, start_server
from benchmarks.report import describe

JOBS = 2_500
OUR_CALLS = range(4, 4 + 8)  # three pages, the empty listing of queries, and what a first walk guesses in vain


@pytest.fixture(scope="module")
def race_server() -> Iterator[Server]:
    with start_server() as running:
        yield running


@pytest.fixture
def race(race_server: Server, tmp_path: Path) -> Race:
    return Race(race_server, tmp_path)


def entries(state: str, job_type: str = "") -> list[dict[str, object]]:
    pages = [data.records(JOBS, state, page, job_type) for page in range(data.page_count(JOBS, job_type))]
    return [entry for page in pages for entry in json.loads(page)]


@pytest.mark.parametrize("state", ["none", "scattered", "clustered"])
def test_states_differ_from_the_first_in_the_jobs_that_changed_and_no_others(state: str) -> None:
    """As many entries differ as the state says, and only on the pages that it names."""
    before, after = entries("first"), entries(state)
    changed = [place for place in range(JOBS) if before[place] != after[place]]
    assert len(changed) == {"none": 0, "scattered": 1_250, "clustered": 1_000}[state]
    assert sorted({place // data.PAGE_JOBS for place in changed}) == data.changed_pages(JOBS, state)


def test_job_types_together_hold_every_job_once() -> None:
    """The walks per job type list what the one walk lists."""
    ids = [entry["id"] for job_type in data.JOB_TYPES for entry in entries("first", job_type)]
    assert sorted(map(str, ids)) == sorted(str(entry["id"]) for entry in entries("first"))
    assert len(set(ids)) == JOBS


@pytest.mark.parametrize("name", ["ours", "ours-types", "floor", "floor-types", "yardstick", "yardstick-types"])
def test_first_load_holds_what_was_served(race: Race, name: str) -> None:
    """A right answer passes, and the server counts the calls that it took: ours may ask for pages past the end."""
    (run,) = race.run_case(Case("first", JOBS, (name,)), 1)
    assert run.competitor == name
    assert run.calls in (OUR_CALLS if name.startswith("ours") else (3,))


def test_look_ups_are_answered_and_counted(race: Race) -> None:
    """Every job in a final state is looked up once. Who looks up nothing gets the first load with all results."""
    due = data.count_finished(JOBS, "first")
    (first,) = race.run_case(Case("first", JOBS, ("all-results",)), 1)
    assert first.calls - due in OUR_CALLS
    runs = list(race.run_case(Case("look-ups-none", JOBS, ("all-results", "no-results"), "none"), 1))
    assert [(run.competitor, run.calls) for run in runs] == [("all-results", 4), ("no-results", 4)]


def test_race_ends_where_results_are_missing(race: Race, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who should look up jobs and does not, loses, whatever the time."""
    lazy = COMPETITORS["all-results"]._replace(label="lazy", command=COMPETITORS["no-results"].command)
    monkeypatch.setitem(COMPETITORS, "lazy", lazy)
    with pytest.raises(WrongAnswerError, match="lazy has 0 results"):
        list(race.run_case(Case("first", 500, ("lazy",)), 1))


def test_load_without_states_differs_in_that_table_only(race: Race, tmp_path: Path) -> None:
    """With and without it, the jobs are the same."""
    list(race.run_case(Case("states", JOBS, ("states", "no-states")), 1))
    kept = {}
    for name in ("states", "no-states"):
        with duckdb.connect(str(tmp_path / f"base-{name}-{JOBS}" / "jobs_history.duckdb")) as connection:
            kept[name] = connection.execute("select count(*) from salesforce_jobs.job_states").fetchall()
    assert kept == {"states": [(JOBS,)], "no-states": [(0,)]}


@pytest.mark.parametrize("name", ["ours", "ours-full", "floor", "yardstick"])
def test_run_with_changes_holds_what_is_served_then(race: Race, name: str) -> None:
    """A run on top of a first load is checked against the newer state, with and without compressed answers."""
    runs = list(race.run_case(Case("scattered", JOBS, (name,), "scattered", gzip=True), 2))
    assert [run.competitor for run in runs] == [name, name]


def test_every_second_turn_goes_backwards(race: Race) -> None:
    """What somebody leaves behind, a warm disk or a throttled processor, is not always the same one's to bear."""
    runs = race.run_case(Case("first", JOBS, ("floor", "parse", "urllib3")), 3)
    turns = ["floor", "parse", "urllib3", "urllib3", "parse", "floor", "floor", "parse", "urllib3"]
    assert [run.competitor for run in runs] == turns


@pytest.mark.parametrize(
    "damage",
    [
        "delete from jobs where id = (select min(id) from jobs)",
        "insert into jobs from jobs limit 1",
        "update jobs set line_ending = 'LF' where id = (select min(id) from jobs where line_ending is null)",
        "update jobs set created_date = created_date + interval 1 millisecond where id = (select min(id) from jobs)",
    ],
)
def test_wrong_table_is_found_out(race_server: Server, race: Race, tmp_path: Path, damage: str) -> None:
    """A row too few or too many, one column of one row, a millisecond: none passes."""
    case = Case("first", JOBS, ("floor",))
    list(race.run_case(case, 1))
    race_server.control(case, "first")
    database = str(next(tmp_path.glob("base-*/floor.duckdb")))
    right = served(race_server.url)
    assert loaded(database, "jobs") == right
    with duckdb.connect(database) as connection:
        connection.execute(damage)
    assert loaded(database, "jobs") != right


def test_race_ends_where_a_competitor_is_wrong(race: Race, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table without rows loses the race, whatever its time."""
    empty = (
        "-c",
        "import duckdb; from benchmarks import floor; t = floor.make_table([b'{}']).slice(1);"
        " duckdb.connect('floor.duckdb').execute('create table jobs as from t')",
    )
    lazy = COMPETITORS["floor"]._replace(label="lazy")
    monkeypatch.setitem(COMPETITORS, "lazy", lazy)
    monkeypatch.setattr("benchmarks.competitors.Competitor.arguments", lambda self, url: [sys.executable, *empty])
    with pytest.raises(WrongAnswerError, match="lazy has"):
        list(race.run_case(Case("first", JOBS, ("lazy",)), 1))


def test_every_case_names_competitors_that_exist() -> None:
    """Nobody is misspelt, and filters keep what they name."""
    assert {name for case in all_cases() + quick_cases() for name in case.competitors} <= set(COMPETITORS)
    (chosen,) = choose(all_cases(), ["first"], [100_000], ["ours"])
    assert (chosen.name, chosen.jobs, chosen.competitors) == ("first", 100_000, ("ours",))


def test_report_has_medians_spread_and_ratios() -> None:
    """The median counts, the spread is shown, and ratios are those of the medians."""
    case = Case("none", 10_000, ("ours", "floor"), "none")
    walls = {"ours": (3.0, 2.0, 9.0), "floor": (1.0, 1.5, 2.0)}
    runs = [Run(name, wall, wall, 5_000_000, 11, 2_000_000, 0.25) for name in walls for wall in walls[name]]
    heading, _, ours, _, note = describe(case, runs).strip().split("\n")
    assert heading.endswith("3 runs each; load average 0.25 at the start")
    assert ours.split()[-9:] == ["3.00", "2.00-9.00", "3.00", "2.00", "2.00", "1.00", "5", "11", "2.00"]
    assert (
        note.strip()
        == "this project, nothing new: 3.000 CPU seconds per 10,000 jobs, the start of the process included"
    )
