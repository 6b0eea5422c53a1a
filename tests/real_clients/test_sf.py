"""The Salesforce CLI: logins, jobs from start to end, and jobs that are stopped; then `load` with its login."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs_source.runner.load import load
from jobs_source.standin import Clock, Org, StandIn
from tests.conftest import START
from tests.real_clients.asked import Asked, assert_loaded, say
from tests.real_clients.node_packages import PACKAGES
from tests.real_clients.real_sf import ORG, RealSf
from tests.warehouses import Warehouse

pytestmark = pytest.mark.long
RecordProperty = Callable[[str, object], None]
VERSION = PACKAGES["@salesforce/cli"]
WAIT = ("--wait", "1")


def use_the_login_of_sf(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__CREDENTIALS__SF_CLI_ORG", ORG)
    if standin.certificate_path:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(standin.certificate_path))


def test_sf_over_https(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, record_property: RecordProperty
) -> None:
    """A login by JWT; import, upsert, delete, export, a file that fails, abort, delete: all loaded by sf's login."""
    with StandIn(https=True, clock=Clock(START), seed=12) as standin:
        org, asked, sf = standin.org, Asked(standin), RealSf(standin, tmp_path, monkeypatch)
        login = sf.log_in_by_jwt().result
        assert (login["orgId"], login["username"], login["name"]) == (org.org_id, org.username, "Stand-in")
        logged_in = asked.take()
        org.in_progress_after_seconds = org.complete_after_seconds = 0
        told = work(sf, org)
        worked = asked.take()
        org.in_progress_after_seconds = 3600
        aborted, gone = stop(sf)
        stopped = asked.take()
        record_property("client", say(f"sf {VERSION} over https", [logged_in, worked, stopped]))
        assert (logged_in, worked, stopped) == (LOGIN_BY_JWT, WORKED, STOPPED)

        org.clock.advance(seconds=5)
        use_the_login_of_sf(standin, monkeypatch)
        assert load(destination=warehouse.destination).jobs_listed == 6
        assert_loaded(org, warehouse, told)
        loaded = {row["id"]: row["state"] for row in warehouse.rows("jobs")}
        assert (loaded[aborted], gone in loaded) == ("Aborted", False)
        assert sorted(loaded.values()) == ["Aborted", "Failed", "JobComplete", "JobComplete", "JobComplete"]
        assert standin.unexpected == []


def work(sf: RealSf, org: Org) -> list[dict[str, Any]]:
    """Jobs from start to end; what `sf` says of two of them."""
    account = ("--sobject", "Account", *WAIT)
    imported = sf.load_file("import", "Name,No__c\nA,1\nB,2\n", *account).result
    assert (imported["processedRecords"], imported["successfulRecords"], imported["failedRecords"]) == (2, 2, 0)
    keys = ("--external-id", "No__c", "--column-delimiter", "PIPE")
    upserted = sf.load_file("upsert", "Name|No__c\nB2|2\nC|3\n", *account, *keys).result
    rows = upserted["records"]["successfulResults"]
    assert [(row["sf__Created"], row["Name"]) for row in rows] == [("false", "B2"), ("true", "C")]
    deleted = sf.load_file("delete", f"Id\n{rows[0]['sf__Id']}\n", *account).result
    failed = sf.load_file("import", "Name\r\nD\r\n", *account, "--line-ending", "LF")
    assert (failed.exit_code, failed.result["message"].splitlines()[-1]) == (1, LINE_END)
    refused = sf.load_file("import", "Name\nD\n", "--sobject", "Shoe", *WAIT)
    assert (refused.exit_code, refused.result["name"]) == (1, "INVALIDENTITY")
    file = sf.folder / "users.csv"
    query = ("--query", "select Id, Name from User", "--output-file", str(file), *WAIT)
    assert sf.run("data", "export", "bulk", *query, "--target-org", ORG).result["totalSize"] == len(org.users)
    assert file.read_text().splitlines()[1:] == [f'"{user.id}","{user.name}"' for user in org.users]
    return [upserted["jobInfo"], deleted["jobInfo"]]


