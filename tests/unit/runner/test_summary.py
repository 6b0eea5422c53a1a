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


def test_a_plain_run_is_one_line() -> None:
    """The org, the place, and what is left of the org's API calls; the figures of the run are in a table."""
    assert PLAIN.notes() == [
        "org 00DRm0000bhYv7jMAC: loaded into duckdb (salesforce_jobs); 4,012 of 100,000 API calls used in 24 hours (4%)"
    ]


def test_everything_out_of_the_ordinary_is_said() -> None:
    """In the first line, and warnings in lines of their own."""
    odd = replace(
        PLAIN,
        org="prod",
        is_full=True,
        possible_gap=True,
        api_used=None,
        api_limit=None,
        warnings=["Look here."],
        results_failed=1,
        results_stopped_by="budget",
    )
    assert odd.notes() == [
        "prod 00DRm0000bhYv7jMAC: loaded into duckdb (salesforce_jobs); full load; API calls of the org unknown;"
        " 1 look-up failed; look-ups ended early: max_results_api_percent of the day's API calls is used;"
        " more than seven days since the last good run, so jobs in between may be missing",
        "Warning: Look here.",
    ]
