"""The Salesforce CLI: logins, jobs from start to end, and jobs that are stopped; then `load` with its login."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs_source.runner.load import load
from jobs_source.standin import Clock, StandIn
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
        org.in_progress_after_seconds = org.complete_after_seconds = 0

        login = sf.log_in_by_jwt().result
        assert (login["orgId"], login["username"], login["orgEdition"]) == (
            org.org_id,
            org.username,
            "Enterprise Edition",
        )
        assert asked.take() == LOGIN_BY_JWT
        imported = sf.load_file("import", "Name,No__c\nA,1\nB,2\n", "--sobject", "Account", *WAIT).result
        assert {**imported, "jobId": ""} == {
            "jobId": "",
            "processedRecords": 2,
            "successfulRecords": 2,
            "failedRecords": 0,
        }
        upsert = ("--sobject", "Account", "--external-id", "No__c", *WAIT)
        upserted = sf.load_file("upsert", "Name|No__c\nB2|2\nC|3\n", *upsert, "--column-delimiter", "PIPE").result
        rows = upserted["records"]["successfulResults"]
        assert [(row["sf__Created"], row["Name"]) for row in rows] == [("false", "B2"), ("true", "C")]
        deleted = sf.load_file("delete", f"Id\n{rows[0]['sf__Id']}\n", "--sobject", "Account", *WAIT).result
        failed = sf.load_file("import", "Name\r\nD\r\n", "--sobject", "Account", "--line-ending", "LF", *WAIT)
        assert (failed.exit_code, failed.result["message"].splitlines()[-1]) == (1, LINE_END)
        refused = sf.load_file("import", "Name\nD\n", "--sobject", "Shoe", *WAIT)
        assert (refused.exit_code, refused.result["name"]) == (1, "INVALIDENTITY")
        users = tmp_path / "users.csv"
        query = ("--query", "select Id, Name from User", "--output-file", str(users), *WAIT)
        assert sf.run("data", "export", "bulk", *query, "--target-org", ORG).result["totalSize"] == len(org.users)
        assert users.read_text().splitlines()[1:] == [f'"{user.id}","{user.name}"' for user in org.users]
        worked = asked.take()

        org.in_progress_after_seconds = 3600
        stopped = [sf.load_file("import", "Name\nE\n", "--sobject", "Account").result["jobId"] for _ in range(2)]
        for id in stopped:
            assert '"state": "Aborted"' in sf.ask("PATCH", f"jobs/ingest/{id}", '{"state": "Aborted"}')
        sf.ask("DELETE", f"jobs/ingest/{stopped[1]}")
        ended = asked.take()
        record_property("client", say(f"sf {VERSION} over https", [LOGIN_BY_JWT, worked, ended]))
        assert (worked, ended) == (WORKED, ENDED)

        org.clock.advance(seconds=5)
        use_the_login_of_sf(standin, monkeypatch)
        summary = load(destination=warehouse.destination)
        assert summary.jobs_listed == 6
        assert_loaded(org, warehouse, [upserted["jobInfo"], deleted["jobInfo"]])
        loaded = {row["id"]: row["state"] for row in warehouse.rows("jobs")}
        assert (loaded[imported["jobId"]], loaded[stopped[0]], stopped[1] in loaded) == (
            "JobComplete",
            "Aborted",
            False,
        )
        assert sorted(loaded.values()) == ["Aborted", "Failed", "JobComplete", "JobComplete", "JobComplete"]
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
ENDED: Counter[str] = Counter(
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
