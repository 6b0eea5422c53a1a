"""`guesses.py`: pages are asked for before their links are known, and believed only if the listing confirms them."""

import json
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import timedelta
from threading import Condition, Thread
from threading import enumerate as all_threads
from typing import Any, Optional

import msgspec
import pytest

from jobs_source.options import plan_walks
from jobs_source.salesforce.guesses import Guesses, OutOfStepError
from jobs_source.salesforce.guessing import Guessing
from jobs_source.salesforce.listing import Listing, walk
from jobs_source.salesforce.page import Answer, Page
from jobs_source.salesforce.steps import Steps, find_steps
from jobs_source.settings import READ_AHEAD_PAGES
from jobs_source.standin import Clock, Org, StandIn
from jobs_source.standin.api.messages import Request, Response
from tests.clients import INGEST, make_client, paths, side_by_side
from tests.conftest import START
from tests.simulation.bare_walk import take_rows

SIZE = 2  # jobs on a page
SIX_PAGES = [0, 2, 4, 6, 8, 10]
"""The offset of each page of twelve jobs."""
BAD_LOCATOR: dict[str, Any] = {
    "status": 400,
    "body": [{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}],
}


class OrderedStandIn(StandIn):
    """
    Answers the pages of a listing in the order that a test gives, by offset, whatever the order they were asked in.

    A page that is not in the order, or too early for good, fails the test. Without an order, each is answered at once.

    Attributes:
        answered: The offset of each page, in the order of the answers.
        shown: The ids on all of them.
    """

    def __init__(self, jobs: int = 12, order: Sequence[int] = ()) -> None:
        super().__init__(org=Org(seed=1, clock=Clock(START, frozen=True)))
        self.org.page_size, self.org.compresses = SIZE, False
        self.org.add_jobs(jobs, job_type="V2Ingest", created=START - timedelta(hours=1))
        self.order = list(order)
        self.answered: list[int] = []
        self.shown: list[str] = []
        self._turn = Condition()

    def __enter__(self) -> "OrderedStandIn":
        super().__enter__()
        return self

    def _answer(self, request: Request) -> Response:
        if "jobs/" not in request.path:
            return super()._answer(request)
        said = request.query.get("queryLocator", "-0").rpartition("-")[2]
        offset = int(said) if said.isdecimal() else -1
        with self._turn:
            is_next = self._turn.wait_for(lambda: not self.order or self._next() == offset, timeout=10)
            assert is_next, f"{offset} was asked for, but {self._next()} is next after {self.answered}"
            self.answered.append(offset)
            self._turn.notify_all()
            response = super()._answer(request)
            if response.status == 200 and not response.broken and (records := json.loads(response.body)["records"]):
                self.shown += [entry["id"] for entry in records]
            return response

    def _next(self) -> Optional[int]:
        return dict(enumerate(self.order)).get(len(self.answered))


def ids(pages: Iterable[Page]) -> list[str]:
    return [entry["id"] for page in pages for entry in json.loads(bytes(page.records))]


def walked(standin: StandIn, guessing: Guessing, listing: Listing = INGEST) -> list[str]:
    """Walk *listing* and return the ids in the order in which they came."""
    return ids(walk(make_client(standin), listing, guessing))


def listed(standin: StandIn) -> list[str]:
    return sorted(job["id"] for job in standin.org.listed("ingest"))


RAMP = [*SIX_PAGES, 12, 14, 16, 18, 20, 22, 24]
"""Six pages, then what was guessed past them: one page ahead, two, four, seven."""


def test_the_pages_of_a_first_walk_come_in_order_and_it_wastes_at_most_the_pages_ahead_less_one() -> None:
    """Six pages cost thirteen calls if eight may be under way; the reader cannot tell how they were asked for."""
    guessing = Guessing(8)
    with OrderedStandIn(12, RAMP) as standin:
        found = walked(standin, guessing)

    assert (len(found), sorted(found)) == (12, listed(standin))
    assert standin.answered == RAMP
    assert (guessing.calls_wasted, guessing.pages, guessing.is_refuted) == (7, 6, False)


