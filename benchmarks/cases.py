"""What is raced: how many jobs, what happened in the org before, over what network, and who takes part."""

from typing import Final, NamedTuple


class Case(NamedTuple):
    """
    One race.

    Attributes:
        name: Of these `first`, `scattered`, `clustered` and `none` are states of `benchmarks.data` too.
        jobs: How many are listed.
        competitors: Keys of `competitors.COMPETITORS`, in the order of their turns.
        state: What the org is in; all but `first` are run on top of a first load.
        latency_ms: What the server waits before each page, in milliseconds.
        gzip: Whether answers are compressed.
        left_out: Who does not take part, and why.
    """

    name: str
    jobs: int
    competitors: tuple[str, ...]
    state: str = "first"
    latency_ms: float = 0
    gzip: bool = False
    left_out: str = ""

    @property
    def title(self) -> str:
        """What the report heads it with."""
        latency = f", {self.latency_ms:g} ms latency" if self.latency_ms else ""
        return f"{self.name}: {self.jobs:,} jobs{latency}{', gzip' if self.gzip else ''}: {_WORDS[self.name]}"


_WORDS: Final = {
    "first": "first load",
    "scattered": "run with 1,000 changed, on all pages",
    "clustered": "run with 1,000 changed, the newest ones",
    "none": "run with none changed",
    "latency": "first load over a slow network",
    "ahead": "first load, pages asked for ahead or one by one",
    "ahead-none": "run with none changed, pages asked for ahead or one by one",
    "types": "one walk, and a walk per job type",
    "small": "a small org's runs as whole processes",
    "small-none": "a small org's run with none changed",
    "gzip": "first load, compressed answers",
    "none-gzip": "run with none changed, compressed answers",
    "memory": "first load, for its memory",
    "full": "the daily full load, 1,000 changed",
    "look-ups": "first load, and 2,000 look-ups",
    "look-ups-none": "run with none changed and no look-up due",
    "states": "first load, for what job_states costs",
}

_NONE_DUE: Final = ("all-results", "no-results")
_STATES: Final = ("states", "no-states")
_AHEAD: Final = ("ours", "ours-one-by-one")
_ALONE: Final = ("parse", "urllib3", "requests")
_DLT: Final = ("ours", "rest-parquet", "rest-plain")
_TOO_BIG: Final = "left out: rest_api as it comes; by its 100,000 jobs it would need some 40 GB and seven minutes a run"


def all_cases() -> list[Case]:
    """The whole race: half an hour or more."""
    cases = [Case("small", 500, ("ours", "bare", "floor")), Case("small-none", 500, ("ours", "floor"), "none")]
    for jobs in (20_000, 100_000, 1_000_000):
        cases += _sized(jobs, jobs < 1_000_000)
    slow = ("ours", "rest-parquet", "floor", "yardstick", "urllib3")
    types = ("ours", "ours-types", "floor", "floor-types", "yardstick", "yardstick-types")
    return [
        *cases,
        Case("latency", 100_000, slow, latency_ms=100, left_out="left out: rest_api as it comes, to save time"),
        Case("types", 100_000, types, latency_ms=100),
        *(Case("ahead", jobs, _AHEAD, latency_ms=ms) for jobs in (20_000, 100_000) for ms in (0, 100, 300)),
        *(Case("ahead-none", jobs, _AHEAD, "none", latency_ms=ms) for jobs in (500, 100_000) for ms in (0, 300)),
        Case("gzip", 100_000, ("ours", "floor", *_ALONE), gzip=True),
        *(Case("none-gzip", jobs, ("ours",), "none", gzip=True) for jobs in (100_000, 1_000_000)),
        Case("memory", 3_000_000, ("ours", "floor"), left_out="left out: rest_api, to save time"),
        *(Case("full", jobs, ("ours-full",), "scattered") for jobs in (1_000_000, 3_000_000)),
        Case("look-ups", 2_100, ("results", "ours"), latency_ms=100),
        *(Case("look-ups-none", jobs, _NONE_DUE, "none") for jobs in (500, 20_000)),
        Case("states", 100_000, _STATES),
    ]


def quick_cases() -> list[Case]:
    """Most cases at 20,000 jobs, in two minutes."""
    jobs, two = 20_000, ("ours", "floor", "parse")
    out = "left out: rest_api as it comes, which alone would take half of the two minutes"
    return [
        Case("small", 500, ("ours", "bare")),
        Case("first", jobs, ("ours", "rest-parquet", "floor", *_ALONE), left_out=out),
        *(Case(state, jobs, two, state) for state in ("scattered", "clustered", "none")),
        Case("latency", jobs, ("ours", "floor", "urllib3"), latency_ms=100),
        Case("ahead", jobs, _AHEAD, latency_ms=100),
        Case("types", jobs, ("ours", "ours-types"), latency_ms=100),
        Case("gzip", jobs, ("ours", "urllib3"), gzip=True),
        Case("look-ups-none", 500, _NONE_DUE, "none"),
        Case("states", jobs, _STATES),
    ]


def _sized(jobs: int, is_plain_in: bool) -> list[Case]:
    field = _DLT if is_plain_in else _DLT[:2]
    out = "" if is_plain_in else _TOO_BIG
    first = Case("first", jobs, (*field, "floor", "yardstick", *_ALONE), left_out=out)
    later = Case("scattered", jobs, (*field, "floor", "yardstick", "parse"), "scattered", left_out=out)
    return [first, *(later._replace(name=state, state=state) for state in ("scattered", "clustered", "none"))]
