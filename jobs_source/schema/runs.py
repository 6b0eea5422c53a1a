"""What each run read and cost."""

from typing import Final

from jobs_source.schema.table import COUNT, FLAG, ORG_ID_COLUMN, RUN_ID, TEXT, TIME, Column, Table

_RUN_COLUMNS: Final = (
    Column(RUN_ID, TEXT, "Id of this run of one listing. It is unique.", False),
    ORG_ID_COLUMN,
    Column(
        "org", TEXT, "Section of the org's credentials, such as prod; empty for `[sources.jobs_source.credentials]`."
    ),
    Column("instance_url", TEXT, "Address of the org, such as https://example.my.salesforce.com."),
    Column(
        "listing",
        TEXT,
        "What was read: the endpoint that was walked (jobs/ingest, jobs/query), or the table that a round of look-ups"
        " filled (job_results, job_errors, users).",
        False,
    ),
    Column("started_at", TIME, "When the first page or look-up was answered, by Salesforce's clock (UTC).", False),
    Column("ended_at", TIME, "When the last of them was answered, by Salesforce's clock (UTC).", False),
    Column("previous_started_at", TIME, "When the last successful run before this one started; empty for the first."),
    Column(
        "possible_gap",
        FLAG,
        "True if the previous run started more than seven days before: Salesforce may have dropped jobs meanwhile.",
    ),
    Column("is_full", FLAG, "True if the run merged all listed jobs, also those before the cursor."),
    Column("pages", COUNT, "Pages that were read. If a walk began again, both attempts count, also in jobs_listed."),
    Column(
        "jobs_listed",
        COUNT,
        "Jobs of this table on those pages, odd entries included; for a round of look-ups, what was due.",
    ),
    Column(
        "jobs_written",
        COUNT,
        "Jobs that were taken: new, changed, or inside the lag. Filters of a pipeline of your own come later. For a"
        " round of look-ups, those that were answered.",
    ),
    Column("jobs_held", COUNT, "Jobs that changed after the walk began. The next run takes them."),
    Column("entries_rejected", COUNT, "Entries that went to rejected_jobs."),
    Column("calls", COUNT, "API calls of this listing, retries included."),
    Column("calls_wasted", COUNT, "Those whose answers were not used: pages that were asked for too early."),
    Column("api_used", COUNT, "API calls of the whole org in the last 24 hours, from the newest answer."),
    Column("api_limit", COUNT, "API calls that the org may make in 24 hours."),
    Column("cursor_before", TIME, "Newest system_modstamp of all runs before; empty for the first."),
    Column("cursor_after", TIME, "Newest system_modstamp of the runs up to this one."),
)

RUNS: Final = Table("runs", (RUN_ID,), _RUN_COLUMNS)
