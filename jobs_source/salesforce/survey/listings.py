"""What the pages of both listings show by themselves. Of the jobs only documented words are told, and no number."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final, NamedTuple

from jobs_source.salesforce.survey.asking import Once
from jobs_source.salesforce.survey.pages import JobPage
from jobs_source.salesforce.survey.reasons import NotSeenError
from jobs_source.salesforce.survey.words import LIST_KEYS, known_values, magnitude, unknown_keys, yes_or_no

_ABSENT: Final = object()


class Shown(NamedTuple):
    """
    What was seen of one listing.

    Attributes:
        first: Its first page.
        pages: All of its pages that came.
        is_complete: Whether these are all of its pages.
    """

    first: Once[JobPage]
    pages: Sequence[JobPage]
    is_complete: bool

    @property
    def jobs(self) -> list[dict[str, Any]]:
        """Its jobs. Raises `NotSeenError` if its first page did not come, or has none."""
        self.first.get()
        jobs = [job for page in self.pages for job in page.jobs]
        if not jobs:
            raise NotSeenError("the list is empty")
        return jobs

    def page_count(self) -> str:
        """Say how many pages it has, from the first one alone."""
        return "1" if self.first.get().is_last else "2 or more"

    def size(self) -> str:
        """Say about how many jobs its first page has."""
        return magnitude(len(self.first.get().jobs))

    def values(self, key: str, known: Collection[str]) -> str:
        """List the documented values of *key*."""
        return values_of(self.jobs, key, known)

    def shows(self, job_type: str, other: "Shown") -> str:
        """Say whether jobs of *job_type* are in this listing, though they belong into the *other*."""
        if job_type in _types(self.jobs):
            return "yes"
        if not self.is_complete:
            return "not on the pages that were read"
        other.first.get()
        if all(job_type not in _types(page.jobs) for page in other.pages):
            raise NotSeenError(f"the org lists no {job_type} job on the pages that were read")
        return "no"

    def link_path(self) -> str:
        """Name the listing that the link to the second page names."""
        page = self.first.get()
        _ = page.locator
        return page.link_path

    def last_link(self) -> str:
        """Say what the last page has in the place of a link."""
        self.first.get()
        for page in self.pages:
            if page.is_last:
                link = page.answer.get("nextRecordsUrl", _ABSENT)
                return "absent" if link is _ABSENT else "null" if link is None else "a link" if link else "empty text"
        raise NotSeenError("the last page was not read")


def is_packed(page: JobPage) -> str:
    """Say whether a page came compressed."""
    if not page.jobs:
        raise NotSeenError("the list is empty")
    return yes_or_no(page.headers.get("Content-Encoding") == "gzip")


def values_of(jobs: Iterable[dict[str, Any]], key: str, known: Collection[str]) -> str:
    """List the documented values of *key*."""
    return known_values((job.get(key) for job in jobs), known)


def has_many_users(jobs: Iterable[dict[str, Any]]) -> str:
    """Say whether more than one user made *jobs*."""
    return yes_or_no(len({user for job in jobs if isinstance(user := job.get("createdById"), str)}) > 1)


def list_keys(jobs: Iterable[dict[str, Any]]) -> str:
    """List the keys of *jobs* that are not documented for a listing."""
    return unknown_keys({key for job in jobs for key in job}, LIST_KEYS)


def version_type(jobs: Iterable[dict[str, Any]]) -> str:
    """Say whether `apiVersion` is a number or text."""
    kinds = {type(job.get("apiVersion")) for job in jobs}
    names = {float: "a number", int: "a number", str: "text", type(None): "nothing"}
    return " or ".join(sorted({names.get(kind, "something else") for kind in kinds}))


def time_form(jobs: Iterable[dict[str, Any]]) -> str:
    """Say how times end."""
    ends = {_ending(job.get(key)) for job in jobs for key in ("createdDate", "systemModstamp")}
    return " or ".join(sorted(ends))


def lacks_object(jobs: Iterable[dict[str, Any]]) -> str:
    """Say whether there is a job without an object."""
    return yes_or_no(any(not job.get("object") for job in jobs))


def classic_has(key: str, jobs: Iterable[dict[str, Any]]) -> str:
    """Say whether Classic jobs have a value of *key*."""
    found = {bool(job.get(key)) for job in jobs if job.get("jobType") == "Classic"}
    if not found:
        raise NotSeenError("no Classic job is listed on the pages that were read")
    return yes_or_no(found == {True}) if len(found) == 1 else "some"


def _types(jobs: Iterable[dict[str, Any]]) -> set[str]:
    return {str(job.get("jobType")) for job in jobs}


def _ending(value: Any) -> str:
    if value is None:
        return "nothing"
    return next((end for end in ("+0000", "+00:00", "Z") if str(value).endswith(end)), "something else")
