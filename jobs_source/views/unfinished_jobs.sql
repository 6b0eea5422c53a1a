-- Grain: one row per job in no final state. Key: org_id, id, kind.
-- Question: what is waiting or running now, and what is stuck?
-- A job is stuck if it is older than an hour, and than twenty times the median duration of its peers: the finished jobs
-- of its org, kind, object and operation, or of its org and kind if there are not ten of the former. Duration is from
-- created_at to the end. Without peers nothing is stuck.
with
unfinished as (
    select *, (epoch_us(current_timestamp) - epoch_us(created_at)) / 1000000.0 as age_seconds
    from salesforce_jobs.listed_jobs
    where not is_finished
),

finished as (
    select
        org_id, kind, coalesce(object, '') as object, coalesce(operation, '') as operation,
        epoch_us(ended_at) - epoch_us(created_at) as duration_us
    from salesforce_jobs.listed_jobs
    where ended_at >= created_at
),

users as (select * from salesforce_jobs.users),

-- Numbers sort faster than texts.
old_groups as (
    select
        org_id, kind, coalesce(object, '') as object, coalesce(operation, '') as operation,
        row_number() over (order by org_id, kind, coalesce(object, ''), coalesce(operation, '')) as group_number
    from unfinished
    where age_seconds > 3600
    group by org_id, kind, coalesce(object, ''), coalesce(operation, '')
),

peers as (
    select old_groups.group_number, finished.duration_us
    from finished
    inner join old_groups
        on finished.org_id = old_groups.org_id
        and finished.kind = old_groups.kind
        and finished.object = old_groups.object
        and finished.operation = old_groups.operation
),

medians_of_groups as (
    select group_number, percentile_cont(0.5) within group (order by duration_us) as median_us
    from peers
    group by group_number
    having count(*) >= 10
),

lonely_groups as (
    select old_groups.*
    from old_groups
    left join medians_of_groups on old_groups.group_number = medians_of_groups.group_number
    where medians_of_groups.group_number is null
),

lonely_kinds as (
    select org_id, kind, row_number() over (order by org_id, kind) as kind_number
    from lonely_groups
    group by org_id, kind
),

peers_of_kinds as (
    select lonely_kinds.kind_number, finished.duration_us
    from finished
    inner join lonely_kinds on finished.org_id = lonely_kinds.org_id and finished.kind = lonely_kinds.kind
),

medians_of_kinds as (
    select kind_number, percentile_cont(0.5) within group (order by duration_us) as median_us
    from peers_of_kinds
    group by kind_number
),

medians as (
    select old_groups.org_id, old_groups.kind, old_groups.object, old_groups.operation, medians_of_groups.median_us
    from old_groups
    inner join medians_of_groups on old_groups.group_number = medians_of_groups.group_number
    union all
    select
        lonely_groups.org_id, lonely_groups.kind, lonely_groups.object, lonely_groups.operation,
        medians_of_kinds.median_us
    from lonely_groups
    inner join lonely_kinds on lonely_groups.org_id = lonely_kinds.org_id and lonely_groups.kind = lonely_kinds.kind
    inner join medians_of_kinds on lonely_kinds.kind_number = medians_of_kinds.kind_number
),

final as (
    select
        unfinished.org_id,
        unfinished.id,
        unfinished.kind,
        unfinished.object,
        unfinished.operation,
        unfinished.state,
        users.name as created_by,
        unfinished.created_at,
        unfinished.last_change_at,
        unfinished.age_seconds,
        coalesce(
            unfinished.age_seconds > 3600 and unfinished.age_seconds > 20 * medians.median_us / 1000000.0, false
        ) as is_stuck
    from unfinished
    left join medians
        on unfinished.org_id = medians.org_id
        and unfinished.kind = medians.kind
        and coalesce(unfinished.object, '') = medians.object
        and coalesce(unfinished.operation, '') = medians.operation
    left join users on unfinished.org_id = users.org_id and unfinished.created_by_id = users.id
)

select * from final
