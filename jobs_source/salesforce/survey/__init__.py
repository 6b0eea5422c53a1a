"""
Looks how an org behaves where Salesforce's documents are silent. It sends GETs only, and at most 15 calls.

What it returns is made to be published: words of ours, documented values, names of keys, codes of errors. No id, no
name, no host, no count. Answers are made of `words.py`, reasons for none of `reasons.py`.
"""

from jobs_source.salesforce.client import Client
from jobs_source.salesforce.survey.asking import Asker, Once
from jobs_source.salesforce.survey.filtering import Filtered
from jobs_source.salesforce.survey.listings import Shown
from jobs_source.salesforce.survey.looking_up import LookUps
from jobs_source.salesforce.survey.pages import JobPage
from jobs_source.salesforce.survey.reasons import NotSeenError
from jobs_source.salesforce.survey.report import Seen, answer, attempt
from jobs_source.salesforce.survey.walking import Walk
from jobs_source.settings import INGEST_ENDPOINT, QUERY_ENDPOINT

__all__ = ["survey_org"]


def survey_org(client: Client, api_version: str) -> dict[str, str]:
    """
    Return questions with their answers. A question without an answer says why: `not seen: ...`.

    *client* must not retry: each try is a call.

    Raises:
        SalesforceJobsError: If the login fails.
    """
    asker = Asker(client, api_version)
    ingest = asker.begin(INGEST_ENDPOINT)
    query = Once(lambda: asker.page(QUERY_ENDPOINT))
    walk = Walk(asker, ingest if _goes_on(ingest) or not _goes_on(query) else query)
    filtered = Filtered(asker, walk.first)
    shown = (_shown(ingest, walk), _shown(query, walk))
    look_ups = LookUps(asker, [page for each in shown for page in each.pages])
    answers = answer(Seen(*shown, walk, filtered, look_ups))
    about = {"login": client.flow, "API version": api_version, "newest API version": attempt(asker.newest_version)}
    return {**about, **answers, "calls, the login included": str(asker.calls)}


def _shown(first: Once[JobPage], walk: Walk) -> Shown:
    if first is walk.first:
        return Shown(first, walk.pages, walk.is_complete)
    return Shown(first, _came(first), not _goes_on(first))


def _goes_on(page: Once[JobPage]) -> bool:
    return any(not it.is_last for it in _came(page))


def _came(page: Once[JobPage]) -> list[JobPage]:
    try:
        return [page.get()]
    except NotSeenError:
        return []
