"""
The calls that a round of look-ups may send.

A call is taken before it is sent, so that never one too many is under way, however many threads there are.
"""

import math
import threading
from typing import Final, Optional

from jobs_source.salesforce.usage import Usage
from jobs_source.settings import LIST_RESERVE

BUDGET: Final = "budget"
ALLOWANCE: Final = "allowance"
_CLOSED: Final = "closed"


class NoCallLeftError(Exception):
    """The round of look-ups may send no other call."""


class CallBudget:
    """
    Counts the calls of a round, and those that the org has left for it. Threads may share it.

    Not every answer tells the usage of the org, and an answer says nothing of the calls that came after it. So what the
    org has used is at most the newest usage, the calls under way, and those that were answered without a usage.

    Args:
        most: Calls of this round at most.
        max_percent: Share of the org's allowance that may be used. Look-ups leave a part of it to listings.
        usage: What the org has used before; None if that is not known.

    Attributes:
        taken: Calls that were taken. Each of them is sent.
        ended_by: Why there is no call left: `budget` or `allowance`; None while there is one.
    """

    def __init__(self, most: int, max_percent: float, usage: Optional[Usage]) -> None:
        self.taken = 0
        self.ended_by: Optional[str] = None
        self._most, self._max_percent = most, max_percent
        self._ceiling: Optional[int] = None
        self._known = 0  # used by the org without our silent calls
        self._silent = 0  # calls whose answer told no usage, or that got none
        self._under_way = 0
        self._has_waited = False
        self._own = threading.local()  # the call of a thread: the silent calls when it was sent
        self._changed = threading.Condition()
        if usage:
            self._learn(usage, 0)

    def take(self) -> bool:
        """
        Take a call that this thread is going to send, in place of the one before. Return False if none is left.

        Near the end of the org's allowance it waits for the answers to the calls under way: they say what is left.
        """
        self.settle()
        with self._changed:
            while self._is_open():
                if self._has_room():
                    self.taken += 1
                    self._under_way += 1
                    self._own.silent = self._silent
                    return True
                if not self._under_way:
                    self.ended_by = ALLOWANCE
                    break
                self._changed.wait()
            self._changed.notify_all()
            return False

    def has_left(self) -> bool:
        """Tell whether there may be a call left, without taking one."""
        with self._changed:
            return self._is_open() and (self._has_room() or self._under_way > 0)

    def answered(self, usage: Optional[Usage]) -> None:
        """Note the answer to the call of this thread. Other answers, such as that of a login, cost nothing."""
        with self._changed:
            silent: Optional[int] = getattr(self._own, "silent", None)
            if silent is None:
                return
            self._own.silent = None
            self._under_way -= 1
            if usage:
                self._learn(usage, silent)
            else:
                self._silent += 1
            self._changed.notify_all()

    def settle(self) -> None:
        """Note that the call of this thread is over, if it was not answered: Salesforce may have counted it."""
        self.answered(None)

    def is_first_wait(self) -> bool:
        """Tell whether no wait before a retry was told of yet."""
        with self._changed:
            is_first, self._has_waited = not self._has_waited, True
            return is_first

    def close(self) -> None:
        """Give no other call."""
        with self._changed:
            self.ended_by = self.ended_by or _CLOSED
            self._changed.notify_all()

    def _is_open(self) -> bool:
        if self.ended_by is None and self.taken >= self._most:
            self.ended_by = BUDGET
        return self.ended_by is None

    def _has_room(self) -> bool:
        if self._ceiling is None:  # the first answer may say it
            return not self._under_way or self.taken > self._under_way
        return self._known + self._silent + self._under_way < self._ceiling

    def _learn(self, usage: Usage, silent: int) -> None:
        """Take over a usage that was told to a call: silent calls that were over when it was sent are in it."""
        self._known = max(self._known, usage.used - silent)
        self._ceiling = math.floor(usage.most(self._max_percent) * (1 - LIST_RESERVE))
