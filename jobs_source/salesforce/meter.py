"""What was called, how much of the org's API allowance is used, and whether another call may be sent."""

import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any, Final, Optional
from urllib.parse import urlsplit

import requests

from jobs_source.exceptions import AllowanceError
from jobs_source.salesforce.call_budget import CallBudget, NoCallLeftError
from jobs_source.salesforce.responses import time_told
from jobs_source.salesforce.usage import Usage, read_usage

_JOB_ID: Final = re.compile(r"/750\w+")


class Meter:
    """
    Counts answers, and guards the API allowance of one org. Threads may share it.

    Attributes:
        calls_by_path: Number of answers so far, retries included. Jobs that are looked up count as one path.
        usage: The API usage of the org in the newest answer.
    """

    def __init__(self, max_api_usage_percent: float) -> None:
        self.calls_by_path: Counter[str] = Counter()
        self.usage: Optional[Usage] = None
        self._answered_at: Optional[datetime] = None
        self._max_api_usage_percent = max_api_usage_percent
        self._counting = threading.Lock()
        self._of_thread = threading.local()

    @property
    def calls(self) -> int:
        """Answers of the REST API so far, without the login."""
        return sum(self.calls_by_path.values()) - self.calls_by_path["/services/oauth2/token"]

    @property
    def now(self) -> datetime:
        """The time by Salesforce's clock at its newest answer, or by ours while no answer has told it."""
        return self._answered_at or datetime.now(timezone.utc).replace(microsecond=0)

    @property
    def calls_left(self) -> Optional[int]:
        """Calls until max_api_usage_percent of the org's allowance is used; None before the first answer that says."""
        if self.usage is None:
            return None
        return max(0, self.usage.most(self._max_api_usage_percent) - self.usage.used)

    def make_budget(self, most: int) -> CallBudget:
        """Return a budget of *most* calls, inside what the org has left by the newest answer."""
        return CallBudget(most, self._max_api_usage_percent, self.usage)

    @contextmanager
    def within(self, budget: CallBudget) -> Iterator[None]:
        """Take all calls of this thread from *budget*, retries and those of a renewal included; logins cost none."""
        self._of_thread.budget = budget
        try:
            yield
        finally:
            self._of_thread.budget = None
            budget.settle()

    @property
    def _budget(self) -> Optional[CallBudget]:
        return getattr(self._of_thread, "budget", None)

    def _guard(self) -> None:
        """Take the call that follows, or raise."""
        if self._budget is None:
            self._guard_allowance()
        elif not self._budget.take():
            raise NoCallLeftError

    def _guard_login(self) -> None:
        """Raise if no call could follow. A login is none."""
        if self._budget is None:
            self._guard_allowance()
        elif not self._budget.has_left():
            raise NoCallLeftError

    def _guard_allowance(self) -> None:
        if self.usage and self.calls_left == 0:
            raise AllowanceError(
                f"The org has used {self.usage.used} of its {self.usage.limit} API calls for 24 hours"
                f" ({self.usage.percent:.0f} %), and max_api_usage_percent is {self._max_api_usage_percent:g}. The run"
                " stopped. Run again later. Nothing is lost if you do so within seven days."
            )

    def _may_retry(self, is_login: bool) -> bool:
        return self.calls_left != 0 if is_login or self._budget is None else self._budget.take()

    def _tells_wait(self) -> bool:
        """Tell whether to warn of a wait. Of a round of look-ups the first one is enough: it may have thousands."""
        return self._budget is None or self._budget.is_first_wait()

    def _count(self, response: requests.Response, **_: Any) -> None:
        usage = read_usage(response)
        with self._counting:
            self.calls_by_path[_JOB_ID.sub("/{id}", urlsplit(response.url).path)] += 1
            # A time of ours among those of Salesforce would make days of a clock that is days off.
            self._answered_at = max(filter(None, [self._answered_at, time_told(response)]), default=None)
            if usage:  # parallel answers may come in any order, so the highest of a run counts
                self.usage = max(filter(None, [self.usage, usage]))
        if self._budget is not None:
            self._budget.answered(usage)
