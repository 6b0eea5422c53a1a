-- Grain: one row per value of what `figure` names, and one for each of the two periods (`all`).
-- Question: how many jobs ran in the period, how many failed, and how long did they wait and run?
-- A job counts where it was created, at created_at (UTC). The period before is as long as the period, and has totals
-- only. Records are those of finished jobs, null if they are known of none of those. Seconds are null but for `all` and
-- `day`. A user is one id: a sandbox has the ids of its production org.
with
chosen as materialized (
    select
        created_at >= $start as is_now,
        case when created_at >= $start then cast(created_at at time zone 'UTC' as date) end as day,
        case when created_at >= $start then cast(extract(isodow from created_at at time zone 'UTC') as integer) end
            as weekday,
        case when created_at >= $start then cast(extract(hour from created_at at time zone 'UTC') as integer) end
            as hour,
        case when created_at >= $start then object end as object,
        case when created_at >= $start then created_by_id end as created_by_id,
        case when created_at >= $start then created_by end as created_by,
        is_finished, is_failed, is_failed_in_part, records_processed, records_failed, queue_seconds, run_seconds
    from salesforce_jobs.job_history
    where created_at >= $start_before
        and created_at < $end
        and ($org_id is null or org_id = $org_id)
        and ($kind is null or kind = $kind)
        and ($object is null or object = $object)
        and ($created_by_id is null or created_by_id = $created_by_id)
),

counts as (
    select
        is_now, day, weekday, hour, object, created_by_id, max(created_by) as created_by,
        case
            when grouping(day) = 0 then 'day'
            when grouping(weekday) = 0 then 'hour'
            when grouping(object) = 0 then 'object'
            when grouping(created_by_id) = 0 then 'user'
            else 'all'
        end as figure,
        count(*) as jobs,
        count(case when is_finished then 1 end) as jobs_finished,
        count(case when is_finished then is_failed end) as jobs_judged,
        count(case when is_failed then 1 end) as jobs_failed,
        count(case when is_failed_in_part then 1 end) as jobs_failed_in_part,
        cast(sum(case when is_finished then records_processed end) as bigint) as records_processed,
        cast(sum(case when is_finished then records_failed end) as bigint) as records_failed
    from chosen
    group by grouping sets ((is_now), (is_now, day), (is_now, weekday, hour), (is_now, object), (is_now, created_by_id))
),

times as (
    select
        is_now, day,
        case when grouping(day) = 0 then 'day' else 'all' end as figure,
        percentile_cont(0.5) within group (order by queue_seconds) as queue_seconds_median,
        percentile_cont(0.95) within group (order by queue_seconds) as queue_seconds_95,
        percentile_cont(0.5) within group (order by run_seconds) as run_seconds_median,
        percentile_cont(0.95) within group (order by run_seconds) as run_seconds_95
    from chosen
    group by grouping sets ((is_now), (is_now, day))
),

final as (
    select
        counts.figure, counts.is_now, counts.day, counts.weekday, counts.hour, counts.object, counts.created_by_id,
        case when counts.figure = 'user' then counts.created_by end as created_by,
        counts.jobs, counts.jobs_finished, counts.jobs_failed, counts.jobs_failed_in_part,
        case when counts.jobs_finished = 0 then 0 else counts.records_processed end as records_processed,
        case when counts.jobs_finished = 0 then 0 else counts.records_failed end as records_failed,
        cast(counts.jobs_failed as double) / nullif(counts.jobs_judged, 0) as failure_rate,
        times.queue_seconds_median, times.queue_seconds_95, times.run_seconds_median, times.run_seconds_95
    from counts
    left join times
        on counts.figure = times.figure
        and counts.is_now = times.is_now
        and (counts.figure = 'all' or counts.day = times.day)
    where counts.is_now or counts.figure = 'all'
)

select * from final
