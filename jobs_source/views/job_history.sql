-- Grain: one row per job of `jobs` or `query_jobs`, whatever else is known of it. Key: org_id, id, kind.
-- Question: which job ran when, by whom, on what; how long did it wait and run; what became of it?
-- Seconds are between the states that were seen, else from the processing time of the result, else null. A job waits
-- from the end of its upload until it runs; where that end was not seen, from created_at.
with
judged_jobs as (select * from salesforce_jobs.judged_jobs),

users as (select * from salesforce_jobs.users),

uploads as (
    select org_id, job_id, system_modstamp as uploaded_at from salesforce_jobs.job_states where state = 'UploadComplete'
),

starts as (
    select org_id, job_id, system_modstamp as started_at from salesforce_jobs.job_states where state = 'InProgress'
),

timed_jobs as (
    select
        judged_jobs.*,
        users.name as created_by,
        starts.started_at,
        coalesce(uploads.uploaded_at, judged_jobs.created_at) as queued_at
    from judged_jobs
    left join uploads on judged_jobs.org_id = uploads.org_id and judged_jobs.id = uploads.job_id
    left join starts on judged_jobs.org_id = starts.org_id and judged_jobs.id = starts.job_id
    left join users on judged_jobs.org_id = users.org_id and judged_jobs.created_by_id = users.id
),

jobs_in_microseconds as (
    select
        *,
        epoch_us(ended_at) - epoch_us(queued_at) as queue_and_run_us,
        total_processing_time_ms * 1000 as told_run_us
    from timed_jobs
),

final as (
    select
        org_id,
        id,
        kind,
        job_type,
        operation,
        object,
        state,
        outcome,
        created_by_id,
        created_by,
        api_version,
        created_at,
        last_change_at,
        is_finished,
        is_failed,
        is_failed_in_part,
        records_processed,
        records_failed,
        case
            when started_at >= queued_at then epoch_us(started_at) - epoch_us(queued_at)
            when queue_and_run_us >= told_run_us then queue_and_run_us - told_run_us
        end / 1000000.0 as queue_seconds,
        case
            when ended_at >= started_at then epoch_us(ended_at) - epoch_us(started_at)
            when is_finished then told_run_us
        end / 1000000.0 as run_seconds,
        case when ended_at >= created_at then epoch_us(ended_at) - epoch_us(created_at) end / 1000000.0
            as total_seconds,
        error_message,
        -- Retired are 7.0 to 30.0; 31.0 to 40.0 follow in Summer '28. 41.0 is the oldest that stays:
        -- https://help.salesforce.com/s/articleView?id=005321531
        coalesce(api_version like '_.0' or (api_version like '__.0' and api_version < '41'), false)
            as is_retiring_api_version
    from jobs_in_microseconds
)

select * from final
