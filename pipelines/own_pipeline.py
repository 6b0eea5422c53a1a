"""A pipeline of your own: run it, or copy it. Credentials are where `.dlt/example.secrets.toml` says."""

import dlt

from jobs_source import salesforce_jobs

pipeline = dlt.pipeline("my_bulk_history", destination="duckdb", dataset_name="bulk_history")
pipeline.run(salesforce_jobs().with_resources("jobs"))
