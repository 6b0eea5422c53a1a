"""What comes of a round of look-ups, and what each failure means for the others of the round."""

from collections import Counter
from collections.abc import Set
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final, Generic, Optional, Protocol, TypeVar

from dlt.common import logger

from jobs_source.exceptions import AccessError, AllowanceError, ApiError, SalesforceJobsError
from jobs_source.salesforce.call_budget import ALLOWANCE, BUDGET, CallBudget, NoCallLeftError
from jobs_source.salesforce.job_details import BULK_1
from jobs_source.salesforce.responses import canonical
from jobs_source.settings import INGEST_ENDPOINT, QUERY_ENDPOINT

T = TypeVar("T")

FAILURES: Final = "failures"
LOGIN: Final = "login"
_QUOTED: Final = 3  # errors
_OF_ANOTHER_USER: Final = "INVALIDUSER"
_NAMES: Final = {BULK_1: "Classic", INGEST_ENDPOINT: "ingest", QUERY_ENDPOINT: "query"}


class Job(Protocol):
    """What is looked up: its *kind* of look-up is one of `job_details`."""

    @property
    def kind(self) -> str: ...


class NotWantedError(Exception):
    """The round, or this kind of look-up, is over: nothing was sent."""


class NoSessionError(Exception):
    """
    There is no session for a look-up.

    Attributes:
        error: Why.
        is_for_all: Whether no other look-up could have one. Bulk API 1.0 may refuse what Bulk API 2.0 takes.
    """

    def __init__(self, error: SalesforceJobsError, is_for_all: bool) -> None:
        super().__init__(str(error))
        self.error = error
        self.is_for_all = is_for_all


@dataclass
class LookUpTally:
    """
    What came of a round of look-ups.

    Attributes:
        looked_up: Jobs that Salesforce answered for, those that are gone included.
        failed: Look-ups that failed. These jobs are still due.
        errors: The texts of the first few failures.
        refused: Kinds of look-up (`DueJob.kind`) that the org or the user may not make (403), and the text of the
            error. Another round would be refused too, until somebody changes that.
        given_up: Kinds that were left alone from some moment on, for this round only, and the text of the error.
        stopped_by: Why the round ended before its end: `budget` (the calls of the round), `allowance` (those of the
            org), `failures` (too many in a row), or `login`.
        stop_reason: The text of the error that stopped it, if there was one.
        calls: Calls that were sent, retries, batch lists and userinfo included.
    """

    looked_up: int = 0
    failed: int = 0
    errors: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    given_up: dict[str, str] = field(default_factory=dict)
    stopped_by: Optional[str] = None
    stop_reason: Optional[str] = None
    calls: int = 0


class Verdicts(Generic[T]):
    """
    Fills *tally*, and ends the round or a kind of look-up if the others would fail too.

    Args:
        kinds: Those of the jobs of the round.
        most_failures: Failures in a row after which nothing else is asked. If they are of one kind, others go on.
        question: What is asked about jobs, in words.
    """

    def __init__(
        self, tally: LookUpTally, calls: CallBudget, kinds: Set[str], most_failures: int, question: str
    ) -> None:
        self._tally, self._calls, self._kinds, self._most_failures = tally, calls, kinds, most_failures
        self._question = question
        self._unwanted: set[str] = set()  # kinds
        self._in_a_row: Counter[Optional[str]] = Counter()  # failures, by kind; under None those of all kinds
        self._login_error: Optional[str] = None

    def is_wanted(self, job: Job) -> bool:
        """Tell whether *job* is still to be looked up in this round."""
        return self._calls.ended_by is None and job.kind not in self._unwanted

    def notice(self, job: Job, error: Exception) -> None:
        """End what *error* ends, in the thread that met it, so that no other thread asks any more."""
        if isinstance(error, AllowanceError) or (isinstance(error, NoSessionError) and error.is_for_all):
            self._calls.close()
        elif isinstance(error, NoSessionError) or _is_refusal(error):
            self._unwanted.add(job.kind)

    def judge(self, job: Job, future: "Future[T]") -> Optional[T]:
        """Count a look-up that is done, and return what it brought."""
        error = future.exception()
        if error is None:
            self._tally.looked_up += 1
            self._in_a_row[job.kind] = self._in_a_row[None] = 0
            return future.result()
        if isinstance(error, AllowanceError):
            self._stop(ALLOWANCE, str(error))
        elif isinstance(error, NoSessionError):
            self._judge_session(job.kind, error)
        elif _is_refusal(error):
            self._leave(self._tally.refused, job.kind, str(error))
        elif not isinstance(error, (NoCallLeftError, NotWantedError)):
            self._count_failure(job.kind, error)
        return None

    def end(self) -> None:
        """Say that the round is over. If a call was lacking, or nothing but a session, that stopped it."""
        if self._calls.ended_by in (BUDGET, ALLOWANCE):
            self._stop(self._calls.ended_by)
        elif self._login_error and not self._tally.looked_up:
            self._stop(LOGIN, self._login_error)

    def _judge_session(self, kind: str, error: NoSessionError) -> None:
        self._login_error = str(error)
        if error.is_for_all:
            self._stop(LOGIN, str(error))
        else:
            self._leave(self._tally.given_up, kind, str(error))

    def _leave(self, kinds: dict[str, str], kind: str, reason: str) -> None:
        if kind not in kinds:
            kinds[kind] = reason
            again = "after a day" if kinds is self._tally.refused else "in the next run"
            logger.warning(
                f"Salesforce does not tell {self._question} {_NAMES[kind]} jobs. It is asked again {again}. {reason}"
            )

    def _count_failure(self, kind: str, error: BaseException) -> None:
        text = str(error) if isinstance(error, SalesforceJobsError) else f"Unexpected {type(error).__name__}."
        self._tally.failed += 1
        self._tally.errors += [text] if len(self._tally.errors) < _QUOTED else []
        self._in_a_row.update((kind,) if _is_denied(error) else (kind, None))
        has_others = bool(self._kinds - self._unwanted - {kind})
        if self._in_a_row[kind] >= self._most_failures and (has_others or _is_denied(error)):
            self._unwanted.add(kind)
            self._leave(self._tally.refused if _is_denied(error) else self._tally.given_up, kind, text)
        elif self._in_a_row[None] >= self._most_failures:
            self._stop(FAILURES, text)

    def _stop(self, reason: str, text: Optional[str] = None) -> None:
        self._calls.close()
        if self._tally.stopped_by is None:
            self._tally.stopped_by, self._tally.stop_reason = reason, text


def _is_refusal(error: BaseException) -> bool:
    """Tell whether Salesforce says that the user or the org may not ask this at all. A page of a proxy does not."""
    is_forbidden = isinstance(error, ApiError) and error.status == 403 and error.error_code != ""
    return is_forbidden or (isinstance(error, AccessError) and not _is_denied(error))


def _is_denied(error: BaseException) -> bool:
    """Tell whether the user may not see this job: another user made it. Its own jobs it may see."""
    return isinstance(error, AccessError) and canonical(error.error_code) == _OF_ANOTHER_USER
