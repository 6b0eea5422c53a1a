-- Grain: one row per job that failed, whole or in part. Key: org_id, id, kind.
-- Question: what failed, when, whose was it, and why?
-- failed_at is the last change of the job. top_error_code is that of most failed records.
with
judged_jobs as (select * from salesforce_jobs.judged_jobs),

top_error_codes as (select * from salesforce_jobs.top_error_codes),

users as (select * from salesforce_jobs.users),

final as (
    select
        judged_jobs.org_id,
        judged_jobs.id,
        judged_jobs.kind,
        judged_jobs.object,
        judged_jobs.operation,
        users.name as created_by,
        judged_jobs.last_change_at as failed_at,
        judged_jobs.outcome,
        judged_jobs.records_processed,
        judged_jobs.records_failed,
        judged_jobs.error_message,
        top_error_codes.error_code as top_error_code
    from judged_jobs
    left join top_error_codes
        on judged_jobs.org_id = top_error_codes.org_id and judged_jobs.id = top_error_codes.job_id
    left join users on judged_jobs.org_id = users.org_id and judged_jobs.created_by_id = users.id
    where judged_jobs.is_failed or judged_jobs.is_failed_in_part
)

select * from final
