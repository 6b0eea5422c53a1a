-- Grain: one row per job that failed, whole or in part; the newest hundred. Key: org_id, id, kind.
-- Question: which jobs of the period failed, and why?
with
chosen as (
    select *
    from salesforce_jobs.judged_jobs
    where created_at >= $start
        and created_at < $end
        and (is_failed or is_failed_in_part)
        and ($org_id is null or org_id = $org_id)
        and ($kind is null or kind = $kind)
        and ($object is null or object = $object)
        and ($created_by_id is null or created_by_id = $created_by_id)
    order by last_change_at desc, id, org_id, kind
    limit 100
),

-- As parts/top_error_codes.sql does it for all jobs, which takes as long as all the rest of the page.
error_codes as (
    select chosen.org_id, chosen.id, chosen.kind, nullif(job_errors.error_code, '') as error_code,
        row_number() over (
            partition by chosen.org_id, chosen.id, chosen.kind
            order by coalesce(sum(job_errors.records), 0) desc, coalesce(nullif(job_errors.error_code, ''), '')
        ) as place
    from chosen
    inner join salesforce_jobs.job_errors on chosen.org_id = job_errors.org_id and chosen.id = job_errors.job_id
    group by chosen.org_id, chosen.id, chosen.kind, nullif(job_errors.error_code, '')
),

final as (
    select
        chosen.org_id, chosen.id, chosen.kind, chosen.object, chosen.operation,
        coalesce(nullif(users.name, ''), chosen.created_by_id) as created_by, chosen.created_at,
        chosen.last_change_at as failed_at, chosen.is_failed, chosen.records_processed, chosen.records_failed,
        coalesce(nullif(chosen.error_message, ''), error_codes.error_code) as reason
    from chosen
    left join error_codes
        on chosen.org_id = error_codes.org_id
        and chosen.id = error_codes.id
        and chosen.kind = error_codes.kind
        and error_codes.place = 1
    left join salesforce_jobs.users on chosen.org_id = users.org_id and chosen.created_by_id = users.id
)

select * from final
order by failed_at desc, id, org_id, kind
