"""What `status` shows a person."""

from datetime import datetime, timedelta, timezone
from typing import Any

from jobs_source.commands.status_tables import status_tables
from jobs_source.runner.status import OrgStatus

NOW = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)


def walk(hours_ago: float, listing: str = "jobs/ingest", **others: Any) -> dict[str, Any]:
    """A row of `runs`, as `status` reads it."""
    return {
        "started_at": NOW - timedelta(hours=hours_ago),
        "listing": listing,
        "jobs_listed": 1_200,
        "jobs_written": 17,
        "entries_rejected": 0,
        "calls": 2,
        "is_full": False,
        **others,
    }


def test_orgs_gaps_and_last_runs_are_three_tables() -> None:
    """Word by word. A gap that both lists have is there once; the list that is behind the other one is named."""
    gap = (NOW - timedelta(days=20), NOW - timedelta(days=1, minutes=90))
    newest = {"jobs/ingest": NOW - timedelta(hours=1), "jobs/query": NOW - timedelta(hours=30)}
    made = NOW - timedelta(days=2)
    runs = [walk(1, entries_rejected=3), walk(30, "jobs/query", is_full=True)]
    prod = OrgStatus("prod", "00DRm0000bhYv7jMAC", newest, [gap, gap], 1_234, made, runs)
    fresh = OrgStatus(None, "00DRm0000scM9PKMA0", {"jobs/ingest": NOW}, [], 0, None, [walk(0)])

    assert status_tables([prod, fresh], ["new"], 26, NOW).splitlines() == [
        "org                         hours old  stale list  unfinished  oldest (UTC)      gaps  max 26 h",
        "new                      never loaded                                                  TOO OLD",
        "prod 00DRm0000bhYv7jMAC          30.0  jobs/query       1,234  2026-11-23 12:00     1  TOO OLD",
        "00DRm0000scM9PKMA0                0.0                       0                       0  ok",
        "",
        "Possible gaps: Salesforce may have dropped jobs unseen between these two runs.",
        "org                      from (UTC)        to (UTC)",
        "prod 00DRm0000bhYv7jMAC  2026-11-05 12:00  2026-11-24 10:30",
        "",
        "Last runs of prod 00DRm0000bhYv7jMAC:",
        "started (UTC)     list         listed  written  rejected  calls  full",
        "2026-11-25 11:00  jobs/ingest   1,200       17         3      2",
        "2026-11-24 06:00  jobs/query    1,200       17         0      2  full",
        "",
        "Last runs of 00DRm0000scM9PKMA0:",
        "started (UTC)     list         listed  written  calls",
        "2026-11-25 12:00  jobs/ingest   1,200       17      2",
    ]


def test_without_a_limit_there_is_no_verdict() -> None:
    """An age alone is neither good nor bad."""
    org = OrgStatus(None, "00DRm0000scM9PKMA0", {"jobs/ingest": NOW - timedelta(hours=1_234.5)}, [], 0, None, [])
    assert status_tables([org], [], None, NOW) == (
        "org                 hours old  unfinished  gaps\n00DRm0000scM9PKMA0    1,234.5           0     0\n"
    )
