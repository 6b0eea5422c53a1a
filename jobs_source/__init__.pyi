from jobs_source.source import salesforce_jobs as salesforce_jobs

__version__: str
