"""
Asks for the pages of a listing before their links are known, and believes no answer that the listing does not confirm.

A page is judged in its turn, when the page before has named its locator. So whoever reads the pages cannot tell how
they were asked for. If something does not fit, the walk stops guessing, and starts again if pages may be lost.
"""

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Final, Optional

import msgspec

from jobs_source.exceptions import ApiError, ConnectionFailedError, ListingError, RequestRefusedError
from jobs_source.salesforce.entries import first_id, split
from jobs_source.salesforce.guessing import Guessing
from jobs_source.salesforce.page import Answer
from jobs_source.salesforce.steps import Steps, find_steps
from jobs_source.salesforce.workers import Workers

BAD_LOCATOR: Final = "INVALID_QUERY_LOCATOR"
_MOST_FAILURES: Final = 3  # of guesses before the first right one; such an org may answer none


class OutOfStepError(Exception):
    """The answers to guesses do not fit together. The walk starts again, one page after the other."""


Ask = Callable[[Optional[str], bool], Answer]
"""Asks for the page of a locator, with or without retries. None is the start of the list."""


class Guesses:
    """
    Fetches the pages of one walk, some of them before they are named.

    Args:
        guessing: How far to go. What comes of it is written there.
        calls_left: Returns how many calls the API allowance has left, None if that is not known.
    """

    def __init__(self, guessing: Guessing, ask: Ask, calls_left: Callable[[], Optional[int]]) -> None:
        self._guessing, self._ask, self._calls_left = guessing, ask, calls_left
        self._workers: Workers[Answer] = Workers(guessing.pages_ahead - 1)
        self._under_way: dict[str, Future[Answer]] = {}
        self._steps: Optional[Steps] = None
        self._is_guessing = False
        self._judged = 0  # pages
        self._guessed = 0  # number of the last page that was guessed at
        self._ahead = 1  # pages to ask for after the next one; doubled with each guess that was right
        self._right = 0  # guesses that were used
        self._failures = 0  # guesses that brought no page, though it had to be asked for again in its turn
        self._first_ids: set[str] = set()
        self._before = msgspec.Raw(b"")  # the entries of the page before
        self._unused: list[Answer] = []  # pages with entries that do not fit
        self._is_page_lost = False  # whether a guess may have taken a page that a listing without offsets gives once

    def fetch(self, locator: Optional[str]) -> Answer:
        """
        Return the page of *locator*, which the page before has named, and ask for pages after it.

        Raises:
            OutOfStepError: If the walk has to start again.
            SalesforceJobsError: If the page cannot be fetched.
        """
        guess = self._under_way.pop(locator, None) if locator else None
        answer = (guess and self._take(guess)) or self._ask_in_turn(locator)
        self._judged += 1
        self._guessing.pages = self._judged
        if self._judged == 1:  # once for all pages: clocks differ
            self._is_guessing = self._guessing.may_guess(answer.answered_at)
        if self._is_guessing:
            self._judge(locator, answer)
            self._ask_ahead()
        return answer

    def unused(self) -> list[Answer]:
        """Return the pages that were listed and not returned. A job on them may be gone when the walk starts again."""
        self._drop()
        return self._unused

    def close(self) -> None:
        """Let the threads end. What they still fetch is not used."""
        self._guessing.calls_wasted += len(self._under_way)
        self._workers.end()

    def _take(self, guess: Future[Answer]) -> Optional[Answer]:
        """Return the answer to a guess at the page that is now in turn; None if the page has to be asked for again."""
        error = guess.exception()
        if error is None:
            self._right += 1
            self._ahead = min(2 * self._ahead, self._guessing.pages_ahead - 1)
            return guess.result()
        self._guessing.calls_wasted += 1
        self._failures += 1
        if isinstance(error, ListingError):
            self._give_up(may_lose_pages=True, is_refuted=False)
        if _is_refusal(error) or (self._failures == _MOST_FAILURES and not self._right):
            self._give_up(may_lose_pages=False)
        return None

    def _ask_in_turn(self, locator: Optional[str]) -> Answer:
        try:
            return self._ask(locator, True)
        except ApiError as error:  # a guess may have moved the listing on
            if self._guessed:
                self._give_up(may_lose_pages=True, is_refuted=_is_refusal(error))
            raise

    def _judge(self, own: Optional[str], answer: Answer) -> None:
        """Judge the page that is in turn: how it fits with those before it, and with the guesses under way."""
        entries = split(answer.records)
        is_new = self._is_new(first_id(entries))
        is_right, is_refuted = is_new, True
        self._before = answer.records
        if answer.following is None:
            self._steps = None
            has_failed = self._drop() or self._failures > 0
            is_refuted = not is_new or bool(self._unused)
            # Without an answer, a guess may have taken a page: this one, if it is empty, or one in between.
            is_right = not (is_refuted or self._is_page_lost or (has_failed and not entries))
        elif self._judged == 1:
            self._steps = find_steps(own, answer.following, len(entries))
            self._is_guessing = self._steps is not None
        elif self._steps is not None:
            is_next = answer.following == self._steps.locator(self._judged + 1)
            is_right = is_new and is_next and len(entries) == self._steps.size
        if not is_right:
            self._unused += [answer] if self._guessed else []
            self._give_up(may_lose_pages=self._guessed > 0, is_refuted=is_refuted)

    def _ask_ahead(self) -> None:
        calls_left = self._calls_left()
        if self._steps is None or (calls_left is not None and calls_left < 2 * self._guessing.pages_ahead):
            return
        in_turn = self._judged + 1
        farthest = in_turn + self._ahead
        if self._guessing.last_pages is not None:
            farthest = min(farthest, self._guessing.last_pages)
        for number in range(max(self._guessed, in_turn) + 1, farthest + 1):
            locator = self._steps.locator(number)
            self._under_way[locator] = self._workers.submit(partial(self._ask, locator, False))
            self._guessed = number

    def _give_up(self, may_lose_pages: bool, is_refuted: bool = True) -> None:
        self._is_guessing, self._steps = False, None
        self._guessing.has_given_up = True
        self._guessing.is_refuted |= is_refuted
        self._drop()
        if may_lose_pages or self._unused or self._is_page_lost:
            raise OutOfStepError

    def _drop(self) -> bool:
        """
        Wait for all guesses and keep those that are pages with entries; an empty page or a refusal is no loss.

        Return whether there was another error.
        """
        has_failed = False
        for guess in self._under_way.values():
            self._guessing.calls_wasted += 1
            error = guess.exception()
            has_failed |= error is not None and not _is_refusal(error)
            self._is_page_lost |= error is not None and not _is_answer(error)
            if error is None and split(guess.result().records):
                self._unused.append(guess.result())
        self._under_way.clear()
        return has_failed

    def _is_new(self, first: Optional[str]) -> bool:
        """
        Tell whether no page before begins with this job, and the last one does not have it at all.

        If it has, jobs were added meanwhile: a page that was answered too early may lack some.
        """
        if first is None:
            return True
        is_new = first not in self._first_ids and f'"{first}"'.encode() not in bytes(self._before)
        self._first_ids.add(first)
        return is_new


def _is_refusal(error: BaseException) -> bool:
    """Tell whether Salesforce refused the locator itself. How it says so is not documented."""
    is_bad_locator = isinstance(error, ApiError) and error.error_code == BAD_LOCATOR
    return is_bad_locator or isinstance(error, RequestRefusedError)


def _is_answer(error: BaseException) -> bool:
    """Tell an error that Salesforce gave in place of a page from one on the way, where the page may have been lost."""
    is_gateway = isinstance(error, ApiError) and not error.error_code
    return not (is_gateway or isinstance(error, (ConnectionFailedError, ListingError)))
