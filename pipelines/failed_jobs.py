"""The failed jobs only, in a pipeline of your own. What a filter is given is an Arrow table of many jobs, not a row."""

import dlt
import pyarrow.compute

from jobs_source import salesforce_jobs

source = salesforce_jobs().with_resources("jobs")
source.jobs.add_filter(lambda jobs: pyarrow.compute.equal(jobs["state"], "Failed"))
dlt.pipeline("my_failed_jobs", destination="duckdb", dataset_name="failed_jobs").run(source)
