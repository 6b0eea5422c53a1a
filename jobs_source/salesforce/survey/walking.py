"""
Pages 1 to 3 of a listing, with a guess at page 3 before page 2 names it, as `read_ahead.py` does.

Page 1 was asked for before. The calls come in this order: the guess, page 2, page 3, then a guess past the end.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, Optional

from jobs_source.salesforce.survey.asking import Asker, Once
from jobs_source.salesforce.survey.pages import JobPage
from jobs_source.salesforce.survey.reasons import NotSeenError, RefusedError, ServerError
from jobs_source.salesforce.survey.words import yes_or_no

_CURSORS: Final = ("01g", "0r8")  # how the cursors of Salesforce's documents begin
_LEAST_VALUES: Final = 3  # of which an order can be told


class Form(NamedTuple):
    """A locator of the form `<cursor>-<number>`."""

    cursor: str
    number: int

    def page(self, number: int) -> str:
        """Guess the locator of a page, the first being 1, from that of page 2."""
        return f"{self.cursor}-{(number - 1) * self.number}"


def read_form(locator: str) -> Form:
    """Read the locator of page 2. Raises `NotSeenError` if it has another form."""
    cursor, _, number = locator.rpartition("-")
    if not cursor or not (number.isascii() and number.isdecimal()) or int(number) == 0:
        raise NotSeenError("the locator has another form")
    return Form(cursor, int(number))


class Walk:
    """
    The first pages of one listing. It asks as soon as it is made.

    Attributes:
        first: Page 1.
    """

    def __init__(self, asker: Asker, first: Once[JobPage]) -> None:
        self.first, self._asker = first, asker
        self._form = Once(lambda: read_form(first.get().locator))
        self._guess = Once(lambda: asker.next_page(first.get(), self._form.get().page(3)))
        self._second = Once(lambda: asker.next_page(first.get(), first.get().locator))
        self._third = Once(lambda: asker.next_page(self._second.get(), self._second.get().locator))

    @property
    def pages(self) -> list[JobPage]:
        """Pages 1 to 3, as far as they came; not the guess."""
        return [page for page in map(_or_none, (self.first, self._second, self._third)) if page]

    def page_count(self) -> str:
        """Say how many pages there are: 1, 2, or 3 and more."""
        if self.first.get().is_last:
            return "1"
        second = _or_none(self._second)
        if second is None or not second.is_last:
            return "3 or more" if second else "2 or more"
        if self._is_led_astray():
            raise NotSeenError("page 2 says that it is the last, but a guess at page 3 brought jobs")
        return "2"

    @property
    def is_complete(self) -> bool:
        """Whether every page of the listing is among `pages`."""
        return any(page.is_last for page in self.pages) and not self._is_led_astray()

    def locator_form(self) -> str:
        """Say what a locator looks like."""
        try:
            form = read_form(self.first.get().locator)
        except NotSeenError:
            _ = self.first.get().locator
            return "another than CURSOR-NUMBER"
        prefix = next((f" (it begins with {it})" for it in _CURSORS if form.cursor.startswith(it)), "")
        return f"CURSOR-NUMBER{prefix}"

    def counts_entries(self) -> str:
        """Say whether the number in a locator is that of the entries before its page."""
        return yes_or_no(self._form.get().number == len(self.first.get().jobs))

    def has_equal_steps(self) -> str:
        """Say whether the locators of pages 3 and 4 go on from that of page 2 in the same step."""
        form, second = self._form.get(), self._second.get()
        if second.is_last:
            raise NotSeenError("page 2 is the last page")
        third = self._third.get()
        return yes_or_no(second.locator == form.page(3) and (third.is_last or third.locator == form.page(4)))

    def guess(self) -> str:
        """Say whether a guess at page 3 brought page 3."""
        form = self._form.get()
        if self._second.get().is_last:
            raise NotSeenError("page 2 is the last page")
        answer = describe(self._guess.get)
        if answer != "jobs":
            return f"no, {answer}"
        if self._second.get().locator != form.page(3):
            return "no, page 2 names another locator for page 3"
        guessed, named = self._guess.get().ids, self._third.get().ids
        if guessed == named:
            return "yes"
        common = len(set(guessed) & set(named))
        return "yes, in part: some jobs differ" if 2 * common > len(named) else "no, other jobs came"

    def past_end(self) -> str:
        """Say what a guess past the end brings. It takes a call if there are three pages."""
        form = self._form.get()
        if self._second.get().is_last:
            return describe(self._guess.get)
        if not self._third.get().is_last:
            raise NotSeenError("the list has more than three pages")
        return describe(lambda: self._asker.next_page(self.first.get(), form.page(4)))

    def order(self, key: str) -> str:
        """Say whether pages 1 and 2, one after the other, are in the order of *key*."""
        self.first.get()
        return order_of([job.get(key) for page in self.pages[:2] for job in page.jobs])

    def _is_led_astray(self) -> bool:
        """Tell whether the guess brought jobs of another page than 3: an org may count what it has given."""
        guess, third = _or_none(self._guess), _or_none(self._third)
        return guess is not None and bool(guess.jobs) and (third is None or guess.ids != third.ids)


def order_of(values: Sequence[Any]) -> str:
    """Say in which order *values* are."""
    texts = [value for value in values if isinstance(value, str)]
    if len(set(texts)) < _LEAST_VALUES:
        raise NotSeenError("too few jobs")
    if texts == sorted(texts):
        return "ascending"
    return "descending" if texts == sorted(texts, reverse=True) else "mixed"


def describe(ask: Callable[[], JobPage]) -> str:
    """Say in a few words what came: jobs, an empty page, a refusal or an error."""
    try:
        page = ask()
    except RefusedError as error:
        return f"refused: {error}"
    except ServerError as error:
        return f"error: {error}"
    return "jobs" if page.jobs else "an empty page"


def _or_none(page: Once[JobPage]) -> Optional[JobPage]:
    try:
        return page.get()
    except NotSeenError:
        return None
