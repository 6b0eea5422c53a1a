-- Grain: one row per job of `jobs` or `query_jobs`. Key: org_id, id, kind.
-- Not a view: each view that selects from it has it inside. So what became of a job is decided here only.
-- A Classic job that is Closed may have failed or not: is_failed is null until its result says more.
with
listed_jobs as (select * from salesforce_jobs.listed_jobs),

job_results as (select * from salesforce_jobs.job_results),

jobs_with_results as (
    select
        listed_jobs.*,
        listed_jobs.kind = 'query' or coalesce(listed_jobs.operation in ('query', 'queryAll'), false) as is_query,
        job_results.outcome as known_outcome,
        job_results.number_records_processed as records_processed,
        job_results.number_records_failed as records_failed,
        job_results.total_processing_time_ms,
        coalesce(job_results.error_message, job_results.first_failed_batch_message) as error_message
    from listed_jobs
    left join job_results on listed_jobs.org_id = job_results.org_id and listed_jobs.id = job_results.id
),

jobs_with_outcomes as (
    select
        *,
        case
            when not is_finished then null
            when known_outcome is not null then known_outcome
            when state = 'Aborted' then 'aborted'
            else 'unknown'
        end as outcome,
        case
            when not is_finished then false
            when state = 'Failed' or known_outcome = 'all_failed' then true
            when state <> 'Closed' or records_failed > 0 then false
            when coalesce(known_outcome, 'unknown') in ('unknown', 'gone') then null
            else false
        end as is_failed
    from jobs_with_results
),

final as (
    select
        *,
        case
            when not is_finished or is_failed then false
            when records_failed > 0 or known_outcome = 'some_failed' then true
            when is_failed is null then null
            when records_failed = 0 or known_outcome = 'ok' or is_query then false
        end as is_failed_in_part
    from jobs_with_outcomes
)

select * from final
