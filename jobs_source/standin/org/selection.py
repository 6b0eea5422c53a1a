"""Which jobs a listing shows: by job type, PK chunking, age and user."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from jobs_source.standin.org.behaviour import Behaviour
from jobs_source.standin.org.clock import Clock
from jobs_source.standin.org.jobs import Job, RawEntry

Entry = Job | RawEntry  # one entry of a listing: a job, or raw bytes
SHOWN = {"ingest": ("V2Ingest", "BigObjectIngest", "Classic"), "query": ("V2Query", "Classic")}


class Wanted(NamedTuple):
    """The filters of a walk. None means no filter."""

    listing: str
    job_type: str | None = None
    is_pk_chunking_enabled: bool | None = None
    created_by_id: str | None = None


class Selection(NamedTuple):
    """The matching entries, and when the first of them leaves the listing, in ms since 1970."""

    entries: list[Entry]
    until_ms: int


class Selections:
    """
    Keeps selections as long as they are valid. Do not change what it returns: it is shared.

    Args:
        clock: The org's time.
        behaviour: The org's switches.
        jobs: The org's jobs by id. Call `forget` after a change.
        raw_entries: Odd entries by listing. Call `forget` after a change.
    """

    def __init__(
        self,
        clock: Clock,
        behaviour: Behaviour,
        jobs: Mapping[str, Job],
        raw_entries: Mapping[str, Sequence[RawEntry]],
    ) -> None:
        self._clock, self._behaviour = clock, behaviour
        self._jobs, self._raw_entries = jobs, raw_entries
        self._kept: dict[tuple[Wanted, bool], Selection] = {}

    def select(self, wanted: Wanted, in_place: bool = False) -> list[Entry]:
        """Return the entries for *wanted* now, in the order of `Entry.place` if *in_place*, else as they were made."""
        now_ms = self._clock.now_ms()
        kept = self._kept.get((wanted, in_place))
        if kept is None or now_ms >= kept.until_ms:
            kept = self._make(wanted, in_place, now_ms)
            self._kept[wanted, in_place] = kept
        return kept.entries

    def forget(self) -> None:
        """Make every selection anew, because a job was changed, added or removed."""
        self._kept.clear()

    def _make(self, wanted: Wanted, in_place: bool, now_ms: int) -> Selection:
        types = self._types(wanted)
        chunking, user = wanted.is_pk_chunking_enabled, wanted.created_by_id
        entries: list[Entry] = [
            job
            for job in self._jobs.values()
            if job.kind.job_type in types
            and job.leaves_ms > now_ms
            and (chunking is None or job.kind.is_pk_chunking_enabled is chunking)
            and (user is None or job.created_by_id == user)
        ]
        entries += self._raw_entries.get(wanted.listing, ())
        if in_place:
            entries.sort(key=lambda entry: entry.place)
        return Selection(entries, min((entry.leaves_ms for entry in entries), default=1 << 62))

    def _types(self, wanted: Wanted) -> set[str]:
        types = set(SHOWN[wanted.listing])
        if wanted.listing == "ingest" and self._behaviour.ingest_shows_query_jobs:
            types.add("V2Query")
        return types if wanted.job_type is None else types & {wanted.job_type}
