"""No token, secret or key is in anything that a run writes or prints, however it ends."""

import gzip
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Optional
from urllib.parse import quote, quote_plus

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs_source.standin import Clock, StandIn
from tests.clients import Loopback, answer_with
from tests.conftest import START, with_our_code
from tests.secret_recorder import SecretRecorder, all_text, cells_of, leaks
from tests.unit.salesforce.sf_program import SfProgram, described, display, show, succeeded
from tests.warehouses import CAREFUL_ROLE, PASSWORD, Warehouse


def keys_of(flow: str, standin: StandIn, folder: Path) -> dict[str, str]:
    """The configuration of one login flow; what is secret of it is given as text, not as a file."""
    org = standin.org
    common = {"CLIENT_ID": org.client_id, "LOGIN_URL": standin.url, "AUTH_FLOW": flow}
    return {
        "client_credentials": {**common, "INSTANCE_URL": standin.url, "CLIENT_SECRET": org.client_secret},
        "jwt": {**common, "USERNAME": org.username, "PRIVATE_KEY": org.private_key_pem},
        "refresh_token": {
            **common,
            "CLIENT_SECRET": org.client_secret,
            "REFRESH_TOKEN": org.refresh_token,
            "REFRESH_TOKEN_FILE": str(folder / "kept" / "token"),
        },
        "token": {"INSTANCE_URL": standin.url, "ACCESS_TOKEN": org.issue_token(), "AUTH_FLOW": flow},
        "sf_cli": {"SF_CLI_ORG": "acme", "AUTH_FLOW": flow},
    }[flow]


def all_written(folder: Path) -> Iterator[tuple[str, bytes]]:
    """All but what holds secrets on purpose."""
    for name, text in (*all_text(folder), *(cells for path in folder.glob("*.duckdb") for cells in cells_of(path))):
        if not name.startswith(f"{folder / 'kept'}"):
            yield name, text


def secrets_in(keys: dict[str, str]) -> set[str]:
    """What was configured; a key by its lines."""
    secrets = {keys[key] for key in ("CLIENT_SECRET", "REFRESH_TOKEN", "ACCESS_TOKEN") if key in keys}
    return secrets | {line for line in keys.get("PRIVATE_KEY", "").splitlines() if len(line) > 40}


FAULTS: dict[str, dict[str, Any]] = {
    "expired_token": {},
    "status": {"status": 400, "body": [{"errorCode": "X", "message": "Y"}]},
    "cut": {},
    "redirect": {"location": "https://elsewhere.example/"},
}


