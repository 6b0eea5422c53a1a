"""What becomes of a filter on the way to the next page: in the link, in the locator, and beside a locator."""

from collections import Counter
from typing import Final

from jobs_source.salesforce.survey.asking import Asker, Once
from jobs_source.salesforce.survey.pages import JobPage
from jobs_source.salesforce.survey.reasons import NotSeenError, RefusedError
from jobs_source.salesforce.survey.words import JOB_TYPES, yes_or_no

_FILTER: Final = "jobType"


class Filtered:
    """The first pages of a listing with a filter. It asks as soon as it is made."""

    def __init__(self, asker: Asker, unfiltered: Once[JobPage]) -> None:
        self._unfiltered = unfiltered
        self._filters = Once(lambda: {_FILTER: most_common_type(unfiltered.get())})
        self._first = Once(lambda: asker.page(unfiltered.get().endpoint, self._filters.get()))
        self._with = Once(lambda: asker.next_page(self._first.get(), self._first.get().locator, self._filters.get()))
        # An org may take only the locator that it has named last.
        self._without = Once(lambda: asker.next_page(self._first.get(), self._newest_locator()))

    def works(self) -> str:
        """Say whether a filtered page has jobs of that type only."""
        return yes_or_no(self._has_one_type(self._first.get()))

    def link_keeps(self) -> str:
        """Say whether the link to the next page has the filter."""
        _ = self._locator()
        return yes_or_no(_FILTER in self._first.get().link_filters)

    def is_taken_with_locator(self) -> str:
        """Say whether a locator and its filter may be sent together."""
        _ = self._locator()
        try:
            page = self._with.get()
        except RefusedError as error:
            return f"no, refused: {error}"
        return "yes" if self._has_one_type(page) else "yes, but jobs of other types came"

    def locator_keeps(self) -> str:
        """Say whether a locator without the filter leads to filtered jobs."""
        _ = self._locator()
        try:
            page = self._without.get()
        except RefusedError as error:
            return f"no, refused: {error}"
        if not page.jobs:
            raise NotSeenError("an empty page came")
        if not self._has_one_type(page):
            return "no"
        if self._has_one_type(self._unfiltered.get()):
            raise NotSeenError("the list has jobs of one type only")
        return "yes"

    def _locator(self) -> str:
        first = self._first.get()
        if first.is_last:
            raise NotSeenError("the filtered list has one page")
        return first.locator

    def _newest_locator(self) -> str:
        try:
            return self._with.get().locator
        except NotSeenError:
            return self._first.get().locator

    def _has_one_type(self, page: JobPage) -> bool:
        return all(job.get(_FILTER) == self._filters.get()[_FILTER] for job in page.jobs)


def most_common_type(page: JobPage) -> str:
    """Return the job type that most jobs of a page have: its list is the longest."""
    if page.is_last:
        raise NotSeenError(f"the list of {page.endpoint} has one page")
    types = (job.get(_FILTER) for job in page.jobs)
    found = Counter(type_ for type_ in types if isinstance(type_, str) and type_ in JOB_TYPES)
    if not found:
        raise NotSeenError("no job has a type that is documented")
    return found.most_common(1)[0][0]
