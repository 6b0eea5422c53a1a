-- Grain: one row per org, day (UTC), kind, object and operation; a day without jobs has one row, with zeros.
-- Key: org_id, date, kind, object, operation. The last three are null on a day without jobs.
-- Question: how many jobs and records ran on each day, and how many failed?
-- A job counts as created on the day of created_at, and as finished or failed, with its records, on that of its last
-- change. Days go from an org's first job to its last job or newest run. Records are null if they are known of no job.
-- failure_rate leaves out Closed jobs of which nobody knows whether they failed.
with
judged_jobs as (select * from salesforce_jobs.judged_jobs),

walks as (
    select org_id, cast(ended_at at time zone 'UTC' as date) as walked_on
    from salesforce_jobs.runs
    where listing in ('jobs/ingest', 'jobs/query')
),

dated_jobs as (
    select
        *,
        cast(created_at at time zone 'UTC' as date) as created_on,
        case when is_finished then cast(last_change_at at time zone 'UTC' as date) end as finished_on
    from judged_jobs
),

sums_by_both_days as (
    select
        org_id, kind, object, operation, created_on, finished_on,
        count(*) as jobs,
        count(is_failed) as jobs_judged,
        count(case when is_failed then 1 end) as jobs_failed,
        count(case when is_failed_in_part then 1 end) as jobs_failed_in_part,
        sum(records_processed) as records_processed,
        sum(records_failed) as records_failed
    from dated_jobs
    -- Dates sort faster than texts.
    group by created_on, finished_on, object, operation, kind, org_id
),

sums_by_one_day as (
    select
        org_id, created_on as date, kind, object, operation,
        jobs as jobs_created, 0 as jobs_finished, 0 as jobs_judged, 0 as jobs_failed, 0 as jobs_failed_in_part,
        null as records_processed, null as records_failed
    from sums_by_both_days
    where created_on is not null
    union all
    select
        org_id, finished_on as date, kind, object, operation,
        0 as jobs_created, jobs as jobs_finished, jobs_judged, jobs_failed, jobs_failed_in_part,
        records_processed, records_failed
    from sums_by_both_days
    where finished_on is not null
),

busy_days as (
    select
        org_id, date, kind, object, operation,
        cast(sum(jobs_created) as bigint) as jobs_created,
        cast(sum(jobs_finished) as bigint) as jobs_finished,
        cast(sum(jobs_judged) as bigint) as jobs_judged,
        cast(sum(jobs_failed) as bigint) as jobs_failed,
        cast(sum(jobs_failed_in_part) as bigint) as jobs_failed_in_part,
        cast(sum(records_processed) as bigint) as records_processed,
        cast(sum(records_failed) as bigint) as records_failed
    from sums_by_one_day
    group by org_id, date, kind, object, operation
),

days_of_jobs as (select org_id, min(date) as first_on, max(date) as last_on from busy_days group by org_id),

days_of_walks as (select org_id, min(walked_on) as first_on, max(walked_on) as last_on from walks group by org_id),

spans as (
    select
        coalesce(days_of_jobs.org_id, days_of_walks.org_id) as org_id,
        coalesce(days_of_jobs.first_on, days_of_walks.first_on) as first_on,
        greatest(
            coalesce(days_of_jobs.last_on, days_of_walks.last_on),
            coalesce(days_of_walks.last_on, days_of_jobs.last_on)
        ) as last_on
    from days_of_jobs
    full outer join days_of_walks on days_of_jobs.org_id = days_of_walks.org_id
),

digits as (
    select 0 as digit
    union all select 1
    union all select 2
    union all select 3
    union all select 4
    union all select 5
    union all select 6
    union all select 7
    union all select 8
    union all select 9
),

-- 27 years are enough, and a job with a wrong date does not make a million of rows.
numbers as (
    select ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit as number
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
),

all_days as (
    select spans.org_id, spans.last_on - numbers.number as date
    from spans
    inner join numbers on spans.last_on - numbers.number >= spans.first_on
),

quiet_days as (
    select all_days.org_id, all_days.date
    from all_days
    left join (select distinct org_id, date from busy_days) as busy
        on all_days.org_id = busy.org_id and all_days.date = busy.date
    where busy.org_id is null
),

final as (
    select
        org_id, date, kind, object, operation, jobs_created, jobs_finished, jobs_failed, jobs_failed_in_part,
        case when jobs_finished = 0 then 0 else records_processed end as records_processed,
        case when jobs_finished = 0 then 0 else records_failed end as records_failed,
        cast(jobs_failed as double) / nullif(jobs_judged, 0) as failure_rate
    from busy_days
    union all
    select org_id, date, null, null, null, 0, 0, 0, 0, 0, 0, null from quiet_days
)

select * from final