def test_guessed_pages_are_under_way_at_the_same_time() -> None:
    """The third page is answered before the second, which would wait for ever if they were not."""
    order = [0, 4, 2, 10, 8, 6]
    guessing = Guessing(8, last_pages=6)
    with OrderedStandIn(12) as standin:
        one_by_one = walked(standin, Guessing(1))
    with OrderedStandIn(12, order) as standin:
        found = walked(standin, guessing)

    assert found == one_by_one
    assert standin.answered == order
    assert (guessing.calls_wasted, guessing.is_refuted) == (0, False)


@pytest.mark.parametrize(
    ("pages_ahead", "last_pages", "order", "wasted"),
    [
        (1, None, SIX_PAGES, 0),
        (2, None, [*SIX_PAGES, 12], 1),
        (3, None, [*SIX_PAGES, 12, 14], 2),
        (8, 6, SIX_PAGES, 0),
        (8, 5, SIX_PAGES, 0),
        (8, 2, SIX_PAGES, 0),
        (8, 8, [*SIX_PAGES, 12, 14], 2),
    ],
)
def test_no_page_is_guessed_at_past_those_of_the_last_good_walk(
    pages_ahead: int, last_pages: Optional[int], order: list[int], wasted: int
) -> None:
    """An org that has not shrunk wastes no call; with one page ahead there are no guesses at all."""
    guessing = Guessing(pages_ahead, last_pages)
    with OrderedStandIn(12, order) as standin:
        assert sorted(walked(standin, guessing)) == listed(standin)
    assert standin.answered == order
    assert guessing.calls_wasted == wasted


@pytest.mark.parametrize(("jobs", "order"), [(0, [0]), (2, [0]), (3, [0, 2, 4])])
def test_one_page_costs_one_call(jobs: int, order: list[int]) -> None:
    """The first page names the second; only then is there something to guess."""
    with OrderedStandIn(jobs, order) as standin:
        assert sorted(walked(standin, Guessing(8))) == listed(standin)
    assert standin.answered == order


@pytest.mark.parametrize("past_end", ["empty", "refused", "broken"])
def test_a_guess_past_the_end_is_only_a_wasted_call(past_end: str) -> None:
    """An empty page, a refused locator or an error there says nothing against the org, and is not retried."""
    guessing = Guessing(8)
    with OrderedStandIn(12, RAMP) as standin:
        standin.org.past_end = past_end
        assert sorted(walked(standin, guessing)) == listed(standin)
    assert standin.answered == RAMP
    assert (guessing.calls_wasted, guessing.is_refuted) == (7, False)


