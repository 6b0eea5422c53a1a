"""A run in words."""

from dataclasses import replace

from jobs_source.runner.summary import Summary

PLAIN = Summary(
    org=None,
    org_id="00DRm0000bhYv7jMAC",
    destination="duckdb",
    dataset="salesforce_jobs",
    jobs_listed=25_000,
    jobs_written=60,
    jobs_new=5,
    jobs_changed=17,
    jobs_held=0,
    entries_rejected=0,
    is_full=False,
    possible_gap=False,
    pages=26,
    calls=26,
    api_used=4_012,
    api_limit=100_000,
    seconds=1.94,
    warnings=[],
)


def test_a_plain_run_is_two_lines() -> None:
    """What it found, and what it cost."""
    assert PLAIN.describe() == (
        "org 00DRm0000bhYv7jMAC: 25,000 jobs listed, 5 new, 17 changed\n"
        "26 API calls, 4,012 of 100,000 used in 24 hours (4%); 1.9 s into duckdb (salesforce_jobs)"
    )


def test_everything_out_of_the_ordinary_is_said() -> None:
    """In the first line, and warnings in lines of their own."""
    odd = replace(
        PLAIN,
        org="prod",
        jobs_new=None,
        jobs_changed=None,
        jobs_held=3,
        entries_rejected=2,
        is_full=True,
        possible_gap=True,
        api_used=None,
        api_limit=None,
        warnings=["Look here."],
    )
    assert odd.describe() == (
        "prod 00DRm0000bhYv7jMAC: 25,000 jobs listed, 60 written; full load; 3 changed during the run and"
        " wait for the next run; 2 odd entries in rejected_jobs; more than seven days since the last good"
        " run, so jobs in between may be missing\n"
        "26 API calls, usage unknown; 1.9 s into duckdb (salesforce_jobs)\n"
        "Warning: Look here."
    )
