"""The stand-in's state, without HTTP: clock, ids, jobs, listings, walks."""

import json
from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from jobs_source.standin import Clock, Org
from jobs_source.standin.org.clock import stamp, to_ms
from jobs_source.standin.org.errors import ApiError
from jobs_source.standin.org.ids import make_id, to_18
from jobs_source.standin.org.selection import Wanted
from jobs_source.standin.org.walks import Page

NOON = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
INGEST = Wanted("ingest")
INGEST_KEYS = (
    "id", "operation", "object", "createdById", "createdDate", "systemModstamp", "state", "concurrencyMode",
    "contentType", "apiVersion", "jobType", "contentUrl", "lineEnding", "columnDelimiter",
)  # fmt: skip


def make_org(jobs: int = 0, seed: int = 7) -> Org:
    return Org(jobs, seed, Clock(NOON, frozen=True))


def rows(page: Page) -> list[dict[str, Any]]:
    return [json.loads(entry.row) for entry in page.entries if entry.listed]


def walk(org: Org, wanted: Wanted = INGEST) -> list[dict[str, Any]]:
    page = org.walks.begin("token", wanted)
    found = rows(page)
    while page.locator:
        page = org.walks.go_on("token", wanted, page.locator)
        found += rows(page)
    return found


def by_id(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(found, key=lambda row: str(row["id"]))


def test_clock_frozen() -> None:
    """A frozen clock moves only when it is told to, and keeps milliseconds."""
    clock = Clock(NOON, frozen=True)
    clock.advance(days=1, seconds=0.25)
    assert clock.now() == NOON + timedelta(days=1, milliseconds=250)
    assert clock.now_ms() == 1795262400250


def test_clock_ticks() -> None:
    """A clock that is not frozen goes on from its start."""
    clock = Clock(NOON)
    assert NOON <= clock.now() < NOON + timedelta(minutes=1)


def test_clock_without_zone() -> None:
    """A start without a time zone is refused."""
    with pytest.raises(ValueError, match="time zone"):
        Clock(datetime(2026, 11, 20))


@pytest.mark.parametrize(
    ("id15", "id18"),
    [
        ("01gRM000000NS1v", "01gRM000000NS1vYAG"),
        ("00D000000000062", "00D000000000062EAA"),
        ("005000000000000", "005000000000000AAA"),
    ],
)
def test_id_checksum(id15: str, id18: str) -> None:
    """The last three characters of an id are Salesforce's own check of upper and lower case."""
    assert to_18(id15) == id18


def test_ids_are_distinct() -> None:
    """Ids of different numbers differ, sort by number, and agree with their own checksum."""
    ids = [make_id("750", number) for number in range(0, 62**6, 62**6 // 1000)]
    assert [id[:15] for id in ids] == sorted({id[:15] for id in ids})
    assert all(to_18(id[:15]) == id for id in ids)


def test_same_seed_same_org() -> None:
    """The same seed and time make the same org, another seed another one."""
    first, same, other = make_org(50), make_org(50), make_org(50, seed=8)
    assert first.listed("ingest") == same.listed("ingest")
    assert (first.org_id, first.client_id, first.client_secret, first.username, first.refresh_token) == (
        same.org_id, same.client_id, same.client_secret, same.username, same.refresh_token,
    )  # fmt: skip
    assert not {row["id"] for row in first.listed("ingest")} & {row["id"] for row in other.listed("ingest")}
    assert first.org_id != other.org_id


def test_seeded_week() -> None:
    """Seeded jobs are a mix of types and states of the last week, more of them recent, none in the future."""
    org = make_org(5000)
    listed = org.listed("ingest") + org.listed("query", job_type="V2Query")
    assert len(listed) == 5000
    states = Counter((row["jobType"], row["state"]) for row in listed)
    assert {job_type for job_type, _ in states} == {"V2Ingest", "Classic", "BigObjectIngest", "V2Query"}
    assert {state for _, state in states} == {
        "Open", "UploadComplete", "InProgress", "JobComplete", "Failed", "Aborted", "Closed",
    }  # fmt: skip
    assert {state for job_type, state in states if job_type == "Classic"} == {"Open", "Closed", "Failed", "Aborted"}
    assert {row["createdById"] for row in listed} == {user.id for user in org.users}
    assert all("2026-11-13T23" < row["createdDate"] <= row["systemModstamp"] <= stamp(to_ms(NOON)) for row in listed)
    assert sum(row["createdDate"] > "2026-11-18" for row in listed) > 2500


def test_row_of_each_type() -> None:
    """A row has the documented keys and no other; contentUrl while it is open, no CSV details where it is not CSV."""
    org = make_org(3000)
    for row in org.listed("ingest") + org.listed("query"):
        left_out = set()
        if row["jobType"] != "V2Ingest" or row["state"] != "Open":
            left_out |= {"contentUrl"}
        if row["jobType"] == "Classic":
            left_out |= {"lineEnding", "columnDelimiter"}
        assert set(row) == set(INGEST_KEYS) - left_out
        assert isinstance(row["apiVersion"], float)
        assert row["state"] != "Open" or row["systemModstamp"] == row["createdDate"]


def test_added_job() -> None:
    """Given fields replace those of the seed, and a name unknown to the API becomes a new key."""
    org = make_org()
    (id,) = org.add_jobs(
        1, job_type="V2Ingest", state="Open", created=NOON, operation="insert", object="Lead", api_version=64.0,
        line_ending="LF", columnDelimiter="TAB", created_by_id="005x", newField=[1],
    )  # fmt: skip
    assert org.listed("ingest") == [
        {
            "id": id,
            "operation": "insert",
            "object": "Lead",
            "createdById": "005x",
            "createdDate": "2026-11-20T12:00:00.000+0000",
            "systemModstamp": "2026-11-20T12:00:00.000+0000",
            "state": "Open",
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": 64.0,
            "jobType": "V2Ingest",
            "contentUrl": f"services/data/v64.0/jobs/ingest/{id}/batches",
            "lineEnding": "LF",
            "columnDelimiter": "TAB",
            "newField": [1],
        }
    ]


def test_changed_job() -> None:
    """A change stamps the job with the time, unless the stamp is given too."""
    org = make_org()
    first, second = org.add_jobs(2, job_type="V2Ingest", state="InProgress", created=NOON - timedelta(hours=1))
    before = {row["id"]: row for row in org.listed("ingest")}
    org.clock.advance(seconds=1.5)
    org.change_job(first, state="JobComplete")
    org.change_job(second, systemModstamp=NOON - timedelta(milliseconds=1), object=None)
    assert by_id(org.listed("ingest")) == [
        {**before[first], "state": "JobComplete", "systemModstamp": "2026-11-20T12:00:01.500+0000"},
        {**before[second], "object": None, "systemModstamp": "2026-11-20T11:59:59.999+0000"},
    ]


def test_deleted_job() -> None:
    """A deleted job is gone at once, also from a walk in progress."""
    org = make_org()
    org.add_jobs(30, job_type="V2Ingest")
    org.page_size = 20
    page = org.walks.begin("token", INGEST)
    shown = {row["id"] for row in rows(page)}
    (gone, *_) = [row["id"] for row in org.listed("ingest") if row["id"] not in shown]
    org.delete_job(gone)
    assert page.locator
    assert gone not in {row["id"] for row in rows(org.walks.go_on("token", INGEST, page.locator))}
    with pytest.raises(ApiError, match="404 NOT_FOUND"):
        org.job_info(gone)


def test_retention() -> None:
    """A job leaves seven days after it ended; one that never ended, seven days after it was made."""
    org = make_org()
    made = NOON - timedelta(days=2)
    (ended,) = org.add_jobs(1, job_type="V2Ingest", state="JobComplete", created=made, system_modstamp=NOON)
    (running,) = org.add_jobs(1, job_type="V2Ingest", state="InProgress", created=made, system_modstamp=NOON)
    org.clock.advance(days=4, seconds=86399)
    assert {row["id"] for row in org.listed("ingest")} == {ended, running}
    org.clock.advance(seconds=1)
    assert [row["id"] for row in org.listed("ingest")] == [ended]
    org.clock.advance(days=2)
    assert org.listed("ingest") == []
    with pytest.raises(ApiError, match="404 NOT_FOUND"):
        org.job_info(ended)


def test_which_listing_shows_what() -> None:
    """Classic jobs are in both listings, query jobs in one, unless the org shows them in the other too."""
    org = make_org(500)
    ids = {
        (listing, job_type): {row["id"] for row in org.listed(listing, job_type)}
        for listing in ("ingest", "query")
        for job_type in (None, "V2Ingest", "BigObjectIngest", "Classic", "V2Query")
    }
    assert (
        ids["ingest", None] == ids["ingest", "V2Ingest"] | ids["ingest", "BigObjectIngest"] | ids["ingest", "Classic"]
    )
    assert ids["query", None] == ids["query", "V2Query"] | ids["query", "Classic"]
    assert ids["query", "Classic"] == ids["ingest", "Classic"] != set()
    assert ids["ingest", "V2Query"] == ids["query", "V2Ingest"] == set()
    org.ingest_shows_query_jobs = True
    org.add_raw_entry({})
    assert {row["id"] for row in org.listed("ingest")} == ids["ingest", None] | ids["query", "V2Query"]


def test_pk_chunking() -> None:
    """The filter for PK chunking splits a listing into two parts."""
    org = make_org(500)
    with_it = org.listed("query", is_pk_chunking_enabled=True)
    without = org.listed("query", is_pk_chunking_enabled=False)
    assert by_id(with_it + without) == by_id(org.listed("query"))
    assert {row["operation"] for row in with_it} == {"query", "queryAll"}


@pytest.mark.parametrize("jobs", [0, 1, 2, 3, 9, 10, 11, 100])
@pytest.mark.parametrize("shifting", [False, True])
def test_quiet_walk(jobs: int, shifting: bool) -> None:
    """A walk without changes shows every job once, for any number of jobs and in any order."""
    org = make_org()
    org.add_jobs(jobs, job_type="V2Ingest")
    org.page_size, org.shifting = 10, shifting
    assert by_id(walk(org)) == by_id(org.listed("ingest"))


def test_walks_differ_in_order() -> None:
    """Each walk has an order of its own."""
    org = make_org(200)
    first, second = walk(org), walk(org)
    assert first != second
    assert by_id(first) == by_id(second)


def test_jobs_made_during_a_quiet_walk() -> None:
    """The first page fixes which jobs a walk shows. Their rows may still change."""
    org = make_org()
    ids = set(org.add_jobs(15, job_type="V2Ingest", state="JobComplete", created=NOON))
    org.page_size = 10
    first = org.walks.begin("token", INGEST)
    org.add_jobs(15, job_type="V2Ingest")
    (late, *_) = ids - {row["id"] for row in rows(first)}
    org.change_job(late, state="Failed")
    assert first.locator
    second = org.walks.go_on("token", INGEST, first.locator)
    assert (len(first.entries), len(second.entries), second.locator) == (10, 5, None)
    assert {row["id"]: row["state"] for row in rows(first) + rows(second)} == {
        id: "Failed" if id == late else "JobComplete" for id in ids
    }


def test_shifting_walk() -> None:
    """If listings shift, jobs that change during a walk move others to another page."""
    org = make_org()
    ids = org.add_jobs(300, job_type="V2Ingest", state="InProgress", created=NOON)
    org.page_size, org.shifting = 50, True
    page = org.walks.begin("token", INGEST)
    seen = [row["id"] for row in rows(page)]
    while page.locator:
        for id in ids[::3]:
            org.change_job(id, number_records_processed=5)
        page = org.walks.go_on("token", INGEST, page.locator)
        seen += [row["id"] for row in rows(page)]
    assert len(seen) == 300
    assert len(set(seen)) < 300


def test_raw_entries() -> None:
    """An odd entry is shown with its exact bytes, in its listing only, and does not count as a job."""
    org = make_org()
    org.add_raw_entry(b'{"id": "750\\ud800", "object":"caf\xe9"}')
    org.add_raw_entry([1, None], listing="query")
    assert [entry.row for entry in org.walks.begin("token", INGEST).entries] == [
        b'{"id": "750\\ud800", "object":"caf\xe9"}'
    ]
    assert [entry.row for entry in org.walks.begin("token", Wanted("query")).entries] == [b"[1, null]"]
    assert org.listed("ingest") == []


def test_locator_of_another_session() -> None:
    """A locator works only in the session that made it."""
    org = make_org(30)
    org.page_size = 10
    locator = org.walks.begin("token", INGEST).locator
    assert locator
    assert locator.startswith("0r8")
    assert locator.endswith("-10")
    with pytest.raises(ApiError, match="401 INVALID_SESSION_ID"):
        org.walks.go_on("another", INGEST, locator)
    again = [rows(org.walks.go_on("token", INGEST, locator)) for _ in range(2)]
    assert again[0] == again[1]


@pytest.mark.parametrize("locator", ["", "nonsense", "{id}-11", "{id}-x", "{id}", "0r8Rm0000000000AAA-10"])
def test_unknown_locator(locator: str) -> None:
    """A locator that the org did not make is refused."""
    org = make_org(30)
    org.page_size, org.locators_answered = 10, "named"
    made = org.walks.begin("token", INGEST).locator or ""
    with pytest.raises(ApiError, match="400 INVALID_QUERY_LOCATOR"):
        org.walks.go_on("token", INGEST, locator.format(id=made.partition("-")[0]))


def test_old_locator() -> None:
    """A locator works for two days."""
    org = make_org(30)
    org.page_size = 10
    locator = org.walks.begin("token", INGEST).locator or ""
    org.clock.advance(days=2, seconds=-1)
    org.walks.go_on("token", INGEST, locator)
    org.clock.advance(seconds=1)
    with pytest.raises(ApiError, match="400 INVALID_QUERY_LOCATOR"):
        org.walks.go_on("token", INGEST, locator)


def test_filters_with_a_locator() -> None:
    """Filters must be sent again with a locator. Without them the page is unfiltered; changed ones are refused."""
    org = make_org()
    org.add_jobs(30, job_type="V2Ingest")
    org.add_jobs(30, job_type="Classic")
    org.page_size = 10
    wanted = Wanted("ingest", "V2Ingest")
    locator = org.walks.begin("token", wanted).locator or ""
    assert {row["jobType"] for row in rows(org.walks.go_on("token", wanted, locator))} == {"V2Ingest"}
    assert len(walk(org, wanted)) == 30
    for other in (Wanted("ingest", "Classic"), Wanted("ingest", "V2Ingest", True), Wanted("query", "V2Ingest")):
        with pytest.raises(ApiError, match="400 INVALID_QUERY_LOCATOR"):
            org.walks.go_on("token", other, locator)
    offsets = [locator]
    unfiltered = []
    while offsets:
        page = org.walks.go_on("token", INGEST, offsets.pop())
        unfiltered += rows(page)
        offsets += [page.locator] if page.locator else []
    assert {row["jobType"] for row in unfiltered} == {"V2Ingest", "Classic"}
    org.locator_keeps_filter = True
    assert {row["jobType"] for row in rows(org.walks.go_on("token", INGEST, locator))} == {"V2Ingest"}


def test_job_info_of_a_seeded_job() -> None:
    """Get Job Info adds counts, times and errors to the row, the same ones each time."""
    org = make_org()
    made = NOON - timedelta(hours=1)
    more: dict[str, Any] = {"job_type": "V2Ingest", "object": "Account", "created": made}
    (done,) = org.add_jobs(1, operation="upsert", state="JobComplete", **more)
    (failed,) = org.add_jobs(1, operation="insert", state="Failed", **more)
    (opened,) = org.add_jobs(1, operation="insert", state="Open", **more)
    (query,) = org.add_jobs(1, job_type="V2Query", operation="query", state="JobComplete", created=made)
    rows_by_id = {row["id"]: row for row in org.listed("ingest") + org.listed("query")}
    added = {id: set(org.job_info(id)) - set(rows_by_id[id]) for id in (done, failed, opened, query)}
    times = {"retries", "totalProcessingTime", "apiActiveProcessingTime", "apexProcessingTime", "isPkChunkingSupported"}
    counts = {"numberRecordsProcessed", "numberRecordsFailed"}
    assert added == {
        done: times | counts | {"externalIdFieldName"},
        failed: times | counts | {"errorMessage"},
        opened: times,
        query: {"numberRecordsProcessed", "retries", "totalProcessingTime", "isPkChunkingSupported"},
    }
    assert org.job_info(done) == org.job_info(done[:15])
    assert org.job_info(query)["isPkChunkingSupported"] is True
    assert org.job_info(done)["isPkChunkingSupported"] is False


def test_job_info_with_an_assignment_rule() -> None:
    """Some jobs of leads say which rule assigns them; listings do not."""
    org = make_org()
    ids = org.add_jobs(20, job_type="V2Ingest", operation="insert", object="Lead", state="JobComplete")
    rules = [org.job_info(id).get("assignmentRuleId", "") for id in ids]
    assert {rule[:3] for rule in rules} == {"", "01Q"}
    assert not any("assignmentRuleId" in row for row in org.listed("ingest"))


def test_job_info_of_a_changed_job() -> None:
    """Counts can be set; they show in Get Job Info and not in the listing."""
    org = make_org()
    (id,) = org.add_jobs(1, job_type="V2Ingest", state="JobComplete", number_records_failed=3)
    org.change_job(id, numberRecordsProcessed=9)
    info = org.job_info(id)
    assert (info["numberRecordsProcessed"], info["numberRecordsFailed"]) == (9, 3)
    assert not set(org.listed("ingest")[0]) - set(INGEST_KEYS)
