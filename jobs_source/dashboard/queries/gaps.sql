-- Grain: one row per gap; the newest twenty. Key: org_id, gap_to.
-- Question: between which runs may Salesforce have dropped jobs that no run saw?
select org_id, previous_started_at as gap_from, max(started_at) as gap_to
from salesforce_jobs.runs
where possible_gap
    and previous_started_at is not null
    and listing in ('jobs/ingest', 'jobs/query')
    and ($org_id is null or org_id = $org_id)
group by org_id, previous_started_at
order by gap_to desc, org_id, gap_from
limit 20
