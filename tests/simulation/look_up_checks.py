"""What has to hold after runs with look-ups. What is due and what became of a job is worked out without our code."""

from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from tests.expected import expected_row
from tests.simulation.history import Row
from tests.simulation.kept import Kept
from tests.simulation.look_up_standin import COLUMNS, LookUpStandIn, is_running

FINAL = {"JobComplete", "Closed", "Failed", "Aborted"}
WEEK, DAY = timedelta(days=7), timedelta(hours=24)
TABLES = {"jobs": "jobs/ingest", "query_jobs": "jobs/query"}
COMPARED = (*COLUMNS.values(), "first_failed_batch_message", "system_modstamp", "outcome")


class Due(NamedTuple):
    """A job that is due, with its stamp, and the path at which it is looked up."""

    stamp: datetime
    path: str


class LookUpChecks:
    """Knows what the runs have seen and asked, and holds the tables against it."""

    def __init__(self, standin: LookUpStandIn, kept: Kept, most: int, calls_a_day: int, in_one_load: bool) -> None:
        self._standin, self._kept, self._most, self._calls_a_day = standin, kept, most, calls_a_day
        self._in_one_load = in_one_load
        self._states: dict[tuple[str, str], datetime] = {}
        self._refused: dict[str, datetime] = {}
        self._known_runs: set[Any] = set()
        self._has_room = True

    def note_walks(self) -> None:
        """Take in walks that were loaded: each state that they were shown in time stands there with its first stamp."""
        for endpoint in TABLES.values():
            walk = self._standin.walk(endpoint)
            for row in (expected_row("", listed) for listed in walk.rows):
                key, stamp = (row["id"], row["state"]), row["system_modstamp"]
                if stamp < walk.began:
                    self._states[key] = min(stamp, self._states.get(key, stamp))
        kept = self._kept.rows["job_states"]
        assert {key: row["system_modstamp"] for key, row in kept.items()} == self._states, (
            "not the states that were seen"
        )

    def find_due(self, now: datetime, walked: dict[str, list[Row]] | None = None) -> dict[str, Due]:
        """Find what is due at *now*, of the tables and of rows that are *walked* and not loaded yet."""
        due: dict[str, Due] = {}
        for table in TABLES:
            for row in [*self._kept.rows[table].values(), *(walked or {}).get(table, ())]:
                result = self._kept.rows["job_results"].get((row["id"],))
                is_known = (
                    result and result["outcome"] != "unknown" and result["system_modstamp"] >= row["system_modstamp"]
                )
                if row["state"] in FINAL and row["system_modstamp"] >= now - WEEK and not is_known:
                    due[row["id"]] = Due(row["system_modstamp"], _path(row["job_type"]))
        return due

    def check_run(self, due: dict[str, Due], now: datetime, is_quiet: bool) -> None:
        """Hold a round of look-ups that was loaded against what was *due* when it began, at *now*."""
        asked = {look_up.id for look_up in self._standin.asked}
        assert asked <= due.keys(), f"asked, and not due: {asked - due.keys()}"
        assert len(asked) <= self._most
        spent = self._check_calls(now)
        self._has_room = spent < self._calls_a_day and self._standin.org.api_used < 8_099
        resting = {path for path, moment in self._refused.items() if now - moment < DAY}
        for look_up in self._standin.asked:
            assert look_up.path not in resting, f"{look_up.path} was refused less than a day ago"
            if look_up.is_refusal:
                self._refused[look_up.path] = now
        if is_quiet and self._has_room and not self._in_one_load and not resting and not self._standin.org.bulk_1_off:
            newest = sorted((job.stamp for job in due.values()), reverse=True)[: self._most]
            assert sorted((due[id_].stamp for id_ in asked), reverse=True) == newest, "not the newest that are due"
        self._check_results()

    def is_settled(self) -> bool:
        """Tell whether nothing is due, but for jobs whose batches run: these may take the place of all others."""
        running = {job.id for job in self._standin.org.jobs.values() if is_running(job)}
        asked = {look_up.id for look_up in self._standin.asked}
        return self.find_due(self._now).keys() <= running or bool(asked and asked <= running)

    def may_go_on(self) -> bool:
        """Tell whether another run at once would have calls left, and somebody to ask."""
        return self._has_room and bool(self._standin.asked)

    def check_all_known(self) -> None:
        """Every finished job of the last seven days has the right result, or is gone."""
        results, org = self._kept.rows["job_results"], self._standin.org
        finished = {
            row["id"]: row
            for table in TABLES
            for row in self._kept.rows[table].values()
            if row["state"] in FINAL and row["system_modstamp"] >= self._now - WEEK
        }
        listed = {job.id for job in org.jobs.values() if job.state in FINAL and job.leaves_ms > org.clock.now_ms()}
        assert listed <= finished.keys(), "a finished job is not in its table"
        for id_, row in finished.items():
            stored = {name: results[id_,][name] for name in COMPARED}
            if id_ in listed:
                assert stored == self._standin.results[id_][-1], f"not what became of {id_}"
            elif stored["outcome"] != "gone":
                known = map(_told, self._standin.results[id_])
                assert _told(stored) in known, f"not what became of {id_} before it was deleted"
            assert stored["system_modstamp"] >= row["system_modstamp"]

    @property
    def _now(self) -> datetime:
        return self._standin.org.clock.now().astimezone(timezone.utc)

    def _check_calls(self, now: datetime) -> int:
        """Every call is counted, and those of a day stay within the budget. Return how many there were."""
        rows = [row for row in self._kept.rows["runs"].values() if row["listing"] == "job_results"]
        new = [row["calls"] for row in rows if row["run_id"] not in self._known_runs]
        self._known_runs |= {row["run_id"] for row in rows}
        assert new == [len(self._standin.asked)] or new == self._standin.asked == [], f"{new} calls counted"
        spent = sum(row["calls"] for row in rows if row["started_at"] > now - DAY)
        assert spent <= self._calls_a_day, f"{spent} calls in 24 hours"
        return int(spent)

    def _check_results(self) -> None:
        """No result is made up, and nothing that is there is gone."""
        for (id_,), row in self._kept.rows["job_results"].items():
            job = self._standin.org.jobs.get(id_)
            is_there = job is not None and job.leaves_ms > self._standin.org.clock.now_ms()
            assert not (is_there and row["outcome"] == "gone"), f"{id_} is there"
            if is_there and row["outcome"] != "unknown":
                right = self._standin.results[id_][-1]
                if row["system_modstamp"] == right["system_modstamp"]:
                    assert {name: row[name] for name in COMPARED} == right, f"not what became of {id_}"


def _path(job_type: str) -> str:
    if job_type == "Classic":
        return "/services/async/64.0/job"
    return f"/services/data/v64.0/jobs/{'query' if job_type == 'V2Query' else 'ingest'}"


def _told(result: Row) -> Row:
    """What a look-up tells of a job even if the job is deleted before its batches are asked for."""
    return {name: value for name, value in result.items() if name != "first_failed_batch_message"}
