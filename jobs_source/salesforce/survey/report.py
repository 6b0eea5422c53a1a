"""The questions of a survey, in the order in which they are printed, each with what answers it."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from jobs_source.salesforce.survey import listings
from jobs_source.salesforce.survey.filtering import Filtered
from jobs_source.salesforce.survey.listings import Shown
from jobs_source.salesforce.survey.looking_up import LookUps
from jobs_source.salesforce.survey.pages import JobPage
from jobs_source.salesforce.survey.reasons import ODD_ANSWER, ODD_SHAPE, NotSeenError
from jobs_source.salesforce.survey.walking import Walk
from jobs_source.salesforce.survey.words import (
    CONCURRENCY_MODES,
    CONTENT_TYPES,
    JOB_TYPES,
    OPERATIONS,
    STATES,
    yes_or_no,
)
from jobs_source.settings import INGEST_ENDPOINT, QUERY_ENDPOINT

Question = tuple[str, Callable[[], str]]


class Seen(NamedTuple):
    """What was asked of an org, and came or not."""

    ingest: Shown
    query: Shown
    walk: Walk
    filtered: Filtered
    look_ups: LookUps

    @property
    def jobs(self) -> list[dict[str, Any]]:
        """The jobs of both listings. Raises `NotSeenError` if there are none."""
        jobs = [job for shown in (self.ingest, self.query) for page in shown.pages for job in page.jobs]
        if not jobs:
            self.any_first()
            raise NotSeenError("the lists are empty")
        return jobs

    def any_first(self) -> JobPage:
        """Return the first page of one of the listings."""
        try:
            return self.ingest.first.get()
        except NotSeenError:
            return self.query.first.get()


def answer(seen: Seen) -> dict[str, str]:
    """Answer the questions about what was *seen*."""
    parts = (_lists, _jobs, _links, _guesses, _errors)
    return {question: attempt(find) for part in parts for question, find in part(seen)}


def attempt(find: Callable[[], str]) -> str:
    """Return the answer that *find* gives, or say why there is none."""
    try:
        return find()
    except NotSeenError as error:
        return f"not seen: {error}"
    except ODD_ANSWER:
        return f"not seen: {ODD_SHAPE}"


def _lists(seen: Seen) -> Iterator[Question]:
    first = seen.any_first
    yield "a list has the header Date", lambda: yes_or_no("Date" in first().headers)
    yield "a list has the header Sforce-Limit-Info", lambda: yes_or_no("Sforce-Limit-Info" in first().headers)
    yield "a list comes in gzip", lambda: listings.is_packed(first())
    for name, shown in ((INGEST_ENDPOINT, seen.ingest), (QUERY_ENDPOINT, seen.query)):
        yield f"pages of {name}", seen.walk.page_count if shown.first is seen.walk.first else shown.page_count
        yield f"jobs on page 1 of {name}", shown.size
        yield f"job types in {name}", partial(shown.values, "jobType", JOB_TYPES)
        yield f"states in {name}", partial(shown.values, "state", STATES)
    yield "V2Query jobs in jobs/ingest", lambda: seen.ingest.shows("V2Query", seen.query)
    for job_type in ("Classic", "V2Ingest", "BigObjectIngest"):
        yield f"{job_type} jobs in jobs/query", partial(seen.query.shows, job_type, seen.ingest)
    yield "jobs of more than one user", lambda: listings.has_many_users(seen.jobs)


def _jobs(seen: Seen) -> Iterator[Question]:
    values = listings.values_of
    yield "operations", lambda: values(seen.jobs, "operation", OPERATIONS)
    yield "content types", lambda: values(seen.jobs, "contentType", CONTENT_TYPES)
    yield "concurrency modes", lambda: values(seen.jobs, "concurrencyMode", CONCURRENCY_MODES)
    yield "apiVersion is", lambda: listings.version_type(seen.jobs)
    yield "times end with", lambda: listings.time_form(seen.jobs)
    yield "jobs without an object", lambda: listings.lacks_object(seen.jobs)
    yield "Classic jobs have lineEnding", lambda: listings.classic_has("lineEnding", seen.jobs)
    yield "Classic jobs have columnDelimiter", lambda: listings.classic_has("columnDelimiter", seen.jobs)
    yield "keys in the lists that are not documented", lambda: listings.list_keys(seen.jobs)


def _links(seen: Seen) -> Iterator[Question]:
    filtered = seen.filtered
    yield "last page of jobs/ingest: nextRecordsUrl", seen.ingest.last_link
    yield "last page of jobs/query: nextRecordsUrl", seen.query.last_link
    yield "next link of jobs/ingest names", seen.ingest.link_path
    yield "next link of jobs/query names", seen.query.link_path
    yield "filters and locators were tried at", lambda: seen.walk.first.get().endpoint
    yield "a filter by job type works", filtered.works
    yield "the next link keeps the filter", filtered.link_keeps
    yield "a locator is taken together with the filter", filtered.is_taken_with_locator
    yield "a locator keeps the filter by itself", filtered.locator_keeps


def _guesses(seen: Seen) -> Iterator[Question]:
    walk = seen.walk
    yield "form of a locator", walk.locator_form
    yield "the number in a locator counts entries", walk.counts_entries
    yield "the numbers go on in equal steps", walk.has_equal_steps
    yield "a guess at page 3 is right", walk.guess
    yield "a guess past the end", walk.past_end
    for key in ("createdDate", "id", "systemModstamp"):
        yield f"order by {key}", partial(walk.order, key)


def _errors(seen: Seen) -> Iterator[Question]:
    look_ups = seen.look_ups
    yield "a bad locator", look_ups.bad_locator
    yield "Get Job Info of a job that is not there", look_ups.gone
    yield "Get Job Info answers for a Classic job", look_ups.answers_for_classic
    yield "keys of Get Job Info that are not documented", look_ups.info_keys
    yield "Bulk API 1.0 answers in", look_ups.bulk_form
    yield "Bulk API 1.0 has the header Sforce-Limit-Info", look_ups.bulk_has_usage
    yield "Bulk API 1.0 of a job that is not there", look_ups.bulk_gone
    yield "keys of Bulk API 1.0 that are not documented", look_ups.bulk_keys
