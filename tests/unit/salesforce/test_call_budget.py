"""The calls of a round: never one too many, however many threads take them, and none is left over."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier, Lock

import pytest

from jobs_source.salesforce.call_budget import CallBudget
from jobs_source.salesforce.usage import Usage

PLENTY = 1_000_000
BELOW_90_PERCENT = 81  # calls of 100 that look-ups may take the usage to: nine tenths of 90


class CountingOrg:
    """An org that counts calls, and tells its usage in some answers."""

    def __init__(self, used: int, limit: int, tells: Callable[[], bool]) -> None:
        self.used, self._limit, self._tells, self._lock = used, limit, tells, Lock()

    def call(self) -> Usage | None:
        with self._lock:
            self.used += 1
            return Usage(self.used, self._limit) if self._tells() else None


def call_all(budget: CallBudget, org: CountingOrg, random: Random, threads: int = 8) -> int:
    """Call from *threads* threads until none may any more. Return how many calls were made."""

    def work() -> int:
        made = 0
        while budget.take():
            usage = org.call()
            if random.random() < 0.9:  # the others get no answer
                budget.answered(usage)
            made += 1
        return made

    with ThreadPoolExecutor(threads) as pool:
        return sum(future.result() for future in [pool.submit(work) for _ in range(threads)])


@pytest.mark.parametrize("most", [0, 1, 7, 100])
def test_a_budget_is_taken_exactly(most: int, seed: int) -> None:
    """With eight threads no call is taken too many, and none is left."""
    budget = CallBudget(most, 90, None)
    assert call_all(budget, CountingOrg(0, PLENTY, lambda: True), Random(seed)) == most
    assert (budget.taken, budget.ended_by, budget.has_left()) == (most, "budget", False)


@pytest.mark.parametrize("used", [0, 10, 73, 80, 81, 200])
def test_look_ups_leave_a_tenth_to_listings(used: int) -> None:
    """Of 100 calls, 90 may be used, and look-ups end at 81: exactly, if every answer tells the usage."""
    budget, org = CallBudget(PLENTY, 90, Usage(used, 100)), CountingOrg(used, 100, lambda: True)

    def work() -> None:
        while budget.take():
            budget.answered(org.call())

    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(work) for _ in range(8)]:
            future.result()
    assert org.used == max(used, BELOW_90_PERCENT)
    assert (budget.taken, budget.ended_by) == (org.used - used, "allowance")


def test_calls_whose_answer_tells_nothing_are_counted(seed: int) -> None:
    """If no answer tells the usage, it is what was known before, and one more for each call."""
    budget, org = CallBudget(PLENTY, 90, Usage(20, 100)), CountingOrg(20, 100, lambda: False)
    assert call_all(budget, org, Random(seed)) == BELOW_90_PERCENT - 20
    assert (org.used, budget.ended_by) == (BELOW_90_PERCENT, "allowance")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_never_one_too_many_if_some_answers_tell_the_usage(share: float, seed: int) -> None:
    """An answer does not say which of the calls around it are in it. In doubt they are not."""
    for number in range(20):
        random = Random(seed + number)
        org = CountingOrg(20, 100, lambda random=random: random.random() < share)  # type: ignore[misc]
        call_all(CallBudget(PLENTY, 90, Usage(20, 100)), org, random)
        assert BELOW_90_PERCENT - 16 <= org.used <= BELOW_90_PERCENT


def test_others_may_use_the_org_meanwhile() -> None:
    """What others use counts as soon as an answer tells of it."""
    budget = CallBudget(PLENTY, 90, Usage(20, 100))
    taken = []
    for usage in (Usage(21, 100), Usage(80, 100), Usage(81, 100)):
        taken.append(budget.take())
        budget.answered(usage)
    assert (taken, budget.take(), budget.ended_by) == ([True, True, True], False, "allowance")


def test_a_usage_that_is_not_known_is_asked_for_with_one_call() -> None:
    """The others wait for its answer: the org may be over its allowance."""
    budget, barrier = CallBudget(PLENTY, 90, None), Barrier(8)
    org = CountingOrg(95, 100, lambda: True)

    def work() -> bool:
        barrier.wait(timeout=5)
        if is_taken := budget.take():
            budget.answered(org.call())
        return is_taken

    with ThreadPoolExecutor(8) as pool:
        taken = [future.result() for future in [pool.submit(work) for _ in range(8)]]
    assert (sum(taken), org.used, budget.ended_by) == (1, 96, "allowance")


def test_an_org_that_never_tells_its_usage_has_only_the_budget(seed: int) -> None:
    """Then nothing is known of its allowance."""
    budget = CallBudget(50, 90, None)
    assert call_all(budget, CountingOrg(0, 100, lambda: False), Random(seed)) == 50
    assert budget.ended_by == "budget"


def test_a_login_is_no_call() -> None:
    """An answer to a request that was not taken changes nothing."""
    budget = CallBudget(1, 90, None)
    budget.answered(Usage(100, 100))
    assert (budget.taken, budget.take(), budget.take()) == (0, True, False)


def test_a_closed_budget_gives_nothing() -> None:
    """The reason for an earlier end stays."""
    closed, spent = CallBudget(5, 90, None), CallBudget(0, 90, None)
    spent.take()
    for budget in (closed, spent):
        budget.close()
    assert (closed.take(), closed.taken, closed.ended_by) == (False, 0, "closed")
    assert (spent.take(), spent.ended_by) == (False, "budget")
