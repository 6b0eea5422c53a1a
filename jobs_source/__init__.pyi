from jobs_source.source import salesforce_jobs as salesforce_jobs
from jobs_source.views.create import create_views as create_views

__version__: str
