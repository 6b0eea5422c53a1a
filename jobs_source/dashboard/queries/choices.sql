-- Grain: one row per org, kind, object and user that jobs have.
-- Question: what can be chosen?
with
orgs as (
    select distinct on (org_id) org_id, org
    from salesforce_jobs.runs
    where listing in ('jobs/ingest', 'jobs/query')
    order by org_id, started_at desc, run_id desc
)

select
    listed_jobs.org_id, orgs.org, listed_jobs.kind, listed_jobs.object, listed_jobs.created_by_id,
    max(users.name) as created_by, count(*) as jobs
from salesforce_jobs.listed_jobs
left join orgs on listed_jobs.org_id = orgs.org_id
left join salesforce_jobs.users
    on listed_jobs.org_id = users.org_id and listed_jobs.created_by_id = users.id
group by listed_jobs.org_id, orgs.org, listed_jobs.kind, listed_jobs.object, listed_jobs.created_by_id
