"""
The same job list through dlt's own `rest_api` source, set up the way its documentation says.

    python -m benchmarks.rest_api URL plain | parquet
"""

import sys
from typing import Any

import dlt
from dlt.sources.rest_api import rest_api_source

DATASET = "org"


def configuration(url: str) -> Any:
    """Describe the listing: client credentials, the link in the answer, a cursor, and merge on the id."""
    return {
        "client": {
            "base_url": f"{url}/services/data/v64.0/",
            "auth": {
                "type": "oauth2_client_credentials",
                "access_token_url": f"{url}/services/oauth2/token",
                "client_id": "race",
                "client_secret": "race",
            },
            "paginator": {"type": "json_link", "next_url_path": "nextRecordsUrl"},
        },
        "resource_defaults": {"primary_key": "id", "write_disposition": "merge"},
        "resources": [
            {
                "name": "jobs",
                "endpoint": {
                    "path": "jobs/ingest",
                    "data_selector": "records",
                    "incremental": {"cursor_path": "systemModstamp", "initial_value": "1970-01-01T00:00:00.000+0000"},
                },
            }
        ],
    }


def main(url: str, way: str) -> None:
    pipeline = dlt.pipeline("rest_api", destination=dlt.destinations.duckdb("rest_api.duckdb"), dataset_name=DATASET)
    formats: dict[str, Any] = {"loader_file_format": "parquet"} if way == "parquet" else {}
    pipeline.run(rest_api_source(configuration(url)), **formats)


if __name__ == "__main__":
    main(*sys.argv[1:])
