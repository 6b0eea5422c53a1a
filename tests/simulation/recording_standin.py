"""A stand-in org that lives through a history and remembers what it has shown to whom."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from jobs_source.standin import Org, StandIn
from jobs_source.standin.api.messages import Request, Response
from jobs_source.standin.org.clock import to_ms
from jobs_source.standin.org.jobs import TERMINAL_STATES
from tests.simulation.history import JOB_TYPES, Change, Meanwhile, Model, Row, Step, Wait, Walk


def without_link(page: Any) -> Any:
    """Take the link from a page; an error stays what it is."""
    return {"done": False, "records": page["records"]} if isinstance(page, dict) else page


FAULTS: dict[str, dict[str, Any]] = {
    "busy": {"kind": "status"},
    "down": {"kind": "status", "times": None},
    "reset": {"kind": "reset"},
    "expired": {"kind": "expired_token"},
    "bad locator": {
        "kind": "status",
        "status": 400,
        "body": [{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}],
    },
    "no link": {"kind": "replace_json", "transform": without_link},
    "no records": {"kind": "replace_json", "transform": lambda page: {"done": True}},
}
LISTINGS = ("jobs/ingest", "jobs/query")
SURVIVED = ("", "busy", "reset", "expired", "bad locator")
"""Faults that one run gets over by itself, when they come once."""


class Shown(NamedTuple):
    """One page that went out."""

    path: str
    moment: datetime
    rows: list[Row]


class RecordingStandIn(StandIn):
    """A stand-in that remembers what it has shown to a listing's walk. Without `with` it has no sockets."""

    def __init__(self, org: Org) -> None:
        super().__init__(org=org)
        org.compresses = False
        self.job_types: tuple[str, ...] = JOB_TYPES
        self.models = {"jobs": Model(org.org_id, False), "query_jobs": Model(org.org_id, True)}
        self.has_whole_seconds = False
        self._shown: list[Shown] = []
        self._was_disturbed = False
        self.note()

    def let_pass(self, steps: Iterable[Step]) -> None:
        """Let time pass and jobs change."""
        for step in steps:
            self._was_disturbed = True
            if isinstance(step, Wait):
                self.org.clock.advance(seconds=step.seconds)
                continue
            with self.org.lock:  # of walks side by side, none may change a job between another's change and its note
                self._change(step)
                self.note()

    def begin_run(self, meanwhile: Iterable[Meanwhile] = ()) -> None:
        """Forget the last run and its faults, and plan what happens during the next one."""
        self._shown, self._was_disturbed = [], False
        self._faults.clear()
        for at, steps in meanwhile:
            self.misbehave("call", at=at, path="jobs/", do=_bound(self.let_pass, steps))

    def walk(self, endpoint: str) -> Walk:
        """What the run has been shown of *endpoint*."""
        pages = [page for page in self._shown if page.path.endswith(endpoint)]
        began = min((page.moment for page in pages), default=datetime.max.replace(tzinfo=timezone.utc))
        rows = [row for page in pages for row in page.rows]
        return Walk(began, rows, self.org.shifting and self._was_disturbed)

    def note(self) -> None:
        for model in self.models.values():
            for job in self.org.jobs.values():
                model.note(job.fields())

    def _answer(self, request: Request) -> Response:
        response = super()._answer(request)
        if response.status == 200 and not response.broken and request.path.endswith(LISTINGS):
            page, moment = json.loads(response.body), parsedate_to_datetime(response.headers["Date"])
            if "records" in page and (page["done"] or page.get("nextRecordsUrl")):  # nobody can use another one
                self._shown.append(Shown(request.path, moment, page["records"]))
        return response

    def _change(self, change: Change) -> None:
        stamp = self.org.clock.now() - timedelta(seconds=change.late_seconds)
        stamp = stamp.replace(microsecond=0 if self.has_whole_seconds else stamp.microsecond)
        if change.what == "create":
            type_ = self.job_types[change.pick % len(self.job_types)]
            self.org.add_jobs(1, job_type=type_, created=stamp, system_modstamp=stamp, state=change.state)
            return
        now_ms = self.org.clock.now_ms()
        jobs = [job for job in self.org.jobs.values() if job.leaves_ms > now_ms]
        if change.what == "move":
            jobs = [job for job in jobs if job.state not in TERMINAL_STATES]
        if not jobs:
            return
        job = jobs[change.pick % len(jobs)]
        if change.what == "delete":
            self.org.delete_job(job.id)
        else:
            stamp_ms = max(job.stamped_ms, to_ms(stamp))
            self.org.change_job(job.id, state=change.state, system_modstamp=stamp_ms)


def _bound(let_pass: Callable[[Iterable[Step]], None], steps: tuple[Step, ...]) -> Callable[[], None]:
    return lambda: let_pass(steps)
