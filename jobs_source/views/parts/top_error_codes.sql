-- Grain: one row per job that has error codes. Key: org_id, job_id.
-- Not a view: each view that selects from it has it inside. Of codes with as many records the first in order counts.
with
job_errors as (select * from salesforce_jobs.job_errors),

error_codes as (
    select org_id, job_id, nullif(error_code, '') as error_code, sum(records) as records
    from job_errors
    group by org_id, job_id, nullif(error_code, '')
),

-- Not a row number: of that Postgres expects a few rows, and joins them by comparing each with each.
final as (
    select distinct on (org_id, job_id) org_id, job_id, error_code
    from error_codes
    order by org_id, job_id, coalesce(records, 0) desc, coalesce(error_code, '')
)

select * from final