def stop(sf: RealSf) -> tuple[str, str]:
    """Two jobs that are aborted; the second is deleted too."""
    first, second = (sf.load_file("import", "Name\nE\n", "--sobject", "Account").result["jobId"] for _ in range(2))
    for id in (first, second):
        assert '"state": "Aborted"' in sf.ask("PATCH", f"jobs/ingest/{id}", '{"state": "Aborted"}')
    sf.ask("DELETE", f"jobs/ingest/{second}")
    return first, second


def test_session_that_sf_renews(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A login with a refresh token; `load` by sf's own login works after the session has ended, too."""
    with StandIn(https=True, clock=Clock(START), seed=15, jobs=20) as standin:
        sf = RealSf(standin, tmp_path, monkeypatch)
        assert sf.log_in_by_refresh_token().result["username"] == standin.org.username
        standin.org.expire_tokens()
        standin.org.clock.advance(seconds=5)
        use_the_login_of_sf(standin, monkeypatch)
        load()
        assert_loaded(standin.org, Warehouse("duckdb", tmp_path / "jobs_history.duckdb"), [])
        assert standin.unexpected == []


def test_sf_over_http(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, record_property: RecordProperty
) -> None:
    """A login with a ready session, queries, and `load` by sf's own login; after its logout there is none."""
    with StandIn(clock=Clock(START), seed=13, jobs=50) as standin:
        asked, sf = Asked(standin), RealSf(standin, tmp_path, monkeypatch)
        assert sf.log_in_by_token(monkeypatch).result["username"] == standin.org.username
        query = ("data", "query", "--query", "select Id, Name from User order by Name limit 2", "--target-org", ORG)
        assert [row["Name"] for row in sf.run(*query).result["records"]] == ["Billing Connector", "Data Loader"]
        displayed = sf.run("org", "display", "--target-org", ORG).result
        assert (displayed["id"], displayed["connectedStatus"]) == (standin.org.org_id, "Connected")
        counts = asked.take()
        record_property("client", say(f"sf {VERSION} over http", [counts]))
        assert counts == OVER_HTTP

        standin.org.clock.advance(seconds=5)
        use_the_login_of_sf(standin, monkeypatch)
        load(destination=warehouse.destination)
        assert_loaded(standin.org, warehouse, [])
        assert standin.unexpected == []


LINE_END = "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF"
LOGIN_BY_JWT: Counter[str] = Counter(
    {
        "POST oauth2/token": 1,
        "GET query 400": 1,
        "GET data": 1,
        "GET query": 1,
    }
)
WORKED: Counter[str] = Counter(
    {
        "POST jobs/ingest": 4,
        "PUT jobs/ingest/ID/batches": 4,
        "PATCH jobs/ingest/ID": 4,
        "GET jobs/ingest/ID": 7,
        "GET jobs/ingest/ID/successfulResults": 2,
        "GET jobs/ingest/ID/unprocessedrecords": 2,
        "GET jobs/ingest/ID/failedResults": 2,
        "POST jobs/ingest 400": 1,
        "POST jobs/query": 1,
        "GET jobs/query/ID": 1,
        "GET resources": 1,
        "GET jobs/query/ID/results": 1,
    }
)
STOPPED: Counter[str] = Counter(
    {
        "POST jobs/ingest": 2,
        "PUT jobs/ingest/ID/batches": 2,
        "PATCH jobs/ingest/ID": 4,
        "DELETE jobs/ingest/ID": 1,
        "GET resources": 3,
    }
)
OVER_HTTP: Counter[str] = Counter(
    {
        "GET oauth2/userinfo": 1,
        "GET sobjects/User/ID": 1,
        "GET query 400": 1,
        "GET data": 1,
        "GET query": 2,
        "GET query?columns": 1,
        "GET resources": 2,
    }
)
