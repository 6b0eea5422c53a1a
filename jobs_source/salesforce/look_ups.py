"""
Looks up what became of many jobs, several at a time, inside the API allowance.

A look-up that fails, fails for its job only. What would fail for all ends the round.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Final, Generic, Optional, TypeVar

from jobs_source.exceptions import LoginError, SalesforceJobsError, SessionExpiredError
from jobs_source.salesforce.call_budget import CallBudget
from jobs_source.salesforce.client import Client
from jobs_source.salesforce.job_details import BULK_1
from jobs_source.salesforce.look_up_tally import Job, LookUpTally, NoSessionError, NotWantedError, Verdicts
from jobs_source.salesforce.session import Session
from jobs_source.salesforce.workers import Workers
from jobs_source.settings import WAIT_FOR_PAGE_SECONDS

__all__ = ["LookUpTally", "look_up_all"]

J = TypeVar("J", bound=Job)
T = TypeVar("T")
Ask = Callable[[J, Session], T]

_HANDED_OUT: Final = 2  # look-ups per thread, so that none waits for whoever takes the answers
_MORE_FAILURES: Final = 5  # in a row than look-ups at a time, before the round ends


def look_up_all(
    client: Client,
    jobs: Sequence[J],
    ask: Ask[J, T],
    tally: LookUpTally,
    *,
    budget: int,
    at_a_time: int,
    question: str = "what became of",
) -> Generator[Optional[T], None, None]:
    """
    Look up *jobs*, in about this order, *at_a_time* at a time, with at most *budget* calls.

    *ask* looks up one job with a session, as `job_details.look_up` does; messages say that the *question* is about it.

    Yields what Salesforce answered, in the order of the answers; None where nothing is there yet. Whatever goes wrong
    is in *tally*; nothing is raised. A job that was not yielded is still due. Close it to stop early.
    """
    calls = client.make_budget(budget)
    kinds = {job.kind for job in jobs}
    verdicts: Verdicts[T] = Verdicts(tally, calls, kinds, at_a_time + _MORE_FAILURES, question)
    workers: Workers[T] = Workers(at_a_time)
    try:
        for done in _slide(workers, _Round(client, ask, verdicts, calls), jobs, at_a_time * _HANDED_OUT):
            answer = verdicts.judge(done.job, done.future) if done else None
            tally.calls = calls.taken
            if answer is not None or done is None:
                yield answer
        verdicts.end()
    finally:
        calls.close()
        workers.end()
        tally.calls = calls.taken


@dataclass(frozen=True)
class _Done(Generic[T]):
    job: Job
    future: "Future[T]"


class _Round(Generic[J, T]):
    """One round of look-ups, as its threads see it."""

    def __init__(self, client: Client, ask: Ask[J, T], verdicts: Verdicts[T], calls: CallBudget) -> None:
        self._client, self._ask, self._verdicts, self._calls = client, ask, verdicts, calls
        self._logging_in = Lock()

    def is_wanted(self, job: J) -> bool:
        return self._verdicts.is_wanted(job)

    def look_up(self, job: J) -> T:
        """Look up one job, with a new session if the old one is over, and tell the other threads what ends for all."""
        self._check(job)
        with self._client.within(self._calls):
            try:
                return self._look_up(job)
            except (SalesforceJobsError, NoSessionError) as error:
                self._verdicts.notice(job, error)
                raise

    def _look_up(self, job: J) -> T:
        session = self._open(job)
        try:
            return self._ask(job, session)
        except SessionExpiredError:
            session = self._open(job, refused=session)
        except LoginError as error:
            raise NoSessionError(error, job.kind != BULK_1) from error
        try:
            return self._ask(job, session)
        except LoginError as error:
            raise NoSessionError(error, job.kind != BULK_1) from error

    def _open(self, job: J, refused: Optional[Session] = None) -> Session:
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

    def _check(self, job: J) -> None:
        if not self.is_wanted(job):
            raise NotWantedError


def _slide(workers: Workers[T], round_: _Round[J, T], jobs: Sequence[J], most: int) -> Iterator[Optional[_Done[T]]]:
    """Hand out *jobs*, *most* at a time, and yield each as soon as it is done; None where that takes a while."""
    done: SimpleQueue[_Done[T]] = SimpleQueue()
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


def _put(done: "SimpleQueue[_Done[T]]", job: Job, future: "Future[T]") -> None:
    done.put(_Done(job, future))