@pytest.mark.parametrize(
    "fault",
    [
        ("status", {}),
        ("status", {"status": 401, "body": [{"errorCode": "INVALID_SESSION_ID", "message": "expired"}]}),
        ("status", {"status": 403, "body": [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests"}]}),
        ("html", {}),
        ("empty", {}),
        ("reset", {}),
        ("cut", {}),
    ],
)
def test_an_error_on_a_guess_is_not_the_runs_error(fault: tuple[str, dict[str, Any]]) -> None:
    """It renews no login and is not retried: the page is asked for again in its turn."""
    kind, details = fault
    order = [0, 4, 2, 4, 6, 8, 10]
    guessing = Guessing(8, last_pages=6)
    with OrderedStandIn(12, order) as standin:
        standin.misbehave(kind, path="jobs/ingest", at=2, **details)
        found = walked(standin, guessing)

    assert (len(found), sorted(found)) == (12, listed(standin))
    assert standin.answered == order
    assert paths(standin).count("oauth2/token") == 1
    assert (guessing.calls_wasted, guessing.is_refuted) == (1, False)


@pytest.mark.parametrize("key", ["nextRecordsUrl", "records", "done"])
def test_a_guess_that_is_no_page_makes_the_walk_start_again(key: str) -> None:
    """A listing that ignores offsets would not give it a second time. It is no error of the run, nor of the org."""
    order = [0, 4, 2, 6, *SIX_PAGES]
    guessing = Guessing(8)
    with OrderedStandIn(12, order) as standin:
        standin.misbehave("replace_json", path="jobs/ingest", at=2, transform=lambda page: {**page, key: None})
        found = walked(standin, guessing)

    assert sorted(found[-12:]) == listed(standin)
    assert standin.answered == order
    assert (guessing.calls_wasted, guessing.is_refuted) == (2, False)


def without_records(page: dict[str, Any]) -> dict[str, Any]:
    return {**page, "records": []}


def test_an_empty_last_page_is_right() -> None:
    """As it may come where the jobs are just as many as pages hold."""
    guessing = Guessing(8, last_pages=6)
    with OrderedStandIn(12, SIX_PAGES) as standin:
        standin.misbehave("replace_json", path="jobs/ingest", at=6, transform=without_records)
        assert len(walked(standin, guessing)) == 10
    assert standin.answered == SIX_PAGES
    assert (guessing.calls_wasted, guessing.is_refuted) == (0, False)


def test_an_empty_last_page_after_a_guess_without_an_answer_makes_the_walk_start_again() -> None:
    """The guess may have taken what was on it."""
    order = [0, 4, 2, 4, 6, 8, 10, *SIX_PAGES]
    guessing = Guessing(8, last_pages=6)
    with OrderedStandIn(12, order) as standin:
        standin.misbehave("reset", path="jobs/ingest", at=2)
        standin.misbehave("replace_json", path="jobs/ingest", at=7, transform=without_records)
        found = walked(standin, guessing)

    assert sorted(found[-12:]) == listed(standin)
    assert standin.answered == order
    assert (guessing.calls_wasted, guessing.is_refuted) == (1, False)


@pytest.mark.parametrize("kind", ["reset", "cut", "bad_gzip", "html", "empty"])
def test_a_guess_past_the_end_without_an_answer_makes_the_walk_start_again(kind: str) -> None:
    """It may have taken a page; what a gateway says is no answer either. That says nothing against the org."""
    guessing = Guessing(8)
    with OrderedStandIn(12, [*RAMP, *SIX_PAGES]) as standin:
        standin.misbehave(kind, path="jobs/ingest", at=9)
        found = walked(standin, guessing)

    assert sorted(found) == sorted(2 * listed(standin))
    assert standin.answered == [*RAMP, *SIX_PAGES]
    assert (guessing.calls_wasted, guessing.pages, guessing.is_refuted) == (7, 6, False)


def test_no_page_is_lost_with_the_answer_to_a_guess_past_the_end() -> None:
    """The listing ignores offsets: the guess took the second page, and the third, the last, comes in place of it."""
    guessing = Guessing(8)
    with OrderedStandIn(6, [0, 4, 2, 0, 2, 4]) as standin:
        standin.org.locators_answered = "echo"
        standin.misbehave("cut", path="jobs/ingest", at=2)
        found = walked(standin, guessing)

    assert sorted(set(found)) == listed(standin)
    assert standin.answered == standin.order
    assert (guessing.calls_wasted, guessing.is_refuted) == (1, False)


def test_an_org_that_answers_no_guess_is_not_guessed_at_for_long() -> None:
    """After three errors on pages that then came in their turn. So it does not cost two calls a page in every run."""
    order = [0, 4, 2, 6, 4, 8, 6, 10, 8, 10]
    guessing = Guessing(8, last_pages=6)
    with OrderedStandIn(12, order) as standin:
        for guess in (2, 4, 6, 8):
            standin.misbehave("status", path="jobs/ingest", at=guess, status=500)
        found = walked(standin, guessing)

    assert (len(found), sorted(found)) == (12, listed(standin))
    assert standin.answered == order
    assert (guessing.calls_wasted, guessing.is_refuted) == (4, True)


def test_a_locator_may_be_refused_in_other_words() -> None:
    """Salesforce does not document the error. Any that every other run would get too is a refusal."""
    order = [0, 4, 2, 6, 4, 6, 8, 10]
    guessing = Guessing(8, last_pages=6)
    with OrderedStandIn(12, order) as standin:
        for guess in (2, 4):
            body = [{"errorCode": "INVALID_LOCATOR", "message": "no such locator"}]
            standin.misbehave("status", path="jobs/ingest", at=guess, status=400, body=body)
        found = walked(standin, guessing)

    assert (len(found), sorted(found)) == (12, listed(standin))
    assert standin.answered == order
    assert (guessing.calls_wasted, guessing.is_refuted) == (2, True)


def test_a_job_that_moves_past_a_page_that_was_answered_too_early_is_not_lost() -> None:
    """
    A job is added in front between the third page, which comes first, and the second one.

    So the second page begins with the last job of the first, and the job between the two pages is on neither.
    """
    guessing = Guessing(8, last_pages=6)
    with OrderedStandIn(12) as standin:
        standin.org.shifting = True
        for place, job in enumerate(standin.org.jobs.values()):
            job.place = place
        before = listed(standin)

        def add_in_front() -> None:
            (added,) = standin.org.add_jobs(1, job_type="V2Ingest")
            standin.org.jobs[added].place = -1

        standin.order = [0, 4, 2, *SIX_PAGES, 12]
        standin.misbehave("call", path="jobs/ingest", at=3, do=add_in_front)
        found = walked(standin, guessing)

    assert set(before) <= set(found)
    assert (guessing.is_refuted, guessing.pages) == (True, 7)


def test_whether_to_guess_is_decided_once_in_a_walk() -> None:
    """The guess past the end is judged although the clock has gone back before the end of the seven days."""
    answers = {None: Answer(msgspec.Raw(b'[{"id": 1}]'), "x-1", START), "x-2": Answer(msgspec.Raw(b"[1]"), None, START)}
    answers["x-1"] = Answer(msgspec.Raw(b'[{"id": 2}]'), None, START - timedelta(minutes=1))
    with closing(Guesses(Guessing(8, not_before=START), lambda at, _: answers[at], lambda: None)) as guesses:
        guesses.fetch(None)
        with pytest.raises(OutOfStepError):
            guesses.fetch("x-1")


def test_a_locator_that_is_answered_only_once_it_is_named_ends_the_guessing() -> None:
    """The guess was refused and the page before names it: no page is lost by that, so the walk goes on."""
    order = [0, 4, 2, 6, 4, 6, 8, 10]
    guessing = Guessing(8)
    with OrderedStandIn(12, order) as standin:
        standin.org.locators_answered = "last"
        found = walked(standin, guessing)

    assert (len(found), sorted(found)) == (12, listed(standin))
    assert standin.answered == order
    assert (guessing.calls_wasted, guessing.is_refuted) == (2, True)


@pytest.mark.parametrize(
    ("switches", "order", "wasted"),
    [
        ({"locators_answered": "next"}, [0, 4, 2], 1),
        ({"locators_answered": "echo"}, [0, 2, 4, 6, 8, 12, 10, 14, 16, 18, 20, 22, 24], 7),
        ({"locator_form": "drifting"}, [0, 2, 4, 6], 1),
    ],
)
def test_an_org_where_offsets_mean_something_else_makes_the_walk_start_again(
    switches: dict[str, str], order: list[int], wasted: int
) -> None:
    """
    Once, and page by page; what the guesses have shown is handed on too.

    `next`: the guess gets the second page, and the page in turn the third, as its link says. `echo`: each page looks
    right, but there is an entry past the last one. `drifting`: the third page names another locator than was guessed.
    """
    alone = [0, 2, 4, 7, 9, 11] if switches.get("locator_form") else SIX_PAGES
    guessing = Guessing(8)
    with OrderedStandIn(12, [*order, *alone]) as standin:
        vars(standin.org).update(switches)
        found = walked(standin, guessing)

    assert sorted(found) == sorted(standin.shown)
    assert sorted(found[-12:]) == listed(standin)
    assert standin.answered == [*order, *alone]
    assert (guessing.calls_wasted, guessing.pages, guessing.is_refuted) == (wasted, 6, True)


@pytest.mark.parametrize(("form", "order"), [("pages", [0, 1, 2, 3, 4, 5]), ("opaque", [0, -1, -1, -1, -1, -1])])
def test_locators_that_do_not_count_entries_are_not_guessed_at(form: str, order: list[int]) -> None:
    """The walk takes one page after the other, as if guessing were off."""
    guessing = Guessing(8)
    with OrderedStandIn(12, order) as standin:
        standin.org.locator_form = form
        assert sorted(walked(standin, guessing)) == listed(standin)
    assert standin.answered == order
    assert (guessing.calls_wasted, guessing.is_refuted) == (0, False)


def test_an_org_that_was_not_guessed_at_is_not_blamed_for_a_listing_that_shifts() -> None:
    """The last page begins with the first job again; the locators say nothing that could be guessed."""
    guessing = Guessing(8)
    first: list[Any] = []

    def keep(page: dict[str, Any]) -> dict[str, Any]:
        first.extend(page["records"])
        return page

    with OrderedStandIn(6) as standin:
        standin.org.locator_form = "opaque"
        standin.misbehave("replace_json", path="jobs/ingest", transform=keep)
        standin.misbehave("replace_json", path="jobs/ingest", at=3, transform=lambda page: {**page, "records": first})
        assert len(walked(standin, guessing)) == 6
    assert (guessing.calls_wasted, guessing.is_refuted) == (0, False)


def shortened(page: dict[str, Any]) -> dict[str, Any]:
    return {**page, "records": page["records"][1:]}


def test_a_page_of_another_length_makes_the_walk_start_again() -> None:
    """Only the last page may be shorter."""
    order = [0, 2, 4, *SIX_PAGES]
    guessing = Guessing(8)
    with OrderedStandIn(12, order) as standin:
        standin.misbehave("replace_json", path="jobs/ingest", at=2, transform=shortened)
        found = walked(standin, guessing)

    assert sorted(found) == sorted(standin.shown)
    assert sorted(found[-12:]) == listed(standin)
    assert standin.answered == order
    assert (guessing.calls_wasted, guessing.is_refuted) == (1, True)


def test_two_pages_that_begin_with_the_same_job_make_the_walk_start_again() -> None:
    """The third page is the first once more, under its own link."""
    order = [0, 2, 4, 6, *SIX_PAGES]
    guessing = Guessing(8)
    first: list[Any] = []

    def keep(page: dict[str, Any]) -> dict[str, Any]:
        first.extend(page["records"])
        return page

    with OrderedStandIn(12, order) as standin:
        standin.misbehave("replace_json", path="jobs/ingest", transform=keep)
        standin.misbehave("replace_json", path="jobs/ingest", at=3, transform=lambda page: {**page, "records": first})
        found = walked(standin, guessing)

    assert sorted(found[-12:]) == listed(standin)
    assert standin.answered == order
    assert (guessing.calls_wasted, guessing.is_refuted) == (1, True)


@pytest.mark.parametrize("status", [400, 500])
def test_a_page_in_turn_that_is_refused_after_a_guess_makes_the_walk_start_again(status: int) -> None:
    """The guess may have moved the listing on. Without guesses an error ends the run, as ever."""
    tries = 3 if status == 500 else 1
    order = [0, 4, *tries * [2], *SIX_PAGES]
    guessing = Guessing(8)
    with OrderedStandIn(12, order) as standin:
        standin.misbehave("status", path="jobs/ingest", at=3, times=tries, **{**BAD_LOCATOR, "status": status})
        found = walked(standin, guessing)

    assert sorted(found) == sorted(standin.shown)
    assert sorted(found[-12:]) == listed(standin)
    assert standin.answered == order
    assert (guessing.calls_wasted, guessing.is_refuted) == (1, True)


def test_a_session_that_ends_is_renewed_once_and_the_walk_guesses_again() -> None:
    """The guesses of the old session fail with it; only the page in turn renews the login."""
    order = [0, 2, 4, 6, 8, 10, 6, *SIX_PAGES]
    guessing = Guessing(8, last_pages=6)
    with OrderedStandIn(12, order) as standin:
        standin.misbehave("expired_token", path="jobs/ingest", at=4)
        found = walked(standin, guessing)

    assert sorted(found) == sorted(standin.shown)
    assert standin.answered == order
    assert paths(standin).count("oauth2/token") == 2
    assert (guessing.calls_wasted, guessing.is_refuted) == (3, False)


@pytest.mark.parametrize(("api_limit", "order"), [(17, SIX_PAGES), (18, [0, 4, 2, 6, 8, 10])])
def test_nothing_is_guessed_with_fewer_calls_left_than_twice_the_pages_ahead(api_limit: int, order: list[int]) -> None:
    """Nine tenths of 17 calls less the first one are 15; of 18 calls they are 16, and 15 after the second page."""
    guessing = Guessing(8)
    with OrderedStandIn(12, order) as standin:
        standin.org.api_limit = api_limit
        assert sorted(walked(standin, guessing)) == listed(standin)
    assert standin.answered == order
    assert guessing.calls_wasted == 0


def test_guesses_count_among_the_pages_that_are_held() -> None:
    """No more pages are held than `READ_AHEAD_PAGES`, beside the one that is read."""
    with OrderedStandIn(80) as standin:
        pages = side_by_side(make_client(standin), [INGEST], [Guessing(8)])
        next(pages)
        (reader,) = [thread for thread in all_threads() if thread.name == "read-ahead"]
        reader.join(timeout=1)
        assert len(standin.answered) == 1 + READ_AHEAD_PAGES
        assert len(ids(pages)) == 78


def guess_threads() -> list[Thread]:
    return [thread for thread in all_threads() if thread.name == "guess"]


def test_no_thread_is_left_when_a_walk_has_ended_or_was_abandoned() -> None:
    """All of them are daemons, so that they never delay exit."""
    with OrderedStandIn(80) as standin:
        pages = side_by_side(make_client(standin), [INGEST], [Guessing(8)])
        next(pages)
        running = guess_threads()
        assert all(thread.daemon for thread in running)
        pages.close()
        walked(standin, Guessing(8))
        for thread in {*running, *guess_threads()}:
            thread.join(timeout=5)
    assert guess_threads() == []


def test_an_org_that_guesses_do_not_fit_is_left_alone_for_seven_days() -> None:
    """Kept in the state by the walk that found it, and told apart by org."""
    walk_of_jobs, _ = plan_walks("64.0", None, None, None, 24, 8)
    state: dict[str, Any] = {}
    with OrderedStandIn(12, [0, 4, 2, *SIX_PAGES]) as standin:
        standin.org.locators_answered = "next"
        take_rows(make_client(standin), walk_of_jobs, state)
    for days, order in ((6.9, SIX_PAGES), (0.2, RAMP)):
        standin.org.clock.advance(seconds=days * 86400)
        with OrderedStandIn(0, order) as later:
            later.org.clock.advance(seconds=(standin.org.clock.now() - START).total_seconds())
            later.org.add_jobs(12, job_type="V2Ingest")
            (kept,) = state["walks"].values()
            assert kept.pop("pages_by_listing") == [6]  # without it, guesses can be told by the calls that they waste
            take_rows(make_client(later), walk_of_jobs, state)
            assert later.answered == order
            assert state["guessed_wrong_at"] == {later.org.org_id: START}


@pytest.mark.parametrize(
    ("own", "following", "entries", "steps"),
    [
        (None, "0r8Rm00000000001AAA-1000", 1000, Steps("0r8Rm00000000001AAA", 0, 1000)),
        ("01g-x-3000", "01g-x-4000", 1000, Steps("01g-x", 3000, 1000)),
        (None, "01g-1000", 999, None),
        (None, "01g-1", 1000, None),
        (None, "01g", 1000, None),
        (None, "01g-01000", 1000, None),
        (None, "01g-\u0661000", 1000, None),
        (None, "01g-0", 0, None),
        ("01g-1000", "01h-2000", 1000, None),
        ("01g", "01g-1000", 1000, None),
    ],
)
def test_steps_are_found_only_where_offsets_count_the_entries_between_them(
    own: Optional[str], following: str, entries: int, steps: Optional[Steps]
) -> None:
    """`<cursor>-<offset>`, the same cursor, and an offset that grows by the entries of the first page."""
    assert find_steps(own, following, entries) == steps


def test_a_locator_names_the_entries_before_its_page() -> None:
    """The first page of a walk from a locator is not the first one of the list."""
    assert [Steps("01g", 3000, 1000).locator(number) for number in (1, 2, 9)] == ["01g-3000", "01g-4000", "01g-11000"]


def test_a_walk_from_a_locator_guesses_from_there() -> None:
    """Its first page is in the midst of the list."""
    with OrderedStandIn(12) as standin:
        client = make_client(standin)
        locator = client.get(INGEST.path, {}).json()["nextRecordsUrl"].partition("queryLocator=")[2]
        standin.order = [0, 2, 6, 4, 8, 10]
        found = ids(walk(client, INGEST._replace(locator=locator), Guessing(8, last_pages=5)))
    assert sorted(found) == sorted(standin.shown[2:])
    assert standin.answered == standin.order
