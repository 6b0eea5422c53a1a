-- Grain: one row per job of `jobs` or `query_jobs`. Key: org_id, id, kind.
-- Not a view: each view that selects from it has it inside. So whether a job is over is decided here only.
-- kind is the table. A job is over at its last change; a Closed one of Classic may run on, so its end is not known.
with
all_jobs as (
    select
        org_id, id, 'ingest' as kind, job_type, operation, object, state, created_by_id, api_version,
        created_date as created_at, system_modstamp as last_change_at
    from salesforce_jobs.jobs
    union all
    select
        org_id, id, 'query' as kind, job_type, operation, object, state, created_by_id, api_version,
        created_date as created_at, system_modstamp as last_change_at
    from salesforce_jobs.query_jobs
),

final as (
    select
        *,
        coalesce(state in ('JobComplete', 'Aborted', 'Failed', 'Closed'), false) as is_finished,
        case when state in ('JobComplete', 'Aborted', 'Failed') then last_change_at end as ended_at
    from all_jobs
)

select * from final
