"""
Looks up what became of many jobs, several at a time, inside the API allowance.

A look-up that fails, fails for its job only. What would fail for all ends the round.
"""

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Final, NamedTuple, Optional

from jobs_source.exceptions import LoginError, SalesforceJobsError, SessionExpiredError
from jobs_source.salesforce.call_budget import CallBudget
from jobs_source.salesforce.client import Client
from jobs_source.salesforce.job_details import BULK_1, Details, DueJob, look_up
from jobs_source.salesforce.look_up_tally import LookUpTally, NoSessionError, NotWantedError, Verdicts
from jobs_source.salesforce.session import Session
from jobs_source.salesforce.workers import Workers
from jobs_source.settings import WAIT_FOR_PAGE_SECONDS

__all__ = ["LookUpTally", "look_up_all"]

_HANDED_OUT: Final = 2  # look-ups per thread, so that none waits for whoever takes the answers
_MORE_FAILURES: Final = 5  # in a row than look-ups at a time, before the round ends


def look_up_all(
    client: Client, api_version: str, jobs: Sequence[DueJob], tally: LookUpTally, *, budget: int, at_a_time: int
) -> Generator[Optional[Details], None, None]:
    """
    Look up *jobs*, in about this order, *at_a_time* at a time, with at most *budget* calls.

    Yields what Salesforce answered, in the order of the answers; None where nothing is there yet. Whatever goes wrong
    is in *tally*; nothing is raised. A job that was not yielded is still due. Close it to stop early.
    """
    calls = client.make_budget(budget)
    verdicts = Verdicts(tally, calls, {job.kind for job in jobs}, at_a_time + _MORE_FAILURES)
    workers: Workers[Details] = Workers(at_a_time)
    try:
        for done in _slide(workers, _Round(client, api_version, verdicts, calls), jobs, at_a_time * _HANDED_OUT):
            details = done and verdicts.judge(done.job, done.future)
            tally.calls = calls.taken
            if details or done is None:
                yield details
        verdicts.end()
    finally:
        calls.close()
        workers.end()
        tally.calls = calls.taken


class _Done(NamedTuple):
    job: DueJob
    future: "Future[Details]"


class _Round:
    """One round of look-ups, as its threads see it."""

    def __init__(self, client: Client, api_version: str, verdicts: Verdicts, calls: CallBudget) -> None:
        self._client, self._api_version, self._verdicts, self._calls = client, api_version, verdicts, calls
        self._logging_in = Lock()

    def is_wanted(self, job: DueJob) -> bool:
        return self._verdicts.is_wanted(job)

    def look_up(self, job: DueJob) -> Details:
        """Look up one job, with a new session if the old one is over, and tell the other threads what ends for all."""
        self._check(job)
        with self._client.within(self._calls):
            try:
                return self._look_up(job)
            except (SalesforceJobsError, NoSessionError) as error:
                self._verdicts.notice(job, error)
                raise

    def _look_up(self, job: DueJob) -> Details:
        session = self._open(job)
        try:
            return look_up(self._client, self._api_version, job, session)
        except SessionExpiredError:
            session = self._open(job, refused=session)
        except LoginError as error:
            raise NoSessionError(error, job.kind != BULK_1) from error
        try:
            return look_up(self._client, self._api_version, job, session)
        except LoginError as error:
            raise NoSessionError(error, job.kind != BULK_1) from error

    def _open(self, job: DueJob, refused: Optional[Session] = None) -> Session:
        """Return the session, or the one that follows a *refused* one. One thread opens it, the others wait."""
        with self._logging_in:
            self._check(job)
            try:
                if refused is not None:
                    self._client.renew(refused)
                return self._client.session
            except SalesforceJobsError as error:
                failure = NoSessionError(error, refused is None or job.kind != BULK_1)
                self._verdicts.notice(job, failure)  # before another thread tries to log in
                raise failure from error

    def _check(self, job: DueJob) -> None:
        if not self.is_wanted(job):
            raise NotWantedError


def _slide(workers: Workers[Details], round_: _Round, jobs: Sequence[DueJob], most: int) -> Iterator[Optional[_Done]]:
    """Hand out *jobs*, *most* at a time, and yield each as soon as it is done; None where that takes a while."""
    done: SimpleQueue[_Done] = SimpleQueue()
    waiting, under_way = (job for job in jobs if round_.is_wanted(job)), 0
    while True:
        while under_way < most and (job := next(waiting, None)):
            workers.submit(partial(round_.look_up, job)).add_done_callback(partial(_put, done, job))
            under_way += 1
        if not under_way:
            return
        try:
            first = done.get(timeout=WAIT_FOR_PAGE_SECONDS)
        except Empty:
            yield None
            continue
        under_way -= 1
        yield first


def _put(done: "SimpleQueue[_Done]", job: DueJob, future: "Future[Details]") -> None:
    done.put(_Done(job, future))
