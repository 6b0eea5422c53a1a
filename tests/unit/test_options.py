"""What a user may ask for, which walks that plans, and what is refused before anything is asked of Salesforce."""

from typing import Any, Optional

import pytest

from jobs_source import salesforce_jobs
from jobs_source.exceptions import ConfigError
from jobs_source.options import check_number, plan_walks
from jobs_source.resources.job_walk import JobWalk
from jobs_source.salesforce.credentials import TokenCredentials
from jobs_source.salesforce.listing import Listing
from jobs_source.schema import JOBS, QUERY_JOBS

NUMBERS = ("lag_seconds", "full_load_every_hours", "max_api_usage_percent", "request_timeout_seconds")
READY = TokenCredentials(instance_url="https://acme.my.salesforce.com", access_token="00D!x")


def plan(
    api_version: Any = "64.0",
    job_types: Any = None,
    is_pk_chunking_enabled: Any = None,
    query_locator: Optional[str] = None,
    full_load_every_hours: Any = 24.0,
) -> tuple[JobWalk, JobWalk]:
    return plan_walks(api_version, job_types, is_pk_chunking_enabled, query_locator, full_load_every_hours)


def ingest(**filters: str) -> Listing:
    return Listing("jobs/ingest", "64.0", filters)


def query(**filters: str) -> Listing:
    return Listing("jobs/query", "64.0", {"jobType": "V2Query", **filters})


def test_plan_by_default() -> None:
    """One unfiltered walk of jobs/ingest and one of the V2 query jobs, each with its cursor."""
    assert plan() == (
        JobWalk(JOBS, [ingest()], 24.0, has_cursor=True),
        JobWalk(QUERY_JOBS, [query()], 24.0, has_cursor=True),
    )


@pytest.mark.parametrize(
    ("job_types", "planned"),
    [
        ([], [ingest()]),
        ("Classic", [ingest(jobType="Classic")]),
        (["V2Ingest"], [ingest(jobType="V2Ingest")]),
        (["V2Ingest", "V2Ingest"], [ingest(jobType="V2Ingest")]),
        (("V2Ingest", "Classic"), [ingest(jobType="Classic"), ingest(jobType="V2Ingest")]),
        ('["V2Ingest", "Classic"]', [ingest(jobType="Classic"), ingest(jobType="V2Ingest")]),
        (
            {"Classic", "V2Ingest", "BigObjectIngest"},
            [ingest(jobType="BigObjectIngest"), ingest(jobType="Classic"), ingest(jobType="V2Ingest")],
        ),
    ],
)
def test_plan_of_job_types(job_types: Any, planned: list[Listing]) -> None:
    """One walk per type, in an order that does not depend on how they were named; query jobs stay what they are."""
    jobs, query_jobs = plan(job_types=job_types)
    assert (jobs.listings, query_jobs.listings) == (planned, [query()])


@pytest.mark.parametrize(("is_enabled", "text"), [(True, "true"), (False, "false")])
def test_plan_of_pk_chunking(is_enabled: bool, text: str) -> None:
    """The filter goes with every walk of both tables, as JSON would spell it."""
    jobs, query_jobs = plan(job_types=["V2Ingest", "Classic"], is_pk_chunking_enabled=is_enabled)
    assert jobs.listings == [ingest(jobType=type_, isPkChunkingEnabled=text) for type_ in ("Classic", "V2Ingest")]
    assert query_jobs.listings == [query(isPkChunkingEnabled=text)]
    assert plan(is_pk_chunking_enabled=is_enabled)[0].listings == [ingest(isPkChunkingEnabled=text)]


@pytest.mark.parametrize("job_types", [None, "Classic"])
def test_plan_of_a_locator(job_types: Optional[str]) -> None:
    """A locator begins the one walk of jobs/ingest, which then has no cursor; jobs/query is walked as ever."""
    jobs, query_jobs = plan(job_types=job_types, query_locator="0r8xx-1000")
    filters = {"jobType": job_types} if job_types else {}
    listing = Listing("jobs/ingest", "64.0", filters, "0r8xx-1000")
    assert jobs == JobWalk(JOBS, [listing], 24.0, has_cursor=False)
    assert query_jobs == JobWalk(QUERY_JOBS, [query()], 24.0, has_cursor=True)


@pytest.mark.parametrize("api_version", ["41.0", "46.0", "47.0", "68.0", "100.0"])
def test_api_version(api_version: str) -> None:
    """A version that lists jobs is part of every address; whether it lists query jobs is asked when they are read."""
    jobs, query_jobs = plan(api_version=api_version)
    assert [table.listings[0].path for table in (jobs, query_jobs)] == [
        f"/services/data/v{api_version}/jobs/ingest",
        f"/services/data/v{api_version}/jobs/query",
    ]


