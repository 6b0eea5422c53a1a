-- Grain: one row per org. Key: org_id.
-- Question: how fresh is each org, since when is it watched, where are its pages, and what does it cost?
with
walks as (
    select
        org_id, instance_url, started_at,
        min(started_at) over (partition by org_id) as first_run_at,
        row_number() over (partition by org_id order by started_at desc, run_id desc) as place
    from salesforce_jobs.runs
    where listing in ('jobs/ingest', 'jobs/query')
),

usages as (
    select
        org_id, api_used,
        row_number() over (partition by org_id order by ended_at desc, run_id desc) as place
    from salesforce_jobs.runs
    where api_used is not null
),

final as (
    select
        run_health.org_id, run_health.org, walks.instance_url, walks.first_run_at, run_health.newest_run_at,
        run_health.hours_since_newest_run, run_health.jobs_unfinished, run_health.api_calls_last_day,
        usages.api_used, run_health.api_limit
    from salesforce_jobs.run_health
    left join walks on run_health.org_id = walks.org_id and walks.place = 1
    left join usages on run_health.org_id = usages.org_id and usages.place = 1
    where $org_id is null or run_health.org_id = $org_id
)

select * from final
order by org_id
