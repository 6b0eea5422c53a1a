"""jsforce, in Node: logins, jobs from start to end, and jobs that are stopped; then `load`."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs_source.runner.load import load
from jobs_source.standin import Clock, StandIn
from tests.conftest import START
from tests.real_clients.asked import Asked, assert_loaded, say
from tests.real_clients.node_packages import PACKAGES, install_node_packages
from tests.warehouses import Warehouse

pytestmark = pytest.mark.long
SCRIPT = Path(__file__).with_name("jobs_of_jsforce.js")


def run(standin: StandIn, action: str) -> Any:
    """What the script was told."""
    packages, org = install_node_packages(), standin.org
    access = {
        "url": standin.url,
        "clientId": org.client_id,
        "clientSecret": org.client_secret,
        "refreshToken": org.refresh_token,
    }
    environment = {**os.environ, "NODE_PATH": str(packages.modules)}
    done = subprocess.run(
        [packages.programs / "node", SCRIPT],
        input=json.dumps({"action": action, **access}),
        env=environment | {"NODE_EXTRA_CA_CERTS": str(standin.certificate_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    return json.loads(done.stdout)


def test_jsforce(
    log_in: Callable[..., None],
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    """Client credentials and a refresh token; insert, upsert, delete, query; abort and delete: row for row."""
    with StandIn(https=True, clock=Clock(START), seed=11) as standin:
        org, asked = standin.org, Asked(standin)
        org.in_progress_after_seconds = org.complete_after_seconds = 0
        done = run(standin, "work")
        worked = asked.take()
        org.in_progress_after_seconds = 3600
        ended = run(standin, "stop")
        stopped = asked.take()
        record_property("client", say(f"jsforce {PACKAGES['jsforce']}", [worked, stopped]))

        check_work(standin, done)
        check_stop(standin, ended)
        assert worked == WORKED
        assert stopped == STOPPED
        assert standin.unexpected == []

        org.clock.advance(seconds=5)
        log_in(standin)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(standin.certificate_path))
        summary = load(destination=warehouse.destination)
        assert summary.jobs_listed == 8
        told = [*(done[name]["info"] for name in ("inserted", "upserted", "deleted")), *ended["told"]]
        assert_loaded(org, warehouse, told)
        assert {row["id"] for table in ("jobs", "query_jobs") for row in warehouse.rows(table)} & set(
            ended["gone"]
        ) == set()


def check_work(standin: StandIn, done: Any) -> None:
    """What the client says of its session and of its records."""
    org = standin.org
    user = org.users[0]
    assert (done["who"]["user_id"], done["who"]["organization_id"]) == (user.id, org.org_id)
    assert (done["user"]["Username"], done["user"]["Id"]) == (user.username, user.id)
    counts = [
        (done[name]["info"]["numberRecordsProcessed"], done[name]["info"]["numberRecordsFailed"])
        for name in ("inserted", "upserted", "deleted")
    ]
    assert counts == [(3, 0), (2, 0), (1, 0)]
    first, second, third = (row["sf__Id"] for row in done["inserted"]["results"]["successfulResults"])
    created = [(row["sf__Id"] == third, row["sf__Created"]) for row in done["upserted"]["results"]["successfulResults"]]
    assert created == [(True, "false"), (False, "true")]
    assert [row["sf__Id"] for row in done["deleted"]["results"]["successfulResults"]] == [first]
    assert [row["Name"] for row in done["left"]] == done["found"] == ["B", "C2", "D"]
    assert [row["Id"] for row in done["left"]][:2] == [second, third]
    assert done["users"] == [{"Id": user.id, "Name": user.name} for user in org.users]


def check_stop(standin: StandIn, ended: Any) -> None:
    """States, and what Salesforce's own codes are called in this client."""
    assert [info["state"] for info in ended["told"]] == ["Open", "Aborted", "Aborted"]
    assert ended["refused"] == ["INVALIDENTITY", "NOT_FOUND", "NOT_FOUND", "INVALID_SESSION_ID"]
    assert [id for id in ended["gone"] if id in standin.org.jobs] == []


WORKED: Counter[str] = Counter(
    {
        "POST oauth2/token": 1,
        "GET resources": 1,
        "GET /id/ID/ID": 1,
        "POST jobs/ingest": 3,
        "PUT jobs/ingest/ID/batches": 3,
        "PATCH jobs/ingest/ID": 3,
        "GET jobs/ingest/ID": 6,
        "GET jobs/ingest/ID/successfulResults": 3,
        "GET jobs/ingest/ID/failedResults": 3,
        "GET jobs/ingest/ID/unprocessedrecords": 3,
        "POST jobs/query": 2,
        "GET jobs/query/ID": 2,
        "GET jobs/query/ID/results": 2,
        "GET sobjects/User/ID": 1,
        "GET query": 1,
    }
)
STOPPED: Counter[str] = Counter(
    {
        "POST jobs/ingest 401": 1,
        "POST oauth2/token": 1,
        "POST jobs/ingest": 3,
        "PUT jobs/ingest/ID/batches": 1,
        "PATCH jobs/ingest/ID": 3,
        "DELETE jobs/ingest/ID": 1,
        "POST jobs/query": 2,
        "PATCH jobs/query/ID": 2,
        "DELETE jobs/query/ID": 1,
        "GET jobs/ingest/ID": 2,
        "GET jobs/query/ID": 1,
        "POST jobs/ingest 400": 1,
        "GET jobs/ingest/ID 404": 1,
        "GET sobjects/Shoe/describe 404": 1,
        "POST oauth2/revoke": 1,
        "GET limits 401": 1,
    }
)
