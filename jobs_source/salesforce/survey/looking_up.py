"""What single jobs and locators answer: a Classic job in both APIs, jobs that do not exist, and a bad locator."""

import re
from collections.abc import Sequence
from typing import Any, Final

from jobs_source.json_text import parse_json
from jobs_source.salesforce.responses import is_json
from jobs_source.salesforce.survey.asking import Asker, Once, Reply
from jobs_source.salesforce.survey.pages import JobPage
from jobs_source.salesforce.survey.reasons import NotSeenError, RefusedError
from jobs_source.salesforce.survey.words import (
    BULK_1_KEYS,
    JOB_INFO_KEYS,
    unknown_keys,
    xml_keys,
    yes_or_no,
)
from jobs_source.settings import INGEST_ENDPOINT

_CLASSIC: Final = "Classic"
_JOB_ID: Final = re.compile(r"750\w{12,15}", re.ASCII)
_NO_JOB: Final = "750000000000000AAA"  # numbers of records do not begin at 0
_NO_CURSOR: Final = "0r8000000000000AAA-1000"


class LookUps:
    """Look-ups of a Classic job, of jobs that do not exist, and of a bad locator. It asks as soon as it is made."""

    def __init__(self, asker: Asker, pages: Sequence[JobPage]) -> None:
        self._asker = asker
        self._classic = Once(lambda: find_classic(pages) or find_classic([self._list_classic()]) or _no_classic())
        self._info = Once(lambda: asker.ask(self._job_path(self._classic.get())))
        self._bulk = Once(lambda: self._ask_bulk(self._classic.get()))
        self._bad_locator = Once(lambda: asker.page(INGEST_ENDPOINT, {"queryLocator": _NO_CURSOR}))
        self._gone = Once(lambda: asker.ask(self._job_path(_NO_JOB)))
        self._bulk_gone = Once(lambda: self._ask_bulk(_NO_JOB))

    def answers_for_classic(self) -> str:
        """Say whether Get Job Info knows a Classic job."""
        refusal = self._info.get().refusal
        return f"no: {refusal}" if refusal else "yes"

    def bulk_form(self) -> str:
        """Say in which form the Bulk API 1.0 answers if JSON is asked for."""
        reply = self._bulk.get()
        if reply.refusal:
            return f"refused: {reply.refusal}"
        return "JSON" if is_json(reply.response) else "XML"

    def bulk_has_usage(self) -> str:
        """Say whether an answer of the Bulk API 1.0 tells the API usage."""
        try:
            reply = self._bulk.get()
        except NotSeenError:
            reply = self._bulk_gone.get()
        return yes_or_no("Sforce-Limit-Info" in reply.response.headers)

    def info_keys(self) -> str:
        """List the keys of Get Job Info that are not documented."""
        return unknown_keys(self._keys(self._info.get()), JOB_INFO_KEYS)

    def bulk_keys(self) -> str:
        """List those of the Bulk API 1.0."""
        reply = self._bulk.get()
        is_xml = not reply.refusal and not is_json(reply.response)
        keys = xml_keys(reply.response.content) if is_xml else self._keys(reply)
        return unknown_keys(keys, BULK_1_KEYS)

    def gone(self) -> str:
        """Say what Get Job Info answers for a job that does not exist."""
        return self._gone.get().refusal or "a job"

    def bulk_gone(self) -> str:
        """Say what the Bulk API 1.0 answers for it."""
        reply = self._bulk_gone.get()
        return f"{reply.refusal} in {'JSON' if is_json(reply.response) else 'XML'}" if reply.refusal else "a job"

    def bad_locator(self) -> str:
        """Say what a listing answers to a locator that nobody named."""
        try:
            return "an empty page" if not self._bad_locator.get().jobs else "jobs"
        except RefusedError as error:
            return str(error)

    def _list_classic(self) -> JobPage:
        return self._asker.page(INGEST_ENDPOINT, {"jobType": _CLASSIC})

    def _job_path(self, id_: str) -> str:
        return f"/services/data/v{self._asker.api_version}/{INGEST_ENDPOINT}/{id_}"

    def _ask_bulk(self, id_: str) -> Reply:
        path = f"/services/async/{self._asker.api_version}/job/{id_}"
        return self._asker.ask(path, is_bulk_1=True)

    def _keys(self, reply: Reply) -> set[str]:
        answer = parse_json(reply.response.content)
        if reply.refusal or not isinstance(answer, dict):
            raise NotSeenError(reply.refusal or "the answer is no job")
        return set(answer)


def find_classic(pages: Sequence[JobPage]) -> str:
    """Return the id of a Classic job, of one that writes if there is any; empty if there is none."""
    found: list[dict[str, Any]] = [
        job
        for page in pages
        for job in page.jobs
        if job.get("jobType") == _CLASSIC and _JOB_ID.fullmatch(str(job.get("id")))
    ]
    found.sort(key=lambda job: job.get("operation") in ("query", "queryAll"))
    return str(found[0]["id"]) if found else ""


def _no_classic() -> str:
    raise NotSeenError("no Classic job is listed")
