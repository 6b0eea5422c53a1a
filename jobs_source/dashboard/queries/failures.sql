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

final as (
    select
        chosen.org_id, chosen.id, chosen.kind, chosen.object, chosen.operation,
        coalesce(nullif(users.name, ''), chosen.created_by_id) as created_by, chosen.created_at,
        chosen.last_change_at as failed_at, chosen.is_failed, chosen.records_processed, chosen.records_failed,
        coalesce(nullif(chosen.error_message, ''), top_error_codes.error_code) as reason
    from chosen
    left join salesforce_jobs.top_error_codes
        on chosen.org_id = top_error_codes.org_id and chosen.id = top_error_codes.job_id
    left join salesforce_jobs.users on chosen.org_id = users.org_id and chosen.created_by_id = users.id
)

select * from final
order by failed_at desc, id, org_id, kind
