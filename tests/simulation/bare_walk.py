"""What a walk needs around it without dlt: a cursor and a state; and, without HTTP, a client."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import BytesIO
from random import Random
from typing import Any, Optional, Union
from unittest.mock import patch

import dlt
import requests

from jobs_source.exceptions import ApiError, ConnectionFailedError, SessionExpiredError
from jobs_source.resources import changes
from jobs_source.resources.changes import find_changes
from jobs_source.resources.job_walk import JobWalk
from jobs_source.resources.run_jobs import RunJobs
from jobs_source.resources.states import StatesSeen
from jobs_source.salesforce import guesses, listing
from jobs_source.salesforce.client import Client
from jobs_source.salesforce.session import Session
from jobs_source.settings import CONFIG_SECTION, LAG_SECONDS
from jobs_source.standin.api.messages import Headers, Request
from tests.simulation.recording_standin import RecordingStandIn


class OrgClient:
    """What a walk needs of a client, with a stand-in right behind it. It tries three times."""

    usage: Optional[object] = None
    calls_left: Optional[int] = None
    settings_section = CONFIG_SECTION
    org: Optional[str] = None

    def __init__(self, standin: RecordingStandIn) -> None:
        self._standin = standin
        self.calls_by_path: Counter[str] = Counter()
        self.session = self._log_in()

    def renew(self, refused: Session) -> None:
        if refused is self.session:  # a walk beside this one may have been first
            self.session = self._log_in()

    def get(
        self, path: str, params: dict[str, str], session: Optional[Session] = None, retry: bool = True
    ) -> requests.Response:
        headers = Headers({"Authorization": f"Bearer {(session or self.session).access_token}"})
        for _ in range(3 if retry else 1):
            self.calls_by_path[path] += 1
            answer = self._standin._answer(Request("GET", path, dict(params), headers))
            if not answer.broken and answer.status < 500:
                break
        if answer.broken:
            raise ConnectionFailedError(str(answer))
        if answer.status >= 500:
            raise ApiError(str(answer), answer.status)
        if answer.status == 401:
            raise SessionExpiredError(str(answer))
        if answer.status != 200:
            raise ApiError(str(answer), answer.status, "INVALID_QUERY_LOCATOR")
        response = requests.Response()
        response.status_code, response.raw, response.url = (
            200,
            BytesIO(answer.body),
            self._standin.org.instance_url + path,
        )
        response.headers.update(answer.headers)
        return response

    def _log_in(self) -> Session:
        org = self._standin.org
        return Session(org.issue_token(), org.instance_url, org.org_id)


class Cursor:
    """The part of dlt's incremental that a walk uses, on a resource's state."""

    def __init__(self, state: dict[str, Any]) -> None:
        self._state = state.setdefault("incremental", {"last_value": None})
        last: Optional[datetime] = self._state["last_value"]
        self.start_value = last and last - timedelta(seconds=LAG_SECONDS)

    def get_state(self) -> dict[str, Any]:
        return self._state  # type: ignore[no-any-return]

    def advance(self, value: Optional[datetime]) -> None:
        if value is not None:
            self._state["last_value"] = value


def take_rows(client: Union[Client, OrgClient], table: JobWalk, state: dict[str, Any]) -> list[dict[str, Any]]:
    """Walk as a run does, with *state* for the resource's, and return the rows for the table of jobs, less the run."""
    with (
        patch.object(dlt.current, "resource_state", lambda: state),
        patch.object(dlt.current, "source_state", dict),
        patch.object(dlt.current, "resource_metrics", dict),
    ):
        found = find_changes(client, table, Cursor(state), StatesSeen({}, "jobs"), RunJobs(0))  # type: ignore[arg-type]
        return [row for part in found if part.jobs is not None for row in part.jobs.drop_columns("run_id").to_pylist()]


class Shuffled(Future[Any]):
    """A call that is made when its result is needed, or before, as the dice fall."""

    def __init__(self, call: Callable[[], Any]) -> None:
        super().__init__()
        self._call = call

    def make(self) -> None:
        """Make the call, unless it was made."""
        if self.done():
            return
        try:
            self.set_result(self._call())
        except Exception as error:
            self.set_exception(error)

    def exception(self, timeout: Optional[float] = None) -> Optional[BaseException]:
        self.make()
        return super().exception(timeout)


class ShuffledWorkers:
    """Makes calls in an order that only *random* knows, some of them at once and some as late as can be."""

    def __init__(self, random: Random) -> None:
        self._random, self._waiting = random, list[Shuffled]()

    def submit(self, call: Callable[[], Any]) -> Shuffled:
        self._waiting.append(Shuffled(call))
        made = self._waiting[-1]
        for call_ in self._random.sample(self._waiting, self._random.randint(0, len(self._waiting))):
            call_.make()
        return made

    def make_one(self) -> None:
        """Make one of the calls that wait."""
        self._waiting = [call for call in self._waiting if not call.done()]
        self._random.choice(self._waiting).make()

    def end(self) -> None:
        """There are no threads to end."""


@contextmanager
def without_threads(batch_rows: int, reads_far_ahead: bool, guess_seed: int = 0) -> Iterator[None]:
    """Have no threads around a walk: which request comes when must be the same each time."""

    def read(pages: Iterator[Any], *_: object) -> Iterator[Any]:
        return iter(list(pages)) if reads_far_ahead else pages

    with (
        patch.object(changes, "BATCH_JOBS", batch_rows),
        patch.object(listing, "read_ahead", read),
        patch.object(guesses, "Workers", lambda _: ShuffledWorkers(Random(guess_seed))),
    ):
        yield
