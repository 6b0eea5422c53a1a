-- Grain: one row per org. Key: org_id.
-- Question: how fresh is each org, since when is it watched, where are its pages, and what does it cost?
with
first_runs as (
    select org_id, min(started_at) as first_run_at
    from salesforce_jobs.runs
    where listing in ('jobs/ingest', 'jobs/query')
    group by org_id
),

-- Runs of version 0.1 have no address.
addresses as (
    select
        org_id, instance_url,
        row_number() over (partition by org_id order by started_at desc, run_id desc) as place
    from salesforce_jobs.runs
    where instance_url <> ''
),

usages as (
    select
        org_id, api_used,
        row_number() over (partition by org_id order by ended_at desc, api_used desc) as place
    from salesforce_jobs.runs
    where api_used is not null
),

final as (
    select
        run_health.org_id, run_health.org, addresses.instance_url, first_runs.first_run_at, run_health.newest_run_at,
        run_health.hours_since_newest_run, run_health.jobs_unfinished, run_health.api_calls_last_day,
        usages.api_used, run_health.api_limit
    from salesforce_jobs.run_health
    left join first_runs on run_health.org_id = first_runs.org_id
    left join addresses on run_health.org_id = addresses.org_id and addresses.place = 1
    left join usages on run_health.org_id = usages.org_id and usages.place = 1
    where $org_id is null or run_health.org_id = $org_id
)

select * from final
order by org_id
