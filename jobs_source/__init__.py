"""
The history of Salesforce bulk jobs, as a dlt source.

    dlt.pipeline("my_bulk_history", destination="duckdb", dataset_name="bulk_history").run(salesforce_jobs())

| resource     | one row per                | merged on      | read from                         |
|--------------|----------------------------|----------------|-----------------------------------|
| `jobs`       | ingest job                 | `org_id`, `id` | `jobs/ingest`                     |
| `query_jobs` | Bulk API 2.0 query job     | `org_id`, `id` | `jobs/query?jobType=V2Query`      |

    create_views(pipeline)   # after each run: the views of `views/`, which BI tools read

Both also fill `rejected_jobs`, with list entries that have a value of the wrong kind or no id, and `runs`, with one
row per walk.
"""

from typing import Any

__all__ = ["__version__", "create_views", "salesforce_jobs"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import the source on first use: dlt comes with it, which takes half a second and which `--help` does not need."""
    if name not in ("create_views", "salesforce_jobs"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if __name__ != "jobs_source":
        raise ImportError(
            f"This copy of the folder jobs_source is {__name__}, and its files import each other as jobs_source. Move"
            f" it to the top of the project, or install the package; then import {name} from jobs_source."
        )
    if name == "create_views":
        from jobs_source.views.create import create_views

        return create_views
    from jobs_source.source import salesforce_jobs

    return salesforce_jobs


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