@pytest.mark.parametrize(
    ("flow", "fault"),
    [
        ("jwt", None),
        ("client_credentials", "expired_token"),
        *(
            pytest.param(*case, marks=pytest.mark.long)
            for case in (
                ("refresh_token", None),
                ("client_credentials", None),
                ("token", None),
                ("sf_cli", None),
                ("token", "expired_token"),
                ("refresh_token", "expired_token"),
                ("client_credentials", "status"),
                ("client_credentials", "cut"),
                ("client_credentials", "redirect"),
            )
        ),
    ],
)
def test_no_secret_is_written_or_printed(
    flow: str, fault: Optional[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_secret_is_left: SecretRecorder
) -> None:
    """Logs at their most talkative and tracebacks shown: good runs of each login, and runs that fail in the walk."""
    with StandIn(clock=Clock(START, frozen=True), seed=9) as standin:
        standin.org.page_size = 10
        standin.org.rotate_refresh_tokens = True
        standin.org.add_jobs(40)
        standin.org.clock.advance(seconds=5)
        (tmp_path / "kept").mkdir()
        if flow == "sf_cli":
            token = succeeded(accessToken=standin.org.issue_token())
            SfProgram(tmp_path / "kept", monkeypatch, {display("acme"): described(standin.org), show("acme"): token})
        keys = keys_of(flow, standin, tmp_path)
        secrets = secrets_in(keys) | no_secret_is_left.secrets
        if fault:
            standin.misbehave(fault, at=2, times=None, path="jobs/ingest", **FAULTS[fault])
        done = run_load({f"SOURCES__JOBS_SOURCE__CREDENTIALS__{key}": value for key, value in keys.items()})
        secrets |= no_secret_is_left.secrets

    assert (done.returncode == 0) == (fault is None), done.stderr
    written = {"stdout": done.stdout, "stderr": done.stderr, **dict(all_written(tmp_path))}
    assert {kind for kind in ("unpacked", "columns") if any(kind in name for name in written)} == (
        set() if fault else {"unpacked", "columns"}
    )
    assert len(secrets) >= 4
    assert leaks(secrets, written) == []


def test_a_login_that_is_refused_shows_no_secret(tmp_path: Path) -> None:
    """Not the wrong secret either: it is often the right one, in the wrong place."""
    with StandIn(seed=9) as standin:
        keys = {**keys_of("client_credentials", standin, tmp_path), "CLIENT_SECRET": "wrong-but-still-a-secret"}
        done = run_load({f"SOURCES__JOBS_SOURCE__CREDENTIALS__{key}": value for key, value in keys.items()})

    assert done.returncode == 2
    assert b"Check sources.jobs_source.credentials.client_secret." in done.stderr
    written = {"stdout": done.stdout, "stderr": done.stderr, **dict(all_written(tmp_path))}
    assert leaks({"wrong-but-still-a-secret"}, written) == []


@pytest.mark.parametrize(
    ("taken_for", "given", "says"),
    [
        pytest.param(
            "//postgres:",
            f"//{CAREFUL_ROLE}:wrong-",
            b"password authentication failed",
            marks=pytest.mark.long,
        ),
        ("//postgres:", f"//{CAREFUL_ROLE}:", b""),
        pytest.param("//", "//", b"", marks=pytest.mark.long),
        pytest.param("/test_", "/gone_", b"does not exist", marks=pytest.mark.long),
    ],
)
def test_the_password_of_the_destination_is_not_written_or_printed(
    taken_for: str,
    given: str,
    says: bytes,
    standin: StandIn,
    log_in: Callable[..., None],
    postgres_server: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """With a traceback, whether the database is there or not, and whether the password is right or wrong."""
    with Warehouse.new_postgres_database(postgres_server, monkeypatch) as warehouse:
        address = os.environ["DESTINATION__POSTGRES__CREDENTIALS"]
        monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", address.replace(taken_for, given))
        log_in(standin)
        done = run_load({}, "--destination", "postgres")
        tables = warehouse.query("select table_name from information_schema.tables where table_schema like 'sales%'")
        cells = {name: repr(warehouse.query(f'select x::text from "{name}" x')).encode() for (name,) in tables}

    assert (done.returncode, len(cells) > 5) == ((2, False) if says else (0, True)), done.stderr
    assert says in done.stderr
    written = {"stdout": done.stdout, "stderr": done.stderr, **cells, **dict(all_written(tmp_path))}
    assert leaks({PASSWORD}, written) == []


def test_an_address_of_the_destination_that_is_none_is_not_printed(
    standin: StandIn, log_in: Callable[..., None]
) -> None:
    """dlt's error quotes it, password and all, behind its own."""
    log_in(standin)
    done = run_load({"DESTINATION__POSTGRES__CREDENTIALS": f"loader:{PASSWORD}@host/db"}, "--destination", "postgres")

    assert done.returncode == 2
    assert b"Traceback" in done.stderr
    assert leaks({PASSWORD}, {"stdout": done.stdout, "stderr": done.stderr}) == []


@pytest.mark.long
@pytest.mark.parametrize("switch", [{}, pytest.param({"RUNTIME__DLTHUB_TELEMETRY": "true"}, marks=pytest.mark.long)])
def test_nothing_is_reported_to_anybody(switch: dict[str, str], standin: StandIn, log_in: Callable[..., None]) -> None:
    """The committed configuration switches dlt's telemetry off; who switches it on is seen."""
    log_in(standin)
    with Loopback(lambda seen: answer_with(b"{}")) as tracker:
        done = run_load({"RUNTIME__DLTHUB_TELEMETRY_ENDPOINT": f"{tracker.url}/track", **switch})
        assert bool(tracker.seen) is bool(switch)
    assert done.returncode == 0, done.stderr


def test_a_secret_is_found_wherever_it_is_put(tmp_path: Path) -> None:
    """As it is or as in an address; in a plain file, a packed one, a column, a cell."""
    secret = "s3cret/with+signs and=more"
    (tmp_path / "plain").write_text(f"?token={quote(secret, safe='')}")
    (tmp_path / "packed.gz").write_bytes(gzip.compress(f"token={quote_plus(secret)}".encode()))
    pq.write_table(pa.table({"number": [1], "text": [secret]}), tmp_path / "table.parquet", compression="zstd")
    with duckdb.connect(str(tmp_path / "tables.duckdb")) as connection:
        connection.execute("create table kept as select ? as text", [secret])

    found = leaks({secret}, dict(all_written(tmp_path)))

    assert {Path(name).name for name in found} >= {
        "plain",
        "packed.gz, unpacked",
        "table.parquet, columns",
        "tables.duckdb: main.kept",
    }
    assert leaks({"another secret"}, dict(all_written(tmp_path))) == []


def run_load(section: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**with_our_code(), **section, "RUNTIME__LOG_LEVEL": "DEBUG"}
    command = [sys.executable, "-m", "pipelines", "load", "--verbose", "--keep-working-dir", "working", *arguments]
    return subprocess.run(command, capture_output=True, env=environment, timeout=60, check=False)
