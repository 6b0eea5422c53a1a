"""Jobs, and what became of them, in a pipeline of your own."""

import dlt

from jobs_source import salesforce_jobs

source = salesforce_jobs().with_resources("jobs", "query_jobs", "job_results")
dlt.pipeline("my_job_results", destination="duckdb", dataset_name="job_results").run(source)
