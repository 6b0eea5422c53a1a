"""Which jobs a listing shows: by job type, PK chunking, age and who asks."""

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from jobs_source.standin.org.org import Org

SHOWN = {"ingest": ("V2Ingest", "BigObjectIngest", "Classic"), "query": ("V2Query", "Classic")}


class Entry(Protocol):
    """One entry of a listing: a job, or bytes that pretend to be one."""

    row: bytes
    listed: bool
    place: int

    @property
    def leaves_ms(self) -> int: ...


class Wanted(NamedTuple):
    """What a walk asks for. None means no filter."""

    listing: str
    job_type: str | None = None
    is_pk_chunking_enabled: bool | None = None
    created_by_id: str | None = None


class Selection(NamedTuple):
    """The entries that fit, and what they are good for: one version of the org, until a time in ms."""

    entries: list[Entry]
    version: int
    until_ms: int


class Selections:
    """Keeps selections for as long as they are good. What it returns is shared: it must not be changed."""

    def __init__(self, org: "Org") -> None:
        self._org = org
        self._kept: dict[tuple[Wanted, bool], Selection] = {}

    def select(self, wanted: Wanted, in_place: bool = False) -> list[Entry]:
        """Return what *wanted* shows now, in the order of `Entry.place` if *in_place*, else as it was made."""
        now_ms = self._org.clock.now_ms()
        kept = self._kept.get((wanted, in_place))
        if kept is None or kept.version != self._org.version or now_ms >= kept.until_ms:
            kept = self._make(wanted, in_place, now_ms)
            self._kept[wanted, in_place] = kept
        return kept.entries

    def _make(self, wanted: Wanted, in_place: bool, now_ms: int) -> Selection:
        types = self._types(wanted)
        chunking, user = wanted.is_pk_chunking_enabled, wanted.created_by_id
        entries: list[Entry] = [
            job
            for job in self._org.jobs.values()
            if job.kind.job_type in types
            and job.leaves_ms > now_ms
            and (chunking is None or job.kind.is_pk_chunking_enabled is chunking)
            and (user is None or job.created_by_id == user)
        ]
        entries += self._org.raw_entries.get(wanted.listing, ())
        if in_place:
            entries.sort(key=lambda entry: entry.place)
        return Selection(entries, self._org.version, min((entry.leaves_ms for entry in entries), default=1 << 62))

    def _types(self, wanted: Wanted) -> set[str]:
        types = set(SHOWN[wanted.listing])
        if wanted.listing == "ingest" and self._org.ingest_shows_query_jobs:
            types.add("V2Query")
        return types if wanted.job_type is None else types & {wanted.job_type}