@pytest.mark.parametrize(
    "api_version",
    ["64", 64.0, 64, "v64.0", "064.0", "64.00", "64.5", "64.0\n", " 64.0", "٦٤.0", "1000.0", "", "latest", True, None],
)
def test_no_api_version(api_version: Any) -> None:
    """What Salesforce would answer with 404 is refused, and the text shows how it should look."""
    with pytest.raises(ConfigError) as caught:
        plan(api_version=api_version)
    said = f'sources.jobs_source.api_version must look like "64.0", in quotes, not {api_version!r}.'
    assert str(caught.value) == said


@pytest.mark.parametrize("api_version", ["40.0", "10.0"])
def test_api_version_too_old(api_version: str) -> None:
    """A version from before "Get All Jobs" is refused."""
    with pytest.raises(ConfigError) as caught:
        plan(api_version=api_version)
    assert str(caught.value) == (
        f"sources.jobs_source.api_version is {api_version}, but Salesforce lists jobs only from 41.0 on. Set that or a"
        " newer version."
    )


@pytest.mark.parametrize(
    ("job_types", "named"),
    [
        ("V2Query", "'V2Query'"),
        ("classic", "'classic'"),
        (["Classic", ""], "''"),
        (["Classic", None], "None"),
        ([["Classic"]], "['Classic']"),
        (5, "5"),
        (True, "True"),
        ({"Classic": 1}, "{'Classic': 1}"),
    ],
)
def test_no_job_type(job_types: Any, named: str) -> None:
    """A type that jobs/ingest does not list, or that is none, is refused with those that it does."""
    with pytest.raises(ConfigError) as caught:
        plan(job_types=job_types)
    known = "BigObjectIngest, Classic, V2Ingest"
    assert str(caught.value) == f"sources.jobs_source.job_types can be {known}, not {named}."


@pytest.mark.parametrize("value", ["true", "maybe", 1, 0, 1.0, []])
def test_no_pk_chunking(value: Any) -> None:
    """Anything but true, false and unset is refused: Salesforce would take it for one of them, or for nothing."""
    with pytest.raises(ConfigError) as caught:
        plan(is_pk_chunking_enabled=value)
    said = f"sources.jobs_source.is_pk_chunking_enabled must be true, false or unset, not {value!r}."
    assert str(caught.value) == said


def test_locator_with_several_types() -> None:
    """A place in one walk says nothing about several."""
    with pytest.raises(
        ConfigError, match=r"^sources\.jobs_source\.query_locator works with one job type only, and job_types has 2\."
    ):
        plan(job_types=["Classic", "V2Ingest"], query_locator="0r8xx-1000")


@pytest.mark.parametrize("key", NUMBERS)
def test_no_number(key: str) -> None:
    """Below nothing, beyond any date, infinite, NaN, a boolean or a text: refused by the key's full name, each time."""
    for value in (-1, -1e-9, 1.1e9, 10**400, float("inf"), float("-inf"), float("nan"), True, "600", "", [1]):
        setting: dict[str, Any] = {key: value}
        with pytest.raises(ConfigError) as caught:
            salesforce_jobs(credentials=READY, **setting)
        assert str(caught.value).startswith(f"sources.jobs_source.{key} must be a number from ")
        assert str(caught.value).endswith(f", not {value!r}.")


@pytest.mark.parametrize("key", NUMBERS)
def test_number(key: str) -> None:
    """Whole or not, each may be as small as makes sense, and no call is made to find out."""
    for value in (0.001, 1, 60.5, 100):
        setting: dict[str, Any] = {key: value}
        assert list(salesforce_jobs(credentials=READY, **setting).selected_resources) == ["query_jobs", "jobs"]


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ({}, "sources.jobs_source.any_key must be a number from 0 to 1,000,000,000, not -1."),
        ({"maximum": 100}, "sources.jobs_source.any_key must be a number from 0 to 100, not -1."),
        ({"minimum": 0.001}, "sources.jobs_source.any_key must be a number from 0.001 to 1,000,000,000, not -1."),
    ],
)
def test_words_of_no_number(bounds: dict[str, float], said: str) -> None:
    """A refusal says what would do."""
    with pytest.raises(ConfigError) as caught:
        check_number("any_key", -1, **bounds)
    assert str(caught.value) == said


@pytest.mark.parametrize("api_version", ["64", "v64.0"])
def test_api_version_from_the_environment(api_version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bad value is refused by its full name wherever it came from, when the source is built."""
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__API_VERSION", api_version)
    with pytest.raises(ConfigError, match=r"^sources\.jobs_source\.api_version must look like"):
        salesforce_jobs(credentials=READY)
