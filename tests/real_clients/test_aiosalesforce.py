"""aiosalesforce, in an environment of its own: logins, jobs from start to end, and stopped ones; then `load`."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs_source.runner.load import load
from jobs_source.standin import Clock, StandIn
from tests.conftest import START
from tests.environments import extend_environment
from tests.real_clients.asked import Asked, assert_loaded, say
from tests.warehouses import Warehouse

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.version_info < (3, 11), reason="aiosalesforce is for Python 3.11 and newer"),
]
VERSION = "0.6.2"
SCRIPT = Path(__file__).with_name("jobs_of_aiosalesforce.py")


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has the client."""
    return extend_environment(tmp_path_factory.mktemp("aiosalesforce") / "own", f"aiosalesforce=={VERSION}")


def run(python: Path, standin: StandIn, action: str, key: Path) -> Any:
    """What the script was told."""
    org = standin.org
    key.write_text(org.private_key_pem)
    access = {name: str(getattr(org, name)) for name in ("client_id", "client_secret", "username")}
    more = {"url": standin.url, "certificate": str(standin.certificate_path), "user_id": org.users[0].id}
    done = subprocess.run(
        [python, "-W", "ignore", SCRIPT],
        input=json.dumps({"action": action, "key": str(key), **access, **more}),
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    return json.loads(done.stdout)


def test_aiosalesforce(
    python: Path,
    log_in: Callable[..., None],
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """Client credentials and JWT; insert, upsert, delete, a query, a listing, abort and delete: row for row."""
    with StandIn(https=True, clock=Clock(START), seed=14) as standin:
        org, asked = standin.org, Asked(standin)
        org.in_progress_after_seconds = org.complete_after_seconds = 0
        done = run(python, standin, "work", tmp_path / "key.pem")
        org.in_progress_after_seconds = 3600
        ended = run(python, standin, "stop", tmp_path / "key.pem")
        counts = asked.take()
        record_property("client", say(f"aiosalesforce {VERSION}", [counts]))
        assert counts == COUNTS
        assert standin.unexpected == []

        assert done["names"] == ["C"]
        assert [row["sf__Created"] for row in done["upserted"]["good"]] == ["false"]
        assert [done[name]["bad"] for name in ("inserted", "upserted", "deleted")] == [[], [], []]
        assert ended["username"] == org.username
        assert ended["listed"] == sorted(org.jobs)
        org.clock.advance(seconds=5)
        log_in(standin)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(standin.certificate_path))
        assert load(destination=warehouse.destination).jobs_listed == 4
        told = [done[name]["info"] for name in ("inserted", "upserted", "deleted")]
        assert_loaded(org, warehouse, [*told, {**ended["aborted"], "jobType": "V2Ingest"}])
        assert ended["gone"] not in {row["id"] for row in warehouse.rows("jobs")}


COUNTS: Counter[str] = Counter(
    {
        "POST oauth2/token": 2,
        "POST jobs/ingest": 5,
        "PUT jobs/ingest/ID/batches": 3,
        "PATCH jobs/ingest/ID": 5,
        "GET jobs/ingest/ID": 3,
        "GET jobs/ingest/ID/successfulResults": 3,
        "GET jobs/ingest/ID/failedResults": 3,
        "GET jobs/ingest/ID/unprocessedrecords": 3,
        "GET query": 1,
        "DELETE jobs/ingest/ID": 1,
        "GET jobs/ingest": 1,
        "GET sobjects/User/ID": 1,
    }
)
