"""
Walks through a listing, page by page. Salesforce documents no order, so each walk has its own.

A locator such as `0r8Rm00000000001AAA-1000` names the walk and the number of rows before it. It ends with the session
that made it.
"""

import math
from random import Random
from typing import NamedTuple

from jobs_source.standin.org.behaviour import Behaviour
from jobs_source.standin.org.clock import DAY_MS, Clock
from jobs_source.standin.org.draws import make_random
from jobs_source.standin.org.errors import ApiError, session_expired
from jobs_source.standin.org.ids import make_id
from jobs_source.standin.org.selection import Entry, Selections, Wanted

_LOCATOR_LIFE_MS = 2 * DAY_MS
_MAX_WALKS = 200  # older ones are forgotten, since each may hold a list of every job


class Page(NamedTuple):
    """One page: its entries, and the locator of the next one, or None on the last."""

    entries: list[Entry]
    locator: str | None


class _Order:
    """A fixed list in a scattered order. It is made without a copy, so the length does not matter."""

    def __init__(self, entries: list[Entry], random: Random) -> None:
        self._entries = entries
        self._count = len(entries)
        self._first = random.randrange(max(1, self._count))
        self._step = random.randint(1, max(1, self._count))
        while self._count and math.gcd(self._step, self._count) != 1:
            self._step = random.randint(1, self._count)

    def cut(self, start: int, stop: int) -> tuple[list[Entry], bool]:
        """Return the entries from *start* to *stop*, and whether there are more."""
        entries, count, first, step = self._entries, self._count, self._first, self._step
        places = range(first + start * step, first + min(stop, count) * step, step)
        return [entries[place % count] for place in places], stop < count


class _Walk:
    """
    A walk that began. The locators that its pages *named* lead to offsets.

    Attributes:
        served: Entries up to the end of the page that was given last.
        last: The locator that was named last.
    """

    def __init__(self, id: str, token: str, wanted: Wanted, began_ms: int) -> None:
        self.id, self.token, self.wanted, self.began_ms = id, token, wanted, began_ms
        self.named: dict[str, int] = {}
        self.served = 0
        self.last = ""
        self.orders: dict[Wanted, _Order] = {}


class Walks:
    """
    The walks of one org.

    Args:
        clock: The org's time.
        behaviour: The org's switches.
        selections: The entries of the listings.
        seed: The seed of locators and orders.
    """

    def __init__(self, clock: Clock, behaviour: Behaviour, selections: Selections, seed: int) -> None:
        self._clock, self._behaviour, self._selections = clock, behaviour, selections
        self._random = make_random("walks", seed)
        self._walks: dict[str, _Walk] = {}
        self._number = self._random.randrange(62**3, 62**4)

    def begin(self, token: str, wanted: Wanted) -> Page:
        """Return the first page of a new walk."""
        self._number += 1
        walk = _Walk(make_id("0r8", self._number), token, wanted, self._clock.now_ms())
        self._walks[walk.id] = walk
        if len(self._walks) > _MAX_WALKS:
            del self._walks[next(iter(self._walks))]
        return self._page(walk, wanted, 0)

    def go_on(self, token: str, wanted: Wanted, locator: str) -> Page:
        """
        Return the page that *locator* leads to.

        Raises:
            ApiError: If the locator is not one of this session and listing, or the filters have changed.
        """
        walk = self._walks.get(locator.rpartition("-")[0])
        if walk is None or not self._is_answered(walk, locator):
            raise _invalid_locator()
        if self._clock.now_ms() - walk.began_ms >= _LOCATOR_LIFE_MS:
            raise _invalid_locator()
        if walk.token != token:
            raise session_expired()
        if any(now not in (None, before) for now, before in zip(wanted, walk.wanted, strict=True)):
            raise _invalid_locator()
        kept = walk.wanted if self._behaviour.locator_keeps_filter else wanted
        if (offset := walk.named.get(locator)) is not None:
            return self._page(walk, kept, offset)
        return self._page(walk, kept, int(_offset(locator)), is_named=False)

    def _is_answered(self, walk: _Walk, locator: str) -> bool:
        if self._behaviour.locators_answered == "last":
            return locator == walk.last
        is_named = locator in walk.named
        return is_named if self._behaviour.locators_answered == "named" else is_named or _offset(locator).isdecimal()

    def _page(self, walk: _Walk, wanted: Wanted, asked: int, is_named: bool = True) -> Page:
        answered, size = self._behaviour.locators_answered, self._behaviour.page_size
        start = walk.served if answered in ("next", "echo") else asked
        entries, has_more = self._cut(walk, wanted, start, start + size)
        if not entries and not is_named:
            self._answer_past_end()
        walk.served = start + size
        if not has_more:
            return Page(entries, None)
        return Page(entries, self._name(walk, asked + size if answered == "echo" else walk.served, walk.served))

    def _cut(self, walk: _Walk, wanted: Wanted, start: int, stop: int) -> tuple[list[Entry], bool]:
        if self._behaviour.shifting:
            live = self._selections.select(wanted, in_place=True)
            return live[start:stop], stop < len(live)
        return self._order(walk, wanted).cut(start, stop)

    def _answer_past_end(self) -> None:
        if self._behaviour.past_end == "refused":
            raise _invalid_locator()
        if self._behaviour.past_end == "broken":
            raise ApiError(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred.")

    def _name(self, walk: _Walk, shown: int, offset: int) -> str:
        """Make the locator of the page that begins at *offset*."""
        size = self._behaviour.page_size
        said: dict[str, str] = {
            "offset": f"{shown}",
            "pages": f"{shown // size}",
            "drifting": f"{shown + (shown > 2 * size)}",
            "opaque": make_id("0r9", self._number + offset),
        }
        walk.last = f"{walk.id}-{said[self._behaviour.locator_form]}"
        walk.named[walk.last] = offset
        return walk.last

    def _order(self, walk: _Walk, wanted: Wanted) -> _Order:
        order = walk.orders.get(wanted)
        if order is None:
            order = walk.orders[wanted] = _Order(self._selections.select(wanted), self._random)
        return order


def _offset(locator: str) -> str:
    return locator.rpartition("-")[2]


def _invalid_locator() -> ApiError:
    return ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
