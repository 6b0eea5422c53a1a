-- Grain: one row per org. Key: org_id.
-- Question: how fresh is what is kept of each org, has it gaps, and what does it cost?
-- Freshness and gaps are those of walks of the two lists. The calls are of the last 24 hours, those of look-ups too.
with
runs as (select * from salesforce_jobs.runs),

job_counts as (
    select org_id, count(case when not is_finished then 1 end) as jobs_unfinished
    from salesforce_jobs.listed_jobs
    group by org_id
),

failed_jobs as (
    select org_id, count(*) as jobs_failed
    from salesforce_jobs.judged_jobs
    where is_failed and last_change_at >= current_timestamp - interval '24' hour
    group by org_id
),

ranked_walks as (
    select
        *,
        row_number() over (partition by org_id order by started_at desc, run_id desc) as place,
        row_number() over (partition by org_id, possible_gap order by started_at desc, run_id desc) as place_among_gaps
    from runs
    where listing in ('jobs/ingest', 'jobs/query')
),

newest_walks as (select * from ranked_walks where place = 1),

newest_gaps as (select * from ranked_walks where possible_gap and place_among_gaps = 1),

ranked_limits as (
    select
        org_id, api_limit, row_number() over (partition by org_id order by ended_at desc, run_id desc) as place
    from runs
    where api_limit is not null
),

limits as (select * from ranked_limits where place = 1),

calls as (
    select org_id, cast(sum(calls) as bigint) as api_calls
    from runs
    where ended_at >= current_timestamp - interval '24' hour
    group by org_id
),

orgs as (
    select org_id from newest_walks
    union
    select org_id from job_counts
),

final as (
    select
        orgs.org_id,
        newest_walks.org,
        newest_walks.started_at as newest_run_at,
        (epoch_us(current_timestamp) - epoch_us(newest_walks.started_at)) / 3600000000.0
            as hours_since_newest_run,
        newest_gaps.previous_started_at as last_gap_from,
        newest_gaps.started_at as last_gap_to,
        coalesce(job_counts.jobs_unfinished, 0) as jobs_unfinished,
        coalesce(failed_jobs.jobs_failed, 0) as jobs_failed_last_day,
        coalesce(calls.api_calls, 0) as api_calls_last_day,
        limits.api_limit
    from orgs
    left join newest_walks on orgs.org_id = newest_walks.org_id
    left join newest_gaps on orgs.org_id = newest_gaps.org_id
    left join job_counts on orgs.org_id = job_counts.org_id
    left join failed_jobs on orgs.org_id = failed_jobs.org_id
    left join calls on orgs.org_id = calls.org_id
    left join limits on orgs.org_id = limits.org_id
)

select * from final
