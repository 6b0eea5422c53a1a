"""Looks up what became of many jobs, several at a time, inside the API allowance."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Optional

from jobs_source.salesforce.client import Client
from jobs_source.salesforce.job_details import Details, DueJob


@dataclass
class LookUpTally:
    """
    What came of a round of look-ups.

    Attributes:
        looked_up: Jobs that Salesforce answered for, those that are gone included.
        failed: Look-ups that failed. They are still due.
        errors: The texts of the first few failures, each once.
        refused: Kinds of look-up (`DueJob.kind`) that Salesforce refuses (403), each with the text of the error.
        stopped_by: Why the round ended before its end: `budget` (the calls of the round), `allowance` (those of the
            org), `failures` (too many in a row), or `login`.
        stop_reason: The error that stopped it, if there was one.
        calls: Calls that were sent, retries, batch lists and userinfo included.
    """

    looked_up: int = 0
    failed: int = 0
    errors: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    stopped_by: Optional[str] = None
    stop_reason: Optional[str] = None
    calls: int = 0


def look_up_all(
    client: Client, api_version: str, jobs: Sequence[DueJob], tally: LookUpTally, *, budget: int, at_a_time: int
) -> Generator[Optional[Details], None, None]:
    """
    Look up *jobs*, in about this order, *at_a_time* at a time, with at most *budget* calls.

    Yields what Salesforce answered, in the order of the answers; None where nothing is there yet. Whatever goes wrong
    is in *tally*; nothing is raised. A job that was not yielded is still due. Close it to stop early.
    """
    raise NotImplementedError
    yield
