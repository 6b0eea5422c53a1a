-- Grain: one row per org and day (UTC) of the period with a run. Key: org_id, day.
-- Question: what share of an org's daily API calls do our walks and look-ups take?
select
    org_id,
    cast(ended_at at time zone 'UTC' as date) as day,
    cast(sum(calls) as bigint) as calls,
    max(api_limit) as api_limit,
    cast(sum(calls) as double) / nullif(max(api_limit), 0) as share
from salesforce_jobs.runs
where ended_at >= $start
    and ended_at < $end
    and ($org_id is null or org_id = $org_id)
group by org_id, cast(ended_at at time zone 'UTC' as date)
order by day, org_id
