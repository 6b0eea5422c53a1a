"""
What became of each job, and who made it: tables that are filled by look-ups.

The fields of a result are those of Get Job Info and, for Classic jobs, of the Bulk API 1.0:
https://developer.salesforce.com/docs/platform/api-asynch/guide/get-job-info.html
https://developer.salesforce.com/docs/platform/api-asynch/guide/asynch-api-jobs-get-details.html
"""

from typing import Final

from jobs_source.schema.table import COUNT, FLAG, ORG_ID_COLUMN, RUN_ID_COLUMN, TEXT, TIME, Column, Field, Table

RESULT_FIELDS: Final = (
    Field(
        "numberRecordsProcessed",
        "number_records_processed",
        COUNT,
        "Records that Salesforce has worked on, failed ones included.",
    ),
    Field("numberRecordsFailed", "number_records_failed", COUNT, "Records among them that failed."),
    Field("retries", "retries", COUNT, "How often Salesforce tried the job again."),
    Field("totalProcessingTime", "total_processing_time_ms", COUNT, "Milliseconds of processing."),
    Field(
        "apiActiveProcessingTime",
        "api_active_processing_time_ms",
        COUNT,
        "Milliseconds of active processing: triggers, asynchronous processing and waiting are not in it.",
    ),
    Field("apexProcessingTime", "apex_processing_time_ms", COUNT, "Milliseconds in triggers and other Apex code."),
    Field("errorMessage", "error_message", TEXT, "Why the whole job failed, as Salesforce says it."),
    Field("externalIdFieldName", "external_id_field_name", TEXT, "Field by which an upsert finds records."),
    Field("assignmentRuleId", "assignment_rule_id", TEXT, "Assignment rule of cases or leads, if the job had one."),
    Field("isPkChunkingSupported", "is_pk_chunking_supported", FLAG, "Whether the object can be read in chunks."),
    Field("numberBatchesTotal", "number_batches_total", COUNT, "Batches of the job; Classic jobs only."),
    Field("numberBatchesFailed", "number_batches_failed", COUNT, "Batches among them that failed; Classic jobs only."),
)
RESULT_ALIASES: Final = {"numberRetries": "retries"}  # as the Bulk API 1.0 spells it

OUTCOMES: Final = ("ok", "some_failed", "all_failed", "aborted", "gone", "unknown")

JOB_RESULTS: Final = Table(
    "job_results",
    ("org_id", "id"),
    (
        ORG_ID_COLUMN,
        Column("id", TEXT, "Id of the job, as in `jobs` and `query_jobs`.", False),
        *(field.as_column() for field in RESULT_FIELDS),
        Column("first_failed_batch_message", TEXT, "Why the first failed batch failed; Classic jobs only."),
        Column("state", TEXT, "State of the job at the look-up; empty if the job was gone."),
        Column(
            "system_modstamp",
            TIME,
            "When the job last changed state, from the look-up or from the list: the later of the two (UTC).",
        ),
        Column(
            "outcome",
            TEXT,
            "ok, some_failed, all_failed (of its records, or the whole job), aborted; gone: Salesforce had deleted the"
            " job before the look-up; unknown: batches still ran, or counts are missing. The next run asks again.",
            False,
        ),
        Column("looked_up_at", TIME, "When Salesforce answered, by its own clock (UTC).", False),
        RUN_ID_COLUMN,
    ),
)
JOB_ERRORS: Final = Table(
    "job_errors",
    ("org_id", "job_id", "error_code", "fields"),
    (
        ORG_ID_COLUMN,
        Column("job_id", TEXT, "Id of the job, as in `jobs`.", False),
        Column(
            "error_code",
            TEXT,
            "Code of the error, such as REQUIRED_FIELD_MISSING; empty text if Salesforce gave none.",
            False,
        ),
        Column("fields", TEXT, "Fields that the error names, with blanks between; empty text if it names none.", False),
        Column("records", COUNT, "Failed records with this code and these fields.", False),
        RUN_ID_COLUMN,
    ),
    replaced_by=("org_id", "job_id"),
)
USERS: Final = Table(
    "users",
    ("org_id", "id"),
    (
        ORG_ID_COLUMN,
        Column("id", TEXT, "Id of a user that made a job, as in `created_by_id`.", False),
        Column("name", TEXT, "Name of the user; empty if the integration user may not see this user."),
        Column("username", TEXT, "Login name of the user."),
        Column("profile_name", TEXT, "Name of the user's profile; empty if there is none."),
        Column("is_active", FLAG, "Whether the user can log in."),
        Column("looked_up_at", TIME, "When Salesforce answered, by its own clock (UTC).", False),
        RUN_ID_COLUMN,
    ),
)

LOOK_UP_LISTINGS: Final = tuple(table.name for table in (JOB_RESULTS, JOB_ERRORS, USERS))
"""What `runs.listing` says of a round of look-ups."""
