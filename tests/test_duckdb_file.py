"""The file is in danger once a load: when DuckDB takes its log in."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from jobs_source.standin import StandIn
from pipelines.load import load
from pipelines.orgs import make_pipeline, make_source


def times_taken_in(path: Path) -> int:
    """Read the newer of the two headers: after its checksum DuckDB counts how often it took its log in."""
    headers = path.read_bytes()[4_096:12_288]
    return max(int.from_bytes(headers[place + 8 : place + 16], "little") for place in (0, 4_096))


def test_duckdb_takes_its_log_in_once_a_load(standin: StandIn, log_in: Callable[..., None]) -> None:
    """In the first run, the next, and one that loads an earlier run's package before; no log is left beside it."""
    org, file = standin.org, Path("jobs_history.duckdb")
    log_in(standin)
    counts = []
    for loads_before in (0, 0, 1):
        org.add_jobs(5, job_type="V2Ingest", created=org.clock.now() - timedelta(seconds=30))
        org.clock.advance(seconds=60)
        for _ in range(loads_before):
            make_pipeline(None, "duckdb", "salesforce_jobs").extract(make_source(None))
        load()
        counts.append(times_taken_in(file))

    assert counts == [1, 2, 4]
    assert not file.with_suffix(".duckdb.wal").exists()
