-- Grain: one row per job that is stuck; the oldest hundred. Key: org_id, id, kind.
-- Question: which jobs wait or run for too long, whenever they were created?
select
    unfinished_jobs.org_id, unfinished_jobs.id, unfinished_jobs.kind, unfinished_jobs.object,
    unfinished_jobs.operation,
    coalesce(nullif(unfinished_jobs.created_by, ''), listed_jobs.created_by_id) as created_by,
    unfinished_jobs.created_at, unfinished_jobs.state, unfinished_jobs.age_seconds
from salesforce_jobs.unfinished_jobs
inner join salesforce_jobs.listed_jobs
    on unfinished_jobs.org_id = listed_jobs.org_id
    and unfinished_jobs.id = listed_jobs.id
    and unfinished_jobs.kind = listed_jobs.kind
where unfinished_jobs.is_stuck
    and ($org_id is null or unfinished_jobs.org_id = $org_id)
    and ($kind is null or unfinished_jobs.kind = $kind)
    and ($object is null or unfinished_jobs.object = $object)
    and ($created_by_id is null or listed_jobs.created_by_id = $created_by_id)
order by unfinished_jobs.created_at, unfinished_jobs.id, unfinished_jobs.org_id, unfinished_jobs.kind
limit 100
